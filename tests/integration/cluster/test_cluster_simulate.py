"""A cluster from settings to files: energy, dissolution, restart after a kill with the same bytes."""

import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from astropy.table import QTable

from reproduce.cluster import simulate as module
from reproduce.cluster.library import clusters
from reproduce.cluster.settings import ClusterSettings, Model, Simulate
from reproduce.cluster.simulate import Task, simulate_cluster
from reproduce.cluster.snapshot import SnapshotFile

SMALL = ClusterSettings(n_stars=400, seed=5, end_gyr=14.0, half_mass_radius_pc=1.6, snapshots=8)
FILES = ("history.ecsv", "snapshots.h5")


def task(folder: Path, cache: Path, settings: ClusterSettings = SMALL) -> Task:
    return Task("a", settings, folder, folder / "checkpoint", cache)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("tracks")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, cache) -> Path:
    """A cluster of 400 stars, which dissolves."""
    folder = tmp_path_factory.mktemp("whole")
    seen: list[float] = []
    simulate_cluster(task(folder, cache), lambda f, text: seen.append(f))
    assert not (folder / "checkpoint").exists()
    assert 0 <= min(seen) <= max(seen) <= 1
    return folder


def test_few_stars_are_warned_of(cache, tmp_path):
    chosen = SMALL.model_copy(update={"end_gyr": 0.001})
    with pytest.warns(UserWarning, match="400 stars are fewer than the 4000"):
        simulate_cluster(task(tmp_path, cache, chosen))


def test_dissolving_cluster_ends_cleanly(whole):
    history = QTable.read(whole / "history.ecsv")
    end = history["time_gyr"][-1].value  # the last row is the last state
    assert 0.3 < end < 14 and history["n_stars"][-1] < 100
    for name in history.colnames:
        assert np.isfinite(history[name]).all(), name
    with SnapshotFile(whole / "snapshots.h5") as f:
        assert len(f) == SMALL.snapshots
        assert f.ages_gyr[-1] == end
        # Evenly spaced up to the end; each is at most one step (some tens of Myr here) late.
        np.testing.assert_allclose(f.ages_gyr, end * np.arange(1, 9) / 8, atol=0.06)
        for snapshot in f:
            assert len(snapshot) > 50
            assert (snapshot.mass_msun > 0).all()


def test_history_has_its_columns_and_balances(whole):
    history = QTable.read(whole / "history.ecsv")
    contract = ["time_gyr", "n_stars", "mass_msun", "r_half_pc", "r_core_pc", "r_jacobi_pc", "mean_mass_inside_msun"]
    contract += ["mean_mass_outside_msun", "mass_to_light_v", "energy_error"]
    assert history.colnames[: len(contract)] == contract
    assert np.abs(history["energy_error"]).max() < 2e-3
    assert np.abs(np.diff(history["energy_error"])).max() < 1e-3
    types = sum(history[name] for name in history.colnames if name.startswith("n_") and name != "n_stars")
    np.testing.assert_array_equal(types, history["n_stars"])


def _run_until_killed(folder: Path, cache: Path, calls: int) -> None:
    count = 0

    def progress(fraction: float, text: str) -> None:
        nonlocal count
        count += 1
        if count == calls:
            os.kill(os.getpid(), signal.SIGKILL)

    module.SAVE_EVERY_S = 0.01
    simulate_cluster(task(folder, cache), progress)


def test_killed_runs_go_on_to_the_same_bytes(whole, cache, tmp_path):
    context = multiprocessing.get_context("fork")
    for calls in (20, 50, 50, 20):  # 140 of the 163 calls of both passes, so that none comes to its end
        process = context.Process(target=_run_until_killed, args=(tmp_path, cache, calls))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    assert (tmp_path / "checkpoint" / "state.npz").is_file()
    simulate_cluster(task(tmp_path, cache))
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (whole / name).read_bytes(), name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_snapshots_at_given_ages(cache, tmp_path):
    chosen = SMALL.model_copy(update={"snapshot_ages_gyr": (0.05, 0.1, 12.0)})  # it does not live that long
    simulate_cluster(task(tmp_path, cache, chosen))
    with SnapshotFile(tmp_path / "snapshots.h5") as f:
        assert f.ages_gyr.tolist() == [0.05, 0.1]
    with pytest.raises(ValueError, match="snapshot_ages_gyr"):
        Simulate(snapshot_ages_gyr=(2.0, 1.0))


def test_files_that_are_there_are_left_alone(whole, cache):
    before = [(whole / name).stat().st_mtime_ns for name in FILES]
    simulate_cluster(task(whole, cache))
    assert [(whole / name).stat().st_mtime_ns for name in FILES] == before


def test_other_names_and_seeds_have_other_stars(cache):
    def first_masses(name: str, seed: int) -> np.ndarray:
        chosen = SMALL.model_copy(update={"seed": seed})
        stars, _ = module.prepare(name, chosen, cache)
        return np.sort(stars.m)

    one = first_masses("a", 5)
    assert not np.intersect1d(one, first_masses("b", 5)).size
    assert not np.intersect1d(one, first_masses("a", 6)).size


@pytest.mark.parametrize(
    "changes",
    [
        {"n_stars": 100, "end_gyr": 3.0},
        {"escape": "energy", "end_gyr": 0.3},
        {"escape": "apocentre", "end_gyr": 0.3},
        {"galaxy": "bulge-disc-halo", "end_gyr": 0.3},
        {"profile": "king", "king_concentration": 1.0, "end_gyr": 0.3},
        {"snapshots": 3, "end_gyr": 0.3, "metallicity": 0.02},
    ],
)
def test_other_settings_run(tmp_path, cache, changes):
    chosen = SMALL.model_copy(update=changes)
    simulate_cluster(task(tmp_path, cache, chosen))
    with SnapshotFile(tmp_path / "snapshots.h5") as f:
        assert len(f) == chosen.snapshots
        assert f.ages_gyr[-1] <= chosen.end_gyr
        for snapshot in f:
            assert np.isfinite(snapshot.position_pc).all()


def test_a_model_has_its_own_settings_where_it_names_them():
    models = {"a": {"half_mass_radius_pc": 2.0, "snapshots": 5}}
    models["b"] = models["a"] | {"n_stars": 700, "metallicity": 0.01, "profile": "king", "king_w0": 7.0}
    group = Simulate(n_stars=500, seed=9, models=models)
    assert clusters(group)["a"].model_dump() == ClusterSettings(n_stars=500, seed=9, **models["a"]).model_dump()
    assert clusters(group)["b"].model_dump() == ClusterSettings(seed=9, **models["b"]).model_dump()
    assert group.model_dump()["models"] == models  # what is not set is not written
    with pytest.raises(ValueError, match=r"models\.c: .*n_stars"):
        Simulate(models={"c": Model(half_mass_radius_pc=1.0, snapshots=2, n_stars=3)})
