"""Weights of trained networks on disk. Reading them reads arrays: nothing in the files is ever executed."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import h5py
import keras

from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole


def member_name(network: str, member: int) -> str:
    """Name of a member of an ensemble, counted from 0, in files: ``regressor``, ``regressor-2``, ``regressor-3``."""
    return f"{network}-{member + 1}" if member else network


def weights_file(folder: Path, network: str, member: int = 0) -> Path:
    """Where a member's weights stand."""
    return folder / f"{member_name(network, member)}.weights.h5"


def save_weights(model: keras.Model, path: Path) -> None:
    """Write a network's weights, whole or not at all."""
    with whole(path) as partial:
        model.save_weights(partial)


def load_weights(model: keras.Model, path: Path) -> None:
    """Read a file of weights into a network of the same architecture.

    Raises
    ------
    InputError
        If the file is absent or damaged, or holds the weights of another architecture.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; train the networks first")
    try:
        n_stored = _n_values(path)
        if n_stored != model.count_params():
            raise ValueError(f"{n_stored:,} numbers for the {model.count_params():,} of the {model.name}")
        model.load_weights(path)
    except (OSError, KeyError, RuntimeError) as error:
        raise InputError(f"{path}: damaged or cut short ({' '.join(str(error).split())[:150]}); train again") from None
    except ValueError as error:
        reason = " ".join(str(error).split())[:150]
        raise InputError(f"{path}: holds the weights of another architecture ({reason}); train again") from None


def load_members(build: Callable[[], keras.Model], folder: Path, network: str, members: int) -> list[keras.Model]:
    """The trained networks of one kind of an ensemble, in order; `build` makes each untrained.

    Raises
    ------
    InputError
        As `load_weights`.
    """
    models = [build() for _ in range(members)]
    for member, model in enumerate(models):
        load_weights(model, weights_file(folder, network, member))
    return models


def sha256(path: Path) -> str:
    """Of a file's bytes; refuses a file that is not there."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); make the data set again") from None


def _n_values(path: Path) -> int:
    """Numbers in a file of weights, without the random states of the dropout layers."""
    sizes: list[int] = []

    def visit(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset) and name.startswith("layers/") and "seed_generator" not in name:
            sizes.append(item.size)

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return sum(sizes)
