"""Training of the paper's networks: every data set with one and two channels, split by image and by galaxy."""

import functools
from collections.abc import Mapping
from pathlib import Path

from reproduce.learning import training
from reproduce.learning.task import Head, Task
from reproduce.learning.training import OnEpoch, side_by_side
from reproduce.learning.weights import member_name, weights_file
from reproduce.papers.kaur2021.networks.architecture import build
from reproduce.papers.kaur2021.networks.images import FixedMaps
from reproduce.papers.kaur2021.settings import Train
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress


def networks(train: Train) -> list[str]:
    """Names of all networks, such as ``DL1.one_channel.image``: data set, channels, split."""
    return [
        f"{name}.{channels}.{split}" for name in train.sets for channels in train.channels for split in train.splits
    ]


def data(network: str, maps: Path, train: Train) -> FixedMaps:
    """What a network reads."""
    name, channels, split = network.split(".")
    chosen = train.sets[name]
    return FixedMaps(
        maps,
        chosen.kinds,
        channels,
        split,
        pixel_noise_kms=chosen.pixel_noise_kms,
        validation_fraction=train.validation_fraction,
        seed=train.seed,
    )


def network_of(network: str, train: Train, cells: int) -> functools.partial:
    """What builds a network."""
    name, channels, _ = network.split(".")
    return functools.partial(
        build,
        channels,
        cells=cells,
        convolutions=train.sets[name].convolutions,
        pool_stride=train.pool_stride,
        dropout=train.dropout,
        dense_dropout=train.dense_dropout,
        weight_decay=train.weight_decay,
    )


def task(
    network: str,
    member: int,
    maps: Path,
    cells: int,
    train: Train,
    folder: Path,
    checkpoint: Path,
    *,
    threads: int | None = None,
    until: int | None = None,
) -> Task:
    """The training of one network.

    Parameters
    ----------
    network, member
        One of `networks`; its number in the ensemble, from 0.
    maps, cells
        ``maps.h5`` and the cells of a side of its maps.
    train
        Settings.
    folder, checkpoint
        For weights and for states.
    threads, until
        As `Task`.
    """
    name = member_name(network, member)
    place = networks(train).index(network)
    return Task(
        name=name,
        build=network_of(network, train, cells),
        data=data(network, maps, train),
        heads=(Head("label", train.loss),),
        seeds=(train.seed, place, member),
        epochs=train.epochs,
        batch_size=train.batch_size,
        learning_rate=train.learning_rate,
        weights=weights_file(folder, network, member),
        state=checkpoint / f"{name}.h5",
        schedule=train.schedule,
        augment=train.augment,
        patience=train.patience,
        threads=threads,
        until=until,
    )


def train(
    maps: Path,
    cells: int,
    train: Train,
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Train all networks of all data sets.

    Parameters
    ----------
    maps, cells, train
        As `task`.
    folder
        Receives the weights of the epoch with the smallest validation loss, ``DL1.one_channel.image.weights.h5`` and so
        on, and ``history.csv``.
    checkpoint
        Folder of the states after each epoch; a call that finds them goes on from there.
    on_epoch, executor, progress
        As `reproduce.learning.training.train`.

    Returns
    -------
    dict
        Of each network the numbers of `reproduce.learning.training.summary`.
    """
    names = networks(train)
    executor, threads = side_by_side(executor, len(names) * train.members)
    tasks = {
        (network, member): task(network, member, maps, cells, train, folder, checkpoint, threads=threads)
        for network in names
        for member in range(train.members)
    }
    longest = sorted(tasks, key=lambda key: -_cost(train, key[0]))  # first, so that no worker waits at the end
    found = training.train([[tasks[key] for key in longest]], executor, on_epoch, progress)
    histories = {key: found[one.name] for key, one in tasks.items()}
    training.write_history(folder / "history.csv", histories)
    return summaries(train, histories)


def summaries(train: Train, histories: Mapping[tuple[str, int], training.History]) -> dict[str, float]:
    """Numbers of each network at its best epoch."""
    metrics: dict[str, float] = {}
    for name in networks(train):
        metrics |= training.summary(name, [histories[name, member] for member in range(train.members)])
    return metrics


def _cost(train: Train, network: str) -> float:
    chosen = train.sets[network.split(".")[0]]
    return len(chosen.kinds) * 2.0**chosen.convolutions
