"""Images of the paper's clusters as Pan-STARRS would take them, made from catalogue numbers alone.

A cluster is a King model with the catalogue's concentration and core radius, filled with an old population until it has
the catalogue's luminosity, put at its distance behind its dust. It has no mass segregation and no field stars, and owes
nothing to the simulations that the networks were trained on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.stats import sigma_clipped_stats
from numpy.typing import NDArray

from reproduce.archives.image import ZERO_POINT_AB, BandImage
from reproduce.sky.camera import light_image
from reproduce.sky.psf import Moffat
from reproduce.sky.settings import Camera
from reproduce.sky.wcs import tangent_wcs
from reproduce.stars.king import King
from reproduce.stars.photometry import V, distance_modulus, luminosity_of_magnitude
from reproduce.stars.population import Population, make_population

Array = NDArray[np.float64]

SCALE_ARCSEC = 0.25
PIXELS = 240  # a minute of arc: the networks' field with room to spare
SKY_PIXELS = 800
"""Side of the square in which the survey measures the sky that it subtracts (Magnier et al. 2020, ApJS 251, 5).
A cluster's unresolved stars within it pass for sky: real stacks of wide clusters lack that light, and so do these."""
WAVELENGTH_UM = {"g": 0.481, "r": 0.617}  # effective wavelengths of the PS1 filters (Tonry et al. 2012, Table 4)
SEEING_ARCSEC = {"g": 1.31, "r": 1.19}  # median seeing of the 3π survey (Chambers et al. 2016, arXiv 1612.05560)
DEPTH_MAG = {"g": 23.3, "r": 23.2}  # 5σ limits of its stacks for point sources (the same)
EXPOSURE_S = {"g": 516.0, "r": 480.0}  # twelve exposures of 43 s and 40 s (the same)
SATURATION_MAG = 13.0  # a star whose peak fills a pixel; the survey saturates between 12 and 14 mag
MOFFAT_BETA = 2.5
DUST_A_V, DUST_REDDENING = 3.1, 0.901
"""A_V / E(B-V) as in Harris's catalogue; E(g-r) / E(B-V) in the PS1 filters (Schlafly & Finkbeiner 2011, Table 6)."""


def make_images(target: Mapping[str, Any], seed: int, cache: Path | None = None) -> dict[str, BandImage]:
    """g and r images of one cluster.

    Parameters
    ----------
    target : mapping
        A row of `reproduce.papers.chardin2021.observed.targets.targets`.
    seed : int
        Seed of the stars and the noise; the cluster's name is added to it.
    cache : Path, optional
        Folder that keeps stellar tracks.

    Returns
    -------
    dict of BandImage
        By band, "g" and "r"; linear counts above the sky, the cluster's centre in the middle, north up, east left.

    Raises
    ------
    InputError
        If no King model has the target's concentration or radii, or its age is out of range.
    """
    generator = np.random.default_rng([seed, *str(target["name"]).encode()])
    population = make_population(float(target["metallicity"]), float(target["age_gyr"]), cache)
    luminosity = float(luminosity_of_magnitude(target["absolute_magnitude_v"]))
    kind = _draw(population, luminosity, generator)
    model = _king(target)
    x, y = model.sample(len(kind), 60 * float(target["r_core_arcmin"]), generator)
    magnitudes = _magnitudes(population, float(target["distance_kpc"]), float(target["e_b_v"]))
    camera = Camera(field_arcsec=SKY_PIXELS * SCALE_ARCSEC, pixels=SKY_PIXELS)
    wcs = tangent_wcs((PIXELS, PIXELS), SCALE_ARCSEC, SkyCoord(target["ra"], target["dec"], unit="deg"))
    u, v = (SKY_PIXELS / 2 + offset / SCALE_ARCSEC for offset in (x, y))
    middle = slice((SKY_PIXELS - PIXELS) // 2, (SKY_PIXELS + PIXELS) // 2)
    images = {}
    for band, magnitude in magnitudes.items():
        zero_point = ZERO_POINT_AB + 2.5 * np.log10(EXPOSURE_S[band])
        star = Moffat(SEEING_ARCSEC[band], MOFFAT_BETA)
        counts = light_image(u, v, 10 ** (-0.4 * (magnitude - zero_point))[kind], camera, star)
        full = 10 ** (-0.4 * (SATURATION_MAG - zero_point)) * _peak(star)
        counts = np.minimum(_expose(counts, band, zero_point, star, generator), full)
        sky = _sky(counts)
        images[band] = BandImage(
            counts=(counts - sky)[middle, middle],
            wcs=wcs,
            zero_point_ab=zero_point,
            band=band,
            saturation_counts=full - sky,
            origin=f"synthetic {band} image of {target['name']}",
        )
    return images


def _king(target: Mapping[str, Any]) -> King:
    """The King model of a cluster. The catalogue's c = 2.50 of a collapsed core is nominal: there its radii decide."""
    if target["core_collapsed"] == "yes":
        return King.of_radii(float(target["r_core_arcmin"]), float(target["r_half_arcmin"]))
    return King.of_concentration(float(target["concentration"]))


def _draw(population: Population, luminosity: float, generator: np.random.Generator) -> NDArray[np.intp]:
    """The kind of each star of a cluster with this V luminosity [Lsun], those that shine, in random order."""
    expected = np.where(population.luminosity > 0, population.number * luminosity, 0.0)
    return np.repeat(np.arange(len(expected)), generator.poisson(expected))


def _magnitudes(population: Population, distance_kpc: float, reddening: float) -> dict[str, Array]:
    """Apparent g and r of each kind of star, AB, behind the dust.

    V comes from the tracks; g - r is that of black bodies, about 0.1 mag from that of stars between 4,000 and 7,000 K;
    V and g - r give r by Tonry et al. (2012, Table 6), V = r + 0.005 + 0.462 (g-r) + 0.013 (g-r)², another calibration
    than the one by which the images are turned back into V.
    """
    shines = population.luminosity > 0
    safe = np.where(shines, population.luminosity, 1.0)
    apparent = V.solar_magnitude - 2.5 * np.log10(safe) + distance_modulus(distance_kpc) + DUST_A_V * reddening
    colour = _colour(np.where(shines, population.temperature_k, 6_000.0)) + DUST_REDDENING * reddening
    r = apparent - 0.005 - 0.462 * colour - 0.013 * colour**2
    return {"g": r + colour, "r": r}


def _colour(temperature_k: Array) -> Array:
    """AB colour g - r of black bodies: B_ν ∝ ν³ / (e^x - 1), x = h c / (λ k T)."""
    brightness = [
        wavelength**-3 / np.expm1(14_387.77 / (wavelength * temperature_k)) for wavelength in WAVELENGTH_UM.values()
    ]
    return -2.5 * np.log10(brightness[0] / brightness[1])


def _peak(star: Moffat) -> float:
    """Share of a star's light in the pixel at its centre."""
    return (star.beta - 1) / (np.pi * star.alpha**2) * SCALE_ARCSEC**2


def _expose(counts: Array, band: str, zero_point: float, star: Moffat, generator: np.random.Generator) -> Array:
    """Photon noise of the cluster, one electron a count, and of the sky as deep as the survey's stacks.

    A star at the 5σ limit has a flux of five times the noise in the area 1 / ∫ PSF², which for a Moffat function is
    π α² (2β - 1) / (β - 1)².
    """
    area = np.pi * star.alpha**2 * (2 * star.beta - 1) / (star.beta - 1) ** 2 / SCALE_ARCSEC**2
    sky = 10 ** (-0.4 * (DEPTH_MAG[band] - zero_point)) / 5 / np.sqrt(area)
    return generator.poisson(np.maximum(counts, 0)) + sky * generator.standard_normal(counts.shape)


def _sky(counts: Array) -> float:
    """Sky level: the mode of an image with stars, 2.5 median - 1.5 mean of what is left after clipping at 3σ."""
    mean, median, _ = sigma_clipped_stats(counts, sigma=3)
    return float(2.5 * median - 1.5 * mean)
