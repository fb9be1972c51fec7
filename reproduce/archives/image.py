"""An image in one band: linear counts, where they are on the sky, and what a count is worth.

Reads the forms in which Pan-STARRS1 gives its stacks: cutouts of fitscut (linear counts in the primary HDU, obsolete
``PC00i00j`` keywords) and whole skycells (second HDU, tile-compressed, counts scaled by an inverse hyperbolic sine).
"""

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from numpy.typing import NDArray

from reproduce.workflow.errors import InputError

ZERO_POINT_AB = 25.0
"""AB magnitude of one count a second in a PS1 stack (Waters et al. 2020): zero point 25 + 2.5 log10(EXPTIME)."""
ASINH_SCALE = 2.5 * np.log10(np.e)
"""1.0857362 mag: the unit of the skycells' inverse hyperbolic sine (Waters et al. 2020)."""
_OLD_MATRIX = {f"PC00{i}00{j}": f"PC{i}_{j}" for i in (1, 2) for j in (1, 2)}
_CORNERS = (45, 135, 225, 315)
_FILTER_KEYS = ("FPA.FILTERID", "FPA.FILTER", "FILTER", "BAND")


class NotShownError(InputError):
    """An image of another place."""


@dataclass(frozen=True)
class BandImage:
    """An image in one band.

    Attributes
    ----------
    counts : array of float64, shape (ny, nx)
        Linear counts above the sky; NaN where the survey has none.
    wcs : WCS
        Celestial coordinates of the pixels.
    zero_point_ab : float
        AB magnitude of one count.
    band : str
        ``g`` or ``r`` (PS1).
    mask : array of bool, shape (ny, nx), optional
        True where a pixel must not be used.
    saturation_counts : float, optional
        Counts from which on a pixel is saturated.
    origin : str
        File or address, for messages.
    """

    counts: NDArray[np.float64]
    wcs: WCS
    zero_point_ab: float
    band: str
    mask: NDArray[np.bool_] | None = None
    saturation_counts: float | None = None
    origin: str = "image"

    def __post_init__(self) -> None:
        if self.counts.ndim != 2 or 0 in self.counts.shape:
            raise InputError(
                f"{self.origin}: expected an image of two dimensions, found shape {self.counts.shape}; give one plane"
            )
        if self.mask is not None and self.mask.shape != self.counts.shape:
            raise InputError(
                f"{self.origin}: the mask has shape {self.mask.shape}, the image {self.counts.shape}; give the same"
            )
        if not np.isfinite(self.zero_point_ab):
            raise InputError(f"{self.origin}: zero point is {self.zero_point_ab}, expected an AB magnitude")
        if self.wcs.naxis != 2 or not self.wcs.has_celestial:
            raise InputError(
                f"{self.origin}: no celestial coordinates in the header; expected CTYPE RA---/DEC-- and their "
                "companions"
            )

    @property
    def bad(self) -> NDArray[np.bool_]:
        """True where there is nothing to use, shape (ny, nx)."""
        missing = ~np.isfinite(self.counts)
        return missing if self.mask is None else missing | self.mask

    def part(self, window: "Window") -> "BandImage":
        """The part of the image that a window holds.

        Raises
        ------
        InputError
            If the image shows nothing of it.
        """
        rows, columns = _slices(self.wcs, self.counts.shape, window, self.origin)
        mask = None if self.mask is None else self.mask[rows, columns]
        return replace(self, counts=self.counts[rows, columns], wcs=self.wcs[rows, columns], mask=mask)


@dataclass(frozen=True)
class Window:
    """The part of an image to read: a square on the sky.

    Attributes
    ----------
    centre : SkyCoord
        Its middle.
    side_arcsec : float
        Its side [arcsec]; what the image has of it is read.
    """

    centre: SkyCoord
    side_arcsec: float


def read(
    path: Path | str,
    band: str | None = None,
    zero_point_ab: float | None = None,
    window: Window | None = None,
    origin: str | None = None,
) -> BandImage:
    """Read an image in one of PS1's forms, or any linear FITS image with celestial coordinates.

    Parameters
    ----------
    path : path
        FITS file; the first HDU with an image is read.
    band : str, optional
        Band; from the header if left out.
    zero_point_ab : float, optional
        AB magnitude of one count; from the header if left out.
    window : Window, optional
        Part to read; all if left out.
    origin : str, optional
        Name for messages; the path if left out.

    Raises
    ------
    InputError
        If the file is no FITS image of two dimensions, has no coordinates, does not show the window, or the header
        gives no zero point or band.
    """
    origin = origin or str(path)
    try:
        with fits.open(path, memmap=False) as file:
            hdu = first_image(file)
            if hdu is None:
                raise InputError(f"{origin}: expected a FITS image, found no HDU with one; download or make it again")
            if len(hdu.shape) != 2:
                raise InputError(f"{origin}: expected two dimensions, found shape {hdu.shape}; give one plane of it")
            header, wcs = hdu.header, celestial(hdu.header, origin)
            rows, columns = _slices(wcs, hdu.shape, window, origin)
            values = linear_counts(hdu.section[rows, columns], header)
    except InputError:
        raise
    except (OSError, TypeError, ValueError, IndexError, KeyError) as error:
        raise InputError(f"{origin}: cannot be read as FITS ({first_line(error)}); download or make it again") from None
    return BandImage(
        counts=values,
        wcs=wcs[rows, columns],
        zero_point_ab=_zero_point(header, origin) if zero_point_ab is None else zero_point_ab,
        band=band_of(header, origin) if band is None else band,
        saturation_counts=header.get("CELL.SATURATION"),
        origin=origin,
    )


def first_image(file: fits.HDUList) -> Any:
    """The first HDU of a FITS file that holds an image; None if none does."""
    return next((hdu for hdu in file if hdu.is_image and hdu.header.get("NAXIS", 0) > 0), None)


def _slices(wcs: WCS, shape: tuple[int, int], window: Window | None, origin: str) -> tuple[slice, slice]:
    """Rows and columns of a window, cut at the image's edges."""
    ny, nx = shape
    if window is None:
        return slice(0, ny), slice(0, nx)
    half = window.side_arcsec / 2 * units.arcsec
    corners = SkyCoord(
        [window.centre.directional_offset_by(angle * units.deg, half * np.sqrt(2)) for angle in _CORNERS]
    )
    x, y = wcs.world_to_pixel(corners)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        x = y = np.array([-1.0])
    columns, rows = (
        slice(int(np.clip(np.floor(v.min() + 0.5), 0, n)), int(np.clip(np.ceil(v.max() + 0.5), 0, n)))
        for v, n in ((x, nx), (y, ny))
    )
    if rows.stop - rows.start < 2 or columns.stop - columns.start < 2:
        middle = wcs.pixel_to_world((nx - 1) / 2, (ny - 1) / 2).to_string("decimal", precision=5)
        raise NotShownError(
            f"{origin}: does not show {window.centre.to_string('decimal', precision=5)} deg; its middle is at "
            f"{middle}; give an image of this place"
        )
    return rows, columns


def linear_counts(data: NDArray, header: fits.Header) -> NDArray[np.float64]:
    """Linear counts of stored values.

    A header with both ``BOFFSET`` and ``BSOFTEN`` tells values scaled by an inverse hyperbolic sine, of which the
    counts are BOFFSET + 2 BSOFTEN sinh(x / 1.0857362); any other image is linear.
    """
    values = np.asarray(data, dtype=np.float64)
    if "BOFFSET" in header and "BSOFTEN" in header:
        return header["BOFFSET"] + 2 * header["BSOFTEN"] * np.sinh(values / ASINH_SCALE)
    return values


def celestial(header: fits.Header, origin: str) -> WCS:
    """Celestial coordinates of a header, PS1's obsolete ``PC00i00j`` included."""
    header = header.copy()
    for old, new in _OLD_MATRIX.items():
        if old in header:
            header.rename_keyword(old, new) if new not in header else header.remove(old)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)  # dates that wcslib reads and rewrites
        try:
            wcs = WCS(header).celestial
        except (ValueError, MemoryError) as error:
            reason = str(error).strip().rpartition("\n")[2]  # wcslib's last line says what is wrong
            raise InputError(f"{origin}: no celestial coordinates can be read from the header ({reason})") from None
    if not wcs.has_celestial or wcs.naxis != 2:
        raise InputError(f"{origin}: no celestial coordinates in the header; expected CTYPE, CRVAL, CRPIX and a scale")
    return wcs


def pixel_area_arcsec2(wcs: WCS, x: float, y: float) -> float:
    """Area on the sky [arcsec2] of the pixel at column x and row y: away from the tangent point of a large skycell it
    differs from the nominal one."""
    corner, right, up = (wcs.pixel_to_world(x + dx, y + dy) for dx, dy in ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5)))
    angle = corner.position_angle(right) - corner.position_angle(up)
    return abs(corner.separation(right).arcsec * corner.separation(up).arcsec * np.sin(angle.rad))


def pixel_scale_arcsec(wcs: WCS, x: float, y: float) -> float:
    """Side [arcsec] of a square pixel of the area of that at column x and row y."""
    return float(np.sqrt(pixel_area_arcsec2(wcs, x, y)))


def _zero_point(header: fits.Header, origin: str) -> float:
    exposure = header.get("EXPTIME")
    if isinstance(exposure, int | float) and exposure > 0:
        return float(header.get("FPA.ZP", ZERO_POINT_AB)) + 2.5 * np.log10(exposure)
    raise InputError(
        f"{origin}: EXPTIME is {exposure!r}, expected the exposure time [s], from which the zero point follows; give "
        "the zero point by hand (HiPS images have none: observe.zero_points)"
    )


def band_of(header: fits.Header, origin: str) -> str:
    """The band that a header names, such as ``g`` of PS1's ``g.00000``.

    Raises
    ------
    InputError
        If it names none.
    """
    for key in _FILTER_KEYS:
        value: Any = header.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip().split(".")[0]
    raise InputError(f"{origin}: the header names no band ({', '.join(_FILTER_KEYS)}); name it by hand")


def first_line(error: BaseException) -> str:
    """An error in one line."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
