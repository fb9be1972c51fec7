"""An image in one band: linear counts, where they are on the sky, and what a count is worth.

Reads the forms in which Pan-STARRS1 gives its stacks: cutouts of fitscut (linear counts in the primary HDU, obsolete
``PC00i00j`` keywords) and whole skycells (second HDU, tile-compressed, counts scaled by an inverse hyperbolic sine).
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning
from numpy.typing import NDArray

from reproduce.errors import InputError

ZERO_POINT_AB = 25.0
"""AB magnitude of one count a second in a PS1 stack (Waters et al. 2020): zero point 25 + 2.5 log10(EXPTIME)."""
ASINH_SCALE = 2.5 * np.log10(np.e)
"""1.0857362 mag: the unit of the skycells' inverse hyperbolic sine (Waters et al. 2020)."""
_OLD_MATRIX = {f"PC00{i}00{j}": f"PC{i}_{j}" for i in (1, 2) for j in (1, 2)}
_FILTER_KEYS = ("FPA.FILTERID", "FPA.FILTER", "FILTER", "BAND")


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


def read(path: Path | str, band: str | None = None, zero_point_ab: float | None = None) -> BandImage:
    """Read an image in one of PS1's forms, or any linear FITS image with celestial coordinates.

    Parameters
    ----------
    path : path
        FITS file; the first HDU with an image is read.
    band : str, optional
        Band; from the header if left out.
    zero_point_ab : float, optional
        AB magnitude of one count; from the header if left out.

    Raises
    ------
    InputError
        If the file is no FITS image of two dimensions, has no coordinates, or the header gives no zero point or band.
    """
    try:
        with fits.open(path, memmap=False) as file:
            hdu = next((hdu for hdu in file if hdu.is_image and hdu.header.get("NAXIS", 0) > 0), None)
            if hdu is None:
                raise InputError(f"{path}: expected a FITS image, found no HDU with one; download or make it again")
            header, data = hdu.header, np.asarray(hdu.data, dtype=np.float64)
    except InputError:
        raise
    except (OSError, TypeError, ValueError, IndexError) as error:
        raise InputError(f"{path}: cannot be read as FITS ({_first_line(error)}); download or make it again") from None
    return from_header(data, header, str(path), band, zero_point_ab)


def from_header(
    data: NDArray, header: fits.Header, origin: str, band: str | None = None, zero_point_ab: float | None = None
) -> BandImage:
    """An image from its values as stored and its header; `read` says the rest."""
    if data.ndim != 2:
        raise InputError(
            f"{origin}: expected an image of two dimensions, found shape {data.shape}; give one plane of it"
        )
    return BandImage(
        counts=linear_counts(data, header),
        wcs=celestial(header, origin),
        zero_point_ab=_zero_point(header, origin) if zero_point_ab is None else zero_point_ab,
        band=_band(header, origin) if band is None else band,
        saturation_counts=header.get("CELL.SATURATION"),
        origin=origin,
    )


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
            raise InputError(f"{origin}: the coordinates in the header cannot be read ({_first_line(error)})") from None
    if not wcs.has_celestial or wcs.naxis != 2:
        raise InputError(f"{origin}: no celestial coordinates in the header; expected CTYPE, CRVAL, CRPIX and a scale")
    return wcs


def centre_pixel(wcs: WCS, centre: SkyCoord) -> tuple[float, float]:
    """Column and row of a position, from 0 at the middle of the first pixel."""
    x, y = wcs.world_to_pixel(centre)
    return float(x), float(y)


def _zero_point(header: fits.Header, origin: str) -> float:
    exposure = header.get("EXPTIME")
    if isinstance(exposure, int | float) and exposure > 0:
        return float(header.get("FPA.ZP", ZERO_POINT_AB)) + 2.5 * np.log10(exposure)
    raise InputError(
        f"{origin}: EXPTIME is {exposure!r}, expected the exposure time [s], from which the zero point follows; give "
        "the "
        "zero point by hand (HiPS images have none: observe.zero_points)"
    )


def _band(header: fits.Header, origin: str) -> str:
    for key in _FILTER_KEYS:
        value: Any = header.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip().split(".")[0]
    raise InputError(f"{origin}: the header names no band ({', '.join(_FILTER_KEYS)}); name it by hand")


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
