"""Other codes' clusters as models of `simulate`: what the stage makes of them, and maps of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import QTable

from reproduce.cluster.snapshot import SnapshotFile
from reproduce.papers.chardin2021 import stages
from reproduce.papers.chardin2021.dataset.make import make_dataset, read
from reproduce.papers.chardin2021.drawing.captions import trained, training_maps
from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.workflow.executor import InProcess
from reproduce.workflow.papers import Paper
from reproduce.workflow.progress import Progress
from reproduce.workflow.stages import Job
from tests.support.clusters_of_others import write_table
from tests.support.places import shared_data

PAPER: Paper = stages.PAPER


def overrides(folder: Path) -> list[str]:
    """One cluster of files beside those of the profile, as the issue spells it."""
    return [
        f"simulate.models.mine.files=[{folder}]",
        "simulate.models.mine.format=table",
        "dataset.train_models=[mine]",
        "dataset.train=12",
        "dataset.validation=4",
        "dataset.test_snapshots=2",
        "dataset.camera.pixels=64",
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    for k in range(3):
        write_table(tmp_path / "mine" / f"{k}.ecsv", 4.0 * (k + 1), n=300, seed=k)
    return tmp_path / "mine"


def simulate(settings: Any, folder: Path) -> Job:
    """The stage `simulate`, without the rest of the workflow."""
    job = Job("simulate", settings, {}, folder, folder / "work", folder / "cache", InProcess(), Progress("simulate"))
    job.checkpoint.mkdir(parents=True)
    stages.simulate(job)
    return job


def test_a_model_of_files_goes_into_the_maps(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = PROFILES.load("smoke", overrides(folder))
    assert set(settings.simulate.models) > {"mine", "MW15"}
    alone = settings.simulate.model_copy(update={"models": {"mine": settings.simulate.models["mine"]}})
    job = simulate(settings.model_copy(update={"simulate": alone}), tmp_path / "simulate")
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert [line.partition("mine: ")[2][:30] for line in told] == [
        "a snapshot has 300 stars; belo",
        "3 snapshots with up to 4 Gyr b",
    ]
    assert job.metrics["mine.last_time_gyr"] == 12
    assert "mine.last_energy_error" not in job.metrics  # a snapshot does not tell it
    assert len(QTable.read(job.folder / "mine" / "history.ecsv")) == 3

    # The other side of the stage: maps of it, here for training and test alike, which settings forbid and maps do not.
    dataset = settings.dataset.model_copy(update={"test_models": ("mine",)})
    files = {"mine": job.folder / "mine" / "snapshots.h5"}
    make_dataset(files, dataset, tmp_path, tmp_path / "shards", InProcess())
    with read(tmp_path / "maps.h5", "train") as maps, SnapshotFile(files["mine"]) as file:
        assert len(maps) == 12
        ages = set(maps.column("age_gyr").tolist())
        assert ages <= set(file.ages_gyr.tolist())


def test_keys_follow_the_files(folder: Path) -> None:
    """The stage that reads them and all that are made of it, and no other."""
    before = PAPER.chain("smoke", overrides(folder))
    again = PAPER.chain("smoke", overrides(folder))
    write_table(folder / "3.ecsv", 13.0, n=300)
    after = PAPER.chain("smoke", overrides(folder))
    for stage in ("simulate", "dataset", "train", "figure5"):
        assert before.key(stage) == again.key(stage)
        assert before.key(stage) != after.key(stage)
    assert before.key("observe") == after.key("observe")


def test_captions_say_whose_clusters_they_are(folder: Path) -> None:
    class Of:
        settings: Any

    job = Of()
    for models, words in (
        ("[mine]", "12 training maps of 1 cluster of other codes"),
        ("[mine, MW15-R4]", "12 training maps of 1 cluster of 2,000 stars and 1 cluster of other codes"),
        ("[MW15-R1.6, MW15-R4]", "12 training maps of 2 clusters of 2,000 stars"),
    ):
        job.settings = PROFILES.load("smoke", [*overrides(folder), f"dataset.train_models={models}"])
        assert training_maps(job) == words  # type: ignore[arg-type]
        assert trained(job, 3) == f", 3 epochs,\n{words}"  # type: ignore[arg-type]
    fresh = ["train.views=fresh", "train.fresh.maps=500", "train.fresh.epochs=3"]
    job.settings = PROFILES.load("smoke", [*overrides(folder), "dataset.train_models=[mine]", *fresh])
    words = "1,500 maps, each seen once, of 1 cluster of other codes"
    assert trained(job, 9) == f",\n{words}"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("format", "parts", "more", "snapshots", "mass_msun"),
    [
        ("cmc", ("cmc", "king.window.snapshots.h5"), [], 2, 471.7626),
        ("nbody6", ("nbody6pp_beijing", "physical_two_steps.snap.40_0.h5part"), [], 2, 228.5408),
        ("nbody6", ("nbody6pp_wang2015",), ["time_unit_myr=0.9095"], 4, 269.0069),
        ("nbody6", ("nbody6pp_beijing", "nbody_units.snap.40_2.h5part"), [], 1, 228.5480),
        ("amuse", ("amuse", "store2_three_sets.hdf5"), [], 3, 166.9829),
    ],
)
def test_real_files_of_each_code(
    tmp_path: Path, format: str, parts: tuple[str, ...], more: list[str], snapshots: int, mass_msun: float
) -> None:
    """Masses of the last snapshot as the codes give them (AMUSE's in its own, older solar mass: 2.6e-4 more)."""
    path = shared_data("snapshots", *parts)
    given = [f"simulate.models.mine.{one}" for one in (f"files={path}", f"format={format}", *more)]
    settings = PROFILES.load("smoke", given)
    alone = settings.simulate.model_copy(update={"models": {"mine": settings.simulate.models["mine"]}})
    job = simulate(settings.model_copy(update={"simulate": alone}), tmp_path / "simulate")
    with SnapshotFile(job.folder / "mine" / "snapshots.h5") as file:
        assert len(file) == snapshots
        assert np.all(np.diff(file.ages_gyr) > 0)
        total = file.read(snapshots - 1).mass_msun.sum(dtype=float)
    assert total == pytest.approx(mass_msun, rel=1e-4)
