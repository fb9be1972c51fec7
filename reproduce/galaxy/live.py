"""A disc galaxy as particles that move in their own gravity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reproduce.galaxy import spherical, static
from reproduce.galaxy.models import Galaxy, structure
from reproduce.galaxy.spherical import Array
from reproduce.galaxy.units import G
from reproduce.workflow.errors import InputError

TOOMRE_Q = 1.5
FINE_KPC = 20.0  # halo particles farther out are heavier, in proportion to the radius


@dataclass(frozen=True)
class Particles:
    """Places, velocities and masses.

    Attributes
    ----------
    position_kpc, velocity_kms : (n, 3) float64
    mass_msun : (n,) float64
    """

    position_kpc: Array
    velocity_kms: Array
    mass_msun: Array

    def __len__(self) -> int:
        return len(self.mass_msun)

    def take(self, which: NDArray) -> "Particles":
        """Some of the particles, by index or mask."""
        return Particles(self.position_kpc[which], self.velocity_kms[which], self.mass_msun[which])


def join(parts: list[Particles]) -> Particles:
    """Several sets as one, in their order."""
    return Particles(
        np.concatenate([part.position_kpc for part in parts]),
        np.concatenate([part.velocity_kms for part in parts]),
        np.concatenate([part.mass_msun for part in parts]),
    )


def live_galaxy(galaxy: Galaxy, n_halo: int, n_baryons: int, generator: np.random.Generator) -> Particles:
    """A galaxy in equilibrium, at rest in the origin, its disc spinning about z.

    Halo and bulge are isotropic in the spherical average of the whole galaxy's potential (Eddington's formula). The
    disc follows the epicyclic theory with Q = 1.5 and σ_z = σ_R / 2 (paper, section 2.1).

    Parameters
    ----------
    galaxy : Galaxy
    n_halo, n_baryons : int
        Numbers of particles; those of the baryons are shared between disc and bulge by mass. Each particle has a
        partner with opposite place and velocity, so that the galaxy starts at rest and without a lopsidedness of
        chance.
    generator : numpy.random.Generator
    """
    if n_halo < 100 or n_baryons < 20:
        raise InputError(f"expected at least 100 halo and 20 baryon particles, found {n_halo} and {n_baryons}")
    parts = structure(galaxy)
    n_bulge = round(n_baryons / 2 * galaxy.bulge_msun / (galaxy.bulge_msun + galaxy.disc_msun))
    n_disc = n_baryons // 2 - n_bulge
    made = [_disc(galaxy, n_disc, generator)] if n_disc else []
    for shape, n, fine_kpc in ((parts.bulge, n_bulge, np.inf), (parts.halo, n_halo // 2, FINE_KPC)):
        if n:
            radius, mass = spherical.sample_radii(shape, n, generator, fine_kpc)
            speed = spherical.sample_speeds(radius, shape.density, parts.mass, generator)
            made.append(Particles(spherical.isotropic(radius, generator), spherical.isotropic(speed, generator), mass))
    half = join(made)
    mirrored = Particles(-half.position_kpc, -half.velocity_kms, half.mass_msun)
    both = join([half, mirrored])
    return Particles(both.position_kpc, both.velocity_kms, both.mass_msun / 2)


def _disc(galaxy: Galaxy, n: int, generator: np.random.Generator) -> Particles:
    """The exponential disc, cut at its size R_s."""
    scale, edge = galaxy.disc_length_kpc, galaxy.disc_size_kpc
    table = np.linspace(0.01 * scale, edge, 500)
    inside = 1 - (1 + table / scale) * np.exp(-table / scale)
    radius = np.interp((np.arange(n) + generator.random(n)) / n * inside[-1], inside, table)
    angle = generator.uniform(0, 2 * np.pi, n)
    height = galaxy.disc_height_kpc * np.arctanh(generator.uniform(-1, 1, n))
    radial_sigma, ratio, mean = (np.interp(radius, table, column) for column in _epicycles(galaxy, table))
    outward = generator.normal(size=n) * radial_sigma
    along = mean + generator.normal(size=n) * radial_sigma * ratio
    up = generator.normal(size=n) * radial_sigma / 2
    cosine, sine = np.cos(angle), np.sin(angle)
    position = np.stack([radius * cosine, radius * sine, height], axis=1)
    velocity = np.stack([outward * cosine - along * sine, outward * sine + along * cosine, up], axis=1)
    return Particles(position, velocity, np.full(n, galaxy.disc_msun / n))


def _epicycles(galaxy: Galaxy, radius: Array) -> tuple[Array, Array, Array]:
    """σ_R [km/s], σ_φ / σ_R and the mean v_φ [km/s] of the disc (Binney & Tremaine 2008, 4.8.2, 6.2.3)."""
    circular = static.circular_velocity(static.static_potential(galaxy), radius)
    rate = circular / radius
    epicyclic = np.sqrt(np.maximum(np.gradient(rate**2, radius) * radius + 4 * rate**2, rate**2))
    surface = np.exp(-radius / galaxy.disc_length_kpc)
    surface *= galaxy.disc_msun / (2 * np.pi * galaxy.disc_length_kpc**2)
    sigma = TOOMRE_Q * 3.36 * G * surface / epicyclic
    ratio = epicyclic / (2 * rate)
    pressure = np.gradient(np.log(surface * sigma**2), np.log(radius))
    mean = np.sqrt(np.maximum(circular**2 + sigma**2 * (1 - ratio**2 + pressure), 0))
    return sigma, ratio, mean
