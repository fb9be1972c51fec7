"""Maps drawn anew in every epoch: what they show, and a training of both networks on them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from reproduce.learning.weights import load_weights
from reproduce.papers.chardin2021.dataset import fresh
from reproduce.papers.chardin2021.dataset.make import make_dataset
from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.papers.chardin2021.networks import training
from reproduce.papers.chardin2021.networks.architecture import NETWORKS, Architecture
from reproduce.papers.chardin2021.settings import Dataset, Fresh, Train
from reproduce.sky.camera import camera_columns
from reproduce.sky.prepared import prepare
from reproduce.sky.settings import Camera
from reproduce.workflow.executor import InProcess
from tests.support.mock_clusters import snapshot_file

DATASET = Dataset(train=12, validation=4, test_snapshots=1, camera=Camera(pixels=96, smoothing_pixels=2))
TRAIN = Train(
    views="fresh", fresh=Fresh(maps=16, epochs=2, distances_kpc=(9, 60)), architecture="compact", width=0.25,
    batch_size=8, loss="mse", regressor_architecture="compact", regressor_width=0.25,
)  # fmt: skip


@pytest.fixture(scope="module")
def simulations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("simulations")
    names = ("MW15-R1.6", "MW15-R4", "MW15")
    return {name: snapshot_file(root / name / "snapshots.h5", name, seed=seed) for seed, name in enumerate(names)}


@pytest.fixture(scope="module")
def dataset(simulations: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    make_dataset(simulations, DATASET, folder, folder / "checkpoint", InProcess())
    return folder


def test_views_cover_what_is_asked_and_tell_what_they_show(
    simulations: dict[str, Path], dataset: Path, tmp_path: Path
) -> None:
    scaler = Scaler.from_json(dataset / "scaler.json")
    sources = [training.data(dataset / "maps.h5", scaler, network) for network in NETWORKS]
    both = dataclasses.replace(sources[0], targets={**sources[0].targets, **sources[1].targets})
    stars = prepare(simulations, tmp_path, camera_columns, InProcess())
    draw = fresh.stream(stars, DATASET, TRAIN.fresh, both).draw
    seen = [draw.render(np.random.default_rng([1, item]), item) for item in range(60)]
    distances = np.array([maps.view.distance_kpc for maps in seen])
    assert 9 <= distances.min() < 12 and 45 < distances.max() <= 60
    assert {maps.view.fwhm_arcsec for maps in seen} == set(TRAIN.fresh.fwhm_arcsec)
    assert len({maps.age_gyr for maps in seen}) > 3
    directions = np.array([maps.view.line_of_sight for maps in seen])
    # isotropic: the mean of 60 unit vectors is sqrt(1 / 60) long, 3 times that once in 10,000 draws
    assert np.linalg.norm(directions.mean(axis=0)) < 3 / np.sqrt(60)
    item = draw(np.random.default_rng([1, 7]), 7)
    np.testing.assert_allclose(scaler.mass(item["mass"][..., 0]), seen[7].mass, atol=1e-5)
    np.testing.assert_allclose(scaler.distance_kpc(item["age_distance"][1]), distances[7], rtol=1e-5)


def test_both_networks_are_trained_on_them(simulations: dict[str, Path], dataset: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    metrics = training.train(
        dataset / "maps.h5",
        dataset / "scaler.json",
        TRAIN,
        tmp_path / "files",
        tmp_path / "checkpoint",
        lambda name, epoch, row: told.append((name, epoch)),
        stars=prepare(simulations, tmp_path, camera_columns, InProcess()),
        dataset=DATASET,
    )
    assert sorted(told) == sorted((name, epoch) for name in NETWORKS for epoch in range(2))
    assert {path.name for path in (tmp_path / "files").iterdir()} == {
        "architecture.json", "history.csv", *(f"{name}.weights.h5" for name in NETWORKS),
    }  # fmt: skip
    for name in NETWORKS:
        model = Architecture.load(tmp_path / "files").build(name, seed=0)
        load_weights(model, tmp_path / "files" / f"{name}.weights.h5")
        assert np.isfinite(metrics[f"validation_r2_{name}"])


def test_settings_that_cannot_be_fed_together_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"from=tune .* set train.views=fixed too"):
        Train.model_validate(TRAIN.model_dump() | {"from": "tune"})
    with pytest.raises(ValidationError, match=r"loss=regressor .* or train.views=fixed"):
        Train.model_validate(TRAIN.model_dump() | {"loss": "regressor"})
    with pytest.raises(ValidationError, match="nearest and the farthest"):
        Fresh(distances_kpc=(50, 20))
