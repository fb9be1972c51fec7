"""Many trainings side by side, and what each set's cost: for the stages `train`, `gan` and `repaired`."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.learning import training
from reproduce.learning.task import Task
from reproduce.learning.training import OnEpoch
from reproduce.papers.skusa2023 import models
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress


def train(
    tasks: Sequence[Task],
    items: Sequence[int],
    names: Sequence[str],
    folder: Path,
    on_epoch: OnEpoch,
    executor: Executor,
    progress: Progress,
) -> dict[str, float]:
    """Train networks side by side, the longest ones first, and write ``history.csv``.

    Parameters
    ----------
    tasks : sequence of Task
    items : sequence of int
        Items of an epoch of each.
    names : sequence of str
        Under which each one's time counts; empty: under none.
    folder : Path
        For the history.
    on_epoch, executor, progress
        As `reproduce.learning.training.train`.

    Returns
    -------
    dict
        Of each name ``NAME.epochs`` and ``NAME.seconds``, of its trainings together: the wall clock of all, on so
        many workers, shared out by items seen.
    """
    seen = [task.epochs * n for task, n in zip(tasks, items, strict=True)]
    longest = [tasks[k] for k in np.argsort(seen, kind="stable")[::-1]]
    began = time.perf_counter()
    histories = training.train([longest], executor, on_epoch, progress)
    second = (time.perf_counter() - began) * min(executor.workers, len(tasks)) / sum(seen)
    training.write_history(folder / "history.csv", {(task.name, 0): histories[task.name] for task in tasks})
    metrics: dict[str, float] = {}
    for task, name, n in zip(tasks, names, seen, strict=True):
        if name:
            metrics[f"{name}.seconds"] = metrics.get(f"{name}.seconds", 0.0) + second * n
            metrics[f"{name}.epochs"] = float(task.epochs)
    return metrics


def columns(source: Path, rows: NDArray[np.int64]) -> Iterator[tuple[str, NDArray]]:
    """M/L and maps of h1 to h4 of some models of ``models.h5``, by their names there."""
    with h5py.File(source) as file:
        for name in ("mass_to_light", *(f"h{m}" for m in models.COEFFICIENTS)):
            yield name, file[name][rows]
