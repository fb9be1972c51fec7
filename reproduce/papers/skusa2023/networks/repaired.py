"""The network that we put in the thesis's place: the stage `repaired`.

What it does otherwise: its label is √(M/L), by which velocities go, from -1 to 1; it says the coefficients of an
orthonormal basis of the set's maps, about their mean, in place of all values; and its loss weighs the values as the
fit of the galaxy does, over the aperture's error and mass. In an orthonormal basis that loss is the mean square of the
coefficients' differences.
"""

import functools
import time
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.data import Array, ArrayFile
from reproduce.learning.prediction import outputs
from reproduce.learning.stream import Arrays, Stream
from reproduce.learning.task import Head, Task
from reproduce.learning.training import OnEpoch, side_by_side
from reproduce.learning.weights import load_weights, member_name, weights_file
from reproduce.papers.skusa2023 import models
from reproduce.papers.skusa2023.networks import architecture, trainings
from reproduce.papers.skusa2023.settings import Models, Repaired
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

PREDICTED = 256  # labels at once


@dataclass(frozen=True)
class Basis:
    """Mean maps of h1 to h4 and the maps that are added to them.

    Attributes
    ----------
    mean : (4, orbits, apertures) float32
    vectors : (4, components, orbits, apertures) float32
        Orthonormal where each aperture's values are divided by its error and mass.
    scale : (4,) float64
        By which the coefficients of each h are divided, so that all four count the same in the loss.
    """

    mean: NDArray[np.float32]
    vectors: NDArray[np.float32]
    scale: NDArray[np.float64]

    @property
    def outputs(self) -> int:
        """Numbers that describe the maps of one model."""
        return self.vectors.shape[0] * self.vectors.shape[1]

    def maps(self, coefficients: NDArray) -> NDArray[np.float32]:
        """Maps (n, orbits, apertures, 4) of coefficients (n, outputs)."""
        n, k = len(coefficients), self.vectors.shape[1]
        parts = np.asarray(coefficients, np.float32).reshape(n, 4, k)
        found = [
            self.mean[m] + np.float32(self.scale[m]) * np.tensordot(parts[:, m], self.vectors[m], 1) for m in range(4)
        ]
        return np.stack(found, axis=-1)


def basis(source: Path, sets: Models, stride: int, components: int) -> tuple[Basis, NDArray[np.float64]]:
    """The basis of a set, and the coefficients of its models, shape (n, outputs).

    The first vectors of a singular value decomposition of the weighted differences from the mean map.
    """
    rows = models.members(sets, stride)
    k = min(components, len(rows) - 1)
    means, vectors, scales, coefficients = [], [], [], []
    with h5py.File(source) as file:
        mass = file["projected"][:]
        for m in models.COEFFICIENTS:
            weight = 1 / (file["errors"][m - 1] * mass)
            maps = file[f"h{m}"][rows]
            mean = maps.mean(axis=0, dtype=np.float64)
            difference = ((maps - mean) * weight).reshape(len(rows), -1)
            values, axes = np.linalg.eigh(difference @ difference.T)
            length = np.sqrt(np.maximum(values[::-1][:k], 1e-30))  # singular values, the largest first
            axes = axes[:, ::-1][:, :k]
            vectors.append((axes.T @ difference / length[:, None]).reshape(k, *mean.shape) / weight)
            scale = float(np.sqrt(np.mean((axes * length) ** 2)))
            coefficients.append(axes * length / scale)
            means.append(mean)
            scales.append(scale)
    found = Basis(np.array(means, np.float32), np.array(vectors, np.float32), np.array(scales))
    return found, np.concatenate(coefficients, axis=1)


def label(mass_to_light: NDArray[np.float64], sets: Models) -> NDArray[np.float64]:
    """√(M/L) from -1 at the first model to 1 at the last."""
    first, last = np.sqrt(sets.first), np.sqrt(sets.last)
    return 2 * (np.sqrt(mass_to_light) - first) / (last - first) - 1


@dataclass(frozen=True)
class Draw:
    """One item of training: a model of the set at random."""

    label: NDArray[np.float32]
    coefficients: NDArray[np.float32]

    def __call__(self, rng: np.random.Generator, item: int) -> Arrays:
        k = int(rng.integers(len(self.label)))
        return {"label": self.label[k], "coefficients": self.coefficients[k]}


def train(
    source: Path,
    repaired: Repaired,
    sets: Models,
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch,
    executor: Executor,
    progress: Progress,
) -> dict[str, float]:
    """Train a network for each set; write weights, bases and ``history.csv``.

    Parameters as `deconvolution.train`.

    Returns
    -------
    dict
        ``parameters_repaired``; of each set ``repaired.everyN.epochs`` and ``.seconds`` (`trainings.train`), the time
        of its basis among them.
    """
    executor, threads = side_by_side(executor, len(sets.strides))
    tasks, bases = [], []
    for stride in sets.strides:
        began = time.perf_counter()
        tasks.append(task(source, repaired, sets, stride, folder, checkpoint, threads=threads))
        bases.append(time.perf_counter() - began)
    names = [f"repaired.every{stride}" for stride in sets.strides]
    items = [repaired.items] * len(tasks)
    metrics = trainings.train(tasks, items, names, folder, on_epoch, executor, progress)
    for one, seconds in zip(names, bases, strict=True):
        metrics[f"{one}.seconds"] += seconds
    return metrics | {"parameters_repaired": float(tasks[0].build().count_params())}


def name(stride: int) -> str:
    """Of a set's network."""
    return f"repaired-every{stride}"


def task(
    source: Path,
    repaired: Repaired,
    sets: Models,
    stride: int,
    folder: Path,
    checkpoint: Path,
    *,
    member: int = 0,
    threads: int | None = None,
    until: int | None = None,
) -> Task:
    """The training of one network; its basis stands in `folder` and its models in `checkpoint`, written now unless
    they are there."""
    path = checkpoint / f"{name(stride)}-models.h5"
    _write_models(source, repaired, sets, stride, _basis_file(folder, stride), path)
    with h5py.File(path) as file:
        labels, coefficients = file["train/label"][:][:, None], file["train/coefficients"][:]
    columns = tuple(f"c{k:03d}" for k in range(coefficients.shape[1])) * repaired.branches
    watched = ArrayFile(
        path,
        {"label": Array(("label",), (0.0,), (1.0,))},
        {"coefficients": Array(columns, (0.0,) * len(columns), (1.0,) * len(columns))},
        labels=("label", *columns),
    )
    targets = np.tile(coefficients, repaired.branches)
    return Task(
        name=member_name(name(stride), member),
        build=functools.partial(
            architecture.repaired,
            coefficients.shape[1],
            width=repaired.width,
            depth=repaired.depth,
            branches=repaired.branches,
        ),
        data=Stream(Draw(labels, targets), repaired.items, watched, name(stride)),
        heads=(Head("coefficients"),),
        seeds=(repaired.seed, stride, member),
        epochs=repaired.epochs,
        batch_size=repaired.batch_size,
        learning_rate=repaired.learning_rate,
        weights=weights_file(folder, name(stride), member),
        state=checkpoint / f"{member_name(name(stride), member)}.h5",
        schedule="cosine",
        threads=threads,
        until=until,
        keep="last",
    )


def _write_models(source: Path, repaired: Repaired, sets: Models, stride: int, basis_file: Path, path: Path) -> None:
    """Write the basis of a set, and the labels and coefficients of its models. A search asks for the same task in
    several processes."""
    if basis_file.exists() and path.exists():
        return
    for place in (basis_file, path):
        place.parent.mkdir(parents=True, exist_ok=True)
    maps, coefficients = basis(source, sets, stride, repaired.components)
    with whole(basis_file, shared=True) as partial, partial.open("wb") as stream:
        np.savez(
            stream,
            mean=maps.mean,
            vectors=maps.vectors,
            scale=maps.scale,
            width=np.array(repaired.width),
            depth=np.array(repaired.depth),
            branches=np.array(repaired.branches),
        )
    rows, (_, watched) = models.members(sets, stride), models.split(sets, stride)
    labels = label(models.ratios(sets)[rows], sets).astype(np.float32)
    with whole(path, shared=True) as partial, h5py.File(partial, "w") as file:
        for group, chosen in (("train", rows), ("validation", watched)):
            inside = np.isin(rows, chosen)
            file[f"{group}/label"] = labels[inside]
            file[f"{group}/coefficients"] = coefficients[inside].astype(np.float32)
            for k in range(maps.outputs):
                file[f"{group}/c{k:03d}"] = coefficients[inside, k].astype(np.float32)


def predict(
    sets: Models, stride: int, folder: Path, mass_to_light: NDArray[np.float64], member: int = 0
) -> NDArray[np.float32]:
    """Maps (n, orbits, apertures, 4) of a trained network at some M/L."""
    with np.load(_basis_file(folder, stride)) as file:
        maps = Basis(file["mean"], file["vectors"], file["scale"])
        shape = {name: int(file[name]) for name in ("width", "depth", "branches")}
    model = architecture.repaired(maps.outputs, **shape)
    load_weights(model, weights_file(folder, name(stride), member))
    labels = label(mass_to_light, sets)[:, None].astype(np.float32)
    found = outputs(model, labels, PREDICTED, lambda part: part)
    said = np.concatenate([coefficients for _, (coefficients,) in found])
    return maps.maps(architecture.mean_of_branches(said, shape["branches"]))


def _basis_file(folder: Path, stride: int) -> Path:
    return folder / f"{name(stride)}-basis.npz"
