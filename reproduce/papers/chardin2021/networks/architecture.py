"""What the two networks are made of, and their weights on disk.

A trained ensemble is ``architecture.json`` and, for each member, two files of weights. Loading builds the networks from
our own code by the numbers in that JSON and then reads arrays: nothing in the files is ever executed.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

import h5py
import keras

from reproduce.learning import backend
from reproduce.papers.chardin2021.networks import encoder_decoder, regressor
from reproduce.papers.chardin2021.settings import Train
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

NETWORKS = ("encoder_decoder", "regressor")
FILE = "architecture.json"


@dataclass(frozen=True)
class Architecture:
    """The numbers that both networks are built from.

    Attributes
    ----------
    members : int
        Networks of each kind.
    pixels : int
        Side of the maps [px].
    architecture, width, levels, kernel_size, dropout, skip_connections
        Of the encoder-decoder (`encoder_decoder.build`).
    regressor_architecture, regressor_width, regressor_dropout
        Of the regressor (`regressor.build`).
    loss : str
        Loss that the encoder-decoder was trained with.
    scaler_sha256 : str
        Of the scaler's file that the networks were trained with: they mean nothing with another.
    """

    members: int
    pixels: int
    architecture: str
    width: float
    levels: int
    kernel_size: int
    dropout: float
    skip_connections: bool
    regressor_architecture: str
    regressor_width: float
    regressor_dropout: float
    loss: str
    scaler_sha256: str

    @classmethod
    def of(cls, train: Train, pixels: int, scaler: Path) -> Self:
        """The networks of these settings, for maps of `pixels` a side and this scaler's file."""
        return cls(
            members=train.members,
            pixels=pixels,
            architecture=train.architecture,
            width=train.width,
            levels=encoder_decoder.LEVELS[train.architecture] if train.levels is None else train.levels,
            kernel_size=train.kernel_size,
            dropout=train.dropout,
            skip_connections=train.skip_connections,
            regressor_architecture=train.regressor_architecture,
            regressor_width=train.regressor_width,
            regressor_dropout=train.regressor_dropout,
            loss=train.loss,
            scaler_sha256=sha256(scaler),
        )

    def build(self, network: str, seed: int) -> keras.Model:
        """An untrained network, ``encoder_decoder`` or ``regressor``; its first weights are drawn from `seed`."""
        model = build(network, self, self.pixels)
        backend.initialise(model, seed)
        return model

    def save(self, folder: Path) -> None:
        """Write ``architecture.json``."""
        with whole(folder / FILE) as partial:
            partial.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``architecture.json``.

        Raises
        ------
        InputError
            If it is absent or no architecture.
        """
        path = folder / FILE
        kinds = {field.name: field.type for field in fields(cls)}
        try:
            values: Any = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read as an architecture ({error}); train again") from None
        if not isinstance(values, dict) or sorted(values) != sorted(kinds):
            raise InputError(f"{path}: expected the keys {', '.join(sorted(kinds))}; train again")
        for name, kind in kinds.items():
            fits = isinstance(values[name], (int, float) if kind is float else kind)  # type: ignore[arg-type]
            if not fits:
                raise InputError(f"{path}: {name} is {values[name]!r}, expected {kind}; train again")
        for name in ("architecture", "regressor_architecture"):
            if values[name] not in encoder_decoder.LEVELS:
                raise InputError(f"{path}: {name} is {values[name]!r}, expected released or compact; train again")
        return cls(**values)


def build(network: str, numbers: "Architecture | Train", pixels: int) -> keras.Model:
    """An untrained ``encoder_decoder`` or ``regressor``, from an architecture or from settings of the same names."""
    if network == "regressor":
        return regressor.build(
            pixels,
            architecture=numbers.regressor_architecture,
            width=numbers.regressor_width,
            dropout=numbers.regressor_dropout,
        )
    return encoder_decoder.build(
        pixels,
        architecture=numbers.architecture,
        width=numbers.width,
        levels=numbers.levels,
        kernel_size=numbers.kernel_size,
        dropout=numbers.dropout,
        skip_connections=numbers.skip_connections,
    )


def sha256(path: Path) -> str:
    """Of a file's bytes; refuses a file that is not there."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); make the data set again") from None


def member_name(network: str, member: int) -> str:
    """Name of a member, counted from 0, in files: ``regressor``, ``regressor-2``, ``regressor-3``."""
    return f"{network}-{member + 1}" if member else network


def weights_file(folder: Path, network: str, member: int = 0) -> Path:
    """Where a member's weights stand."""
    return folder / f"{member_name(network, member)}.weights.h5"


def save_weights(model: keras.Model, folder: Path, network: str, member: int = 0) -> None:
    """Write a member's weights, whole or not at all."""
    with whole(weights_file(folder, network, member)) as partial:
        model.save_weights(partial)


def load_weights(model: keras.Model, path: Path) -> None:
    """Read a network's weights into a network built by `Architecture.build`.

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


def _n_values(path: Path) -> int:
    """Numbers in a file of weights, without the random states of the dropout layers."""
    sizes: list[int] = []

    def visit(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset) and name.startswith("layers/") and "seed_generator" not in name:
            sizes.append(item.size)

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return sum(sizes)
