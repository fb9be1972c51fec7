"""Strange maps of nothing: skies, stars without a cluster, random fields, patterns."""

import numpy as np
from numpy.typing import NDArray

from reproduce.papers.chardin2021.strange.start import Array, Good, random_field, star_fluxes, stars

Map = NDArray[np.float32]


def empty_sky(good: Good, rng: np.random.Generator) -> Map:
    """Nothing but the noise of a sky that was subtracted; pixels below zero at the floor."""
    noise = good.smoothed(rng.standard_normal(good.flux.shape))
    return good.logarithm(np.median(good.light) * noise / noise.std() * 10 ** rng.uniform(-2, 1))


def noisy_sky(good: Good, rng: np.random.Generator) -> Map:
    """An even sky that was not subtracted, with its photon noise."""
    counts = rng.poisson(10 ** rng.uniform(0, 3), good.flux.shape).astype(float)
    return good.as_bright(good.smoothed(counts), rng)


def single_star(good: Good, rng: np.random.Generator) -> Map:
    """One star near the middle on a faint sky."""
    return _few_stars(good, 1, rng)


def few_stars(good: Good, rng: np.random.Generator) -> Map:
    """Two to twelve stars on a faint sky."""
    return _few_stars(good, int(rng.integers(2, 13)), rng)


def _few_stars(good: Good, n: int, rng: np.random.Generator) -> Map:
    light = np.zeros(good.flux.shape)
    middle = good.side // 2
    for flux in star_fluxes(n, rng, 0.7):
        reach = good.side // 8 if n == 1 else good.side // 2 - 1
        light[tuple(middle + rng.integers(-reach, reach + 1, 2))] += flux
    sky = light.sum() / light.size * 10 ** rng.uniform(-3, -1) * rng.uniform(0.9, 1.1, light.shape)
    return good.as_bright(good.seen(light + sky, rng), rng)


def star_field(good: Good, rng: np.random.Generator) -> Map:
    """100 to 5,000 stars scattered evenly, with a power law of fluxes."""
    n = int(10 ** rng.uniform(2, 3.7))
    light = stars(good, star_fluxes(n, rng, rng.uniform(0.6, 1.4)), rng)
    return good.as_bright(good.seen(light + light.mean() * rng.uniform(0.01, 0.3), rng), rng)


def crowded_field(good: Good, rng: np.random.Generator) -> Map:
    """1,500 to 50,000 stars scattered evenly: many dwarfs and a share of giants of about one brightness."""
    n = int(10 ** rng.uniform(3.2, 4.7))
    giants = max(3, int(n * 10 ** rng.uniform(-2.3, -1.3)))
    dwarfs = stars(good, star_fluxes(n, rng, 1.2, decades=2), rng)
    bright = stars(good, 10 ** rng.normal(0, 0.3, giants), rng)
    light = dwarfs / dwarfs.sum() + bright / bright.sum() * rng.uniform(0.5, 2)
    return good.as_bright(good.seen(light, rng), rng)


def survey_field(good: Good, rng: np.random.Generator) -> Map:
    """A field of an ordinary survey: some stars, some small galaxies, noise of the subtracted sky."""
    light = stars(good, star_fluxes(int(rng.integers(5, 60)), rng, 0.75), rng)
    y, x = good.places()
    for flux in star_fluxes(int(rng.integers(5, 30)), rng, 1.0, decades=2):
        y0, x0 = rng.uniform(-0.5, 0.5, 2) * good.camera.field_arcsec
        radius = np.hypot(y - y0, (x - x0) / rng.uniform(0.4, 1)) / rng.uniform(0.3, 1.0)
        light += flux * np.exp(-radius) / np.exp(-radius).sum()
    smooth = good.seen(light, rng)
    noise = good.smoothed(rng.standard_normal(light.shape))
    level = 10 ** rng.uniform(-2.5, -1) * smooth.max()
    return good.as_bright(np.maximum(smooth + level * (1.5 + noise / noise.std()), 1e-6 * smooth.max()), rng)


def gaussian_field(good: Good, rng: np.random.Generator) -> Map:
    """A Gaussian random field in log10 F, of the mean and scatter of the good map."""
    field = good.smoothed(random_field(good.side, rng.uniform(-3.5, 0), rng))
    field = (field - field.mean()) / field.std()
    return (good.flux.mean() + field * good.flux.std() * rng.uniform(0.5, 1.5)).astype(np.float32)


def log_normal_noise(good: Good, rng: np.random.Generator) -> Map:
    """Pixels drawn each from a log-normal distribution, then smoothed."""
    light = np.exp(rng.normal(0, rng.uniform(0.5, 3), good.flux.shape))
    return good.as_bright(good.smoothed(light), rng)


def clouds(good: Good, rng: np.random.Generator) -> Map:
    """A log-normal field like cirrus: power falls as k^-3."""
    light = np.exp(rng.uniform(0.5, 2) * random_field(good.side, -3, rng))
    return good.as_bright(good.smoothed(light), rng)


def slope_of_light(good: Good, rng: np.random.Generator) -> Map:
    """Light that grows evenly from one side of the field to the other, with a little noise."""
    y, x = good.places()
    angle = rng.uniform(0, 2 * np.pi)
    along = (x * np.cos(angle) + y * np.sin(angle)) / good.camera.field_arcsec
    light = 1.5 + rng.uniform(0.3, 2) * along
    return good.as_bright(_grainy(good, np.maximum(light, 0.01), 0.03, rng), rng)


def checkerboard(good: Good, rng: np.random.Generator) -> Map:
    """Bright and dark squares of 2 to 10 arcsec."""
    y, x = good.places()
    width = rng.uniform(2, 10)
    light = 1 + rng.uniform(0.5, 20) * ((np.floor(y / width) + np.floor(x / width)) % 2)
    return good.as_bright(_grainy(good, light, 0.03, rng), rng)


def ring(good: Good, rng: np.random.Generator) -> Map:
    """A ring of light, as of a planetary nebula or an out-of-focus star, on a faint sky."""
    y, x = good.places()
    y0, x0 = rng.uniform(-4, 4, 2)
    radius = np.hypot(y - y0, x - x0)
    light = np.exp(-(((radius - rng.uniform(4, 14)) / rng.uniform(1, 3)) ** 2) / 2) + 10 ** rng.uniform(-2, -0.7)
    return good.as_bright(_grainy(good, light, 0.05, rng), rng)


def round_blob(good: Good, rng: np.random.Generator) -> Map:
    """A smooth Gaussian or Plummer-like blob: a cluster's profile without its stars."""
    y, x = good.places()
    y0, x0 = rng.uniform(-4, 4, 2)
    radius2 = ((y - y0) ** 2 + (x - x0) ** 2) / rng.uniform(2, 15) ** 2
    light = np.exp(-radius2 / 2) + 1e-3 if rng.random() < 0.5 else (1 + radius2) ** -2
    return good.as_bright(_grainy(good, light, 0.02, rng), rng)


def _grainy(good: Good, light: NDArray, share: float, rng: np.random.Generator) -> Array:
    """Light with noise of this share in each smoothed pixel."""
    noise = good.smoothed(rng.standard_normal(light.shape))
    return np.maximum(good.smoothed(light) * (1 + share * noise / noise.std()), 1e-9)
