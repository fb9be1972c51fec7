"""The dimensions of a search as Keras Tuner's hyper-parameters, and the paper's values among them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import keras_tuner as kt

from reproduce.workflow.settings import Group
from tuning.problem import Problem, Value
from tuning.settings import RANGES, Tune
from tuning.settings import space as searched

# Digits of a real value that is tried: what is trained is then exactly what is printed.
DIGITS = 4


@dataclass(frozen=True)
class Dimension:
    """One setting of `train` that is searched.

    Attributes
    ----------
    name : str
        Name of the setting.
    kind : str
        ``log``, ``linear`` or ``integer``: a range; ``choice``: a list.
    values : tuple
        Lowest and highest value, or the list.
    """

    name: str
    kind: str
    values: tuple[Value, ...]

    def declare(self, space: kt.HyperParameters) -> None:
        """Add the dimension to Keras Tuner's space. A choice is known there by its place: Keras Tuner turns the truth
        values of a list into numbers."""
        low, high = self.values[0], self.values[-1]
        if self.kind == "choice":
            space.Choice(self.name, list(range(len(self.values))))
        elif self.kind == "integer":
            space.Int(self.name, low, high)
        else:
            space.Float(self.name, low, high, sampling=self.kind)

    def value(self, drawn: int | float) -> Value:
        """The setting's value for what Keras Tuner drew."""
        if self.kind == "choice":
            return self.values[int(drawn)]
        return int(drawn) if self.kind == "integer" else float(f"{drawn:.{DIGITS}g}")

    def place(self, value: Value) -> float:
        """Where a value lies between the ends of the dimension, from 0 to 1."""
        if self.kind == "choice":
            return self.values.index(value) / max(1, len(self.values) - 1)
        x, low, high = (float(number) for number in (value, *self.values))
        if self.kind == "log":
            x, low, high = math.log(x), math.log(low), math.log(high)
        return (x - low) / (high - low)

    def holds(self, value: Value) -> bool:
        """Whether the dimension has this value."""
        if self.kind == "choice":
            return any(value == own and isinstance(value, bool) == isinstance(own, bool) for own in self.values)
        return not isinstance(value, bool | str) and 0 <= self.place(value) <= 1


def dimensions(tune: Tune, network: str) -> list[Dimension]:
    """The dimensions of a network's search."""
    return [
        Dimension(name, str(parts[0]), parts[1:]) if parts[0] in RANGES else Dimension(name, "choice", parts)
        for name, parts in searched(tune, network).items()
    ]


def hyperparameters(space: list[Dimension]) -> kt.HyperParameters:
    """The space as Keras Tuner has it."""
    declared = kt.HyperParameters()
    for dimension in space:
        dimension.declare(declared)
    return declared


def paper(space: list[Dimension], problem: Problem, network: str, train: Group) -> dict[str, Value]:
    """The paper's value of each dimension, as far as it gives one."""
    published = problem.published(network, train)
    found = {dimension.name: published.get(dimension.name) for dimension in space}
    return {name: value for name, value in found.items() if value is not None}


def reference(space: list[Dimension], published: Mapping[str, Value], train: Group) -> dict[str, Value]:
    """The setting that stands for the paper's: its values where the space holds them, elsewhere those of `train`."""
    own = train.model_dump()
    chosen = {
        dimension.name: published[dimension.name]
        if dimension.name in published and dimension.holds(published[dimension.name])
        else own[dimension.name]
        for dimension in space
    }
    return {name: value for name, value in chosen.items() if value is not None}
