"""One training as a plain record: what a network is built from, what it reads, what it is to say, how it is trained.

Every network of the package is trained by such a task: one input or several, one head or several, arrays in a file or
views drawn anew for each epoch. A task pickles, so that any process can train it.
"""

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import keras

    from reproduce.learning.data import Source

Precision = Literal["float32", "mixed_float16", "mixed_bfloat16"]
"""Keras's policies of arithmetic."""
PRECISION = "arithmetic of training; mixed_bfloat16 is for GPUs and processors with AVX512_BF16"


@dataclass(frozen=True)
class Head:
    """One thing that a network says.

    Attributes
    ----------
    target : str
        Name of the target in the data; with several heads also of the network's output.
    loss : str or callable
        Keras's name of a loss, or a function without arguments that makes one in the process that trains. A loss with a
        method ``point`` (raw output to estimate), such as `posterior.MixtureLoss`, has its MSE measured by that.
    weight : float
        Weight of this loss in the sum over the heads.
    """

    target: str
    loss: "str | Callable[[], str | keras.losses.Loss]" = "mse"
    weight: float = 1.0


@dataclass(frozen=True)
class Task:
    """One network to be trained, in whatever process.

    Attributes
    ----------
    name : str
        For people and files.
    build : callable
        Makes the untrained network; without arguments, a `functools.partial` of a module's function as a rule.
    data : Source
        Inputs and targets, standardised.
    heads : tuple of Head
    seeds : tuple of int
        Of the first weights, the shuffling, the augmentation and the dropout.
    epochs, batch_size : int
    learning_rate : float
        Adam's largest.
    weights : Path
        Receives the weights of the epoch with the smallest validation loss.
    state : Path
        Holds the state after each epoch; a call that finds one goes on from it.
    schedule : {"constant", "cosine"}
        Learning rate over the epochs; the cosine falls to zero at the last step.
    augment : bool
        Give each image one of the eight symmetries of the square.
    patience : int, optional
        Epochs without a smaller validation loss after which to stop; none: never.
    precision : {"float32", "mixed_float16", "mixed_bfloat16"}
        Keras's policy of arithmetic.
    threads : int, optional
        Cores to use; none: all.
    until : int, optional
        Epochs after which to stop for now, with the schedule of all epochs; none: all. A search goes on later, from the
        same state, with the trials that do well.
    keep : {"best", "last"}
        Which epoch's weights are written; the last one's where no validation loss says which is good, as of networks
        that are trained against each other.
    every_step : bool
        Write the losses of every step beside the weights, ``NAME.steps.csv``.
    """

    name: str
    build: "Callable[[], keras.Model]"
    data: "Source"
    heads: tuple[Head, ...]
    seeds: tuple[int, ...]
    epochs: int
    batch_size: int
    learning_rate: float
    weights: Path
    state: Path
    schedule: Literal["constant", "cosine"] = "constant"
    augment: bool = False
    patience: int | None = None
    precision: Precision = "float32"
    threads: int | None = None
    until: int | None = None
    keep: Literal["best", "last"] = "best"
    every_step: bool = False

    @property
    def steps(self) -> Path:
        """File of the losses of every step."""
        return self.weights.with_name(f"{self.name}.steps.csv")

    def stream(self, *purpose: int) -> tuple[int, ...]:
        """Seeds of one purpose."""
        return (*self.seeds, *purpose)

    def identity(self) -> str:
        """Digest of all that the trained weights depend on: only a training with the same one goes on from a state."""
        parts = {
            "build": _described(self.build),
            "heads": [(head.target, _described(head.loss), head.weight) for head in self.heads],
            "seeds": self.seeds,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "schedule": self.schedule,
            "augment": self.augment,
            "patience": self.patience,
            "precision": self.precision,
            "data": self.data.identity(),
        }
        if self.keep != "best" or self.every_step:  # as before where neither is used
            parts |= {"keep": self.keep, "every_step": self.every_step}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _described(value: Any) -> str:
    """A function, with the values that are bound to it, in words that are the same in every process."""
    if isinstance(value, functools.partial):
        bound = [
            *map(_described, value.args),
            *(f"{name}={_described(one)}" for name, one in sorted(value.keywords.items())),
        ]
        return f"{_described(value.func)}({', '.join(bound)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_described, value))})"
    return f"{value.__module__}.{value.__qualname__}" if callable(value) else str(value)
