"""Many trainings side by side: the members of ensembles, networks of several kinds."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from reproduce.learning import backend, checkpoint
from reproduce.learning.fitting import Row, best_epoch, fit
from reproduce.learning.task import Task
from reproduce.workflow.executor import Executor, InProcess, default_workers
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Gauge, Progress

History = list[Row]
OnEpoch = Callable[[str, int, Row], None]


def side_by_side(executor: Executor | None, n_tasks: int) -> tuple[Executor, int | None]:
    """Where to train, and the cores that each training takes (none: all). On a GPU they take turns."""
    if executor is None or backend.has_gpu():
        executor = InProcess()
    at_once = min(executor.workers, n_tasks)
    return executor, max(1, default_workers() // at_once) if at_once > 1 else None


def train(
    waves: Sequence[Sequence[Task]],
    executor: Executor,
    on_epoch: OnEpoch | None = None,
    progress: Progress | None = None,
) -> dict[str, History]:
    """Train networks, those of one wave side by side, wave after wave.

    Parameters
    ----------
    waves
        The tasks; one may need the weights of those of an earlier wave. Their states are in one folder.
    executor
        Trains them.
    on_epoch
        Called with (task's name, epoch from 0, the row of the history) soon after each epoch, and for the epochs before
        a restart when it goes on.
    progress
        Is told how far the trainings are.

    Returns
    -------
    dict
        History of each task by its name.

    Raises
    ------
    InputError
        As `fitting.fit`.
    """
    tasks = [task for wave in waves for task in wave]
    for task in tasks:
        for place in (task.weights.parent, task.state.parent):
            place.mkdir(parents=True, exist_ok=True)
    told: dict[str, int] = {}
    for wave in waves:
        _run(wave, executor, progress, lambda: _tell(tasks, told, on_epoch))
    return {task.name: checkpoint.history(task.state) for task in tasks}


def summary(network: str, histories: Sequence[History]) -> dict[str, float]:
    """The numbers of one kind of network at each member's best epoch, averaged over the members.

    Returns
    -------
    dict
        ``validation_r2_<network>``, ``validation_mse_<network>``, ``validation_loss_<network>``,
        ``training_r2_<network>``, ``best_epoch_<network>`` (from 0), ``epochs_<network>``; of networks with several
        heads the numbers of each head, with ``_<target>`` behind.
    """
    best = [best_epoch(history) for history in histories]
    rows = [history[epoch] for history, epoch in zip(histories, best, strict=True)]
    found = {}
    for ours, theirs in (("validation_r2", "val_r2"), ("validation_mse", "val_mse"), ("training_r2", "r2")):
        for name in rows[0]:
            if name == theirs or name.startswith(f"{theirs}_"):
                found[f"{ours}_{network}{name.removeprefix(theirs)}"] = float(np.mean([row[name] for row in rows]))
    found[f"validation_loss_{network}"] = float(np.mean([row["val_loss"] for row in rows]))
    found[f"best_epoch_{network}"] = float(np.mean(best))
    found[f"epochs_{network}"] = float(np.mean([len(history) for history in histories]))
    return found


def write_history(path: Path, histories: Mapping[tuple[str, int], History]) -> None:
    """Write the histories of (network, member counted from 0) as one CSV table, a row for each epoch."""
    names = list(dict.fromkeys(name for history in histories.values() for row in history for name in row))
    with whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["network", "member", "epoch", *names], lineterminator="\n")
        writer.writeheader()
        for (network, member), history in histories.items():
            for epoch, row in enumerate(history):
                writer.writerow({"network": network, "member": member + 1, "epoch": epoch, **row})


def _run(tasks: Sequence[Task], executor: Executor, progress: Progress | None, tell: Callable[[], None]) -> None:
    """Train the networks of one wave, telling of their epochs as they end."""
    if progress is None:
        for _ in executor.map(_fit, tasks):
            tell()
        return
    with progress.watch(tasks[0].state.parent, len(tasks), tell):
        for _ in executor.map(_fit, tasks):
            pass


def _fit(task: Task) -> None:
    """Train one network, in whatever process."""
    gauge = Gauge(task.state.parent, task.name)
    gauge(0.0, f"of {task.epochs} epochs")
    fit(task, lambda epoch, row: gauge((epoch + 1) / task.epochs, f"epoch {epoch + 1} of {task.epochs}"))
    gauge(1.0)


def _tell(tasks: Sequence[Task], told: dict[str, int], on_epoch: OnEpoch | None) -> None:
    """Call `on_epoch` for the epochs that it has not heard of."""
    if on_epoch is None:
        return
    for task in tasks:
        for epoch, row in list(enumerate(checkpoint.history(task.state)))[told.get(task.name, 0) :]:
            on_epoch(task.name, epoch, row)
            told[task.name] = epoch + 1
