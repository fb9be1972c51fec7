"""Labels that trained networks give to maps."""

import functools
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.data import slices, turned
from reproduce.learning.weights import load_weights, weights_file
from reproduce.papers.kaur2021.networks.images import Images

BATCH = 1_024  # images predicted at once


def load(build: functools.partial, folder: Path, network: str, members: int, first: int = 0) -> list[keras.Model]:
    """Members of a trained network's ensemble, from number `first` on.

    Raises
    ------
    InputError
        If a file of weights is absent, damaged or of another network.
    """
    models = [build() for _ in range(members)]
    for member, model in enumerate(models, start=first):
        load_weights(model, weights_file(folder, network, member))
    return models


def predict(models: list[keras.Model], images: Images, symmetries: bool = False) -> NDArray[np.float64]:
    """Labels (n,), the mean over an ensemble.

    Parameters
    ----------
    models
        The members.
    images
        With the inputs of the networks.
    symmetries
        Look at each map in all eight positions, and with V reversed, and take the mean: what is seen is the same.
    """
    given = [images.inputs]
    if symmetries:
        signs = (1, -1) if "velocity" in images.inputs else (1,)
        given = [_seen_otherwise(images.inputs, turn, sign) for turn in range(8) for sign in signs]
    found = [_answers(model, inputs) for model in models for inputs in given]
    return np.mean(found, axis=0, dtype=np.float64)


def _answers(model: keras.Model, inputs: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """One answer for each image; step by step, which for so small a network takes less than to compile it."""
    arrays = list(inputs.values())
    parts = [model([one[rows] for one in arrays], training=False) for rows in slices(len(arrays[0]), BATCH)]
    return np.concatenate([keras.ops.convert_to_numpy(part)[:, 0] for part in parts])


def _seen_otherwise(inputs: dict[str, NDArray[np.float32]], turn: int, sign: int) -> dict[str, NDArray[np.float32]]:
    """The maps in one of eight positions, V times a sign."""
    return {
        name: turned(values * sign if name == "velocity" else values, np.full(len(values), turn))
        for name, values in inputs.items()
    }
