"""Spherical components on a table of radii: mass, potential, dispersion, and velocities in equilibrium."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.galaxy.units import G
from reproduce.workflow.errors import InputError

Array = NDArray[np.float64]

RADII = np.geomspace(1e-3, 3e3, 1_201)  # kpc; 80 a factor e: tables of r^-3 are then right to 1e-4
SPEEDS = 256  # steps of the table of speeds at one radius


@dataclass(frozen=True)
class Component:
    """A spherical density on `RADII`.

    Attributes
    ----------
    density : (n,) float64
        ρ(r) [Msun/kpc³], or of any other weight per volume for tracers.
    mass : (n,) float64
        Mass inside r [Msun].
    """

    density: Array
    mass: Array

    @property
    def total(self) -> float:
        """The whole mass [Msun]."""
        return float(self.mass[-1])


def component(density: Array, total: float) -> Component:
    """A component from the shape of its density, scaled to its mass.

    Parameters
    ----------
    density : (n,)
        ρ at `RADII`, in any unit.
    total : float
        Its mass out to the last radius [Msun]; 0 for a component that is not there.
    """
    shell = 4 * np.pi * RADII**3 * density  # dM/dln r
    step = np.log(RADII[1] / RADII[0])
    inner = 4 * np.pi / (3 + _slope(density)[0]) * RADII[0] ** 3 * density[0]  # of the power law inside the table
    mass = inner + np.concatenate([[0.0], np.cumsum(0.5 * step * (shell[1:] + shell[:-1]))])
    scale = total / mass[-1]
    return Component(density * scale, mass * scale)


def potential(mass: Array) -> Array:
    """Φ(r) [(km/s)²] of a spherical mass distribution M(<r) on `RADII`."""
    step = np.diff(np.log(RADII))
    pull = G * mass / RADII  # r dΦ/dr
    outside = np.cumsum((0.5 * step * (pull[1:] + pull[:-1]))[::-1])[::-1]
    return -G * mass[-1] / RADII[-1] - np.concatenate([outside, [0.0]])


def dispersion(density: Array, mass: Array) -> Array:
    """One-dimensional σ(r) [km/s] of isotropic tracers: ρ σ² = ∫_r^∞ ρ G M / r² dr (Jeans equation).

    Parameters
    ----------
    density : (n,)
        Density of the tracers on `RADII`.
    mass : (n,)
        Mass of the whole galaxy inside `RADII` [Msun].
    """
    weight = density * G * mass / RADII  # dP/dln r
    step = np.diff(np.log(RADII))
    pressure = np.concatenate([np.cumsum((0.5 * step * (weight[1:] + weight[:-1]))[::-1])[::-1], [0.0]])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(np.where(density > 0, pressure / density, 0.0))


def _slope(density: Array) -> Array:
    """d ln ρ / d ln r."""
    return np.gradient(np.log(np.maximum(density, 1e-300)), np.log(RADII))


def distribution_function(density: Array, mass: Array) -> tuple[Array, Array]:
    """f(E) of an isotropic component in the galaxy's potential (Eddington 1916; Binney & Tremaine 2008, eq. 4.46).

    Returns
    -------
    binding : (n,)
        Ψ = -Φ at `RADII` reversed, so that it increases [(km/s)²].
    f : (n,)
        Phase-space density there, in the unit of `density` per (km/s)³.

    Raises
    ------
    InputError
        If no isotropic model has this density in this potential (f < 0 where it matters).
    """
    binding = -potential(mass)[::-1]
    slope = (_slope(density) * density / RADII / (-G * mass / RADII**2))[::-1]  # dρ/dΨ
    change = np.diff(slope) / np.diff(binding)
    depth = np.sqrt(np.clip(binding[:, None] - binding[None, :], 0, None))
    # dρ/dΨ is taken as linear between radii: ∫ d²ρ/dΨ² dΨ / √(E - Ψ) is then a sum of square roots.
    f = (2 * change * (depth[:, :-1] - depth[:, 1:])).sum(axis=1)
    f += 2 * slope[0] / binding[0] * (np.sqrt(binding) - np.sqrt(binding - binding[0]))  # from Ψ = 0 to the last radius
    f /= np.sqrt(8) * np.pi**2
    if f.min() < -1e-3 * f[np.searchsorted(binding, binding[-1] / 4)]:
        raise InputError("no isotropic equilibrium has this density in this potential: make its edge smoother")
    return binding, np.maximum(f, 0)


def sample_radii(
    shape: Component, n: int, generator: np.random.Generator, fine_kpc: float = np.inf
) -> tuple[Array, Array]:
    """Radii [kpc] and masses [Msun] (n,) of particles of a component, evenly spread: quieter than independent draws.

    A particle at radius r has a mass ∝ 1 + r / `fine_kpc`: light and many in the middle, where the clusters are.
    """
    number = np.diff(shape.mass, prepend=0.0) / (1 + RADII / fine_kpc)  # particles per step of the table, unscaled
    cumulative = np.cumsum(number)
    share = (np.arange(n) + generator.random(n)) / n
    radius = generator.permutation(np.exp(np.interp(share * cumulative[-1], cumulative, np.log(RADII))))
    weight = 1 + radius / fine_kpc
    return radius, shape.total * weight / weight.sum()


def sample_speeds(radius: Array, density: Array, mass: Array, generator: np.random.Generator) -> Array:
    """Speeds (n,) [km/s] of isotropic particles at `radius`, drawn from v² f(Ψ - v²/2)."""
    binding, f = distribution_function(density, mass)
    depth = np.interp(np.log(radius), np.log(RADII), binding[::-1])
    x = np.linspace(0, 1, SPEEDS)  # speed in units of the escape speed
    speed = np.empty(len(radius))
    log_f = np.log(np.maximum(f, 1e-300))
    for chunk in np.array_split(np.arange(len(radius)), max(len(radius) // 2_000, 1)):
        energy = depth[chunk, None] * (1 - x**2)
        weight = x**2 * np.exp(np.interp(energy, binding, log_f, left=-690.0))
        total = np.cumsum(0.5 * (weight[:, 1:] + weight[:, :-1]), axis=1)
        total /= total[:, -1:]
        for particle, row in zip(chunk, total, strict=True):
            speed[particle] = np.interp(generator.random(), np.concatenate([[0.0], row]), x)
    return speed * np.sqrt(2 * depth)


def isotropic(length: ArrayLike, generator: np.random.Generator) -> Array:
    """Vectors (n, 3) of the given lengths (n,) in random directions."""
    length = np.asarray(length, dtype=np.float64)
    z = generator.uniform(-1, 1, len(length))
    angle = generator.uniform(0, 2 * np.pi, len(length))
    flat = np.sqrt(1 - z**2)
    return length[:, None] * np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1)
