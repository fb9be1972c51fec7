"""What a FITS or NumPy file holds: values, their unit, their mask, their place on the sky. Nothing is computed here."""

import math
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from reproduce.archives.image import band_of, celestial, first_line, linear_counts
from reproduce.sky.units import LOG_FLUX
from reproduce.workflow.errors import InputError

FLUX, COUNTS = "Lsun/kpc2", "counts"
ENDINGS = (".fits", ".fit", ".fts", ".fits.gz", ".fits.fz", ".npy", ".npz")
ZERO_POINT_KEYS = ("MAGZERO", "MAGZPT", "PHOTZP", "ZEROPT")
PLAUSIBLE_ZERO_POINTS = (-60.0, 60.0)
"""V magnitude of one count: fluxes in erg s^-1 cm^-2 Hz^-1 have -48.6, long exposures of large telescopes below 40."""
LARGEST_PIXELS = 10_000**2
"""Of an image: 0.8 GB in double precision. What a header announces is checked before room is made for it."""
_COUNT_UNITS = {"", "adu", "count", "counts", "ct", "dn", "e-", "electron", "electrons"}
_V_NAMES = {"", "V", "JOHNSON V", "F555W", "F606W"}
_KINDS = {b"\xff\xd8": "a JPEG", b"\x89P": "a PNG", b"GI": "a GIF", b"%P": "a PDF", b"<!": "HTML", b"<h": "HTML"}


@dataclass(frozen=True)
class StoredImage:
    """Values as stored, NaN where masked, and what they are.

    Attributes
    ----------
    values : array of float64
        Of any shape.
    unit : str
        `LOG_FLUX`, `FLUX` or `COUNTS`.
    zero_point : float, optional
        V magnitude of one count.
    wcs : WCS, optional
        Celestial coordinates of the pixels.
    warnings : tuple of str
        What to know before the image is trusted.
    """

    values: NDArray[np.float64]
    unit: str
    zero_point: float | None = None
    wcs: WCS | None = None
    warnings: tuple[str, ...] = ()


def read(path: Path, zero_point: float | None = None) -> StoredImage:
    """Read a file.

    Parameters
    ----------
    path : path
        FITS or NumPy, by its ending.
    zero_point : float, optional
        V magnitude of one count, in place of the header's; makes any image one of counts.

    Raises
    ------
    InputError
        If it cannot be read, or is no image that this package knows.
    """
    numpy = path.suffix.lower() in (".npy", ".npz")
    image = _read_numpy(path) if numpy else _read_fits(path, zero_point)
    return image if zero_point is None else replace(image, unit=COUNTS, zero_point=zero_point)


def checked_zero_point(magnitude: float, where: str) -> float:
    """A zero point, if it can be one.

    Raises
    ------
    InputError
        If it is not within `PLAUSIBLE_ZERO_POINTS`.
    """
    low, high = PLAUSIBLE_ZERO_POINTS
    if not low <= magnitude <= high:
        raise InputError(
            f"{where} is {magnitude:g}, expected the V magnitude of one count, between {low:g} and {high:g}; give it "
            "with --zero-point"
        )
    return magnitude


def _read_numpy(path: Path) -> StoredImage:
    """A NumPy file with one map: log10 F, or counts if the caller has their zero point."""
    mask = None
    with _as_input_errors(f"{path}: cannot be read as a NumPy array", "save it again"):
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [name.removesuffix(".npy") for name in archive.namelist()]
                if "flux" not in names:
                    found = ", ".join(names) or "none"
                    raise InputError(f"{path}: expected an array 'flux', found {found}; name it so")
                with archive.open("flux.npy") as stream:
                    values = _array(path, stream)
                if "mask" in names:
                    with archive.open("mask.npy") as stream:
                        mask = _array(path, stream)
        else:
            with path.open("rb") as stream:
                values = _array(path, stream)
        values = np.asarray(values, dtype=np.float64)
    return StoredImage(_masked(path, values, mask), LOG_FLUX)


def _array(path: Path, stream: IO[bytes]) -> NDArray:
    """The array of an open ``.npy`` file, if it is not too large."""
    form = np.lib.format
    header = form.read_array_header_1_0 if form.read_magic(stream) == (1, 0) else form.read_array_header_2_0
    shape, _, dtype = header(stream)
    _refuse_large(path, shape, dtype.itemsize)
    stream.seek(0)
    return np.asarray(form.read_array(stream, allow_pickle=False))


def _read_fits(path: Path, zero_point: float | None) -> StoredImage:
    """The extension FLUX, or else the first with an image; with the mask in the extension MASK."""
    with _as_input_errors(f"{path}: cannot be read", "look at its permissions"), path.open("rb") as stream:
        _refuse_other_kinds(path, stream.read(16))
    with (
        _as_input_errors(f"{path}: damaged FITS", "download or make it again"),
        fits.open(path, memmap=False) as file,
    ):
        images = [hdu for hdu in file if hdu.is_image and hdu.header.get("NAXIS", 0) > 0]
        masks = [hdu for hdu in images if hdu.name == "MASK"]
        images = [hdu for hdu in images if hdu.name != "MASK"]
        hdu = next((hdu for hdu in images if hdu.name == "FLUX"), images[0] if images else None)
        if hdu is None:
            raise InputError(f"{path}: a FITS file without an image, expected one; download or make it again")
        for part in (hdu, *masks[:1]):
            _refuse_large(path, part.shape)
        header, values = hdu.header.copy(), np.asarray(hdu.data, dtype=np.float64)
        mask = np.asarray(masks[0].data) if masks else None
    unit = _unit(path, header, zero_point)
    if unit == COUNTS:
        values = linear_counts(values, header)
        zero_point = _header_zero_point(path, header) if zero_point is None else zero_point
    return StoredImage(
        _masked(path, values, mask),
        unit,
        zero_point if unit == COUNTS else None,
        celestial(header, str(path)) if "CTYPE1" in header and values.ndim == 2 else None,
        _filter_warnings(header),
    )


@contextmanager
def _as_input_errors(what: str, mend: str) -> Iterator[None]:
    """Whatever a library raises while it reads a stranger's file, in one line."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # the libraries raise almost any kind on damaged files; MemoryError too
        raise InputError(f"{what} ({first_line(error)}); {mend}") from None


def _refuse_other_kinds(path: Path, start: bytes) -> None:
    if not start:
        raise InputError(f"{path}: an empty file, expected FITS; download or make it again")
    if not start.startswith((b"SIMPLE", b"\x1f\x8b", b"XTENSION")):
        kinds = (name for magic, name in _KINDS.items() if start.lower().startswith(magic.lower()))
        raise InputError(
            f"{path}: expected FITS or a NumPy array, found {next(kinds, 'something else')}; give the image as FITS, "
            "with its units"
        )


def _refuse_large(path: Path, shape: Sequence[int], bytes_each: int = 8) -> None:
    if math.prod(shape) * max(bytes_each, 8) > 8 * LARGEST_PIXELS:
        size = " x ".join(str(side) for side in reversed(shape))
        raise InputError(
            f"{path}: announces an image of {size} pixels, at most {LARGEST_PIXELS:,} are read; cut the cluster out "
            "beforehand"
        )


def _masked(path: Path, values: NDArray[np.float64], mask: NDArray | None) -> NDArray[np.float64]:
    """Values with NaN where a mask is not zero."""
    if mask is None:
        return values
    if mask.shape != values.shape:
        raise InputError(f"{path}: the mask has shape {mask.shape}, the image {values.shape}; give the same")
    return np.where(mask != 0, np.nan, values)


def _unit(path: Path, header: fits.Header, zero_point: float | None) -> str:
    unit = str(header.get("BUNIT", "")).strip()
    plain = unit.lower().replace(" ", "").replace("**", "").replace("^", "")
    for name in (LOG_FLUX, FLUX):
        if plain == name.lower():
            return name
    if plain in _COUNT_UNITS or zero_point is not None:
        return COUNTS
    raise InputError(
        f"{path}: BUNIT is '{unit}', expected '{LOG_FLUX}', '{FLUX}', or counts; convert it, or give the V "
        "magnitude of one unit with --zero-point"
    )


def _header_zero_point(path: Path, header: fits.Header) -> float | None:
    for key in ZERO_POINT_KEYS:
        value = header.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return checked_zero_point(float(value), f"{path}: {key}")
    return None


def _filter_warnings(header: fits.Header) -> tuple[str, ...]:
    """A warning if the header names another filter than V, in whichever key a survey writes it."""
    try:
        band = band_of(header, "")
    except InputError:
        return ()
    if band.upper() in _V_NAMES:
        return ()
    return (f"the header says filter {band}; its light is taken as V (g and r together: observe.source=files)",)
