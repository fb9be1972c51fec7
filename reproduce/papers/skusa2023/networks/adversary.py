"""Training of the generative adversarial networks, one for each coefficient (thesis Sect. 5): the stage `gan`."""

import functools
from dataclasses import dataclass
from pathlib import Path

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.data import Array, ArrayFile
from reproduce.learning.prediction import outputs
from reproduce.learning.stream import Arrays, Stream
from reproduce.learning.task import Head, Task
from reproduce.learning.training import OnEpoch, side_by_side
from reproduce.learning.weights import load_weights, weights_file
from reproduce.papers.skusa2023 import models
from reproduce.papers.skusa2023.networks import architecture, trainings
from reproduce.papers.skusa2023.networks.deconvolution import BATCH, epochs_within, size
from reproduce.papers.skusa2023.settings import Gan, Models
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

VERDICTS = {"real": 1.0, "fake": 0.0, "fooled": 1.0}
"""What each of the network's three answers should be (`architecture.adversarial`)."""
WATCHED = 8  # maps whose losses are looked at after each epoch
NOISE, DRAWS = 0, 1  # streams of random numbers


@dataclass(frozen=True)
class Network:
    """One pair of networks: for the coefficient `h`, on every `stride`-th model, with the mask or not."""

    stride: int
    h: int
    mask: bool = True

    @property
    def name(self) -> str:
        """In files."""
        return f"gan{'' if self.mask else '-unmasked'}-every{self.stride}-h{self.h}"


@dataclass(frozen=True)
class Draw:
    """One item of training: a map of the set at random, scaled to [-1, 1], and noise."""

    path: Path
    image: Array

    def __call__(self, rng: np.random.Generator, item: int) -> Arrays:
        maps = _maps(self.path, self.image)
        return {
            "noise": rng.uniform(-1, 1, 1).astype(np.float32),
            "image": maps[rng.integers(len(maps))],
            **{name: np.array([value], np.float32) for name, value in VERDICTS.items()},
        }


@functools.lru_cache(maxsize=1)
def _maps(path: Path, image: Array) -> NDArray[np.float32]:
    with h5py.File(path) as file:
        return image.standardise([file[f"train/{image.columns[0]}"][:]])


def networks(gan: Gan) -> list[Network]:
    """Those of the thesis."""
    found = [Network(stride, m) for stride in gan.strides for m in models.COEFFICIENTS]
    return found + [Network(gan.strides[0], m, mask=False) for m in gan.unmasked]


def train(
    source: Path,
    gan: Gan,
    sets: Models,
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch,
    executor: Executor,
    progress: Progress,
) -> dict[str, float]:
    """Train all pairs; write their weights, ``history.csv`` and the losses of every step, ``NAME.steps.csv``.

    Parameters as `deconvolution.train`.

    Returns
    -------
    dict
        ``parameters_generator``, ``parameters_discriminator``; of each set ``gan.everyN.seconds`` and
        ``gan.everyN.epochs`` (`trainings.train`); ``gan_epoch_seconds`` of one training on the first set.
    """
    wanted, shape = networks(gan), size(source)
    for stride in gan.strides:
        _write_set(source, sets, gan.seed, stride, checkpoint)
    executor, threads = side_by_side(executor, len(wanted))
    tasks = [task(one, source, gan, sets, folder, checkpoint, threads) for one in wanted]
    items = [len(models.members(sets, one.stride)) for one in wanted]
    names = [f"gan.every{one.stride}" if one.mask else "" for one in wanted]
    metrics = trainings.train(tasks, items, names, folder, on_epoch, executor, progress)
    first = names[0]
    return metrics | {
        "parameters_generator": float(architecture.dcnn(*shape).count_params()),
        "parameters_discriminator": float(architecture.discriminator(*shape).count_params()),
        "gan_epoch_seconds": metrics[f"{first}.seconds"] / (names.count(first) * metrics[f"{first}.epochs"]),
    }


def task(
    network: Network, source: Path, gan: Gan, sets: Models, folder: Path, checkpoint: Path, threads: int | None
) -> Task:
    """The training of one pair. No share is kept for validation (Table 5.1), and the last epoch's weights are kept."""
    path, n = _set_file(checkpoint, network.stride), len(models.members(sets, network.stride))
    image = Array((f"h{network.h}",), (0.0,), (scale(source, network, sets),), image=True)
    number = {name: Array((name,), (0.0,), (1.0,)) for name in ("noise", *VERDICTS)}
    watched = ArrayFile(
        path,
        {"noise": number["noise"], "image": image},
        {name: number[name] for name in VERDICTS},
        labels=("mass_to_light",),
    )
    return Task(
        name=network.name,
        build=functools.partial(build, network, gan.activation, size(source)),
        data=Stream(Draw(path, image), n, watched, f"maps of {network.name}"),
        heads=tuple(Head(name, "binary_crossentropy") for name in VERDICTS),
        seeds=(gan.seed, network.h, network.stride),
        epochs=epochs_within(gan.epochs, gan.most_maps, n),
        batch_size=gan.batch_size,
        learning_rate=gan.learning_rate,
        weights=weights_file(folder, network.name),
        state=checkpoint / f"{network.name}.h5",
        threads=threads,
        keep="last",
        every_step=True,
    )


def build(network: Network, activation: str, shape: tuple[int, int]) -> keras.Model:
    """The untrained pair for maps of this shape."""
    return architecture.adversarial(*shape, activation=activation, mask=network.mask)


def draws(network: Network, source: Path, gan: Gan, sets: Models, folder: Path, number: int) -> NDArray[np.float32]:
    """Maps that a trained generator makes of noise, as coefficients, shape (number, orbits, apertures)."""
    pair = build(network, gan.activation, size(source))
    load_weights(pair, weights_file(folder, network.name))
    noise = np.random.default_rng([gan.seed, DRAWS, network.h]).uniform(-1, 1, (number, 1)).astype(np.float32)
    found = outputs(architecture.generator(pair), noise, BATCH, lambda part: part)
    return np.float32(scale(source, network, sets)) * np.concatenate([maps[..., 0] for _, (maps,) in found])


def scale(source: Path, network: Network, sets: Models) -> float:
    """Largest absolute value of the set's maps, which are divided by it."""
    with h5py.File(source) as file:
        return float(max(np.abs(file[f"h{network.h}"][row]).max() for row in models.members(sets, network.stride)))


def _set_file(folder: Path, stride: int) -> Path:
    return folder / f"gan-{stride}.h5"


def _write_set(source: Path, sets: Models, seed: int, stride: int, folder: Path) -> None:
    """All maps of a set as ``train``; a few of them, with fixed noise and verdicts, as ``validation``."""
    folder.mkdir(parents=True, exist_ok=True)
    path, rows = _set_file(folder, stride), models.members(sets, stride)
    if path.exists():
        return
    with whole(path) as partial, h5py.File(partial, "w") as file:
        for group, chosen in (("train", rows), ("validation", rows[:: -(-len(rows) // WATCHED)])):
            for name, values in trainings.columns(source, chosen):
                file[f"{group}/{name}"] = values
            noise = np.random.default_rng([seed, NOISE, stride]).uniform(-1, 1, len(chosen))
            file[f"{group}/noise"] = noise.astype(np.float32)
            for name, value in VERDICTS.items():
                file[f"{group}/{name}"] = np.full(len(chosen), value, np.float32)
