"""One trial: networks of one setting trained and measured on the validation maps, in whatever process.

A trial is a folder. It holds the checkpoint of each training, so that a trial that was killed goes on with the epoch in
which it died, and when it is finished ``result.json``, whole or not at all, so that no trial is run twice.
"""

import json
import logging
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from reproduce.papers.chardin2021.settings import METRICS, Train
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole
from reproduce.workflow.store import exclusive

RESULT = "result.json"
# How the numerical libraries say that a setting is too large for the machine.
OUT_OF_MEMORY = ("RESOURCE_EXHAUSTED", "ResourceExhausted", "out of memory", "OutOfMemory")
# Maps predicted at once: about 100 MB at 160 px.
BATCH = 64


@dataclass(frozen=True)
class Trial:
    """What to train.

    Attributes
    ----------
    name : str
        For people, and of its run.
    network : str
        ``encoder_decoder`` or ``regressor``.
    values : dict
        The searched settings.
    train : Train
        All settings of training, these values among them.
    maps, scaler : Path
        The data set's ``maps.h5`` and ``scaler.json``.
    folder : Path
        The trial's own.
    members : tuple of int
        Trainings, each with seeds of its own; the numbers are averaged.
    until : int
        Epochs to train; the schedule is that of all the epochs of `train`.
    previous : Path, optional
        Folder of a trial of the same setting with fewer epochs, to go on from.
    regressor : Path, optional
        Weights of a trained regressor, through which the loss ``regressor`` looks.
    threads : int
        Cores to use.
    """

    name: str
    network: str
    values: dict[str, Any]
    train: Train
    maps: Path
    scaler: Path
    folder: Path
    members: tuple[int, ...]
    until: int
    previous: Path | None = None
    regressor: Path | None = None
    threads: int = 1

    @property
    def result(self) -> Path:
        """File of the result."""
        return self.folder / RESULT

    def checkpoint(self, member: int) -> Path:
        """File of the state of one training."""
        return self.task(member).state

    def task(self, member: int) -> Any:
        """One training, a `reproduce.papers.chardin2021.networks.fitting.Task`."""
        from reproduce.papers.chardin2021.networks.fitting import Task

        return Task(
            self.network,
            member,
            self.maps,
            self.scaler,
            self.train,
            self.folder,
            self.folder,
            self.threads,
            self.until,
        )


def read(trial: Trial) -> dict[str, Any] | None:
    """The result of a trial; None if it is not finished."""
    if not trial.result.exists():
        return None
    found: dict[str, Any] = json.loads(trial.result.read_text(encoding="utf-8"))
    return found


def run(trial: Trial) -> dict[str, Any]:
    """Run a trial, or read the result of one that is finished.

    Returns
    -------
    dict
        ``status``: ``completed`` or ``failed``; ``message`` of a failure; ``numbers``, the means over the trainings of
        those of the epoch with the smallest validation loss (``val_loss val_mse val_r2 best_epoch epochs parameters``)
        and of the paper's metrics on the validation maps; ``trainings``, each one's; ``seconds`` of this call.
    """
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns that each trial's network is a new one
    trial.folder.mkdir(parents=True, exist_ok=True)
    with exclusive(trial.folder):  # a remote worker whose client was killed may still be at it
        found = read(trial)
        if found is not None:
            return found
        began = time.perf_counter()
        try:
            trainings = [_training(trial, member) for member in trial.members]
        except Exception as error:
            if not isinstance(error, InputError) and not _out_of_memory(error):
                raise
            found = {"status": "failed", "message": " ".join(str(error).split())[:500], "numbers": {}, "trainings": []}
        else:
            names = [name for name in trainings[0] if all(name in numbers for numbers in trainings)]
            numbers = {name: float(np.mean([numbers[name] for numbers in trainings])) for name in names}
            found = {"status": "completed", "message": "", "numbers": numbers, "trainings": trainings}
        keras.utils.clear_session()  # or a worker keeps the networks of all its trials
        found["seconds"] = round(time.perf_counter() - began, 2)
        with whole(trial.result) as partial:
            partial.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return found


def _training(trial: Trial, member: int) -> dict[str, float]:
    """Train one network and measure it."""
    from reproduce.papers.chardin2021.networks.architecture import weights_file
    from reproduce.papers.chardin2021.networks.fitting import best_epoch, fit

    if trial.previous is not None and not trial.checkpoint(member).exists():
        _copy(trial.previous / trial.checkpoint(member).name, trial.checkpoint(member))
    if trial.regressor is not None:
        _copy(trial.regressor, weights_file(trial.folder, "regressor", member))
    history = fit(trial.task(member))
    epoch = best_epoch(history)
    found = {name: history[epoch][name] for name in ("val_loss", "val_mse", "val_r2")}
    return found | {"best_epoch": float(epoch), "epochs": float(len(history))} | measure(trial, member)


def measure(trial: Trial, member: int) -> dict[str, float]:
    """The paper's metrics of a trained network on the validation maps, by the names of its evaluation."""
    from reproduce.papers.chardin2021.dataset.mapset import MapSet
    from reproduce.papers.chardin2021.dataset.scaler import Scaler
    from reproduce.papers.chardin2021.evaluation.metrics import Labels, Scores
    from reproduce.papers.chardin2021.networks.architecture import Architecture, load_weights, weights_file
    from reproduce.papers.chardin2021.networks.data import batches

    scaler = Scaler.from_json(trial.scaler)
    with MapSet(trial.maps, "validation") as validation:
        n, pixels, _ = validation.flux.shape
        model = Architecture.of(trial.train, pixels, trial.scaler).build(trial.network, seed=0)
        load_weights(model, weights_file(trial.folder, trial.network, member))
        columns = (validation.column(name) for name in ("age_gyr", "distance_kpc", "snapshot"))
        scores = Scores(Labels(*columns))
        for rows in batches(n, BATCH):
            flux, mass = validation.flux[rows], validation.mass[rows]
            light = scaler.standardise_flux(flux).astype(np.float32)[..., None]
            output = np.asarray(model.predict_on_batch(light))
            unknown = np.full(len(flux), np.nan)  # what the other network would say
            if trial.network == "regressor":
                age, distance = scaler.age_gyr(output[:, 0]), scaler.distance_kpc(output[:, 1])
                scores.add(rows, flux, mass, mass, age, distance)
            else:
                scores.add(rows, flux, mass, scaler.mass(output[..., 0]), unknown, unknown)
    metrics = scores.metrics(n_bootstrap=0, seed=0)
    chosen = {name: metrics[name] for name in METRICS[trial.network] if name in metrics}
    if trial.network == "regressor":
        chosen |= {name: value for name, value in metrics.items() if name.startswith("distance_mae_")}
    return chosen | {"parameters": float(model.count_params())}


def _copy(source: Path, target: Path) -> None:
    with whole(target) as partial:
        shutil.copyfile(source, partial)


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(words in f"{type(error)} {error}" for words in OUT_OF_MEMORY)
