"""Networks that are told what is known, from clusters to numbers: every stage, on small made-up clusters."""

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from reproduce.papers.chardin2021.observer import calibrate, evaluation, sets, training
from reproduce.papers.chardin2021.observer.clusters import Split
from reproduce.papers.chardin2021.observer.frame import PARAMETERS
from reproduce.papers.chardin2021.observer.settings import Evaluate, Sets, Train, Views
from reproduce.papers.chardin2021.observer.views import Draw
from reproduce.sky.settings import Camera
from reproduce.workflow.executor import InProcess
from reproduce.workflow.progress import Progress
from tests.support.mock_clusters import snapshot_file

CAMERA = Camera(pixels=96, smoothing_pixels=2)
VIEWS = Views(distances_kpc=(8, 60), fewest_stars=20)
SETS = Sets(validation_clusters=1, training=20, validation=20, test=16)
TRAIN = Train(
    members=2, width=0.125, regressor_width=0.25, dense=8, components=2, maps=16, epochs=2, batch_size=8
)  # fmt: skip


@pytest.fixture(scope="module")
def draws(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Draw]:
    root = tmp_path_factory.mktemp("simulations")
    names = ("A", "B", "C", "D")
    files = {name: snapshot_file(root / name / "snapshots.h5", name, seed=k) for k, name in enumerate(names)}
    return sets.draws(files, Split(names[:2], names[2:3], names[3:]), VIEWS, CAMERA)


@pytest.fixture(scope="module")
def fixed(draws: dict[str, Draw], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets")
    sets.make(draws, SETS, folder, InProcess(), Progress("sets"))
    return folder


@pytest.fixture(scope="module")
def trained(draws: dict[str, Draw], fixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    training.train(draws["train"], fixed, TRAIN, folder, folder.with_name("checkpoint"))
    return folder


@pytest.fixture(scope="module")
def calibrated(fixed: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calibrated")
    calibrate.calibrate(fixed, trained, CAMERA, folder, Progress("calibrate"))
    return folder


def test_evaluation_measures_every_way_of_knowing(
    fixed: Path, trained: Path, calibrated: Path, tmp_path: Path
) -> None:
    found = evaluation.evaluate(
        fixed, trained, calibrated, Evaluate(samples=20, bootstrap=5), tmp_path, Progress("evaluate")
    )
    assert found == json.loads((tmp_path / "metrics.json").read_text())
    for way in evaluation.WAYS:
        for name in PARAMETERS:
            assert 0 <= found[f"{way}.{name}.coverage_68"] <= 100
        assert np.isfinite(found[f"{way}.tarp_distance"])
    assert found["n_views"] == SETS.test
    coverage = pd.read_csv(tmp_path / "coverage.csv", keep_default_na=False)
    assert set(coverage["of"]) == {"all", "mass", "age", "distance"}
    with h5py.File(tmp_path / "predictions.h5") as file:
        assert file["nothing/quantiles"].shape == (5, SETS.test, len(PARAMETERS))
