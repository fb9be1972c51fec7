"""What the two networks are made of, and their weights on disk.

A trained ensemble is ``architecture.json`` and, for each member, two files of weights. Loading builds the networks from
our own code by the numbers in that JSON and then reads arrays: nothing in the files is ever executed.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

import keras

from reproduce.learning import backend
from reproduce.learning.weights import sha256
from reproduce.papers.chardin2021.networks import encoder_decoder, regressor
from reproduce.papers.chardin2021.settings import Train
from reproduce.workflow.files import read_record, whole
from reproduce.workflow.source import digest

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
    architecture: Literal["released", "compact"]
    width: float
    levels: int
    kernel_size: int
    dropout: float
    skip_connections: bool
    regressor_architecture: Literal["released", "compact"]
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
        return read_record(folder / FILE, cls, "train again, or name a folder of trained networks")


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


def ensemble_sha256(folder: Path) -> str:
    """sha256 of the names and bytes of an ensemble's architecture and weights, by which a calibration knows it."""
    files = (folder / FILE, *folder.glob("*.weights.h5"))
    return digest({path.name: sha256(path) for path in files})
