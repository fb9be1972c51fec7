"""Training of the deconvolutional networks, one for each coefficient, set and loss: the stage `train`."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.data import Array, ArrayFile
from reproduce.learning.prediction import outputs
from reproduce.learning.task import Head, Task
from reproduce.learning.training import OnEpoch, side_by_side
from reproduce.learning.weights import load_weights, weights_file
from reproduce.papers.skusa2023 import models
from reproduce.papers.skusa2023.networks import architecture, losses, trainings
from reproduce.papers.skusa2023.settings import Models, Train
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

BATCH = 8  # maps predicted at once


@dataclass(frozen=True)
class Network:
    """One network: for the coefficient `h`, trained on every `stride`-th model with a `loss`, with the mask or not."""

    loss: str
    stride: int
    h: int
    mask: bool = True

    @property
    def name(self) -> str:
        """In files."""
        return f"{self.loss}{'' if self.mask else '-unmasked'}-every{self.stride}-h{self.h}"


def networks(train: Train, sets: Models) -> list[Network]:
    """All networks of the thesis: four losses on all models, the chosen one on all sets, some without the mask."""
    h, first = models.COEFFICIENTS, sets.strides[0]
    found = [Network(loss, first, m) for loss in train.losses for m in h]
    found += [Network(train.chosen, stride, m) for stride in sets.strides[1:] for m in h]
    return found + [Network(train.losses[0], first, m, mask=False) for m in train.unmasked]


def train(
    source: Path,
    train: Train,
    sets: Models,
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch,
    executor: Executor,
    progress: Progress,
) -> dict[str, float]:
    """Train all networks and write their weights and ``history.csv``.

    Parameters
    ----------
    source : Path
        ``models.h5``.
    train, sets : Train, Models
        Settings.
    folder, checkpoint : Path
        For the weights; for the states after each epoch.
    on_epoch, executor, progress
        As `reproduce.learning.training.train`.

    Returns
    -------
    dict
        ``parameters``; of each set and loss ``LOSS.everyN.seconds`` and ``.epochs`` (`trainings.train`).
    """
    wanted = networks(train, sets)
    write_sets(source, sets, checkpoint)
    executor, threads = side_by_side(executor, len(wanted))
    tasks = [task(one, source, train, sets, folder, checkpoint, threads) for one in wanted]
    items = [len(models.split(sets, one.stride)[0]) for one in wanted]
    names = [f"{one.loss}.every{one.stride}" if one.mask else "" for one in wanted]
    metrics = trainings.train(tasks, items, names, folder, on_epoch, executor, progress)
    return metrics | {"parameters": float(tasks[0].build().count_params())}


def task(
    network: Network, source: Path, train: Train, sets: Models, folder: Path, checkpoint: Path, threads: int | None
) -> Task:
    """The training of one network; its set is in `checkpoint` (`write_sets`)."""
    with h5py.File(source) as file:
        errors = tuple(float(error) for error in file["errors"][network.h - 1])
    target = f"h{network.h}"
    return Task(
        name=network.name,
        build=functools.partial(build, network, train.activation, size(source)),
        data=ArrayFile(
            set_file(checkpoint, network.stride),
            {"mass_to_light": Array(("mass_to_light",), (0.0,), (1.0,))},  # the label as it is (thesis Sect. 3.1.1)
            {target: Array((target,), (0.0,), (1.0,), image=True)},
            labels=("mass_to_light",),
        ),
        heads=(Head(target, functools.partial(losses.of, network.loss, errors)),),
        seeds=(train.seed, network.h, network.stride),
        epochs=epochs_within(train.epochs, train.most_maps, len(models.split(sets, network.stride)[0])),
        batch_size=train.batch_size,
        learning_rate=train.learning_rate,
        weights=weights_file(folder, network.name),
        state=checkpoint / f"{network.name}.h5",
        threads=threads,
    )


def build(network: Network, activation: str, shape: tuple[int, int]) -> keras.Model:
    """The untrained network for maps of this shape."""
    return architecture.dcnn(*shape, activation=activation, mask=network.mask)


def predict(
    network: Network, activation: str, shape: tuple[int, int], folder: Path, mass_to_light: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Maps (n, orbits, apertures) of a trained network at some M/L."""
    model = build(network, activation, shape)
    load_weights(model, weights_file(folder, network.name))
    found = outputs(model, mass_to_light, BATCH, lambda labels: labels.astype(np.float32)[:, None])
    return np.concatenate([maps[..., 0] for _, (maps,) in found])


def epochs_within(epochs: int, most_maps: int | None, maps: int) -> int:
    """Epochs in which a network sees no more than `most_maps` maps in all; one at least."""
    return epochs if most_maps is None else max(1, min(epochs, most_maps // maps))


def size(source: Path) -> tuple[int, int]:
    """Orbits and apertures of the models."""
    with h5py.File(source) as file:
        return file["h1"].shape[1:]


def set_file(folder: Path, stride: int) -> Path:
    """Where a set's maps lie while networks are trained on them."""
    return folder / f"set-{stride}.h5"


def write_sets(source: Path, sets: Models, folder: Path, strides: Sequence[int] | None = None) -> None:
    """Write each set's maps, training and validation apart, as `ArrayFile` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    for stride in sets.strides if strides is None else strides:
        groups = dict(zip(("train", "validation"), models.split(sets, stride), strict=True))
        if not set_file(folder, stride).exists():
            with whole(set_file(folder, stride)) as partial, h5py.File(partial, "w") as file:
                for group, rows in groups.items():
                    for name, values in trainings.columns(source, rows):
                        file[f"{group}/{name}"] = values
