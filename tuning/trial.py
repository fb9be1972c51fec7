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
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from reproduce.learning.weights import weights_file
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_json, whole
from reproduce.workflow.settings import Group
from reproduce.workflow.store import exclusive
from tuning.problem import Problem

if TYPE_CHECKING:
    from reproduce.learning.task import Task

RESULT = "result.json"
# How the numerical libraries say that a setting is too large for the machine.
OUT_OF_MEMORY = ("RESOURCE_EXHAUSTED", "ResourceExhausted", "out of memory", "OutOfMemory")


@dataclass(frozen=True)
class Trial:
    """What to train.

    Attributes
    ----------
    name : str
        For people, and of its run.
    network : str
        Which of the paper's.
    values : dict
        The searched settings.
    train : Group
        All settings of training, these values among them.
    problem : Problem
        The paper's networks.
    folder : Path
        The trial's own.
    members : tuple of int
        Trainings, each with seeds of its own; the numbers are averaged.
    until : int
        Epochs to train; the schedule is that of all the epochs of `train`.
    previous : Path, optional
        Folder of a trial of the same setting with fewer epochs, to go on from.
    looks_through : tuple of str and Path, optional
        A network that the loss looks through, and the file of its weights.
    threads : int
        Cores to use.
    """

    name: str
    network: str
    values: dict[str, Any]
    train: Group
    problem: Problem
    folder: Path
    members: tuple[int, ...]
    until: int
    previous: Path | None = None
    looks_through: tuple[str, Path] | None = None
    threads: int = 1

    @property
    def result(self) -> Path:
        """File of the result."""
        return self.folder / RESULT

    def checkpoint(self, member: int) -> Path:
        """File of the state of one training."""
        return self.task(member).state

    def task(self, member: int) -> "Task":
        """One training."""
        problem = self.problem
        return problem.task(self.network, member, self.train, self.folder, threads=self.threads, until=self.until)


def read(trial: Trial) -> dict[str, Any] | None:
    """The result of a trial; None if it is not finished."""
    if not trial.result.exists():
        return None
    found: dict[str, Any] = read_json(trial.result)
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
    from reproduce.learning.fitting import best_epoch, fit

    task = trial.task(member)
    if trial.previous is not None and not task.state.exists():
        _copy(trial.previous / task.state.name, task.state)
    if trial.looks_through is not None:
        network, weights = trial.looks_through
        _copy(weights, weights_file(trial.folder, network, member))
    history = fit(task)
    epoch = best_epoch(history)
    told = ("val_loss", "val_mse", "val_r2")  # the last one of several validation items alone
    found = {name: history[epoch][name] for name in told if name in history[epoch]}
    found |= {"best_epoch": float(epoch), "epochs": float(len(history))}
    return found | trial.problem.measure(trial.network, member, trial.train, trial.folder)


def _copy(source: Path, target: Path) -> None:
    with whole(target) as partial:
        shutil.copyfile(source, partial)


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(words in f"{type(error)} {error}" for words in OUT_OF_MEMORY)
