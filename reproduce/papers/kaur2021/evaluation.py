"""Errors of the networks on images that they were not trained with: the stage `evaluate`.

Names of the numbers: ``dl1_mae_one_channel`` for the paper's split by image, ``dl1_mae_one_channel_by_galaxy`` for the
split by galaxy, ``fresh_discs_mae_one_channel_by_galaxy`` for the networks on fresh views, ``tracer_dl1_mae`` and so on
for methods without a network on the same images.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.papers.kaur2021 import estimators, floor, galaxies, maps, metrics, neighbours
from reproduce.papers.kaur2021.galaxies import KINDS
from reproduce.papers.kaur2021.networks import training
from reproduce.papers.kaur2021.networks.images import FixedMaps, Images
from reproduce.papers.kaur2021.networks.prediction import load, predict
from reproduce.papers.kaur2021.networks.views import fixed, joined
from reproduce.papers.kaur2021.settings import DataSet, Evaluate, Fresh, Galaxies, Maps, Train

METHODS = (*estimators.ESTIMATORS, *(f"nearest_{channels}" for channels in neighbours.CHANNELS))
UNKNOWN = ("DL3", "DL4")  # whose networks are shown galaxies of other ranges

Numbers = dict[str, float]
Array = NDArray[np.float64]


def suffix(split: str) -> str:
    """What a split adds to a number's name: nothing for the paper's."""
    return "" if split == "image" else f"_by_{split}"


class Results:
    """Numbers and predictions, as they are found."""

    def __init__(self, simulated: Galaxies, seen: Maps, evaluate: Evaluate) -> None:
        self.metrics: Numbers = {}
        self.predictions: dict[str, dict[str, Array]] = {}
        self._simulated, self._seen, self._evaluate = simulated, seen, evaluate

    def add(self, place: str, name: str, true: Array, predicted: Array, galaxy: NDArray[np.int64]) -> None:
        """Errors of one method, under ``name.format(measure)``; predictions under `place`."""
        self.predictions[place] = {"true": true, "predicted": predicted, "galaxy": galaxy.astype(np.float64)}
        numbers = metrics.measure(true, predicted, self._simulated.halo_msun)
        numbers["accuracy"] = numbers.pop("accuracy_label")
        self.metrics |= {name.format(measure): value for measure, value in numbers.items()}
        bounds = metrics.intervals(true, predicted, galaxy, self._evaluate.bootstrap, self._evaluate.seed)
        for measure, value in bounds.items():
            base, _, end = measure.rpartition("_")
            self.metrics[f"{name.format(base)}_{end}"] = value

    def add_floor(self, name: str, halo_msun: Array) -> None:
        """The errors that the noise of so many velocities makes alone, and those of a constant guess."""
        least = floor.floor(self._simulated, halo_msun, self._seen.n_clusters)
        self.metrics |= {name.format(measure): value for measure, value in least.items()}

    def save(self, path: Path) -> None:
        """Predictions as HDF5."""
        with h5py.File(path, "w") as file:
            for place, arrays in self.predictions.items():
                for name, values in arrays.items():
                    file[f"{place}/{name}"] = values.astype(np.float32)


def paper_networks(
    results: Results, drawn: Path, weights: Path, unknown: Path, cells: int, train: Train
) -> Iterator[str]:
    """Measure the paper's networks on their test images, and some on unknown galaxies; tells of each one done."""
    for network in training.networks(train):
        name, channels, split = network.split(".")
        models = load(training.network_of(network, train, cells), weights, network, train.members)
        data = training.data(network, drawn, train)
        images = data.images("test")
        base = f"{name.lower()}_{{}}_{channels}{suffix(split)}"
        results.add(f"{name}/{channels}/{split}", base, _true(images), predict(models, images), images.galaxy)
        results.metrics[f"parameters_{train.sets[name].convolutions}_convolutions_{channels}"] = float(
            models[0].count_params()
        )
        results.metrics[f"{name.lower()}_images"] = float(len(data.images("all")))
        if channels == train.channels[0]:
            label = f"floor_{name.lower()}_{{}}{suffix(split)}"
            results.add_floor(label, images.halo_msun)
            middle = float(np.median(data.images("train").label))
            guess = np.abs(_true(images) - middle)
            results.metrics[f"constant_{name.lower()}_mae{suffix(split)}"] = float(guess.mean())
        if name in UNKNOWN:
            others = FixedMaps(unknown / "maps.h5", train.sets[name].kinds, channels, split).images("all")
            place = f"unknown/{name}/{channels}/{split}"
            results.add(place, f"unknown_{base}", _true(others), predict(models, others), others.galaxy)
        yield network
    convolutions = {chosen.convolutions for chosen in train.sets.values()}
    for number in convolutions:
        key = f"parameters_{number}_convolutions"
        if f"{key}_one_channel" in results.metrics:
            results.metrics[key] = results.metrics[f"{key}_one_channel"]
    results.metrics["training_epochs"] = float(train.epochs)
    if noises := [chosen.pixel_noise_kms for chosen in train.sets.values() if chosen.pixel_noise_kms]:
        results.metrics["noise_kms"] = max(noises)


def fresh_networks(
    results: Results,
    source: Path,
    drawn: Path,
    weights: Path,
    unknown: Path,
    *,
    simulated: Galaxies,
    seen: Maps,
    fresh: Fresh,
) -> Iterator[str]:
    """Measure the networks on fresh views: on the same views of the same galaxies, and on unknown ones."""
    for network in training.fresh_networks(fresh):
        _, name, channels = network.split(".")
        data = training.fresh_data(network, source, drawn, simulated=simulated, seen=seen, fresh=fresh)
        models = load(training.fresh_network_of(network, fresh), weights, network, fresh.members)
        images = data.images("test")
        base = f"fresh_{name}_{{}}_{channels}_by_galaxy"
        found = predict(models, images, symmetries=True)
        results.add(f"fresh/{name}/{channels}/galaxy", base, _true(images), found, images.galaxy)
        if name == "both":
            for kind in data.kinds:  # how the one network does on each
                part = replace(data, kinds=(kind,)).images("test")
                place, label = (
                    f"fresh/both_on_{kind}/{channels}/galaxy",
                    f"fresh_both_on_{kind}_{{}}_{channels}_by_galaxy",
                )
                results.add(place, label, _true(part), predict(models, part, symmetries=True), part.galaxy)
            others = _unknown(unknown, data.kinds, seen, fresh, simulated).only(tuple(images.inputs))
            place = f"unknown/fresh/{channels}/galaxy"
            answer = predict(models, others, symmetries=True)
            results.add(place, f"unknown_{base}", _true(others), answer, others.galaxy)
        yield network


def without_networks(results: Results, drawn: Path, estimated: Path, train: Train) -> None:
    """Classical estimators and nearest maps on the test images of each data set, as the stage `estimators` found."""
    images = {kind: maps.read(drawn, kind) for kind in KINDS if _has(drawn, kind)}
    with h5py.File(estimated) as file:
        for name, chosen in _one_of_each(train.sets):
            for split in train.splits:
                rows = {kind: images[kind].test[split] for kind in chosen.kinds}
                true = np.concatenate([images[kind].label[test] for kind, test in rows.items()])
                galaxy = np.concatenate(
                    [images[kind].galaxy[test] + 10**6 * k for k, (kind, test) in enumerate(rows.items())]
                )
                for method in METHODS:
                    found = np.concatenate([file[f"{kind}/{method}/{split}"][:] for kind in chosen.kinds])
                    label = f"{method}_{name.lower()}_{{}}{suffix(split)}"
                    results.add(f"{method}/{name}/{split}", label, true, found, galaxy)


def nearest_reading(found: Mapping[str, float], published: Mapping[str, Mapping[str, float]], train: Train) -> Numbers:
    """How far each reading of "accuracy" lies from the published one, on average over the networks without noise.

    The first reading, 1 - MAE / 10, needs the published MAE alone; the others need our predictions, by image.
    """
    names = [
        f"{name.lower()}_{{}}_{channels}"
        for name, chosen in train.sets.items()
        for channels in train.channels
        if not chosen.pixel_noise_kms and f"{name.lower()}_accuracy_{channels}" in published
    ]
    if not names or "image" not in train.splits:
        return {}
    asked = np.array([published[name.format("accuracy")]["value"] for name in names])
    error = np.array([published[name.format("mae")]["value"] for name in names])
    distances = {"label_of_published_mae": float(np.mean(np.abs(1 - error / 10 - asked)))}
    for reading in ("accuracy", "accuracy_bins", "accuracy_errors"):
        ours = np.array([found[name.format(reading)] for name in names])
        distances[reading] = float(np.mean(np.abs(ours - asked)))
    return {f"reading_{name}": value for name, value in distances.items()}


def _true(images: Images) -> Array:
    return images.label[:, 0].astype(np.float64)


def _unknown(folder: Path, kinds: Iterable[str], seen: Maps, fresh: Fresh, simulated: Galaxies) -> Images:
    found = []
    for kind in kinds:
        sample = galaxies.read(folder / "galaxies.h5", kind)
        chosen = np.arange(len(sample))
        found.append(fixed(sample, kind, chosen, seen=seen, how=fresh.maps, ends=simulated.halo_msun))
    return joined(found)


def _has(drawn: Path, kind: str) -> bool:
    with h5py.File(drawn) as file:
        return kind in file


def _one_of_each(sets: Mapping[str, DataSet]) -> list[tuple[str, DataSet]]:
    """The first data set of each choice of galaxies: methods without networks are the same on all of them."""
    first: dict[tuple[str, ...], tuple[str, DataSet]] = {}
    for name, chosen in sets.items():
        first.setdefault(chosen.kinds, (name, chosen))
    return list(first.values())
