"""One image of anybody's, FITS or NumPy, to the network's input."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area
from numpy.typing import NDArray

from reproduce.archives.image import BandImage
from reproduce.papers.chardin2021.observed.fluxmap import FluxMap, from_light, light_of_flux
from reproduce.papers.chardin2021.trained_model import image_formats
from reproduce.papers.chardin2021.trained_model.image_formats import COUNTS, StoredImage
from reproduce.papers.chardin2021.trained_model.user_maps import LARGEST_MASKED, PLAUSIBLE_LOG_FLUX, distances_kpc
from reproduce.sky.settings import Camera
from reproduce.sky.units import LOG_FLUX
from reproduce.sky.wcs import camera_wcs, tangent_wcs
from reproduce.workflow.errors import InputError

LARGEST_SCALE_ARCSEC = 40.0  # the field in one pixel
SAME_SCALE = 1e-3  # relative difference up to which a pixel scale is the grid's: 0.16 pixels over the field


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
    distance_kpc : float or quantity, optional
        Distance of the cluster [kpc, if it has no unit], for its luminosity; kept as a float.

    Raises
    ------
    InputError
        If the pixel scale, zero point or distance cannot be one.
    """

    pixel_scale_arcsec: float | None = None
    zero_point: float | None = None
    centre: SkyCoord | None = None
    distance_kpc: float | None = None

    def __post_init__(self) -> None:
        scale = self.pixel_scale_arcsec
        if scale is not None and not 0 < scale <= LARGEST_SCALE_ARCSEC:
            raise InputError(
                f"pixel scale: {scale:g} arcsec, expected more than 0 and at most {LARGEST_SCALE_ARCSEC:g}; mend "
                "--pixel-scale"
            )
        if self.zero_point is not None:
            image_formats.checked_zero_point(self.zero_point, "zero point")
        if self.distance_kpc is not None:
            object.__setattr__(self, "distance_kpc", float(distances_kpc(self.distance_kpc, 1)[0]))


def read_flux_map(path: Path, reading: Reading | None = None, camera: Camera | None = None) -> FluxMap:
    """The flux map of one image.

    Parameters
    ----------
    path : path
        FITS (the extension FLUX, or else the first HDU with an image, its bad pixels in the extension MASK) or NumPy
        (``.npy``; ``.npz`` with ``flux`` and perhaps ``mask``). By BUNIT: ``log10(Lsun/kpc2)``, a flux map smoothed as
        the paper's are; ``Lsun/kpc2``, flux not yet smoothed; counts, light in V not yet smoothed, with a zero point.
        Arrays hold log10 F unless a zero point is given.
    reading : Reading, optional
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
    path, reading, camera = Path(path), reading or Reading(), camera or Camera()
    if not path.is_file():
        raise InputError(f"{path}: no such file; for clusters by name see `observe` in docs/observation.md")
    image = image_formats.read(path, reading.zero_point)
    if image.values.ndim != 2 or 0 in image.values.shape:
        raise InputError(
            f"{path}: expected one image of two dimensions, found shape {image.values.shape}; save each plane by itself"
        )
    if not np.isfinite(image.values).any():
        raise InputError(f"{path}: no pixel is a finite number; give an image of the cluster")
    return _flux_map(path, image, reading, camera)


def _flux_map(path: Path, image: StoredImage, reading: Reading, camera: Camera) -> FluxMap:
    values = image.values
    if image.unit == COUNTS and image.zero_point is None:
        raise InputError(
            f"{path}: an image in counts without a zero point ({', '.join(image_formats.ZERO_POINT_KEYS)}); give the "
            "V magnitude of one count with --zero-point"
        )
    if image.unit == LOG_FLUX:
        _refuse_implausible(path, values, "for counts give --zero-point")
        values = 10**values
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused as not finite
        light, wcs, masked = _on_grid(path, values, image.wcs, reading, camera)
        light = light_of_flux(light) if image.zero_point is None else light * 10 ** (-0.4 * image.zero_point)
        filled = (f"{100 * masked:.2g} % of the field was masked or missing and is filled from its neighbours",)
        flux_map = from_light(
            light,
            wcs,
            name=stem(path.name),
            source="files",
            distance_kpc=reading.distance_kpc,
            camera=camera if image.unit != LOG_FLUX else camera.model_copy(update={"smoothing_pixels": 0.0}),
            warnings=(*image.warnings, *(filled if masked > 0 else ())),
        )
    _refuse_implausible(path, flux_map.flux, "look at its unit and zero point")
    return flux_map


def stem(name: str) -> str:
    """A file's name without the ending of an image."""
    ending = max((end for end in image_formats.ENDINGS if name.lower().endswith(end)), key=len, default="")
    return name[: len(name) - len(ending)] or name


def _refuse_implausible(path: Path, log_flux: NDArray, mend: str) -> None:
    low, high = np.nanmin(log_flux), np.nanmax(log_flux)
    if low < PLAUSIBLE_LOG_FLUX[0] or high > PLAUSIBLE_LOG_FLUX[1]:
        raise InputError(
            f"{path}: values from {low:.3g} to {high:.3g}, expected log10(F / (Lsun kpc^-2)) between "
            f"{PLAUSIBLE_LOG_FLUX[0]:g} and {PLAUSIBLE_LOG_FLUX[1]:g}; {mend}"
        )


def _on_grid(
    path: Path, values: NDArray[np.float64], wcs: WCS | None, reading: Reading, camera: Camera
) -> tuple[NDArray[np.float64], WCS, float]:
    """Values on the network's grid, their total conserved; its coordinates; the fraction that was missing."""
    step = camera.field_arcsec / camera.pixels
    scale = _scale(path, values.shape, wcs, reading, camera)
    if reading.centre is not None and wcs is None:
        raise InputError(f"{path}: --centre needs celestial coordinates, and the image has none; cut it out beforehand")
    if reading.pixel_scale_arcsec is not None or wcs is None:
        wcs = tangent_wcs((values.shape[0], values.shape[1]), scale)
    on_grid = values.shape == (camera.pixels, camera.pixels) and abs(scale / step - 1) < SAME_SCALE
    as_is = on_grid and reading.centre is None
    if as_is and np.isfinite(values).all():
        return values.copy(), wcs, 0.0
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
    centre = reading.centre or wcs.pixel_to_world((nx - 1) / 2, (ny - 1) / 2)
    grid = camera_wcs(camera, centre)
    light, masked = to_grid(image, grid, LARGEST_MASKED)
    return light, grid, masked


def _scale(path: Path, shape: tuple[int, ...], wcs: WCS | None, reading: Reading, camera: Camera) -> float:
    """Side of a pixel [arcsec]: as given, by the coordinates, or the grid's for an image of the grid's shape."""
    if reading.pixel_scale_arcsec is not None:
        return reading.pixel_scale_arcsec
    if wcs is not None:
        return 3600 * float(np.sqrt(proj_plane_pixel_area(wcs)))
    if shape == (camera.pixels, camera.pixels):
        return camera.field_arcsec / camera.pixels
    raise InputError(
        f"{path}: {shape[1]} by {shape[0]} pixels of unknown size; give it with --pixel-scale, or an image of "
        f"{camera.pixels} by {camera.pixels} pixels of {camera.field_arcsec / camera.pixels:g} arcsec"
    )
