"""The data set as a whole: contents, and the same bytes however it is made."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from reproduce.cluster.snapshot import SnapshotFile
from reproduce.papers.chardin2021.dataset import selection, shards
from reproduce.papers.chardin2021.dataset.make import count_maps, make_dataset, read
from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.sky.camera import Stars
from reproduce.sky.map_files import read_maps, write_maps
from reproduce.sky.maps import render
from reproduce.sky.settings import Camera, Effects
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import InProcess, executor
from tests.support.mock_clusters import snapshot_file
from tests.support.places import ROOT

FILES = ("maps.h5", "scaler.json", "data_card.html")
SETTINGS = Dataset(train=61, validation=20, test_snapshots=3, camera=Camera(pixels=64, smoothing_pixels=2))


def digests(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}


@pytest.fixture(scope="module")
def simulations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("simulations")
    return {
        name: snapshot_file(root / name / "snapshots.h5", name, seed=seed)
        for seed, name in enumerate(("MW15-R1.6", "MW15-R4", "MW15"))
    }


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_BYTES", 8 * 2 * 4 * 64**2)  # eight maps each


@pytest.fixture(scope="module")
def made(simulations: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, float]]:
    """The data set made in one process, in shards of the usual size."""
    folder = tmp_path_factory.mktemp("made")
    return folder, make_dataset(simulations, SETTINGS, folder, folder / "checkpoint", InProcess())


def test_layout(made: tuple[Path, dict[str, float]]) -> None:
    with h5py.File(made[0] / "maps.h5") as file:
        assert list(file) == ["test", "train", "validation"]
        for group, n in (("train", 61), ("validation", 20), ("test", 12)):
            for name in ("flux", "mass"):
                assert file[group][name].shape == (n, 64, 64) and file[group][name].dtype == np.float32
                assert file[group][name].chunks == (1, 64, 64)
            for name in ("age_gyr", "distance_kpc", "fwhm_arcsec", "snapshot", "simulation", "mass_msun", "n_stars"):
                assert file[group][name].shape == (n,)
            assert file[group]["age_gyr"].attrs["unit"] == "Gyr"
            assert np.isfinite(file[group]["flux"][:]).all() and np.isfinite(file[group]["mass"][:]).all()
        assert file["test"]["distance_kpc"][:].tolist() == [15, 30, 60, 80] * 3


def test_scaler_and_metrics_are_those_of_the_training_maps(made: tuple[Path, dict[str, float]]) -> None:
    folder, metrics = made
    scaler = Scaler.from_json(folder / "scaler.json")
    with read(folder / "maps.h5", "train") as maps:
        for name, images in (("flux", maps.flux[:]), ("mass", maps.mass[:])):
            mean, std = images.mean(dtype=np.float64), images.std(dtype=np.float64)
            assert getattr(scaler, f"{name}_mean") == metrics[f"log10_{name}_mean"] == pytest.approx(mean, rel=1e-9)
            assert getattr(scaler, f"{name}_std") == metrics[f"log10_{name}_std"] == pytest.approx(std, rel=1e-9)
        assert scaler.age_mean == pytest.approx(maps.column("age_gyr").mean())
        assert scaler.distance_std == pytest.approx(maps.column("distance_kpc").std())
        assert metrics["mass_floor_fraction"] == pytest.approx(np.mean(maps.mass[:] <= -4))
    assert metrics["maps_train"] == 61


def test_every_map_is_that_of_its_snapshot_and_view(made: tuple[Path, dict[str, float]], simulations: dict) -> None:
    with read(made[0] / "maps.h5", "validation") as maps:
        for number in (0, 7, 19):
            stored = maps.maps(number)
            name = maps.names[maps.column("simulation")[number]]
            with SnapshotFile(simulations[name]) as file:
                snapshot = file.read(int(maps.column("snapshot")[number]))
            drawn = render(Stars.of(snapshot), maps.dataset.camera, stored.view)
            assert np.array_equal(drawn.flux, stored.flux) and np.array_equal(drawn.mass, stored.mass)
            assert drawn.age_gyr == stored.age_gyr and drawn.luminosity_lsun == stored.luminosity_lsun


def test_counts(made: tuple[Path, dict[str, float]]) -> None:
    counts = count_maps(made[0] / "maps.h5")
    assert counts.groupby("split")["maps"].sum().to_dict() == {"test": 12, "train": 61, "validation": 20}
    trained = counts[counts["split"] == "train"].groupby("simulation")["maps"].sum().to_dict()
    assert trained == {"MW15-R1.6": 31, "MW15-R4": 30}
    assert set(counts[counts["split"] == "test"]["simulation"]) == {"MW15"}


def test_a_map_of_the_data_set_can_be_written_as_fits(made: tuple[Path, dict[str, float]], tmp_path: Path) -> None:
    with read(made[0] / "maps.h5", "test") as maps:
        pair = maps.maps(5)
    write_maps(pair, tmp_path / "map.fits")
    back = read_maps(tmp_path / "map.fits")
    assert np.array_equal(back.flux, pair.flux) and back.view == pair.view


def test_card_is_self_contained_and_has_the_published_numbers(made: tuple[Path, dict[str, float]]) -> None:
    page = (made[0] / "data_card.html").read_text(encoding="utf-8")
    assert "-5.3819" in page and "0.4493" in page and page.count("data:image/png;base64,") == 3
    assert "http://" not in page and "https://" not in page and 'src="data:' in page
    assert "dataset.camera.smoothing_pixels" in page


@pytest.mark.parametrize("workers", [2, pytest.param(8, marks=pytest.mark.slow)])
def test_the_same_bytes_on_any_number_of_dask_workers(
    made: tuple[Path, dict[str, float]], simulations: dict, tmp_path: Path, workers: int
) -> None:
    with executor(workers) as pool:
        make_dataset(simulations, SETTINGS, tmp_path, tmp_path / "checkpoint", pool)
    assert digests(tmp_path) == digests(made[0])


def test_the_same_bytes_a_second_later(made: tuple, simulations: dict, tmp_path: Path) -> None:
    time.sleep(1.1)  # a stored time of day would differ
    make_dataset(simulations, SETTINGS, tmp_path, tmp_path / "checkpoint", InProcess())
    assert digests(tmp_path) == digests(made[0])


KILLED = """
import os, signal, sys
from pathlib import Path
from reproduce.papers.chardin2021.dataset import shards
from reproduce.papers.chardin2021.dataset.make import make_dataset
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.workflow.executor import InProcess

folder, place, die_at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
shards.SHARD_BYTES = 8 * 2 * 4 * 64**2
module, name = {"drawing": (shards, "render"), "assembly": (shards, "read")}[place]
function, calls = getattr(module, name), [0]

def dying(*arguments, **named):
    calls[0] += 1
    if calls[0] == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return function(*arguments, **named)

setattr(module, name, dying)
simulations = {name: Path(path) for name, path in eval(sys.argv[4]).items()}
make_dataset(simulations, Dataset.model_validate_json(sys.argv[5]), folder, folder / "checkpoint", InProcess())
"""


@pytest.mark.parametrize(("place", "die_at", "finished"), [("drawing", 30, 3), ("assembly", 5, 13)])
def test_killed_and_called_again_it_goes_on(
    made: tuple, simulations: dict, tmp_path: Path, place: str, die_at: int, finished: int
) -> None:
    sources = {name: str(path) for name, path in simulations.items()}
    command = [sys.executable, "-c", KILLED, str(tmp_path), place, str(die_at), repr(sources)]
    killed = subprocess.run([*command, SETTINGS.model_dump_json()], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not any((tmp_path / name).exists() for name in FILES)
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "checkpoint").glob("*.npz")}
    assert len(done) == finished
    make_dataset(simulations, SETTINGS, tmp_path, tmp_path / "checkpoint", InProcess())
    assert digests(tmp_path) == digests(made[0])
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())  # none was drawn again


def test_shards_of_other_settings_are_not_taken(made: tuple, simulations: dict, tmp_path: Path) -> None:
    other = SETTINGS.model_copy(update={"seed": 77})
    for settings in (other, SETTINGS):
        make_dataset(simulations, settings, tmp_path, tmp_path / "checkpoint", InProcess())
    assert digests(tmp_path) == digests(made[0])


def test_effects_and_joint_scaler_reach_the_data_set(made: tuple, simulations: dict, tmp_path: Path) -> None:
    camera = SETTINGS.camera.model_copy(update={"effects": Effects(zero_point_mag=30, sky_mag_arcsec2=21)})
    noisy = SETTINGS.model_copy(update={"camera": camera, "scaler": "joint"})
    make_dataset(simulations, noisy, tmp_path, tmp_path / "checkpoint", InProcess())
    assert json.loads((tmp_path / "scaler.json").read_text())["mode"] == "joint"
    with read(tmp_path / "maps.h5", "train") as noise, read(made[0] / "maps.h5", "train") as plain:
        assert np.array_equal(noise.mass[:], plain.mass[:]) and not np.array_equal(noise.flux[:], plain.flux[:])
        assert np.array_equal(noise.column("shift_arcsec"), plain.column("shift_arcsec"))


def test_progress_goes_up_to_one(simulations: dict, tmp_path: Path) -> None:
    seen: list[float] = []
    make_dataset(
        simulations, SETTINGS, tmp_path, tmp_path / "c", InProcess(), lambda fraction, text: seen.append(fraction)
    )
    assert seen == sorted(seen) and seen[-1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"train": 1000}, "ask for"),
        ({"test_snapshots": 6}, "MW15 has 5"),
        ({"test_models": ("other",)}, "'other' is missing"),
    ],
)
def test_what_cannot_be_made_is_refused(simulations: dict, tmp_path: Path, change: dict, named: str) -> None:
    with pytest.raises(InputError, match=named):
        make_dataset(simulations, SETTINGS.model_copy(update=change), tmp_path, tmp_path / "c", InProcess())


def test_wrong_files_are_refused(made: tuple, simulations: dict, tmp_path: Path) -> None:
    swapped = simulations | {"MW15": simulations["MW15-R4"]}
    with pytest.raises(InputError, match="expected snapshots of 'MW15', found 'MW15-R4'"):
        make_dataset(swapped, SETTINGS, tmp_path, tmp_path / "c", InProcess())
    with pytest.raises(InputError, match="star-cluster snapshots"):
        make_dataset(simulations | {"MW15": made[0] / "maps.h5"}, SETTINGS, tmp_path, tmp_path / "c", InProcess())
    with pytest.raises(InputError, match="star-cluster maps"):
        read(simulations["MW15"], "train")
    with pytest.raises(InputError, match="asked for 'trian'"):
        read(made[0] / "maps.h5", "trian")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none.h5", "train")


def test_workers_hold_one_shard_at_a_time(simulations: dict, tmp_path: Path) -> None:
    """Memory is bounded by the shard: no shard has more maps than its bytes allow, however many maps there are."""
    counts = {"MW15-R1.6": 5, "MW15-R4": 5, "MW15": 5}
    chosen = selection.select(SETTINGS, counts)
    parts = shards.split(chosen, simulations, SETTINGS, tmp_path, "x")
    assert max(len(part.jobs) for part in parts) == 8
    assert sum(len(part.jobs) for part in parts) == 61 + 20 + 12
    assert len({part.path for part in parts}) == len(parts)
    assert all(len(set(part.jobs["simulation"])) == 1 for part in parts)
    assert list(tmp_path.iterdir()) == []
