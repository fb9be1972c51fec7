"""Single galaxies for Figures 2, 3, 4 and 19: a disc, its noisy maps, and the fiducial merger over time."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from reproduce.galaxy import kinematics, mergers, nbody
from reproduce.galaxy.globular_clusters import ClusterSystem, cluster_system
from reproduce.galaxy.kinematics import Views
from reproduce.galaxy.models import Galaxy, disc_galaxy
from reproduce.papers.kaur2021.settings import Examples, Galaxies, Maps
from reproduce.workflow.files import whole

DISC, NOISE, MERGER = 0, 1, 2  # streams of random numbers
SMOOTHINGS_R0 = (2.5, 5.0)  # R_sm of Figure 4, in units of R_0

Tell = Callable[[float, str], None]


def make(simulated: Galaxies, seen: Maps, examples: Examples, folder: Path, tell: Tell) -> dict[str, float]:
    """Make the galaxies and write ``examples.h5``.

    Groups ``disc`` and ``noisy`` with ``velocity_kms`` and ``dispersion_kms`` (10, 10); ``merger`` with ``time_gyr``
    (n,) and ``position_kpc`` (n, clusters, 3); ``maps/N-R`` of N clusters and a smoothing of R R_0 for Figure 4.

    Returns
    -------
    dict
        ``example_velocity_range_kms`` of the map of the most clusters; ``example_merged_gyr`` if they have merged.
    """
    with whole(folder / "examples.h5") as partial, h5py.File(partial, "w") as file:
        galaxy = _galaxy(simulated, examples, examples.halo_msun)
        clusters = cluster_system(
            galaxy, seen.n_clusters, examples.disc_rotation, np.random.default_rng([examples.seed, DISC])
        )
        for name, noise in (("disc", 0.0), ("noisy", examples.noise_kms)):
            how = seen.model_copy(update={"pixel_noise_kms": noise})
            generator = np.random.default_rng([examples.seed, NOISE])
            _write(
                file.create_group(name), kinematics.make_maps(_edge_on(clusters), galaxy.disc_size_kpc, how, generator)
            )
        times, places, remnant, scale = _merger(simulated, examples, tell)
        file["merger/time_gyr"], file["merger/position_kpc"] = times, places
        file["merger"].attrs["unit_kpc"] = scale
        velocity = 0.0
        for n in examples.numbers:
            some = kinematics.choose(remnant.clusters, min(n, len(remnant.clusters)), np.random.default_rng(n))
            for smoothing in SMOOTHINGS_R0 if n == min(examples.numbers) else SMOOTHINGS_R0[:1]:
                how = seen.model_copy(update={"smoothing_kpc": smoothing * galaxy.disc_length_kpc})
                drawn = kinematics.make_maps(_edge_on(some), galaxy.disc_size_kpc, how, np.random.default_rng(0))
                _write(file.create_group(f"maps/{len(some)}-{smoothing:g}"), drawn)
                velocity = max(velocity, float(np.ptp(drawn.velocity_kms))) if n == max(examples.numbers) else velocity
    found = {"example_velocity_range_kms": velocity}
    return found | ({"example_merged_gyr": remnant.merged_gyr} if remnant.merged else {})


def _galaxy(simulated: Galaxies, examples: Examples, halo_msun: float) -> Galaxy:
    return disc_galaxy(
        halo_msun,
        baryon_fraction=float(np.mean(simulated.baryon_fraction)),
        bulge_to_disc=examples.bulge_to_disc,
        size_exponent=simulated.size_exponent,
    )


def _merger(
    simulated: Galaxies, examples: Examples, tell: Tell
) -> tuple[np.ndarray, np.ndarray, mergers.Remnant, float]:
    """Times [Gyr], places [kpc] of some clusters at these times, the remnant, and R_d [kpc]."""
    generator = np.random.default_rng([examples.seed, MERGER])
    galaxy = _galaxy(simulated, examples, examples.halo_msun)
    half = max(examples.numbers) // 2
    systems = tuple(cluster_system(galaxy, half, 0.0, generator, relax_gyr=simulated.relax_gyr) for _ in range(2))
    encounter = mergers.Encounter(
        (galaxy, galaxy), examples.separation_kpc, examples.velocity_factor, (examples.tilts[0], examples.tilts[1])
    )
    shown = examples.shown // 2
    times: list[float] = []
    places: list[np.ndarray] = []

    def look(time_gyr: float, state: nbody.System) -> None:
        tracers = state.position[state.mass == 0]
        times.append(time_gyr)
        places.append(np.concatenate([tracers[:shown], tracers[half : half + shown]]))
        tell(min(time_gyr / simulated.longest_gyr, 1.0), f"{time_gyr:.2f} Gyr of the merger")

    remnant = mergers.merge(encounter, (systems[0], systems[1]), generator, simulated, look)
    return np.array(times), np.stack(places).astype(np.float32), remnant, galaxy.disc_size_kpc


def _edge_on(clusters: ClusterSystem) -> Views:
    """Seen from the side: the spin, or the axis of the orbit, points up."""
    return Views(
        clusters.position_kpc[None, :, 0], clusters.position_kpc[None, :, 2], clusters.velocity_kms[None, :, 1]
    )


def _write(group: h5py.Group, drawn: kinematics.Maps) -> None:
    for name in ("velocity_kms", "dispersion_kms"):
        group[name] = getattr(drawn, name)[0].astype(np.float32)
