"""Orbits of test particles in a galaxy's own, unchanging potential.

Halo and bulge are a table of M(<r). The disc is three Miyamoto-Nagai discs, the fit of Smith et al. (2015, Table 1) to
exp(-R/R_0) sech²(z/Z_0). That fit has only nine tenths of the disc's mass far out; the mass that it lacks or has too
much inside each radius goes into the table, so that the force averaged over a sphere is exactly the disc's.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numba import njit

from reproduce.galaxy.models import Galaxy, structure
from reproduce.galaxy.spherical import RADII, Array
from reproduce.galaxy.units import GYR, G

LOG_FIRST = float(np.log(RADII[0]))
LOG_STEP = float(np.log(RADII[1] / RADII[0]))
# Masses in units of the disc's and lengths a in units of R_0, as polynomials of b/R_0, highest power first; b/R_0
# itself is a polynomial of Z_0/R_0 (Smith et al. 2015).
HEIGHT = (-0.033, 0.262, 0.659, 0.0)
MASSES = (
    (-0.0090, 0.0640, -0.1653, 0.1164, 1.9487),
    (0.0173, -0.0903, 0.0877, 0.2029, -1.3077),
    (-0.0051, 0.0287, -0.0361, -0.0544, 0.2242),
)
LENGTHS = (
    (-0.0358, 0.2610, -0.6987, -0.1193, 2.0074),
    (-0.0830, 0.4992, -0.7967, -1.2966, 4.4441),
    (-0.0247, 0.1718, -0.4124, -0.5944, 0.7333),
)


@dataclass(frozen=True)
class StaticPotential:
    """What the force needs.

    Attributes
    ----------
    mass : (n,) float64
        Spherical part, M(<r) on `RADII` [Msun].
    disc_mass, disc_length : (3,) float64
        Masses [Msun] and a [kpc] of the Miyamoto-Nagai discs.
    disc_height : float
        Their common b [kpc].
    """

    mass: Array
    disc_mass: Array
    disc_length: Array
    disc_height: float


def static_potential(galaxy: Galaxy) -> StaticPotential:
    """The potential of a galaxy."""
    unit = _unit_disc(galaxy.disc_length_kpc, galaxy.disc_height_kpc)
    return StaticPotential(
        mass=structure(galaxy).mass - galaxy.disc_msun * unit.mass,
        disc_mass=galaxy.disc_msun * unit.disc_mass,
        disc_length=unit.disc_length,
        disc_height=unit.disc_height,
    )


@lru_cache(maxsize=64)
def _unit_disc(length_kpc: float, height_kpc: float) -> StaticPotential:
    """The three discs for 1 Msun; `mass` is what they have inside spheres of `RADII`, by Gauss's law."""
    ratio = np.polyval(HEIGHT, height_kpc / length_kpc)
    mass = np.array([np.polyval(row, ratio) for row in MASSES])
    length = length_kpc * np.array([np.polyval(row, ratio) for row in LENGTHS])
    only_disc = StaticPotential(np.zeros_like(RADII), mass, length, length_kpc * float(ratio))
    node, weight = np.polynomial.legendre.leggauss(64)
    root = 0.5 * (node + 1)
    cosine, weight = root**2, weight * root  # from 0 to 1 and dense near the plane, where the force changes fast
    radius = np.repeat(RADII, len(cosine))
    mu = np.tile(cosine, len(RADII))
    place = np.stack([radius * np.sqrt(1 - mu**2), np.zeros_like(mu), radius * mu], axis=1)
    inward = -np.einsum("ij,ij->i", acceleration(only_disc, place), place) / radius
    return replace(only_disc, mass=RADII**2 / G * (inward.reshape(len(RADII), -1) @ weight))


def acceleration(potential: StaticPotential, position: Array) -> Array:
    """Acceleration [(km/s)²/kpc] at places (n, 3) [kpc]."""
    result = np.empty_like(position)
    _accelerate(position, potential.mass, potential.disc_mass, potential.disc_length, potential.disc_height, result)
    return result


def circular_velocity(potential: StaticPotential, radius: Array) -> Array:
    """v_c [km/s] in the plane at radii [kpc]."""
    place = np.stack([radius, np.zeros_like(radius), np.zeros_like(radius)], axis=1)
    return np.sqrt(np.maximum(-radius * acceleration(potential, place)[:, 0], 0))


def evolve(
    potential: StaticPotential, position: Array, velocity: Array, time_gyr: float, step_gyr: float = 0.001
) -> tuple[Array, Array]:
    """Places [kpc] and velocities [km/s] (n, 3) after `time_gyr`, by the leapfrog with a step of `step_gyr`."""
    steps = max(round(time_gyr / step_gyr), 1) if time_gyr > 0 else 0
    position, velocity = position.copy(), velocity.copy()
    step = time_gyr * GYR / max(steps, 1)
    _leapfrog(
        position, velocity, steps, step,
        potential.mass, potential.disc_mass, potential.disc_length, potential.disc_height,
    )  # fmt: skip
    return position, velocity


@njit(cache=True, fastmath=True)
def _force(x, y, z, mass, disc_mass, disc_length, disc_height):
    """Acceleration at one place."""
    r2 = x * x + y * y + z * z + 1e-12
    place = (0.5 * np.log(r2) - LOG_FIRST) / LOG_STEP
    if place < 0:  # inside the table the density is uniform
        inside = mass[0] * (r2 / RADII[0] ** 2) ** 1.5
    else:
        k = min(int(place), len(mass) - 2)
        inside = mass[k] + min(place - k, 1.0) * (mass[k + 1] - mass[k])
    pull = G * inside / (r2 * np.sqrt(r2))
    up = pull
    root = np.sqrt(z * z + disc_height * disc_height)
    for j in range(3):
        length = disc_length[j] + root
        s2 = x * x + y * y + length * length
        one = G * disc_mass[j] / (s2 * np.sqrt(s2))
        pull += one
        up += one * length / root
    return -pull * x, -pull * y, -up * z


@njit(cache=True, fastmath=True)
def _accelerate(position, mass, disc_mass, disc_length, disc_height, result):
    for i in range(len(position)):
        x, y, z = position[i]
        result[i] = _force(x, y, z, mass, disc_mass, disc_length, disc_height)


@njit(cache=True, fastmath=True)
def _leapfrog(position, velocity, steps, step, mass, disc_mass, disc_length, disc_height):
    half = 0.5 * step
    for i in range(len(position)):
        x, y, z = position[i]
        vx, vy, vz = velocity[i]
        ax, ay, az = _force(x, y, z, mass, disc_mass, disc_length, disc_height)
        for _ in range(steps):
            vx += half * ax
            vy += half * ay
            vz += half * az
            x += step * vx
            y += step * vy
            z += step * vz
            ax, ay, az = _force(x, y, z, mass, disc_mass, disc_length, disc_height)
            vx += half * ax
            vy += half * ay
            vz += half * az
        position[i] = x, y, z
        velocity[i] = vx, vy, vz
