"""Training of the paper's networks: every data set with one and two channels, split by image and by galaxy."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

from reproduce.learning import training
from reproduce.learning.data import Source
from reproduce.learning.task import Head, Task
from reproduce.learning.training import OnEpoch, side_by_side
from reproduce.learning.weights import member_name, weights_file
from reproduce.papers.kaur2021.galaxies import KINDS
from reproduce.papers.kaur2021.networks.architecture import build
from reproduce.papers.kaur2021.networks.images import FixedMaps
from reproduce.papers.kaur2021.networks.views import FreshViews
from reproduce.papers.kaur2021.settings import Fresh, Galaxies, Maps, Train
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


def fresh_networks(fresh: Fresh) -> list[str]:
    """Names of the networks that fresh views train, such as ``fresh.discs.one_channel``."""
    return [f"fresh.{name}.{channels}" for name in fresh.sets for channels in fresh.channels]


def fresh_data(network: str, source: Path, drawn: Path, *, simulated: Galaxies, seen: Maps, fresh: Fresh) -> FreshViews:
    """What such a network reads, of ``galaxies.h5`` and ``maps.h5``."""
    _, name, channels = network.split(".")
    return FreshViews(
        source,
        drawn,
        KINDS if name == "both" else (name,),
        channels,
        seen=seen,
        how=fresh.maps,
        ends=simulated.halo_msun,
        views=fresh.views,
        validation_fraction=fresh.validation_fraction,
        seed=fresh.seed,
    )


def fresh_network_of(network: str, fresh: Fresh) -> functools.partial:
    """What builds such a network."""
    return functools.partial(
        build,
        network.split(".")[2],
        cells=fresh.maps.cells,
        convolutions=fresh.convolutions,
        dropout=fresh.dropout,
        dense_dropout=fresh.dense_dropout,
        weight_decay=fresh.weight_decay,
    )


def fresh_task(
    network: str,
    member: int,
    data: Source,
    fresh: Fresh,
    folder: Path,
    checkpoint: Path,
    threads: int | None = None,
) -> Task:
    """The training of one network on fresh views, from `fresh_data` or other data of the same kind."""
    name = member_name(network, member)
    return Task(
        name=name,
        build=fresh_network_of(network, fresh),
        data=data,
        heads=(Head("label", fresh.loss),),
        seeds=(fresh.seed, *network.encode(), member),
        epochs=fresh.epochs,
        batch_size=fresh.batch_size,
        learning_rate=fresh.learning_rate,
        weights=weights_file(folder, network, member),
        state=checkpoint / f"{name}.h5",
        schedule="cosine",
        threads=threads,
    )


def train_fresh(
    data: Mapping[str, FreshViews],
    fresh: Fresh,
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Train networks on fresh views; `data` by the networks' names, all else as `train`."""
    executor, threads = side_by_side(executor, len(data) * fresh.members)
    tasks = {
        (network, member): fresh_task(network, member, source, fresh, folder, checkpoint, threads)
        for network, source in data.items()
        for member in range(fresh.members)
    }
    longest = sorted(tasks, key=lambda key: -len(data[key[0]].kinds))
    return _trained(tasks, longest, folder, on_epoch, executor, progress)


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
    return _trained(tasks, longest, folder, on_epoch, executor, progress)


def _trained(
    tasks: Mapping[tuple[str, int], Task],
    order: Sequence[tuple[str, int]],
    folder: Path,
    on_epoch: OnEpoch | None,
    executor: Executor,
    progress: Progress | None,
) -> dict[str, float]:
    """Train, write ``history.csv``, and sum up each network at its best epoch."""
    found = training.train([[tasks[key] for key in order]], executor, on_epoch, progress)
    histories = {key: found[one.name] for key, one in tasks.items()}
    training.write_history(folder / "history.csv", histories)
    metrics: dict[str, float] = {}
    for name in dict.fromkeys(network for network, _ in tasks):
        metrics |= training.summary(name, [history for (network, _), history in histories.items() if network == name])
    return metrics


def _cost(train: Train, network: str) -> float:
    chosen = train.sets[network.split(".")[0]]
    return len(chosen.kinds) * 2.0**chosen.convolutions
