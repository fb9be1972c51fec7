"""Several networks trained as one, so that what is drawn once feeds them all.

They share nothing but their input: the gradients of one are zero in the others, and Adam scales each weight's by
itself, so each is trained as it would be alone on the same batches.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import keras

from reproduce.learning.fitting import Row
from reproduce.learning.weights import load_weights, save_weights

Build = Callable[[], keras.Model]


def build(parts: tuple[tuple[str, Build], ...]) -> keras.Model:
    """One network with an output for each of several networks of one input.

    Parameters
    ----------
    parts
        Name of each output and how to build its network; all have inputs of one shape.
    """
    models = {name: one() for name, one in parts}
    for name, model in models.items():
        model.name = name
    images = keras.Input(next(iter(models.values())).input_shape[1:], name="input")
    return keras.Model(images, {name: model(images) for name, model in models.items()}, name="together")


def take_apart(parts: tuple[tuple[str, Build], ...], weights: Path, files: Mapping[str, Path]) -> None:
    """Write the weights of each network into a file of its own.

    Parameters
    ----------
    parts
        As in `build`.
    weights
        Those of all.
    files
        Where each network's go, by its name.

    Raises
    ------
    InputError
        If `weights` is absent, damaged or of other networks.
    """
    model = build(parts)
    load_weights(model, weights)
    for name, path in files.items():
        save_weights(model.get_layer(name), path)


def row_of(row: Row, name: str) -> Row:
    """The row of one network's history out of that of all."""
    ending = f"_{name}"
    own = {key.removesuffix(ending): value for key, value in row.items() if key.endswith(ending)}
    return {**own, "learning_rate": row["learning_rate"]}
