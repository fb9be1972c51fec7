"""Training of the ensemble: every member's encoder-decoder and regressor, side by side (paper Sect. 3.2)."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path

import keras

from reproduce.learning import together, training
from reproduce.learning.data import Array, ArrayFile
from reproduce.learning.fitting import Row
from reproduce.learning.stream import Stream, shares
from reproduce.learning.task import Head, Task
from reproduce.learning.training import OnEpoch, side_by_side
from reproduce.learning.weights import load_weights, member_name, weights_file
from reproduce.papers.chardin2021.dataset import fresh
from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.papers.chardin2021.dataset.schema import open_maps
from reproduce.papers.chardin2021.networks import losses
from reproduce.papers.chardin2021.networks.architecture import NETWORKS, Architecture, build
from reproduce.papers.chardin2021.settings import Dataset, Train
from reproduce.workflow.executor import Executor, InProcess, default_workers
from reproduce.workflow.progress import Progress

LABELS = ("age_gyr", "distance_kpc", "snapshot")  # which tell one data set from another


def train(
    maps: Path,
    scaler: Path,
    train: Train,
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    *,
    stars: Mapping[str, Path] | None = None,
    dataset: Dataset | None = None,
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
    stars, dataset
        Prepared stars of the training simulations (`reproduce.sky.prepared`), by name, and how they are seen: for views
        that are drawn anew.

    Returns
    -------
    dict
        Of each network the numbers of `reproduce.learning.training.summary`, and ``parameters_<network>``.

    Raises
    ------
    InputError
        If the maps, the scaler, a checkpoint or VGG16's weights cannot be used, or the loss is no longer finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if train.views == "fresh":
        if stars is None or dataset is None:
            raise ValueError("views drawn anew need the simulations' stars and the settings of the data set")
        views = functools.partial(fresh.stream, stars, dataset, train.fresh)
        histories = _together(maps, scaler, train, folder, checkpoint, views, on_epoch, progress)
    else:
        histories = _apart(maps, scaler, train, folder, checkpoint, on_epoch, executor, progress)
    architecture = Architecture.of(train, pixels(maps), scaler)
    architecture.save(folder)
    training.write_history(folder / "history.csv", histories)
    metrics = {f"parameters_{name}": float(architecture.build(name, 0).count_params()) for name in NETWORKS}
    for name in NETWORKS:
        metrics |= training.summary(name, [histories[name, member] for member in range(train.members)])
    return metrics


def _apart(
    maps: Path,
    scaler: Path,
    train: Train,
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch | None,
    executor: Executor | None,
    progress: Progress | None,
) -> dict[tuple[str, int], list[Row]]:
    """Train each network by itself on the data set's maps; the histories by (network, member)."""
    executor, threads = side_by_side(executor, len(NETWORKS) * train.members)
    tasks = {
        (network, member): task(network, member, maps, scaler, train, folder, checkpoint, threads=threads)
        for network, member in _places(train)
    }
    # The encoder-decoder's loss may look through the trained regressor's features; otherwise the long ones come first.
    waves = [list(tasks.values())]
    if train.loss == "regressor":
        waves = [[one for (name, _), one in tasks.items() if name == network] for network in reversed(NETWORKS)]
    found = training.train(waves, executor, on_epoch, progress)
    return {place: found[one.name] for place, one in tasks.items()}


def _together(
    maps: Path,
    scaler: Path,
    train: Train,
    folder: Path,
    checkpoint: Path,
    views: Callable[[ArrayFile], Stream],
    on_epoch: OnEpoch | None,
    progress: Progress | None,
) -> dict[tuple[str, int], list[Row]]:
    """Train all networks at once on maps that are drawn once for all; the histories by (network, member)."""
    apart = {place: task(*place, maps, scaler, train, folder, checkpoint) for place in _places(train)}
    standard = Scaler.from_json(scaler)
    sources = {one.name: data(maps, standard, network) for (network, _), one in apart.items()}
    targets = {name: next(iter(source.targets.values())) for name, source in sources.items()}
    source = dataclasses.replace(next(iter(sources.values())), targets=targets)
    parts = tuple((one.name, one.build) for one in apart.values())
    every = dataclasses.replace(
        next(iter(apart.values())),
        name="networks",
        build=functools.partial(together.build, parts),
        data=views(source),
        heads=tuple(dataclasses.replace(one.heads[0], target=one.name) for one in apart.values()),
        seeds=(train.seed, len(NETWORKS), 0),
        epochs=train.fresh.epochs,
        learning_rate=train.fresh.learning_rate,
        threads=shares(default_workers())[1],
        weights=checkpoint / "networks.weights.h5",
        state=checkpoint / "networks.h5",
    )

    def tell(_: str, epoch: int, row: Row) -> None:
        for one in apart.values():
            if on_epoch is not None:
                on_epoch(one.name, epoch, together.row_of(row, one.name))

    history = training.train([[every]], InProcess(), tell, progress)[every.name]
    together.take_apart(parts, every.weights, {one.name: one.weights for one in apart.values()})
    return {place: [together.row_of(row, one.name) for row in history] for place, one in apart.items()}


def _places(train: Train) -> list[tuple[str, int]]:
    return [(network, member) for network in NETWORKS for member in range(train.members)]


def task(
    network: str,
    member: int,
    maps: Path,
    scaler: Path,
    train: Train,
    folder: Path,
    checkpoint: Path,
    *,
    threads: int | None = None,
    until: int | None = None,
) -> Task:
    """The training of one network of the ensemble.

    Parameters
    ----------
    network
        ``encoder_decoder`` or ``regressor``.
    member
        Its number in the ensemble, from 0: its seeds differ from those of the others.
    maps, scaler, train, folder, checkpoint
        As `train`. The loss ``regressor`` reads the regressor of the same member in `folder`.
    threads, until
        As `Task`.
    """
    regressor = network == "regressor"
    name, side, standard = member_name(network, member), pixels(maps), Scaler.from_json(scaler)
    return Task(
        name=name,
        build=functools.partial(build, network, train, side),
        data=data(maps, standard, network),
        heads=(Head("age_distance") if regressor else Head("mass", _loss(train, member, side, folder, standard)),),
        seeds=(train.seed, NETWORKS.index(network), member),
        epochs=train.regressor_epochs if regressor else train.epochs,
        batch_size=train.batch_size,
        learning_rate=train.regressor_learning_rate if regressor else train.learning_rate,
        weights=weights_file(folder, network, member),
        state=checkpoint / f"{name}.h5",
        schedule=train.schedule,
        augment=train.augment,
        patience=train.patience,
        precision=train.precision,
        threads=threads,
        until=until,
    )


def data(maps: Path, scaler: Scaler, network: str) -> ArrayFile:
    """What a network reads of the data set and is to say: mass maps, or ages and distances."""
    light = Array(("flux",), (scaler.flux_mean,), (scaler.flux_std,), image=True)
    mass = Array(("mass",), (scaler.mass_mean,), (scaler.mass_std,), image=True)
    both = Array(
        ("age_gyr", "distance_kpc"),
        (scaler.age_mean, scaler.distance_mean),
        (scaler.age_std, scaler.distance_std),
    )
    targets = {"age_distance": both} if network == "regressor" else {"mass": mass}
    return ArrayFile(maps, {"light": light}, targets, LABELS)


def pixels(maps: Path) -> int:
    """Side of a data set's maps [px].

    Raises
    ------
    InputError
        If the file is no data set of square maps.
    """
    with open_maps(maps) as file:
        return int(file["train/flux"].shape[1])


def _loss(train: Train, member: int, side: int, folder: Path, scaler: Scaler) -> functools.partial:
    return functools.partial(
        losses.of_encoder_decoder,
        train.loss,
        side,
        vgg16_weights=train.vgg16_weights,
        regressor=functools.partial(_trained_regressor, train, side, weights_file(folder, "regressor", member)),
        total_mass_weight=train.total_mass_weight,
        mass_std=scaler.mass_std,
    )


def _trained_regressor(train: Train, side: int, weights: Path) -> keras.Model:
    model = build("regressor", train, side)
    load_weights(model, weights)
    return model
