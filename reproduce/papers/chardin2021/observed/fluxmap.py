"""From images in g and r to the network's input: a map of V flux (paper Sect. 5).

Images of any source, archive, files or synthetic, pass through `from_images`; smoothing and floor are those of the mock
observations (`reproduce.sky.camera`), so that the network sees real and simulated clusters alike.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from numpy.typing import NDArray

from reproduce.archives import image_checks as checks
from reproduce.archives.image import BandImage, pixel_area_arcsec2
from reproduce.archives.resample import to_grid
from reproduce.sky import camera as instrument
from reproduce.sky.settings import Camera
from reproduce.sky.wcs import camera_wcs
from reproduce.stars.colours import v_light
from reproduce.stars.photometry import flux_of_luminosity, luminosity_of_apparent, luminosity_of_flux
from reproduce.workflow.errors import InputError

Source = Literal["archive", "files", "synthetic"]
EXTINCTION_RATIO = 3.1
"""R_V = A_V / E(B-V) of the diffuse interstellar medium (Cardelli et al. 1989)."""
CROSS_CHECK_MAG = 0.05
"""Largest difference of V by Kostov & Bonev and by Tonry et al. that is not told; over the colours of clusters they
differ by 0.01 to 0.03 mag."""


@dataclass(frozen=True)
class FluxMap:
    """One cluster as the network sees it.

    Attributes
    ----------
    name : str
        The cluster.
    flux : array of float32, shape (ny, nx)
        log10(F / (Lsun kpc^-2)) in V, smoothed; the network's input.
    wcs : WCS
        Celestial coordinates of its pixels.
    source : str
        ``archive``, ``files`` or ``synthetic``.
    v_magnitude : float
        V of the field.
    luminosity_lsun : float or None
        V luminosity of the field [Lsun]; None without a distance.
    cross_check_mag : float or None
        V of the field by Tonry et al. (2012) less that by the relation used; None where V was given.
    warnings : tuple of str
        What to know before the map is trusted.
    """

    name: str
    flux: NDArray[np.float32]
    wcs: WCS
    source: Source
    v_magnitude: float
    luminosity_lsun: float | None = None
    cross_check_mag: float | None = None
    warnings: tuple[str, ...] = ()


def from_images(
    g: BandImage,
    r: BandImage,
    *,
    name: str,
    centre: SkyCoord,
    source: Source,
    distance_kpc: float | None = None,
    camera: Camera | None = None,
    relation: str = "kostov-bonev",
    e_b_v: float = 0.0,
    largest_masked: float = 0.1,
) -> FluxMap:
    """The flux map of a cluster from its images in g and r.

    Parameters
    ----------
    g, r : BandImage
        The images; each of any pixel scale, orientation and size, so long as it covers the field.
    name : str
        The cluster.
    centre : SkyCoord
        Middle of the field.
    source : str
        Where the images are from.
    distance_kpc : float, optional
        Distance [kpc], for the luminosity alone: flux does not depend on it.
    camera : Camera, optional
        Grid, smoothing and floor; the paper's if left out.
    relation : str
        Key of `reproduce.stars.colours.RELATIONS`.
    e_b_v : float
        Reddening E(B-V) [mag] to correct for with A_V = 3.1 E(B-V); 0: none, as in the paper.
    largest_masked : float
        Largest fraction of the field that may be masked or missing in either image.

    Raises
    ------
    InputError
        If a band is another one, an image does not cover the field, too much is masked, or the field has no light.
    """
    camera = camera or Camera()
    grid = camera_wcs(camera, centre)
    told: list[str] = []
    light = {}
    for band, image in (("g", g), ("r", r)):
        if image.band != band:
            raise InputError(f"{image.origin}: an image in {image.band}, expected {band}; give the image in {band}")
        light[band], masked = to_grid(image, grid, largest_masked)
        told += _image_warnings(image, light[band], masked, centre, camera)
    smooth = {band: instrument.smooth(values, camera.smoothing_pixels) for band, values in light.items()}
    v, check = (v_light(light["g"], light["r"], smooth["g"], smooth["r"], chosen) for chosen in (relation, "tonry"))
    difference = _magnitude(check) - _magnitude(v)
    if abs(difference) > CROSS_CHECK_MAG:
        told.append(f"V by Tonry et al. (2012) differs by {difference:+.3f} mag: an unusual colour")
    return from_light(
        v * 10 ** (0.4 * EXTINCTION_RATIO * e_b_v),
        grid,
        name=name,
        source=source,
        distance_kpc=distance_kpc,
        camera=camera,
        cross_check_mag=difference,
        warnings=tuple(told),
    )


def from_light(
    light: NDArray,
    wcs: WCS,
    *,
    name: str,
    source: Source,
    distance_kpc: float | None = None,
    camera: Camera | None = None,
    cross_check_mag: float | None = None,
    warnings: tuple[str, ...] = (),
) -> FluxMap:
    """The flux map of V light on the network's grid, not yet smoothed.

    Parameters
    ----------
    light : array, shape (pixels, pixels)
        10^(-0.4 V) of each pixel.
    wcs : WCS
        Coordinates of the pixels.
    name, source, distance_kpc, camera
        As in `from_images`.
    cross_check_mag, warnings
        Taken over into the map.

    Raises
    ------
    InputError
        If the array is not of the grid's shape, not finite, or its light is not positive.
    """
    camera = camera or Camera()
    if light.shape != (camera.pixels, camera.pixels):
        raise InputError(
            f"{name}: light has shape {light.shape}, expected {(camera.pixels, camera.pixels)}; resample it"
        )
    total = float(light.sum())
    if not (np.isfinite(light).all() and total > 0):
        raise InputError(
            f"{name}: the light of the field is {total:.3g}, expected more than 0 and finite; look at the image: it "
            "may be empty, or its sky subtracted too much"
        )
    flux = flux_of_light(instrument.smooth(light, camera.smoothing_pixels))
    luminosity = None if distance_kpc is None else float(luminosity_of_flux(flux_of_light(total), distance_kpc))
    floor = max(camera.flux_floor, instrument.noise_level(flux))
    if (faint := float(np.mean(flux < floor))) > 0:
        warnings = (
            *warnings,
            f"{100 * faint:.1f} % of the map is fainter than the noise and raised to it, {np.log10(floor):.1f} dex",
        )
    return FluxMap(
        name=name,
        flux=instrument.log10_with_floor(flux, floor),
        wcs=wcs,
        source=source,
        v_magnitude=_magnitude(light),
        luminosity_lsun=luminosity,
        cross_check_mag=cross_check_mag,
        warnings=warnings,
    )


def flux_of_light(light: NDArray | float) -> NDArray[np.float64]:
    """F [Lsun kpc^-2] of light 10^(-0.4 V); L(V, D) grows with D², so that any distance gives the same F."""
    return flux_of_luminosity(light * luminosity_of_apparent(0.0, 1.0), 1.0)


def light_of_flux(flux: NDArray) -> NDArray[np.float64]:
    """Light 10^(-0.4 V) of a flux F [Lsun kpc^-2]: the inverse of `flux_of_light`."""
    return luminosity_of_flux(flux, 1.0) / luminosity_of_apparent(0.0, 1.0)


def _magnitude(light: NDArray) -> float:
    total = float(light.sum())
    return -2.5 * float(np.log10(total)) if total > 0 else float("nan")


def _image_warnings(image: BandImage, light: NDArray, masked: float, centre: SkyCoord, camera: Camera) -> list[str]:
    told = [checks.saturation(image, _field(image, centre, camera))]
    pixels = camera.field_arcsec**2 / pixel_area_arcsec2(image.wcs, *image.wcs.world_to_pixel(centre))
    told.append(checks.sky(image, float(light.sum()) * 10 ** (0.4 * image.zero_point_ab), pixels))
    if masked > 0:
        told.append(f"{image.band}: {100 * masked:.2g} % of the field was masked and is filled from its neighbours")
    return [text for text in told if text]


def _field(image: BandImage, centre: SkyCoord, camera: Camera) -> NDArray[np.bool_]:
    """Pixels of an image within the circle around the field, shape (ny, nx)."""
    x, y = image.wcs.world_to_pixel(centre)
    radius2 = camera.field_arcsec**2 / 2 / pixel_area_arcsec2(image.wcs, x, y)
    ny, nx = image.counts.shape
    return np.hypot(np.arange(ny)[:, None] - y, np.arange(nx) - x) ** 2 <= radius2
