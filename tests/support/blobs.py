"""A small problem for the tests of learning: images of round blobs, whose brightness and width can be learnt.

An image of 16 px holds a blob at a random place. `level` is its brightness, `width` its size, `clean` the image without
noise: a number, another number, and an image, so that networks of one head and of several can be tried.
"""

import functools
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers

from reproduce.learning.data import Array, ArrayFile
from reproduce.learning.stream import Stream
from reproduce.learning.task import Head, Task

SIDE = 16
IMAGE = Array(("image",), (0.15,), (0.3,), image=True)
CLEAN = Array(("clean",), (0.15,), (0.3,), image=True)
NUMBERS = Array(("level", "width"), (1.0, 2.0), (0.3, 0.6))


def blob(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """One image with what is true of it."""
    level, width = rng.uniform(0.5, 1.5), rng.uniform(1, 3)
    x, y = rng.uniform(5, 11, 2)
    grid = np.arange(SIDE)
    clean = level * np.exp(-((grid[None] - x) ** 2 + (grid[:, None] - y) ** 2) / (2 * width**2))
    return {"image": clean + rng.normal(0, 0.02, clean.shape), "clean": clean, "level": level, "width": width}


def write(path: Path, train: int = 64, validation: int = 32) -> Path:
    """A file of blobs."""
    rng = np.random.default_rng(3)
    with h5py.File(path, "w") as file:
        for group, n in (("train", train), ("validation", validation)):
            items = [blob(rng) for _ in range(n)]
            for name in items[0]:
                file[f"{group}/{name}"] = np.array([item[name] for item in items], np.float32)
    return path


def data(path: Path, *targets: str) -> ArrayFile:
    """The blobs of a file, with the targets ``numbers``, ``clean`` or both."""
    known = {"numbers": NUMBERS, "clean": CLEAN}
    return ArrayFile(path, {"image": IMAGE}, {name: known[name] for name in targets}, labels=("level",))


def draw(rng: np.random.Generator, item: int) -> dict[str, np.ndarray]:
    """One blob, standardised, with the target ``numbers``."""
    one = blob(rng)
    image = IMAGE.standardise([one["image"][None]])[0]
    numbers = NUMBERS.standardise([np.array([one["level"]]), np.array([one["width"]])])[0]
    return {"image": image, "numbers": numbers}


def stream(path: Path, items: int) -> Stream:
    """Blobs that are drawn anew in every epoch, with the validation blobs of a file."""
    return Stream(draw, items, data(path, "numbers"), "blobs")


def network(heads: tuple[str, ...], width: int = 8) -> keras.Model:
    """A small network with these heads."""
    image = keras.Input((SIDE, SIDE, 1), name="image")
    x = layers.Conv2D(width, 3, padding="same", activation="relu", name="conv1")(image)
    outputs = {}
    if "clean" in heads:
        outputs["clean"] = layers.Conv2D(1, 3, padding="same", name="clean")(x)
    if "numbers" in heads:
        y = layers.Conv2D(width, 3, strides=2, activation="relu", name="conv2")(x)
        y = layers.SpatialDropout2D(0.02, name="drop")(layers.MaxPooling2D(2, name="pool")(y))
        y = layers.Dense(32, activation="relu", name="dense")(layers.Flatten(name="flat")(y))
        outputs["numbers"] = layers.Dense(2, name="numbers")(y)
    return keras.Model(image, outputs if len(outputs) > 1 else outputs[heads[0]], name="blobs")


def task(source: ArrayFile | Stream, folder: Path, *heads: Head, **changes: object) -> Task:
    """A training of a few seconds."""
    names = tuple(head.target for head in heads)
    given = {"epochs": 3, "batch_size": 8, "learning_rate": 0.003, "schedule": "cosine", "augment": True}
    return Task(
        name="blobs",
        build=functools.partial(network, names),
        data=source,
        heads=heads,
        seeds=(1, 0, 0),
        weights=folder / "files" / "blobs.weights.h5",
        state=folder / "state" / "blobs.h5",
        **{**given, **changes},
    )
