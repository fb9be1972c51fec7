"""Synthetic star fields of M31, from its bulge to 20 kpc: backgrounds where no real image is at hand.

They are synthetic and must be labelled so. A field's old stars follow bulge and disc (Courteau et al. 2011; Tamm et al.
2012) seen at the disc's inclination, its star-formation history that of Williams et al. (2017), recent star formation
that of Johnson et al. (2016); half of the stars, more or less, lie behind a layer of dust with a log-normal A_V
(Dalcanton et al. 2015). The brightest stars are drawn one by one, the rest is smooth light with the fluctuations that
its stars have (as in ArtPop, Greco & Danieli 2022). Left out: spiral arms other than the ring, clusters, structure of
the dust within a field, distant galaxies, foreground stars of the Milky Way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import special

from reproduce.sky import hst, hst_kernels
from reproduce.sky.settings import HstCamera
from reproduce.stars.isochrones import Isochrones

BULGE_MSUN, BULGE_RADIUS_KPC, BULGE_SERSIC = 4.9e10, 1.0, 2.2
DISC_MSUN, DISC_SCALE_KPC = 4.8e10, 5.3
INCLINATION_DEG = 77.0
CENTRE_DEG = (10.6847, 41.2688)
"""Right ascension and declination of the centre."""
POSITION_ANGLE_DEG = 37.7
"""Of the major axis, from north to east."""
FOREGROUND_A_V = 0.19
"""Of the Milky Way's dust, in front of all."""
OUTERMOST_KPC = 20.0
SHARES = ((8.0, 13.0, 0.80), (4.0, 8.0, 0.05), (1.0, 4.0, 0.13), (0.1, 1.0, 0.02))
"""Ages from and to [Gyr], and the share of the stars' mass formed then (Williams et al. 2017, ApJ 846, 145)."""
BURST_GYR = 2.0
"""Most of the stars of 1 to 4 Gyr are about this old."""
RING_KPC, RING_WIDTH_KPC = 11.0, 1.5
STAR_FORMATION = (1e-3, 10**-2.5)
"""Rate [Msun/yr/kpc²] of the last 100 Myr between the arms and at the middle of the ring (Johnson et al. 2016)."""
FEH_GRADIENT = -0.02  # dex/kpc, from solar in the middle
FEH_SPREAD = 0.2
"""Standard deviation [dex] of the old stars' metallicity (a choice)."""
DUST_MEDIAN = (0.2, 2.0)
"""Median A_V of a field's dust layer: the least and the most."""
DUST_SIGMA = 0.3
"""Standard deviation of ln A_V within a field."""
BRIGHT_STARS = 60_000
"""So many stars of a field are drawn one by one."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Place:
    """A place in M31 and what lies there.

    Attributes
    ----------
    radius_kpc : float
        Distance from the centre in the disc's plane [kpc].
    azimuth_deg : float
        Angle in the disc's plane from the major axis [deg].
    dust_a_v : float
        Median A_V of the dust layer [mag].
    dust_behind : float
        Share of the stars behind it.
    """

    radius_kpc: float
    azimuth_deg: float
    dust_a_v: float
    dust_behind: float

    @property
    def old_msun_pc2(self) -> float:
        """Mass of old stars in a square parsec on the sky [Msun/pc²], today's."""
        cosine = np.cos(np.radians(INCLINATION_DEG))
        disc = DISC_MSUN / (2 * np.pi * DISC_SCALE_KPC**2) * np.exp(-self.radius_kpc / DISC_SCALE_KPC) / cosine
        along, across = (self.radius_kpc * f(np.radians(self.azimuth_deg)) for f in (np.cos, np.sin))
        n, b = BULGE_SERSIC, float(special.gammaincinv(2 * BULGE_SERSIC, 0.5))
        area = 2 * np.pi * n * np.exp(b) * b ** (-2 * n) * special.gamma(2 * n) * BULGE_RADIUS_KPC**2
        ratio = np.hypot(along, across * cosine) / BULGE_RADIUS_KPC
        bulge = BULGE_MSUN / area * np.exp(-b * (ratio ** (1 / n) - 1))
        return float(disc + bulge) / 1e6

    @property
    def star_formation(self) -> float:
        """Rate of the last 100 Myr [Msun/yr/kpc²] in the disc's plane."""
        low, high = STAR_FORMATION
        return float(low + (high - low) * np.exp(-0.5 * ((self.radius_kpc - RING_KPC) / RING_WIDTH_KPC) ** 2))

    @property
    def feh(self) -> float:
        """Mean [Fe/H]."""
        return FEH_GRADIENT * self.radius_kpc

    @classmethod
    def draw(cls, generator: np.random.Generator, radii_kpc: tuple[float, float] = (0.0, OUTERMOST_KPC)) -> "Place":
        """A place with a radius uniform in a range, and dust that is thickest in the ring."""
        radius = generator.uniform(*radii_kpc)
        typical = 0.3 + 0.9 * np.exp(-0.5 * ((radius - RING_KPC) / (2 * RING_WIDTH_KPC)) ** 2)
        dust = float(np.clip(typical * np.exp(0.5 * generator.standard_normal()), *DUST_MEDIAN))
        return cls(radius, generator.uniform(0, 360), dust, generator.uniform(0.3, 0.7))


@dataclass(frozen=True)
class Mixture:
    """Kinds of stars of a field, the brightest first.

    Attributes
    ----------
    number_pc2 : array, shape (k,)
        Stars in a square parsec on the sky.
    rate : array, shape (k, 3)
        Electrons a second of one star without extinction.
    """

    number_pc2: Array
    rate: Array


@dataclass(frozen=True)
class M31:
    """Maker of fields.

    Attributes
    ----------
    isochrones : Isochrones
        Stars, in F336W, F475W and F814W.
    camera : HstCamera
        Pixels and zero points; its `pixels` are the side of a field.
    seed : int
        Of all fields.
    radii_kpc : tuple of float
        Range of the distance from the centre.
    """

    isochrones: Isochrones
    camera: HstCamera
    seed: int = 0
    radii_kpc: tuple[float, float] = (0.0, OUTERMOST_KPC)

    def place(self, number: int) -> Place:
        """Where field `number` lies."""
        return Place.draw(np.random.default_rng([self.seed, number, 0]), self.radii_kpc)

    def tile(self, number: int) -> NDArray[np.float32]:
        """Light of field `number` without noise [electrons/s], shape (3, pixels, pixels): of (seed, number) alone."""
        return self.light(self.place(number), np.random.default_rng([self.seed, number, 1]))

    @cached_property
    def parsec2_per_pixel(self) -> float:
        """Area of a pixel at M31's distance [pc²]."""
        return (hst.M31_KPC * 1e3 * self.camera.pixel_arcsec / hst.ARCSEC_PER_RADIAN) ** 2

    def mixture(self, place: Place) -> Mixture:
        """All stars of a place."""
        numbers, rates = [], []
        per_light = hst.electrons_per_light(self.camera, hst.M31_KPC)
        left = 0.0
        for log_age, feh, share in _parts(place.feh):
            one = self.isochrones.nearest(log_age, feh)
            left += share * one.left_msun / one.born_msun
            numbers.append(share * one.share / one.born_msun)
            rates.append(one.light * per_light)
        numbers = [number * place.old_msun_pc2 / left for number in numbers]
        young = place.star_formation * 1e-6 / np.cos(np.radians(INCLINATION_DEG))  # Msun/yr in a parsec² on the sky
        for low, high in pairwise((6.5, 6.8, 7.1, 7.4, 7.7, 8.0)):  # log10 of the age [yr]
            one = self.isochrones.nearest((low + high) / 2, place.feh)
            numbers.append(young * (10**high - 10**low) * one.share / one.born_msun)
            rates.append(one.light * per_light)
        number, rate = np.concatenate(numbers), np.concatenate(rates)
        order = np.argsort(-(rate * np.array(self.camera.exposure_s)).max(axis=1), kind="stable")
        return Mixture(number[order], rate[order])

    def light(self, place: Place, generator: np.random.Generator) -> NDArray[np.float32]:
        """Light of a field at a place without noise [electrons/s], shape (3, pixels, pixels)."""
        size, margin = hst.fine_grid(self.camera)
        across = size // hst.NODES
        mixture = self.mixture(place)
        expected = mixture.number_pc2 * self.parsec2_per_pixel * across**2
        bright = int(np.searchsorted(np.cumsum(expected), BRIGHT_STARS))
        total = np.cumsum(expected[:bright])
        n = int(generator.poisson(total[-1])) if bright else 0
        kind = np.searchsorted(total, generator.random(n) * (total[-1] if bright else 0.0), side="right")
        behind = generator.random(n) < place.dust_behind
        dust = behind * place.dust_a_v * np.exp(DUST_SIGMA * generator.standard_normal(n))
        curve = np.array(list(hst.EXTINCTION.values()))
        flux = mixture.rate[np.minimum(kind, max(bright - 1, 0))] * 10 ** (
            -0.4 * curve * (FOREGROUND_A_V + dust)[:, None]
        )
        u, v = generator.uniform(-margin, across - margin, (2, n))
        smooth = self._smooth(place, expected[bright:] / size**2, mixture.rate[bright:], size, generator)
        return hst.star_image(u, v, flux, self.camera, smooth=smooth)

    def _smooth(
        self, place: Place, number: Array, rate: Array, size: int, generator: np.random.Generator
    ) -> NDArray[np.float32]:
        """Light of unresolved stars on each node: a Gaussian with the mean and the covariance of its Poisson sum."""
        curve = np.array(list(hst.EXTINCTION.values()))
        x, weight = np.polynomial.hermite_e.hermegauss(9)
        layers = [(1 - place.dust_behind, 0.0)]
        layers += [
            (place.dust_behind * w / weight.sum(), place.dust_a_v * np.exp(DUST_SIGMA * t))
            for t, w in zip(x, weight, strict=True)
        ]
        mean, covariance = np.zeros(3), np.zeros((3, 3))
        for share, a_v in layers:
            dimmed = rate * 10 ** (-0.4 * curve * (FOREGROUND_A_V + a_v))
            mean += share * (number @ dimmed)
            covariance += share * (dimmed.T @ (dimmed * number[:, None]))
        values, vectors = np.linalg.eigh(covariance)
        root = (vectors * np.sqrt(np.maximum(values, 0))).astype(np.float32)
        normal = hst_kernels.standard_normal(generator, 3 * size * size).reshape(3, -1)
        return (root @ normal + mean[:, None].astype(np.float32)).reshape(3, size, size)


def radius_kpc(place: NDArray) -> Array:
    """Distance of tiles from M31's centre in the disc's plane [kpc], shape (n,): known, or from their coordinates."""
    if "radius_kpc" in (place.dtype.names or ()):
        return np.asarray(place["radius_kpc"], np.float64)
    dec = np.radians(place["dec"])
    east = np.radians(place["ra"] - CENTRE_DEG[0]) * np.cos(dec)
    north = dec - np.radians(CENTRE_DEG[1])
    angle = np.radians(POSITION_ANGLE_DEG)
    along = east * np.sin(angle) + north * np.cos(angle)
    across = (east * np.cos(angle) - north * np.sin(angle)) / np.cos(np.radians(INCLINATION_DEG))
    return np.asarray(np.hypot(along, across) * hst.M31_KPC, np.float64)


def coordinates(radius: NDArray, azimuth_deg: NDArray) -> tuple[Array, Array]:
    """Right ascension and declination [deg] of places in the disc: the inverse of `radius_kpc`.

    Parameters
    ----------
    radius : array, shape (n,)
        Distance from the centre in the disc's plane [kpc].
    azimuth_deg : array, shape (n,)
        Angle in the plane from the major axis [deg].
    """
    away, around = np.asarray(radius, np.float64) / hst.M31_KPC, np.radians(azimuth_deg)
    along, across = away * np.cos(around), away * np.sin(around) * np.cos(np.radians(INCLINATION_DEG))
    angle = np.radians(POSITION_ANGLE_DEG)
    north = along * np.cos(angle) - across * np.sin(angle)
    east = along * np.sin(angle) + across * np.cos(angle)
    dec = np.radians(CENTRE_DEG[1]) + north
    return CENTRE_DEG[0] + np.degrees(east / np.cos(dec)), np.degrees(dec)


def fields(maker: M31, number: int) -> Iterator[tuple[str, NDArray[np.float32], Mapping[str, float]]]:
    """The first fields of a maker, as `tiles.collect` takes them: name, light, what is known of the place."""
    for i in range(number):
        rate = maker.tile(i)
        yield f"synthetic/{maker.seed}/{i}", rate, describe(rate, maker.place(i), maker.camera)


def describe(rate: NDArray, place: Place, camera: HstCamera) -> Mapping[str, float]:
    """What a table of fields says of one: its place and mean surface brightnesses [Vega mag/arcsec²]."""
    mean = rate.mean(axis=(1, 2)) / camera.pixel_arcsec**2
    brightness = np.array(camera.zero_point_vega) - 2.5 * np.log10(mean)
    names = ("mu_f336w", "mu_f475w", "mu_f814w")
    return {
        "radius_kpc": place.radius_kpc,
        "azimuth_deg": place.azimuth_deg,
        "dust_a_v": place.dust_a_v,
        "dust_behind": place.dust_behind,
        **dict(zip(names, map(float, brightness), strict=True)),
    }


def _parts(feh: float) -> list[tuple[float, float, float]]:
    """Old and intermediate populations: log10 of the age [yr], [Fe/H], share of the mass formed."""
    parts = []
    for low, high, share in SHARES:
        if low >= 8:  # three ages and three metallicities: a Gaussian's by Gauss-Hermite quadrature
            for age in np.linspace(low, high, 7)[1::2]:
                for step, weight in ((-np.sqrt(3), 1 / 6), (0.0, 2 / 3), (np.sqrt(3), 1 / 6)):
                    parts.append((np.log10(age) + 9, feh + step * FEH_SPREAD, share * weight / 3))
        elif low <= BURST_GYR < high:
            parts += [(np.log10(BURST_GYR) + 9, feh, 0.8 * share), (np.log10(3.2) + 9, feh, 0.2 * share)]
        else:
            parts += [
                (np.log10(age) + 9, feh, share / 2) for age in (low * (high / low) ** 0.25, low * (high / low) ** 0.75)
            ]
    return parts
