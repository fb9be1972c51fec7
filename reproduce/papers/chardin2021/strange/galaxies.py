"""Strange maps of galaxies, in whose middle, or near it, the field lies."""

import numpy as np
from numpy.typing import NDArray

from reproduce.papers.chardin2021.strange.start import Array, Good, random_field, star_fluxes, stars

Map = NDArray[np.float32]


def elliptical(good: Good, rng: np.random.Generator) -> Map:
    """A Sérsic profile of index 2 to 6, flattened, with a little noise."""
    radius = _radius(good, rng, rng.uniform(0.5, 1), reach_arcsec=4)
    n = rng.uniform(2, 6)
    light = _sersic(radius, rng.uniform(2, 30), n)
    return good.as_bright(_noisy(good, good.seen(light, rng), rng), rng)


def de_vaucouleurs(good: Good, rng: np.random.Generator) -> Map:
    """A round Sérsic profile of index 4 with foreground stars."""
    light = _sersic(_radius(good, rng, rng.uniform(0.7, 1), reach_arcsec=5), rng.uniform(3, 20), 4.0)
    return good.as_bright(_noisy(good, good.seen(_foreground(good, light, rng), rng), rng), rng)


def smooth_disc(good: Good, rng: np.random.Generator) -> Map:
    """An exponential disc, seen from any side."""
    light = np.exp(-_radius(good, rng, rng.uniform(0.2, 1), reach_arcsec=5) / rng.uniform(2, 15))
    return good.as_bright(_noisy(good, good.seen(light, rng), rng), rng)


def spiral(good: Good, rng: np.random.Generator) -> Map:
    """A disc, a bulge, two or more arms with knots and patches; the field lies up to 15 arcsec from the middle."""
    radius, angle = _polar(good, rng, rng.uniform(0.4, 1), reach_arcsec=15)
    scale = rng.uniform(5, 20)
    arms, pitch = int(rng.integers(2, 5)), np.tan(np.radians(rng.uniform(10, 30)))
    phase = arms * (angle - np.log(np.maximum(radius, 0.3)) / pitch)
    wave = np.exp(rng.uniform(0.5, 1.5) * (np.cos(phase) - 1))
    texture = np.exp(rng.uniform(0.3, 0.8) * random_field(good.side, -2, rng))
    disc = np.exp(-radius / scale) * (0.5 + 1.5 * wave) * texture
    knots = good.smoothed(stars(good, star_fluxes(int(rng.integers(50, 500)), rng, 0.9), rng)) * disc * wave
    bulge = _sersic(radius, rng.uniform(1, 4), 2.0)
    light = disc / disc.sum() + rng.uniform(0.05, 0.5) * knots / knots.sum() + rng.uniform(0, 0.4) * bulge / bulge.sum()
    return good.as_bright(_noisy(good, good.seen(_foreground(good, light, rng), rng), rng), rng)


def patchy_disc(good: Good, rng: np.random.Generator) -> Map:
    """A disc with a bulge, patches and stars of the Galaxy; the field lies up to 12 arcsec from the middle."""
    radius = _radius(good, rng, rng.uniform(0.4, 1), reach_arcsec=12)
    texture = np.exp(rng.uniform(0.2, 1) * random_field(good.side, rng.uniform(-3, -1.5), rng))
    disc = np.exp(-radius / rng.uniform(5, 20)) * texture
    bulge = _sersic(radius, rng.uniform(1, 5), rng.uniform(1, 4))
    light = disc / disc.sum() + rng.uniform(0, 0.5) * bulge / bulge.sum()
    return good.as_bright(_noisy(good, good.seen(_foreground(good, light, rng), rng), rng), rng)


def barred(good: Good, rng: np.random.Generator) -> Map:
    """A bar, a bulge, and a ring of knots around it in a patchy disc."""
    v, u = _turned(good, rng, reach_arcsec=8)
    flat, half = rng.uniform(0.5, 1), rng.uniform(4, 10)
    radius = np.hypot(u, v / flat)
    disc = np.exp(-radius / (2 * half)) * np.exp(rng.uniform(0.2, 0.6) * random_field(good.side, -2.5, rng))
    bar = np.exp(-((u / half) ** 4) - (v / (0.25 * half)) ** 2)
    knots = stars(good, star_fluxes(int(rng.integers(30, 200)), rng, 0.9), rng)
    ring = np.exp(-(((radius - 1.2 * half) / (0.2 * half)) ** 2))
    bulge = _sersic(radius, rng.uniform(0.5, 2), 2.0)
    parts = ((1.0, disc), (rng.uniform(0.2, 0.6), bar), (rng.uniform(0.1, 0.4), bulge), (0.2, ring * (0.2 + knots)))
    light = np.sum([weight * part / part.sum() for weight, part in parts], axis=0)
    return good.as_bright(_noisy(good, good.seen(_foreground(good, light, rng), rng), rng), rng)


def irregular(good: Good, rng: np.random.Generator) -> Map:
    """A disc with patches and knots, as of a dwarf irregular."""
    radius = _radius(good, rng, rng.uniform(0.4, 1), reach_arcsec=6)
    disc = np.exp(-radius / rng.uniform(4, 12)) * np.exp(rng.uniform(0.5, 1.2) * random_field(good.side, -2.5, rng))
    knots = stars(good, star_fluxes(int(rng.integers(20, 200)), rng, 0.8), rng) * disc
    light = disc / disc.sum() + rng.uniform(0.1, 0.5) * knots / knots.sum()
    return good.as_bright(_noisy(good, good.seen(light, rng), rng), rng)


def edge_on(good: Good, rng: np.random.Generator) -> Map:
    """A thin disc from its side, a lane of dust in its middle."""
    y, x = _turned(good, rng, reach_arcsec=4)
    height = rng.uniform(1, 3)
    light = np.exp(-np.abs(x) / rng.uniform(6, 20)) / np.cosh(y / height) ** 2
    light *= 1 - rng.uniform(0.3, 0.9) * np.exp(-((y / (0.4 * height)) ** 2)) + 1e-3
    return good.as_bright(_noisy(good, good.seen(light + 1e-3 * light.max(), rng), rng), rng)


def _turned(good: Good, rng: np.random.Generator, reach_arcsec: float) -> tuple[Array, Array]:
    """Coordinates [arcsec] about a middle up to a reach away, along the axes of a galaxy."""
    y, x = good.places()
    y0, x0 = rng.uniform(-reach_arcsec, reach_arcsec, 2)
    angle = rng.uniform(0, np.pi)
    u = (x - x0) * np.cos(angle) + (y - y0) * np.sin(angle)
    v = (y - y0) * np.cos(angle) - (x - x0) * np.sin(angle)
    return v, u


def _polar(good: Good, rng: np.random.Generator, axis_ratio: float, reach_arcsec: float) -> tuple[Array, Array]:
    v, u = _turned(good, rng, reach_arcsec)
    return np.hypot(u, v / axis_ratio), np.arctan2(v / axis_ratio, u)


def _radius(good: Good, rng: np.random.Generator, axis_ratio: float, reach_arcsec: float) -> Array:
    return _polar(good, rng, axis_ratio, reach_arcsec)[0]


def _sersic(radius: NDArray, effective: float, n: float) -> Array:
    """I ∝ exp(-b (r / r_e)^(1/n)), b of Ciotti & Bertin (1999) to first order; no radius counts below 0.1 arcsec."""
    b = 2 * n - 1 / 3
    return np.exp(-b * ((np.maximum(radius, 0.1) / effective) ** (1 / n)))


def _foreground(good: Good, light: NDArray, rng: np.random.Generator) -> Array:
    """Light with none to eight stars of the Galaxy, together up to a tenth of it."""
    n = int(rng.integers(0, 9))
    if n == 0:
        return light
    added = stars(good, star_fluxes(n, rng, 0.7, decades=2), rng)
    return light + rng.uniform(0.01, 0.1) * light.sum() * added / added.sum()


def _noisy(good: Good, light: NDArray, rng: np.random.Generator) -> Array:
    """Smoothed light with smoothed noise of up to a few hundredths of its mean."""
    noise = good.smoothed(rng.standard_normal(light.shape))
    level = 10 ** rng.uniform(-3, -1.3) * light.mean()
    return np.maximum(light + level * (noise / noise.std() + 1), 1e-4 * light.mean())
