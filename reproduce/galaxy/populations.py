"""Random galaxies: an item is a pure function of (ranges, seed, item), the same on any number of workers."""

from dataclasses import dataclass

import numpy as np

from reproduce.galaxy.globular_clusters import ClusterSystem, cluster_system, rotation_fraction
from reproduce.galaxy.mergers import Encounter, Remnant, merge
from reproduce.galaxy.models import Galaxy, disc_galaxy
from reproduce.galaxy.settings import Numerics, Ranges

DISC, MERGER = 0, 1  # streams of random numbers


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
    parameters["rotation_fraction_relaxed"] = rotation_fraction(clusters)
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
