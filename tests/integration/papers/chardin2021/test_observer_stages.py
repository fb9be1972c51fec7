"""Networks that are told what is known, from clusters to numbers: every stage, on small made-up clusters."""

import json
import runpy
import shutil
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from reproduce.papers.chardin2021.drawing import observer
from reproduce.papers.chardin2021.observer import calibrate, evaluation, sets, training
from reproduce.papers.chardin2021.observer.clusters import Split
from reproduce.papers.chardin2021.observer.frame import PARAMETERS
from reproduce.papers.chardin2021.observer.views import Cluster, Draw
from reproduce.papers.chardin2021.observer_settings import Evaluate, Sets, Train, Views
from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.papers.chardin2021.trained_model import (
    log_model_command,
    observed_clusters,
    observer_folder,
    predict_command,
)
from reproduce.papers.chardin2021.trained_model.observer_pidoc import ObserverPiDoc
from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from reproduce.sky import prepared
from reproduce.sky.camera import camera_columns
from reproduce.sky.prepared import prepare
from reproduce.sky.settings import Camera
from reproduce.workflow import served_model
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import InProcess, executor
from reproduce.workflow.progress import Progress
from tests.support.mock_clusters import snapshot_file

CAMERA = Camera()
VIEWS = Views(distances_kpc=(8, 60), fewest_stars=20)
SETS = Sets(validation_clusters=1, training=20, validation=20, test=16)
TRAIN = Train(
    members=2, width=0.125, regressor_width=0.25, dense=8, components=2, maps=16, epochs=2, batch_size=8,
    precision="mixed_bfloat16",
)  # fmt: skip


@pytest.fixture(scope="module")
def draws(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Draw]:
    root = tmp_path_factory.mktemp("simulations")
    names = ("A", "B", "C", "D")
    files = {name: snapshot_file(root / name / "snapshots.h5", name, seed=k) for k, name in enumerate(names)}
    folder = tmp_path_factory.mktemp("stars")
    return sets.draws(files, Split(names[:2], names[2:3], names[3:]), VIEWS, CAMERA, folder, InProcess())


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


@pytest.fixture(scope="module")
def evaluated(fixed: Path, trained: Path, calibrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluated")
    settings = Evaluate(samples=20, bootstrap=5)
    evaluation.evaluate(fixed, trained, calibrated, settings, folder, Progress("evaluate"))
    return folder


@pytest.fixture(scope="module")
def model(trained: Path, calibrated: Path, evaluated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    metrics = json.loads((evaluated / "metrics.json").read_text())
    metrics |= {"clusters_train": 2.0, "clusters_validation": 1.0, "clusters_test": 1.0}
    settings = PROFILES.load("smoke")
    observer_folder.write(trained, calibrated, settings, metrics, folder)
    return folder


@pytest.fixture(scope="module")
def pidoc(model: Path) -> ObserverPiDoc:
    loaded = PiDoc.load(model)
    assert isinstance(loaded, ObserverPiDoc)
    return loaded


def test_evaluation_measures_every_way_of_knowing(evaluated: Path) -> None:
    found = json.loads((evaluated / "metrics.json").read_text())
    for way in evaluation.WAYS:
        for name in PARAMETERS:
            assert 0 <= found[f"{way}.{name}.coverage_68"] <= 100
        assert 0 <= found[f"{way}.tarp_distance"] <= 1
    assert found["n_views"] == SETS.test
    coverage = pd.read_csv(evaluated / "coverage.csv", keep_default_na=False)
    assert set(coverage["of"]) == {"all", "mass", "age", "distance"}
    with h5py.File(evaluated / "predictions.h5") as file:
        assert file["nothing/quantiles"].shape == (5, SETS.test, len(PARAMETERS))


def test_figures_are_drawn_of_it(evaluated: Path, tmp_path: Path) -> None:
    job = SimpleNamespace(inputs={"observer_evaluate": evaluated}, folder=tmp_path)
    for draw in (observer.observer_coverage, observer.known_inputs):
        draw(job)  # type: ignore[arg-type]
        assert (tmp_path / f"{draw.__name__}.png").stat().st_size > 10_000


def test_views_are_the_same_on_any_number_of_workers(draws: dict[str, Draw], fixed: Path, tmp_path: Path) -> None:
    with executor(2) as two:
        sets.make(draws, SETS, tmp_path, two, Progress("sets"))
    assert (tmp_path / "scale.json").read_bytes() == (fixed / "scale.json").read_bytes()
    for group in sets.GROUPS:
        one, other = sets.read(fixed, group), sets.read(tmp_path, group)
        np.testing.assert_array_equal(one.flux, other.flux)
        np.testing.assert_array_equal(one.known.values, other.known.values)


def test_training_clusters_are_lighter_and_larger_ones_of_the_same_kind(tmp_path: Path) -> None:
    file = snapshot_file(tmp_path / "snapshots.h5", "A", n=4_000, snapshots=1)
    stars = prepare({"A": file}, tmp_path, camera_columns, InProcess())["A"]
    views = VIEWS.model_copy(update={"thinning": (0.3, 0.5), "stretch": (2.0, 2.0), "distances_kpc": (100.0, 101.0)})
    clusters, camera = (Cluster.of("A", stars),), Camera(pixels=96, smoothing_pixels=2)
    altered, whole = (Draw(clusters, views, camera, altered=one) for one in (True, False))
    share = []
    for item in range(20):
        one, other = (draw.view(np.random.default_rng([3, item]), item) for draw in (altered, whole))
        share.append(one.labels["mass_msun"] / other.labels["mass_msun"])
    assert 0.25 < min(share) < 0.4 < max(share) < 0.55  # of the field, from which a larger cluster reaches out a little
    found = altered._stars(prepared.opened(stars), 0, np.random.default_rng(1))
    assert found.stretch == pytest.approx(2) and 0.3 <= len(found.mass_msun) / 4_000 <= 0.5


def test_a_cluster_that_has_all_but_dissolved_is_seen_earlier(tmp_path: Path) -> None:
    file = snapshot_file(
        tmp_path / "snapshots.h5", "A", n=400, snapshots=20
    )  # each has nine tenths of the last's stars
    stars = prepare({"A": file}, tmp_path, camera_columns, InProcess())
    clusters = (Cluster.of("A", stars["A"]),)
    views = VIEWS.model_copy(update={"fewest_stars": 200})
    draw = Draw(clusters, views, Camera(pixels=96, smoothing_pixels=2))
    seen = [draw.view(np.random.default_rng([1, item]), item).labels for item in range(12)]
    assert max(one["snapshot"] for one in seen) <= 6 and min(one["n_stars"] for one in seen) >= 200
    with pytest.raises(InputError, match="none of"):
        Draw(clusters, VIEWS.model_copy(update={"fewest_stars": 500}), draw.camera).view(np.random.default_rng(1), 0)


def test_a_given_distance_is_used(pidoc: ObserverPiDoc, fixed: Path) -> None:
    views = sets.read(fixed, "test")
    true = views.labels["distance_kpc"]
    untold = pidoc.predict(views.flux).table
    told = pidoc.predict(views.flux, true, distance_error_kpc=0.02 * true, metallicity=-1.3, metallicity_error=0.1)
    # networks that have learnt nothing repeat what they were given, with its error
    assert np.abs(told.table["distance_kpc"] / true - 1).max() < 0.1
    assert np.abs(untold["distance_kpc"] / true - 1).max() > 0.1
    samples = told.posterior.sample(200, seed=1)  # type: ignore[union-attr]
    assert {name: values.shape for name, values in samples.items()} == dict.fromkeys(
        ("distance_kpc", "age_gyr", "mass_to_light", "total_mass_msun"), (len(true), 200)
    )
    assert (samples["age_gyr"] < 14.6).all()
    # the map adds up to the posterior's median
    total = (10.0 ** told.mass.astype(np.float64)).sum(axis=(1, 2))
    np.testing.assert_allclose(total, told.table["total_mass_msun"], rtol=0.01)


def test_what_is_given_is_checked(pidoc: ObserverPiDoc, model_folder: Path, fixed: Path) -> None:
    flux = sets.read(fixed, "test", slice(0, 1)).flux
    for wrong, words in (
        ({"metallicity": 0.001, "metallicity_error": -1}, "metallicity_error"),
        ({"metallicity": -9}, "not Z"),
        ({"metallicity_error": 0.2}, "value is not"),
        ({"metallicity": [np.nan], "metallicity_error": 0.2}, "value is not"),
        ({"seeing_arcsec": [1.0, 2.0]}, "shape"),
        ({"seeing_arcsec": 0}, "above 0"),
        ({"distance_error_kpc": 2.0}, "value is not"),
    ):
        with pytest.raises(InputError, match=words):
            pidoc.predict(flux, **wrong)
    far = pidoc.predict(flux, 5_000, distance_error_kpc=50)
    assert not far.table["in_domain"][0] and np.isnan(far.table["total_mass_msun_low68"][0])
    assert any("outside the networks'" in line for line in far.notes[0])
    vague = pidoc.predict(flux, 20, distance_error_kpc=15)
    assert any("not used" in line for line in vague.notes[0])
    with pytest.raises(InputError, match="cannot be told"):
        PiDoc.load(model_folder).predict(np.full((160, 160), -5.0), metallicity=-1.5)


def test_damaged_and_foreign_files_are_refused(model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(model, copy)
    (copy / "domain.h5").write_bytes(b"no file of HDF5")
    with pytest.raises(InputError, match="sha256"):
        PiDoc.load(copy)
    with pytest.raises(InputError, match="leave"):
        PiDoc.load(model, scaler=tmp_path / "scaler.json")


def test_the_command_tells_what_it_was_told(model: Path, fixed: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "cluster.npy", sets.read(fixed, "test", slice(0, 1)).flux[0])
    words = "--distance 16 --distance-error 0.5 --metallicity -1.5 --metallicity-error 0.2 --seeing 1.1 --no-png"
    status = predict_command.main(
        [str(tmp_path / "cluster.npy"), "--networks", str(model), "--out", str(tmp_path / "out"), *words.split()]
    )
    assert status == 0
    report = json.loads((tmp_path / "out" / "cluster.json").read_text())
    assert report["told"]["metallicity"] == -1.5 and report["told"]["distance_error_kpc"] == 0.5
    assert abs(report["distance_kpc"] - 16) < 3
    with pytest.raises(InputError, match="--metallicity-error belongs"):
        predict_command.main([str(tmp_path / "cluster.npy"), "--metallicity-error", "0.2"])


def test_the_served_model_takes_what_is_known(
    model: Path, pidoc: ObserverPiDoc, fixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict = {}
    monkeypatch.setattr(served_model, "serve", lambda load, answer: kept.update(load=load, answer=answer))
    runpy.run_path(str(log_model_command.MODEL.code))
    nothing = {one.name: one.default for one in log_model_command.signature(model).params}
    flux = sets.read(fixed, "test", slice(0, 2)).flux
    answer = kept["answer"](kept["load"](model), flux, nothing)
    np.testing.assert_allclose(answer["distance_kpc"], pidoc.predict(flux).table["distance_kpc"], rtol=1e-6)
    known = {"distance_kpc": 16.0, "distance_error_kpc": 0.5, "metallicity": 0.0, "metallicity_error": 0.2}
    answer = kept["answer"](kept["load"](model), flux, nothing | known)
    told = pidoc.predict(flux, 16.0, distance_error_kpc=0.5, metallicity=0.0, metallicity_error=0.2)
    np.testing.assert_allclose(answer["age_gyr"], told.table["age_gyr"], rtol=1e-6)


def test_observed_clusters_are_told_the_catalogue_but_not_their_distance(
    pidoc: ObserverPiDoc, fixed: Path, tmp_path: Path
) -> None:
    views = sets.read(fixed, "test", slice(0, 2))
    columns = {
        "name": ["A", "B"],
        "distance_kpc": [16.0, 30.0],
        "metallicity": [-1.5, np.nan],
        "luminosity_lsun": [1e4, 1e4],
        "mass_to_light": [2.0, 2.0],
        "mass_to_light_error": [0.1, 0.1],
        "age_gyr": [12.0, 12.0],
        "source": ["synthetic", "synthetic"],
    }
    observed, found = tmp_path / "observed", tmp_path / "found"
    observed.mkdir(), found.mkdir()
    Table(columns).write(observed / "targets.ecsv", format="ascii.ecsv")
    with h5py.File(observed / "maps.h5", "w") as file:
        file["flux"], file["name"] = views.flux, [b"A", b"B"]
    observed_clusters.predict_clusters(pidoc, observed, found)
    table = Table.read(found / "clusters.ecsv")
    iron, error = np.array([-1.5, np.nan]), np.array([0.2, np.nan])
    alone = pidoc.predict(views.flux, metallicity=iron, metallicity_error=error).table
    distance = np.array([16.0, 30.0])
    told = pidoc.predict(
        views.flux, distance, distance_error_kpc=0.06 * distance, metallicity=iron, metallicity_error=error
    ).table
    np.testing.assert_allclose(table["predicted_distance_kpc"], alone["distance_kpc"], rtol=1e-6)
    np.testing.assert_allclose(table["predicted_mass_to_light"], told["mass_to_light"], rtol=1e-6)
    np.testing.assert_allclose(table["predicted_age_gyr"], told["age_gyr"], rtol=1e-6)
