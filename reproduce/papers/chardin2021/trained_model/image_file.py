"""One image of anybody's, FITS or NumPy, to the network's input."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area
from numpy.typing import NDArray

from reproduce.archives.image import BandImage, celestial, linear_counts
from reproduce.papers.chardin2021.observed.fluxmap import FluxMap, from_light, light_of_flux
from reproduce.sky.settings import Camera
from reproduce.sky.units import LOG_FLUX
from reproduce.sky.wcs import camera_wcs, tangent_wcs
from reproduce.workflow.errors import InputError

FLUX, COUNTS = "Lsun/kpc2", "counts"
_COUNT_UNITS = {"", "adu", "count", "counts", "ct", "dn", "e-", "electron", "electrons"}
_ZERO_POINTS = ("MAGZERO", "MAGZPT", "PHOTZP", "ZEROPT")
_V_NAMES = {"", "V", "JOHNSON V", "F555W", "F606W"}
SAME_SCALE = 1e-3  # relative difference up to which a pixel scale is the grid's: 0.16 pixels over the field
LARGEST_MASKED = 0.1
PLAUSIBLE = (-40.0, 4.0)
"""log10 F of a pixel [Lsun kpc^-2]: the floor of the mock maps is -12, the Sun at 1 pc has 4.9."""
ENDINGS = (".fits", ".fit", ".fts", ".fits.gz", ".fits.fz", ".npy", ".npz")
KINDS = {b"\xff\xd8": "a JPEG", b"\x89P": "a PNG", b"GI": "a GIF", b"%P": "a PDF", b"<!": "HTML", b"<h": "HTML"}


@dataclass(frozen=True)
class Reading:
    """What an image does not say of itself.

    Attributes
    ----------
    pixel_scale_arcsec : float, optional
        Side of a pixel [arcsec]; in place of the header's coordinates.
    zero_point : float, optional
        V magnitude of one count; makes any image one of counts.
    centre : SkyCoord, optional
        Middle of the field; the image's middle if left out.
    distance_kpc : float, optional
        Distance of the cluster [kpc], for its luminosity.
    """

    pixel_scale_arcsec: float | None = None
    zero_point: float | None = None
    centre: SkyCoord | None = None
    distance_kpc: float | None = None


@dataclass(frozen=True)
class _Raw:
    """Values as stored, and what they are."""

    values: NDArray[np.float64]
    unit: str
    zero_point: float | None = None
    wcs: WCS | None = None
    warnings: tuple[str, ...] = ()


def read_flux_map(path: Path, how: Reading | None = None, camera: Camera | None = None) -> FluxMap:
    """The flux map of one image.

    Parameters
    ----------
    path : path
        FITS (the extension FLUX, or else the first HDU with an image) or NumPy (``.npy``; ``.npz`` with ``flux``). By
        BUNIT: ``log10(Lsun/kpc2)``, a flux map smoothed as the paper's are; ``Lsun/kpc2``, flux not yet smoothed;
        counts, light in V not yet smoothed, with a zero point. Arrays hold log10 F unless a zero point is given.
    how : Reading, optional
        What the image does not say.
    camera : Camera, optional
        Grid, smoothing and floor; the paper's if left out.

    Returns
    -------
    FluxMap
        On the grid; resampled with flux conserved where the image has another.

    Raises
    ------
    InputError
        If there is no such image, or it cannot be made into a flux map; the line says why.
    """
    path, how, camera = Path(path), how or Reading(), camera or Camera()
    if not path.is_file():
        raise InputError(f"{path}: no such file; for clusters by name see `observe` in docs/observation.md")
    raw = _read_array(path) if path.suffix in (".npy", ".npz") else _read_fits(path, how)
    if raw.values.ndim != 2 or 0 in raw.values.shape:
        raise InputError(
            f"{path}: expected one image of two dimensions, found shape {raw.values.shape}; save each plane by itself"
        )
    if not np.isfinite(raw.values).any():
        raise InputError(f"{path}: no pixel is a finite number; give an image of the cluster")
    if how.zero_point is not None:
        raw = _Raw(raw.values, COUNTS, how.zero_point, raw.wcs, raw.warnings)
    return _flux_map(path, raw, how, camera)


def _flux_map(path: Path, raw: _Raw, how: Reading, camera: Camera) -> FluxMap:
    values, name = raw.values, path.name.partition(".")[0]
    if raw.unit == COUNTS and raw.zero_point is None:
        raise InputError(
            f"{path}: an image in counts without a zero point ({', '.join(_ZERO_POINTS)}); give the V magnitude of one "
            "count with --zero-point"
        )
    if raw.unit == LOG_FLUX:
        low, high = np.nanmin(values), np.nanmax(values)
        if low < PLAUSIBLE[0] or high > PLAUSIBLE[1]:
            raise InputError(
                f"{path}: values from {low:.3g} to {high:.3g}, expected log10(F / (Lsun kpc^-2)) between "
                f"{PLAUSIBLE[0]:g} and {PLAUSIBLE[1]:g}; for counts give --zero-point"
            )
        values = 10**values
    light, wcs = _on_grid(path, values, raw.wcs, how, camera)
    light = light_of_flux(light) if raw.zero_point is None else light * 10 ** (-0.4 * raw.zero_point)
    return from_light(
        light,
        wcs,
        name=name,
        source="files",
        distance_kpc=how.distance_kpc,
        camera=camera if raw.unit != LOG_FLUX else camera.model_copy(update={"smoothing_pixels": 0.0}),
        warnings=raw.warnings,
    )


def _on_grid(
    path: Path, values: NDArray[np.float64], wcs: WCS | None, how: Reading, camera: Camera
) -> tuple[NDArray[np.float64], WCS]:
    """Values on the network's grid, their total conserved, and its coordinates."""
    step = camera.field_arcsec / camera.pixels
    scale = _scale(path, values.shape, wcs, how, camera)
    if how.centre is not None and wcs is None:
        raise InputError(f"{path}: --centre needs celestial coordinates, and the image has none; cut it out beforehand")
    if how.pixel_scale_arcsec is not None or wcs is None:
        wcs = tangent_wcs((values.shape[0], values.shape[1]), scale)
    as_is = values.shape == (camera.pixels, camera.pixels) and abs(scale / step - 1) < SAME_SCALE and how.centre is None
    if as_is and np.isfinite(values).all():
        return values.copy(), wcs
    ny, nx = values.shape
    if min(ny, nx) * scale < camera.field_arcsec * (1 - SAME_SCALE):
        raise InputError(
            f"{path}: shows {nx * scale:.3g} by {ny * scale:.3g} arcsec, expected at least {camera.field_arcsec:g} a "
            "side, the field the networks know; give a larger image, or mend --pixel-scale"
        )
    missing = float(np.mean(~np.isfinite(values)))
    if as_is and missing > LARGEST_MASKED:
        raise InputError(
            f"{path}: {100 * missing:.1f} % of the pixels are not finite, at most {100 * LARGEST_MASKED:g} % is filled "
            "from neighbours; give another image"
        )
    from reproduce.archives.resample import to_grid

    image = BandImage(values, wcs, 0.0, "V", origin=str(path))
    centre = how.centre or wcs.pixel_to_world((nx - 1) / 2, (ny - 1) / 2)
    grid = camera_wcs(camera, centre)
    return to_grid(image, grid, LARGEST_MASKED)[0], grid


def _scale(path: Path, shape: tuple[int, ...], wcs: WCS | None, how: Reading, camera: Camera) -> float:
    """Side of a pixel [arcsec]: as given, by the coordinates, or the grid's for an image of the grid's shape."""
    if how.pixel_scale_arcsec is not None:
        return how.pixel_scale_arcsec
    if wcs is not None:
        return 3600 * float(np.sqrt(proj_plane_pixel_area(wcs)))
    if shape == (camera.pixels, camera.pixels):
        return camera.field_arcsec / camera.pixels
    raise InputError(
        f"{path}: {shape[1]} by {shape[0]} pixels of unknown size; give it with --pixel-scale, or an image of "
        f"{camera.pixels} by {camera.pixels} pixels of {camera.field_arcsec / camera.pixels:g} arcsec"
    )


def _read_array(path: Path) -> _Raw:
    """A NumPy file with one map: log10 F, or counts if the caller has their zero point."""
    try:
        stored = np.load(path, allow_pickle=False)
        if isinstance(stored, np.lib.npyio.NpzFile):
            with stored as members:
                if "flux" not in members:
                    raise InputError(
                        f"{path}: expected an array 'flux', found {', '.join(members) or 'none'}; name it so"
                    )
                stored = members["flux"]
        return _Raw(np.asarray(stored, dtype=np.float64), LOG_FLUX)
    except (OSError, ValueError, TypeError, EOFError, BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as a NumPy array ({_first_line(error)}); save it again") from None


def _read_fits(path: Path, how: Reading) -> _Raw:
    with path.open("rb") as stream:
        start = stream.read(16)
    if not start:
        raise InputError(f"{path}: an empty file, expected FITS; download or make it again")
    if not start.startswith((b"SIMPLE", b"\x1f\x8b", b"XTENSION")):
        kind = next(
            (name for magic, name in KINDS.items() if start.lower().startswith(magic.lower())), "something else"
        )
        raise InputError(
            f"{path}: expected FITS or a NumPy array, found {kind}; give the image as FITS, with its units"
        )
    try:
        with fits.open(path, memmap=False) as file:
            images = [hdu for hdu in file if hdu.is_image and hdu.header.get("NAXIS", 0) > 0]
            hdu = next((hdu for hdu in images if hdu.name == "FLUX"), images[0] if images else None)
            if hdu is None:
                raise InputError(f"{path}: a FITS file without an image, expected one; download or make it again")
            header, values = hdu.header.copy(), np.asarray(hdu.data, dtype=np.float64)
    except (OSError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: damaged FITS ({_first_line(error)}); download or make it again") from None
    unit = _unit(path, header, how)
    zero_point = next((float(header[key]) for key in _ZERO_POINTS if _is_number(header.get(key))), None)
    band = str(header.get("FILTER", "")).strip()
    told: tuple[str, ...] = ()
    if unit == COUNTS and band.upper() not in _V_NAMES:
        told = (f"the header says filter {band}; its light is taken as V (g and r together: observe.source=files)",)
    wcs = celestial(header, str(path)) if "CTYPE1" in header and values.ndim == 2 else None
    return _Raw(
        linear_counts(values, header) if unit == COUNTS else values,
        unit,
        zero_point if unit == COUNTS else None,
        wcs,
        told,
    )


def _unit(path: Path, header: fits.Header, how: Reading) -> str:
    unit = str(header.get("BUNIT", "")).strip()
    plain = unit.lower().replace(" ", "").replace("**", "").replace("^", "")
    for name in (LOG_FLUX, FLUX):
        if plain == name.lower():
            return name
    if plain in _COUNT_UNITS or how.zero_point is not None:
        return COUNTS
    raise InputError(
        f"{path}: BUNIT is '{unit}', expected '{LOG_FLUX}', '{FLUX}', or counts; convert it, or give the V "
        "magnitude of one unit with --zero-point"
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
