"""Random galaxies: an item is a pure function of (ranges, seed, item), the same on any number of workers."""

from dataclasses import dataclass

import numpy as np

from reproduce.galaxy.globular_clusters import ClusterSystem, cluster_system
from reproduce.galaxy.mergers import Encounter, Numerics, Remnant, merge
from reproduce.galaxy.models import Galaxy, disc_galaxy
from reproduce.workflow.errors import InputError

Range = tuple[float, float]

RANGES = (
    "halo_msun", "baryon_fraction", "bulge_to_disc", "rotation_fraction",
    "separation_rd", "velocity_factor", "mass_ratio",
)  # fmt: skip
DISC, MERGER = 0, 1  # streams of random numbers


@dataclass(frozen=True)
class Ranges:
    """What galaxies are drawn from, uniformly between two ends; the paper gives few of these.

    Attributes
    ----------
    halo_msun : pair
        Dark mass of a disc, or of both galaxies of a merger [Msun]. Not in the paper; its label goes from 0 to 10.
    baryon_fraction, bulge_to_disc : pair
        f_bary and f_b; 0.07 and 0 to 4 in the paper.
    rotation_fraction : pair
        f_rot of the clusters.
    concentration_dex : float
        Gaussian scatter of log10 c; 0.1 in Neto et al. (2007), 0 in the paper as far as it says.
    separation_rd, velocity_factor, mass_ratio : pair
        Of mergers: 4 to 8 disc sizes of the larger galaxy, f_v from 0.05 to 1, m_2.
    n_clusters : int
        Clusters of each galaxy.
    dispersion_of, relax_gyr
        See `globular_clusters.cluster_system`.
    size_exponent : float
        See `models.disc_galaxy`.
    """

    halo_msun: Range = (1e11, 2e12)
    baryon_fraction: Range = (0.07, 0.07)
    bulge_to_disc: Range = (0.0, 4.0)
    rotation_fraction: Range = (0.0, 0.5)
    concentration_dex: float = 0.0
    separation_rd: Range = (4.0, 8.0)
    velocity_factor: Range = (0.05, 1.0)
    mass_ratio: Range = (0.1, 1.0)
    n_clusters: int = 200
    dispersion_of: str = "halo"
    relax_gyr: float = 2.8
    size_exponent: float = 0.0

    def __post_init__(self) -> None:
        for name in RANGES:
            low, high = getattr(self, name)
            if not (0 <= low <= high < np.inf):
                raise InputError(f"{name} must be a range from 0 or more upwards, found {low} to {high}")
        if self.mass_ratio[0] <= 0 or self.mass_ratio[1] > 1:
            raise InputError(f"mass_ratio is the lighter over the heavier galaxy, 0 to 1, found {self.mass_ratio}")


@dataclass(frozen=True)
class Drawn:
    """A galaxy with its clusters and what it was drawn with.

    Attributes
    ----------
    clusters : ClusterSystem
        About the galaxy's centre.
    halo_msun, total_msun : float
        Dark mass, the paper's label, and dark and luminous mass together [Msun].
    disc_size_kpc : float
        R_d, of the larger galaxy in a merger: the unit of the maps' field.
    parameters : dict
        The drawn numbers by name.
    remnant : Remnant or None
        More about a merger; None for a disc.
    """

    clusters: ClusterSystem
    halo_msun: float
    total_msun: float
    disc_size_kpc: float
    parameters: dict[str, float]
    remnant: Remnant | None = None


def disc(ranges: Ranges, seed: int, item: int) -> Drawn:
    """Disc number `item` and its clusters, relaxed."""
    generator = np.random.default_rng([seed, DISC, item])
    galaxy, parameters = _galaxy(ranges, generator.uniform(*ranges.halo_msun), generator)
    clusters = _clusters(ranges, galaxy, parameters, generator)
    return Drawn(clusters, galaxy.halo_msun, galaxy.total_msun, galaxy.disc_size_kpc, parameters)


def merger(ranges: Ranges, seed: int, item: int, numerics: Numerics) -> Drawn:
    """Merger number `item`; `remnant.merged` says whether it may be used."""
    generator = np.random.default_rng([seed, MERGER, item])
    halo, ratio = generator.uniform(*ranges.halo_msun), generator.uniform(*ranges.mass_ratio)
    first, of_first = _galaxy(ranges, halo / (1 + ratio), generator)
    second, of_second = _galaxy(ranges, halo * ratio / (1 + ratio), generator)
    if second.total_msun > first.total_msun:  # with nearly equal haloes the baryons can decide
        first, second, of_first, of_second = second, first, of_second, of_first
    parameters = {
        "mass_ratio": second.halo_msun / first.halo_msun,
        "separation_rd": generator.uniform(*ranges.separation_rd),
        "velocity_factor": generator.uniform(*ranges.velocity_factor),
        "tilt_1": float(np.arccos(generator.uniform(-1, 1))),
        "tilt_2": float(np.arccos(generator.uniform(-1, 1))),
    }
    encounter = Encounter(
        galaxies=(first, second),
        separation_kpc=parameters["separation_rd"] * first.disc_size_kpc,
        velocity_factor=parameters["velocity_factor"],
        tilts=(parameters["tilt_1"], parameters["tilt_2"]),
    )
    systems = (_clusters(ranges, first, of_first, generator), _clusters(ranges, second, of_second, generator))
    remnant = merge(encounter, systems, generator, numerics)
    parameters |= {f"{name}_1": value for name, value in of_first.items()}
    parameters |= {f"{name}_2": value for name, value in of_second.items()}
    total = first.total_msun + second.total_msun
    return Drawn(remnant.clusters, halo, total, first.disc_size_kpc, parameters, remnant)


def _galaxy(ranges: Ranges, halo_msun: float, generator: np.random.Generator) -> tuple[Galaxy, dict[str, float]]:
    """A galaxy of this dark mass and the numbers it was drawn with."""
    parameters = {
        "baryon_fraction": generator.uniform(*ranges.baryon_fraction),
        "bulge_to_disc": generator.uniform(*ranges.bulge_to_disc),
        "rotation_fraction": generator.uniform(*ranges.rotation_fraction),
        "concentration_factor": float(10 ** (ranges.concentration_dex * generator.normal())),
    }
    galaxy = disc_galaxy(
        halo_msun=halo_msun,
        baryon_fraction=parameters["baryon_fraction"],
        bulge_to_disc=parameters["bulge_to_disc"],
        concentration_factor=parameters["concentration_factor"],
        size_exponent=ranges.size_exponent,
    )
    return galaxy, parameters


def _clusters(
    ranges: Ranges, galaxy: Galaxy, parameters: dict[str, float], generator: np.random.Generator
) -> ClusterSystem:
    return cluster_system(
        galaxy,
        ranges.n_clusters,
        parameters["rotation_fraction"],
        generator,
        dispersion_of=ranges.dispersion_of,
        relax_gyr=ranges.relax_gyr,
    )
