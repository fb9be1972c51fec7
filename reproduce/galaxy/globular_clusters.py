"""Systems of globular clusters in a disc galaxy (Kaur et al. 2021, section 2.1.1)."""

from dataclasses import dataclass

import numpy as np

from reproduce.galaxy import spherical, static
from reproduce.galaxy.models import Galaxy, structure
from reproduce.galaxy.spherical import RADII, Array
from reproduce.workflow.errors import InputError

SCALE = 0.3  # a_gc in units of the disc's size
CUT = 3.0  # R_c, beyond which no cluster starts, in the same unit
ESCAPE = 0.95  # no cluster starts faster than this share of the escape speed


@dataclass(frozen=True)
class ClusterSystem:
    """Globular clusters about their galaxy's centre; the disc spins about z.

    Attributes
    ----------
    position_kpc, velocity_kms : (n, 3) float64
    """

    position_kpc: Array
    velocity_kms: Array

    def __len__(self) -> int:
        return len(self.position_kpc)


def density(galaxy: Galaxy) -> Array:
    """ρ ∝ (a² + r²)^-1.75 out to the cut (paper's equation 2), on the table of radii."""
    scale, cut = SCALE * galaxy.disc_size_kpc, CUT * galaxy.disc_size_kpc
    return np.where(cut >= RADII, (scale**2 + RADII**2) ** -1.75, 0.0)


def cluster_system(
    galaxy: Galaxy,
    n_clusters: int,
    rotation_fraction: float,
    generator: np.random.Generator,
    *,
    dispersion_of: str = "halo",
    relax_gyr: float = 2.8,
) -> ClusterSystem:
    """Globular clusters of a disc galaxy, relaxed in its potential.

    Parameters
    ----------
    galaxy : Galaxy
    n_clusters : int
        How many; 200 in the paper.
    rotation_fraction : float
        f_rot = T_rot / T_kin at the start, 0 to below 1 (equation 3). Each cluster of random velocity σ gets
        v_φ ∝ σ about z, √(3 f_rot) σ but for the cut at the escape speed, and its random velocity is reduced by
        √(1 - f_rot): the kinetic energy stays.
    generator : numpy.random.Generator
    dispersion_of : "halo" or "clusters"
        Whose isotropic dispersion the clusters start with: "the same as that for dark matter", as the paper says, or
        that of their own density by the Jeans equation, which is nearer to equilibrium.
    relax_gyr : float
        Time in the galaxy's potential before they are looked at [Gyr]; 2.8 Gyr are the paper's 20 time units. The start
        has a hard edge and, with "halo", too little or too much motion.
    """
    if n_clusters < 1:
        raise InputError(f"a system needs at least one cluster, found n_clusters={n_clusters}")
    if not 0 <= rotation_fraction < 1:
        raise InputError(f"rotation_fraction must be from 0 to below 1, found {rotation_fraction}")
    if dispersion_of not in ("halo", "clusters"):
        raise InputError(f"dispersion_of must be halo or clusters, found {dispersion_of!r}")
    parts = structure(galaxy)
    own = density(galaxy)
    radius = _radii(own, n_clusters, generator)
    sigma_table = spherical.dispersion(parts.halo.density if dispersion_of == "halo" else own, parts.mass)
    sigma = np.interp(np.log(radius), np.log(RADII), sigma_table)
    position = spherical.isotropic(radius, generator)
    speed_limit = ESCAPE * np.sqrt(-2 * np.interp(np.log(radius), np.log(RADII), spherical.potential(parts.mass)))
    velocity = _below(sigma, speed_limit, generator)
    rotation = sigma * np.sqrt(rotation_fraction * np.sum(velocity**2) / np.sum(sigma**2))
    velocity = velocity * np.sqrt(1 - rotation_fraction) + rotation[:, None] * _azimuth(position)
    if relax_gyr > 0:
        position, velocity = static.evolve(static.static_potential(galaxy), position, velocity, relax_gyr)
    return ClusterSystem(position, velocity)


def _radii(shape: Array, n: int, generator: np.random.Generator) -> Array:
    """Independent radii [kpc] drawn from a density on the table of radii."""
    cumulative = spherical.component(shape, 1.0).mass
    inside = cumulative < 1 - 1e-12
    last = min(int(inside.sum()), len(RADII) - 1)
    return np.exp(np.interp(generator.random(n), cumulative[: last + 1], np.log(RADII[: last + 1])))


def _below(sigma: Array, limit: Array, generator: np.random.Generator) -> Array:
    """Gaussian velocities (n, 3) slower than a limit (n,)."""
    velocity = generator.normal(size=(len(sigma), 3)) * sigma[:, None]
    while (fast := np.linalg.norm(velocity, axis=1) > limit).any():
        velocity[fast] = generator.normal(size=(int(fast.sum()), 3)) * sigma[fast, None]
    return velocity


def _azimuth(position: Array) -> Array:
    """Unit vectors (n, 3) of the azimuth about z."""
    distance = np.maximum(np.hypot(position[:, 0], position[:, 1]), 1e-12)
    return np.stack([-position[:, 1] / distance, position[:, 0] / distance, np.zeros_like(distance)], axis=1)


def rotation_fraction(system: ClusterSystem) -> float:
    """T_rot / T_kin about z: the square of the mean v_φ over the mean of v².

    Chance makes it 1/(3n) in a system without rotation; where v_φ changes with the radius it is a little below the
    energy's share.
    """
    azimuthal = np.sum(system.velocity_kms * _azimuth(system.position_kpc), axis=1)
    return float(np.mean(azimuthal) ** 2 / np.mean(np.sum(system.velocity_kms**2, axis=1)))
