"""Training of the ensemble: every member's encoder-decoder and regressor, side by side (paper Sect. 3.2)."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from reproduce.learning import backend, checkpoint
from reproduce.papers.chardin2021.networks.architecture import NETWORKS, Architecture, member_name
from reproduce.papers.chardin2021.networks.data import open_maps
from reproduce.papers.chardin2021.networks.fitting import Task, best_epoch, fit
from reproduce.papers.chardin2021.settings import Train
from reproduce.workflow.executor import Executor, InProcess, default_workers
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Gauge, Progress

COLUMNS = (
    "network", "member", "epoch", "loss", "val_loss", "mse", "val_mse", "r2", "val_r2", "learning_rate",
)  # fmt: skip

History = list[dict[str, float]]
OnEpoch = Callable[[str, int, dict[str, float]], None]


def train(
    maps: Path,
    scaler: Path,
    train: Train,
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Train all networks and write them.

    Parameters
    ----------
    maps, scaler
        The data set's ``maps.h5`` and ``scaler.json``.
    train
        Settings.
    folder
        Receives for each member the weights of the epoch with the smallest validation loss,
        ``encoder_decoder.weights.h5`` and ``regressor.weights.h5`` (the second member's names end in ``-2``);
        ``architecture.json`` and ``history.csv``.
    checkpoint
        Folder for the states after each epoch; a call that finds them goes on from there.
    on_epoch
        Called with (member's name, epoch from 0, the row of the history without its names) soon after each epoch, and
        for the epochs before a restart when it goes on.
    executor
        Trains the networks side by side, each with its share of the cores. Where there is a GPU they take turns on it.
    progress
        Is told how far the networks are.

    Returns
    -------
    dict
        ``validation_r2_<network>``, ``validation_mse_<network>``, ``validation_loss_<network>``,
        ``training_r2_<network>`` at the best epoch (from 0) ``best_epoch_<network>``, the number of
        ``epochs_<network>``, each the mean over the members, and ``parameters_<network>`` of one.

    Raises
    ------
    InputError
        If the maps, the scaler, a checkpoint or VGG16's weights cannot be used, or the loss is no longer finite.
    """
    for place in (folder, checkpoint):
        place.mkdir(parents=True, exist_ok=True)
    if executor is None or backend.has_gpu():
        executor = InProcess()
    with open_maps(maps) as file:
        architecture = Architecture.of(train, file["train/flux"].shape[1], scaler)
    n_tasks = len(NETWORKS) * train.members
    side_by_side = min(executor.workers, n_tasks)
    threads = max(1, default_workers() // side_by_side) if side_by_side > 1 else None
    tasks = [
        Task(network, member, maps, scaler, train, folder, checkpoint, threads)
        for network in NETWORKS
        for member in range(train.members)
    ]
    # The encoder-decoder's loss may look through the trained regressor's features; otherwise the long ones come first.
    waves = [[task for task in tasks if task.network == name] for name in NETWORKS]
    waves = waves[::-1] if train.loss == "regressor" else [tasks]
    told: dict[str, int] = {}
    for wave in waves:
        _run(wave, executor, progress, lambda: _tell(tasks, told, on_epoch))
    histories = {task.name: _history(task) for task in tasks}
    architecture.save(folder)
    _write_history(folder / "history.csv", tasks, histories)
    metrics = {f"parameters_{name}": float(architecture.build(name, 0).count_params()) for name in NETWORKS}
    for name in NETWORKS:
        metrics |= _metrics(name, [histories[member_name(name, member)] for member in range(train.members)])
    return metrics


def _run(tasks: Sequence[Task], executor: Executor, progress: Progress | None, tell: Callable[[], None]) -> None:
    """Train the networks of one wave, telling of their epochs as they end."""
    if progress is None:
        for _ in executor.map(_fit, tasks):
            tell()
        return
    with progress.watch(tasks[0].checkpoint, len(tasks), tell):
        for _ in executor.map(_fit, tasks):
            pass


def _fit(task: Task) -> None:
    """Train one network, in whatever process."""
    gauge = Gauge(task.checkpoint, task.name)
    gauge(0.0, f"of {task.epochs} epochs")
    fit(task, lambda epoch, row: gauge((epoch + 1) / task.epochs, f"epoch {epoch + 1} of {task.epochs}"))
    gauge(1.0)


def _history(task: Task) -> History:
    return checkpoint.history(task.state)


def _tell(tasks: Sequence[Task], told: dict[str, int], on_epoch: OnEpoch | None) -> None:
    """Call `on_epoch` for the epochs that it has not heard of."""
    if on_epoch is None:
        return
    for task in tasks:
        for epoch, row in list(enumerate(_history(task)))[told.get(task.name, 0) :]:
            on_epoch(task.name, epoch, row)
            told[task.name] = epoch + 1


def _metrics(network: str, histories: Sequence[History]) -> dict[str, float]:
    """The numbers of one kind of network, averaged over the members."""
    best = [best_epoch(history) for history in histories]
    rows = [history[epoch] for history, epoch in zip(histories, best, strict=True)]
    return {
        f"validation_r2_{network}": float(np.mean([row["val_r2"] for row in rows])),
        f"validation_mse_{network}": float(np.mean([row["val_mse"] for row in rows])),
        f"validation_loss_{network}": float(np.mean([row["val_loss"] for row in rows])),
        f"training_r2_{network}": float(np.mean([row["r2"] for row in rows])),
        f"best_epoch_{network}": float(np.mean(best)),
        f"epochs_{network}": float(np.mean([len(history) for history in histories])),
    }


def _write_history(path: Path, tasks: Sequence[Task], histories: dict[str, History]) -> None:
    with whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for task in tasks:
            for epoch, row in enumerate(histories[task.name]):
                writer.writerow({"network": task.network, "member": task.member + 1, "epoch": epoch, **row})
