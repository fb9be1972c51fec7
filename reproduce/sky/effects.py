"""Optional observational effects: what a real image has and the paper's maps have not (its Sect. 6)."""

import numpy as np
from numpy.typing import NDArray

from reproduce.sky.noise import counted
from reproduce.sky.settings import Camera, Effects
from reproduce.stars.photometry import luminosity_of_apparent

COUNT_SLOPE = 0.3
"""Field stars per magnitude grow as 10^(0.3 m), between the 0.6 of a uniform space and the 0.2 where the Galaxy ends;
about the slope of counts away from the Galactic plane at V of 16 to 20 (Bahcall & Soneira 1980, ApJS 44, 73)."""


def field_stars(
    effects: Effects, camera: Camera, margin_pixels: int, distance_kpc: float, generator: np.random.Generator
) -> tuple[NDArray, NDArray, NDArray]:
    """Stars that do not belong to the cluster, in the field and its surroundings.

    Parameters
    ----------
    effects, camera : Effects, Camera
        Number density, magnitudes; field and pixels.
    margin_pixels : int
        Width of the surroundings [px].
    distance_kpc : float
        The cluster's distance [kpc], at which the stars' luminosities are reckoned.
    generator : Generator
        Random numbers.

    Returns
    -------
    u, v, luminosity : array of float64, shape (n,)
        Place [px] and luminosity [Lsun in V] as if at the cluster's distance; n is drawn from a Poisson distribution.
    """
    side = camera.pixels + 2 * margin_pixels
    area_arcmin2 = (side * camera.field_arcsec / camera.pixels / 60) ** 2
    n = generator.poisson(effects.field_stars_per_arcmin2 * area_arcmin2)
    u, v = generator.uniform(-margin_pixels, camera.pixels + margin_pixels, (2, n))
    bright, faint = (10 ** (COUNT_SLOPE * m) for m in (effects.field_star_bright_mag, effects.field_star_faint_mag))
    magnitude = np.log10(bright + generator.random(n) * (faint - bright)) / COUNT_SLOPE
    return u, v, luminosity_of_apparent(magnitude, distance_kpc)


def expose(
    image: NDArray, effects: Effects, camera: Camera, distance_kpc: float, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Image of the light as a detector gives it after the sky was subtracted.

    In this order: sky, photon noise, read noise, saturation, subtraction of the mean sky, bad pixels.

    Parameters
    ----------
    image : array, shape (ny, nx)
        Light in each pixel [Lsun in V].
    effects, camera : Effects, Camera
        The effects; pixels.
    distance_kpc : float
        The cluster's distance [kpc].
    generator : Generator
        Random numbers.

    Returns
    -------
    array of float64, shape (ny, nx)
        In the same unit; noise can make it negative.
    """
    sky = 0.0
    if effects.sky_mag_arcsec2 is not None:
        pixel_arcsec2 = (camera.field_arcsec / camera.pixels) ** 2
        sky = float(luminosity_of_apparent(effects.sky_mag_arcsec2, distance_kpc)) * pixel_arcsec2
    seen = image + sky
    if effects.zero_point_mag is not None:
        electron = float(luminosity_of_apparent(effects.zero_point_mag, distance_kpc))
        # the Fourier transform leaves light of -1e-16 of the total in empty pixels
        electrons = counted(np.maximum(seen, 0) / electron, effects.read_noise_electrons, generator)
        if effects.saturation_electrons is not None:
            electrons = np.minimum(electrons, effects.saturation_electrons)
        seen = electrons.astype(np.float64) * electron
    seen = seen - (1 - effects.sky_left) * sky
    if effects.bad_pixels > 0:
        seen[generator.random(image.shape) < effects.bad_pixels] = 0
    return seen
