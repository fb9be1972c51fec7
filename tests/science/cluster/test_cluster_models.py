"""Whole clusters against published numbers and against other simulations."""

from pathlib import Path

import numpy as np
import pytest
from astropy.table import QTable

from reproduce.cluster.evolution import advance, begin, generator
from reproduce.cluster.initial import half_mass_radius
from reproduce.cluster.library import clusters
from reproduce.cluster.settings import ClusterSettings
from reproduce.cluster.simulate import Task, prepare, simulate_cluster
from reproduce.cluster.snapshot import SnapshotFile
from reproduce.papers.chardin2021.settings import Simulate
from reproduce.stars.imf import kroupa_masses
from reproduce.stars.photometry import band_luminosity
from reproduce.stars.stellar_evolution import stellar_tracks


def test_stellar_evolution_alone_leaves_064_of_the_mass():
    masses = kroupa_masses(4_000, 0.1, 50.0, generator(1, "test", 0))
    left = stellar_tracks(masses, 0.001).at(np.arange(4_000), 14_500.0)["mass_msun"]
    # Few massive stars carry the noise: the standard error of this ratio is about 0.012 for 4,000 stars.
    assert left.sum() / masses.sum() == pytest.approx(0.64, abs=0.03)


def mean_run(n_stars: int, radius_pc: float, ages_gyr: list[float], seeds: list[int], cache: Path) -> np.ndarray:
    """N, M [Msun] and r_h [pc] at some ages, mean of some seeds; shape (ages, 3)."""
    runs = []
    for seed in seeds:
        chosen = ClusterSettings(
            n_stars=n_stars, seed=seed, remnant_kick_kms=265.0, half_mass_radius_pc=radius_pc, snapshots=1
        )
        stars, physics = prepare("nbody", chosen, cache)
        cluster = begin("nbody", seed, stars, physics)
        rows = []
        for age in ages_gyr:
            while cluster.time_myr < age * 1e3 and advance(cluster, physics, age * 1e3):
                pass
            rows.append((len(cluster.stars), cluster.stars.m.sum(), half_mass_radius(cluster.stars)))
        runs.append(rows)
    return np.mean(runs, axis=0)


# Direct N-body runs (NBODY6++, one seed each): N, M [Msun], r_h [pc] of stars within r_J at 0.1, 0.3, 1 and 2 Gyr.
AGES = [0.1, 0.3, 1.0, 2.0]
NBODY = {
    (2_000, 4.0): [(1856, 1015, 5.04), (1595, 758, 5.94), (710, 390, 4.72), (135, 108, 3.5)],
    (4_000, 4.0): [(3776, 1841, 5.17), (3482, 1560, 5.95), (2432, 1091, 5.90), (1117, 597, 4.71)],
}


@pytest.mark.parametrize("run", NBODY)
def test_loss_of_stars_follows_direct_nbody(run, tmp_path):
    n_stars, radius_pc = run
    found = mean_run(n_stars, radius_pc, AGES, [1, 2, 3], tmp_path)
    # One direct run: at 2,000 stars the number left after a Gyr scatters by about 10 % from seed to seed, the half-mass
    # radius by 10 %. To 1 Gyr, N within 15 % and r_h within 20 %; at 2 Gyr, near the end, N within 0.04 of the initial.
    expected = np.array(NBODY[run])
    np.testing.assert_allclose(found[:3, 0], expected[:3, 0], rtol=0.15)
    np.testing.assert_allclose(found[:3, 1], expected[:3, 1], rtol=0.18)
    np.testing.assert_allclose(found[:3, 2], expected[:3, 2], rtol=0.20)
    assert abs(found[3, 0] - expected[3, 0]) < 0.04 * n_stars


# At 12 Gyr: N, M/M0, r_h [pc], mean mass inside and outside r_h [Msun]; age of core collapse [Gyr]. A trial code.
TRIAL = {
    "MW15-R1.6": (24_000, 0.33, 7.0, 0.53, 0.34, 4.3),
    "MW15": (30_200, 0.39, 7.3, 0.50, 0.33, 10.5),
    "MW15-R4": (30_700, 0.40, 7.1, 0.50, 0.32, 13.5),
}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", TRIAL)
def test_models_of_the_paper(name, tmp_path):
    """The reference runs: agreement with the trial code, energy, light in the field of view, size of the file."""
    settings = clusters(Simulate(snapshots=56))[name]
    simulate_cluster(Task(name, settings, tmp_path, tmp_path / "checkpoint"))
    history = QTable.read(tmp_path / "history.ecsv")
    assert np.abs(history["energy_error"]).max() < 2e-3
    assert np.abs(np.diff(history["energy_error"])).max() < 1e-3
    now = history[np.argmin(np.abs(history["time_gyr"].value - 12))]
    found = [now[c] for c in ("n_stars", "mass_msun", "r_half_pc", "mean_mass_inside_msun", "mean_mass_outside_msun")]
    found = [float(getattr(value, "value", value)) for value in found]
    found[1] /= history["mass_msun"][0].value
    collapsed = history["r_core_pc"] < 0.02 * history["r_half_pc"]
    collapse = history["time_gyr"][np.argmax(collapsed)].value if collapsed.any() else np.inf
    print(name, np.round(found, 3), "collapse", collapse)
    # The trial has one Coulomb logarithm for all pairs, with which ours keeps up to 14 % more stars; its own width of
    # local averages moves N by 8 %, and each code's seed by 2.5 %: 17 % together.
    np.testing.assert_allclose(found, TRIAL[name][:5], rtol=0.17)
    # Seeds and step sizes move it by 10 %; and a core that collapses and springs back is seen sooner where rows are
    # written more often: 4.9 Gyr every 20 Myr, 5.5 Gyr in the history. How often the trial looked is not known.
    assert collapse == pytest.approx(TRIAL[name][5], rel=0.30)
    light = field_light(tmp_path / "snapshots.h5")
    print(name, "L_V in the field", np.round([light.min(), light.mean(), light.max()]))
    # Above 11 Gyr at 10 to 40 kpc the paper has 300 to 5,000, mean about 1,750 Lsun, over its three clusters, which
    # differ: the densest has the most light in the field, and two giants in a collapsed core double it.
    assert light.min() > 200 and light.max() < 10_000
    assert light.mean() == pytest.approx(1_750, rel=0.5)
    assert (tmp_path / "snapshots.h5").stat().st_size < 56 * 0.9e6


def field_light(path: Path) -> np.ndarray:
    """V-band light [Lsun] within 40 arcsec a side above 11 Gyr from 10, 20, 30 and 40 kpc."""
    result = []
    with SnapshotFile(path) as f:
        for number in np.flatnonzero(f.ages_gyr > 11):
            snapshot = f.read(int(number))
            light = band_luminosity(snapshot.luminosity_lsun, snapshot.temperature_k, snapshot.stellar_type)
            for distance_pc in (10e3, 20e3, 30e3, 40e3):
                half = np.radians(20 / 3600) * distance_pc
                inside = (np.abs(snapshot.position_pc[:, :2]) < half).all(axis=1)
                result.append(float(light[inside].sum()))
    return np.array(result)
