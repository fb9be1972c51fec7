"""Training end to end on made-up maps: repeatable to the byte, whatever interrupts it, and evaluated to the byte."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pandas as pd
import pytest

from reproduce.learning.fitting import fit
from reproduce.learning.task import Task
from reproduce.papers.chardin2021.evaluation.calibration import calibrate
from reproduce.papers.chardin2021.evaluation.test_set import evaluate
from reproduce.papers.chardin2021.networks.architecture import NETWORKS
from reproduce.papers.chardin2021.networks.training import task, train
from reproduce.papers.chardin2021.settings import Evaluate, Train
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import executor
from reproduce.workflow.progress import Progress
from tests.support.network_maps import write_maps

TINY = {"architecture": "compact", "width": 0.25, "regressor_width": 0.25, "batch_size": 8, "augment": True}
COLUMNS = (
    "network", "member", "epoch", "loss", "val_loss", "mse", "val_mse", "r2", "val_r2", "learning_rate",
)  # fmt: skip
SETTINGS = Train(**TINY, loss="mse", schedule="cosine", epochs=3, regressor_epochs=3, dropout=0.1)
FILES = ("architecture.json", "encoder_decoder.weights.h5", "history.csv", "regressor.weights.h5")


class InterruptedHere(Exception):  # noqa: N818 (an interruption, no error)
    pass


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_maps(tmp_path_factory.mktemp("maps"), train=24, validation=6, test=8, pixels=96)


@pytest.fixture(scope="module")
def undisturbed(dataset, tmp_path_factory):
    place = tmp_path_factory.mktemp("undisturbed")
    epochs = []
    metrics = train(*dataset, SETTINGS, place / "files", place / "checkpoint", lambda *row: epochs.append(row))
    return place / "files", metrics, epochs


def tasks(dataset, place: Path, settings: Train = SETTINGS) -> list[Task]:
    for name in ("files", "checkpoint"):
        (place / name).mkdir(parents=True, exist_ok=True)
    return [task(network, 0, *dataset, settings, place / "files", place / "checkpoint") for network in NETWORKS]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_metrics_and_history(undisturbed):
    folder, metrics, epochs = undisturbed
    assert sorted(contents(folder)) == sorted(FILES)
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["network"], row["epoch"]) for row in rows] == [(name, str(epoch)) for name, epoch, _ in epochs]
    best = min((row for row in rows if row["network"] == "regressor"), key=lambda row: float(row["val_loss"]))
    assert metrics["validation_r2_regressor"] == float(best["val_r2"])
    assert metrics["best_epoch_regressor"] == float(best["epoch"])
    with h5py.File(folder / "regressor.weights.h5") as file:
        assert not [name for name in file.get("optimizer", {}) if len(file["optimizer"][name])]


@pytest.mark.parametrize("stopped", NETWORKS)
def test_an_interrupted_training_ends_with_the_same_bytes(dataset, undisturbed, tmp_path, stopped):
    def interrupt(epoch, row):
        raise InterruptedHere

    for one in tasks(dataset, tmp_path):
        if one.name == stopped:
            with pytest.raises(InterruptedHere):
                fit(one, interrupt)
            break
        fit(one)
    epochs = []
    train(*dataset, SETTINGS, tmp_path / "files", tmp_path / "checkpoint", lambda *row: epochs.append(row))
    assert epochs == undisturbed[2]
    assert contents(tmp_path / "files") == contents(undisturbed[0])


def test_members_differ_and_are_trained_in_several_processes(dataset, tmp_path):
    two = SETTINGS.model_copy(update={"members": 2, "epochs": 2, "regressor_epochs": 2})
    epochs = []
    with executor(2) as pool:
        metrics = train(
            *dataset,
            two,
            tmp_path / "files",
            tmp_path / "checkpoint",
            lambda *row: epochs.append(row),
            pool,
            Progress("train"),
        )
        train(*dataset, two, tmp_path / "again", tmp_path / "checkpoint2", None, pool, Progress("train"))
    found = contents(tmp_path / "files")
    assert contents(tmp_path / "again") == found
    names = {f"{network}{suffix}.weights.h5" for network in NETWORKS for suffix in ("", "-2")}
    assert set(found) == names | {"architecture.json", "history.csv"}
    assert found["regressor.weights.h5"] != found["regressor-2.weights.h5"]
    with (tmp_path / "files" / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["network"], row["member"], row["epoch"]) for row in rows] == [
        (network, member, epoch) for network in NETWORKS for member in "12" for epoch in "01"
    ]
    assert sorted((name, epoch) for name, epoch, _ in epochs) == sorted(
        (f"{network}{suffix}", epoch) for network in NETWORKS for suffix in ("", "-2") for epoch in (0, 1)
    )
    second = [row for row in rows if row["network"] == "regressor" and row["member"] == "2"]
    values = [min(float(row["val_loss"]) for row in second)]
    first = [row for row in rows if row["network"] == "regressor" and row["member"] == "1"]
    values.append(min(float(row["val_loss"]) for row in first))
    assert metrics["validation_loss_regressor"] == pytest.approx(sum(values) / 2)


def test_checkpoints_of_other_settings_or_cut_short_are_refused_and_kept(dataset, tmp_path):
    short = SETTINGS.model_copy(update={"epochs": 1, "regressor_epochs": 1})
    train(*dataset, short, tmp_path / "files", tmp_path / "checkpoint")
    path = tmp_path / "checkpoint" / "encoder_decoder.h5"
    whole = path.read_bytes()
    with pytest.raises(InputError, match="other settings or maps"):
        train(*dataset, SETTINGS, tmp_path / "files", tmp_path / "checkpoint")
    assert path.read_bytes() == whole
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"damaged or cut short.*remove it to train"):
        train(*dataset, short, tmp_path / "files", tmp_path / "checkpoint")
    assert len(path.read_bytes()) == len(whole) // 2


def test_a_loss_that_diverges_is_refused(dataset, tmp_path):
    wild = SETTINGS.model_copy(update={"learning_rate": 1e30, "schedule": "constant"})
    with pytest.raises(InputError, match=r"no longer finite.*smaller learning rate"):
        train(*dataset, wild, tmp_path / "files", tmp_path / "checkpoint")


def test_patience_stops_early_and_keeps_the_best_epoch(dataset, tmp_path):
    restless = SETTINGS.model_copy(update={"learning_rate": 0.3, "schedule": "constant", "epochs": 12, "patience": 1})
    metrics = train(*dataset, restless, tmp_path / "files", tmp_path / "checkpoint")
    assert metrics["epochs_encoder_decoder"] == metrics["best_epoch_encoder_decoder"] + 2 < 12


@pytest.mark.parametrize("loss", ["mae", "regressor"])
def test_other_losses_train(dataset, tmp_path, loss):
    settings = SETTINGS.model_copy(update={"loss": loss, "epochs": 2, "regressor_epochs": 1})
    order = []
    train(*dataset, settings, tmp_path / "files", tmp_path / "checkpoint", lambda name, *_: order.append(name))
    assert order[0] == ("regressor" if loss == "regressor" else "encoder_decoder")
    assert json.loads((tmp_path / "files" / "architecture.json").read_text())["loss"] == loss


def test_calibration_and_evaluation_write_the_same_bytes_twice(dataset, undisturbed, tmp_path):
    maps, scaler = dataset
    said = []
    for name in ("first", "second"):
        place = tmp_path / name
        calibrated = calibrate(maps, undisturbed[0], scaler, place, lambda f, _: said.append(f))
        assert said[-1] == 1
        metrics = evaluate(
            maps,
            undisturbed[0],
            scaler,
            place / "calibration.h5",
            Evaluate(bootstrap=20),
            place,
            lambda f, _: said.append(f),
        )
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    assert said[-1] == 1
    assert metrics == json.loads((tmp_path / "first" / "metrics.json").read_text())
    assert metrics["n_maps"] == 8
    assert 0 < calibrated["interval_68_age_gyr"] <= calibrated["interval_95_age_gyr"]
    with h5py.File(tmp_path / "first" / "predictions.h5") as file:
        assert file["mass"].shape == (8, 96, 96)
        assert file["examples/mass_predicted"].shape == (4, 96, 96)
        assert file["maps/age_predicted"].shape == (8,)
        age, low, high = (file[f"maps/{name}"][()] for name in ("age_predicted", "age_low95", "age_high95"))
        assert ((low <= age) & (age <= high)).all()
    table = pd.read_csv(tmp_path / "first" / "coverage.csv")
    whole = table[(table["group"] == "all") & (table["quantity"] == "age") & (table["level"] == 0.95)]
    assert 100 * whole["coverage"].item() == metrics["coverage_95_age_percent"]


SCRIPT = """
import sys
from pathlib import Path
from reproduce.papers.chardin2021.networks.training import train
from reproduce.papers.chardin2021.settings import Train
maps, scaler, folder, settings = sys.argv[1:]
say = lambda *row: print(*row, flush=True)
settings = Train.model_validate_json(settings)
train(Path(maps), Path(scaler), settings, Path(folder, "files"), Path(folder, "checkpoint"), say)
"""


@pytest.mark.slow
def test_kill_9_at_any_time_ends_with_the_same_bytes(dataset, tmp_path):
    """Killed in the encoder-decoder, between the two and in the regressor; every process starts TensorFlow anew."""
    maps, scaler = dataset

    def start(folder: Path) -> subprocess.Popen:
        command = [sys.executable, "-c", SCRIPT, str(maps), str(scaler), str(folder), SETTINGS.model_dump_json()]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def finish(folder: Path) -> dict[str, bytes]:
        process = start(folder)
        process.communicate()
        assert process.returncode == 0
        return contents(folder / "files")

    for epochs, wait_s in ((1, 0.0), (3, 0.1), (5, 0.05)):  # earlier epochs are told again after a restart
        process = start(tmp_path / "killed")
        for _ in range(epochs):
            process.stdout.readline()
        time.sleep(wait_s)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert finish(tmp_path / "killed") == finish(tmp_path / "whole")


@pytest.mark.slow
def test_a_step_of_the_released_regressor_repeats_to_the_bit():
    """At full size several gradients of one tensor are added; their order must not depend on the scheduler."""
    import numpy as np

    from reproduce.learning import backend
    from reproduce.papers.chardin2021.networks import regressor

    rng = np.random.default_rng(0)
    maps, labels = rng.normal(size=(32, 160, 160, 1)).astype(np.float32), rng.normal(size=(32, 2)).astype(np.float32)
    model = regressor.build(160)
    first, steps = model.get_weights(), []
    for _ in range(12):
        model.set_weights(first)
        backend.reseed(model, (1,))
        model.compile("sgd", "mse")
        model.train_on_batch(maps, labels)
        steps.append(np.concatenate([np.ravel(w) for w in model.get_weights()]).tobytes())
    assert len(set(steps)) == 1
