"""The settings of a search for hyper-parameters, for any paper's networks.

A paper's own `Tune` adds a field of type `Space` for each of its networks, and says in `TUNABLE` what may be searched.
"""

import json
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, ValidationError, model_validator

from reproduce.workflow.settings import Group, Positive, Seed, nearest, one_line

# One dimension of a search: values to choose from, or a range: (log | linear | integer, lowest, highest).
Dimension = Annotated[tuple[bool | int | float | str, ...], Field(min_length=1)]
Space = dict[str, Dimension | None]
RANGES = ("log", "linear", "integer")


@dataclass(frozen=True)
class Tunable:
    """What a search may do with one network.

    Attributes
    ----------
    train : type of Group
        The settings of training.
    names : frozenset of str
        Those that may be searched.
    metrics : tuple of str
        What is measured on the validation maps, beside ``val_loss``, ``val_mse`` and ``val_r2``.
    """

    train: type[Group]
    names: frozenset[str]
    metrics: tuple[str, ...]


class Tune(Group):
    """Search for hyper-parameters."""

    seed: Seed = Field(5, description="seed of the tuner's draws")
    tuner: Literal["RandomSearch", "Hyperband", "BayesianOptimization"] = Field(
        "Hyperband", description="Keras Tuner's way of choosing trials"
    )
    networks: tuple[str, ...] = Field(min_length=1, description="networks searched for, one after the other")
    trials: int | None = Field(
        None, ge=1, description="most trials of each network; none: as many as one run of Hyperband has, or minutes"
    )
    minutes: Positive | None = Field(
        None, description="no trial of a network begins after this time [min]; not repeatable; none: no limit"
    )
    trial_epochs: int = Field(27, ge=1, description="epochs of a trial that is trained to its end")
    hyperband_factor: int = Field(3, ge=2, le=10, description="Hyperband keeps one trial in so many at each halving")
    hyperband_step: int = Field(
        1, ge=1, description="epochs of the shortest trial that Hyperband may have, and by which it counts"
    )
    hyperband_iterations: int = Field(1, ge=1, description="runs of the whole Hyperband algorithm")
    objective: str = Field("val_mse", description="what is compared, on the validation maps")
    direction: Literal["auto", "min", "max"] = Field(
        "auto", description="which way the objective is better; auto: max for val_r2, else min"
    )
    executions: int = Field(1, ge=1, le=32, description="trainings of each trial with seeds of their own, averaged")
    at_once: int = Field(4, ge=1, description="trials chosen before the first of them has its result")
    finalists: int = Field(3, ge=0, description="best settings trained anew beside the paper's; 0: no finals")
    final_seeds: int = Field(3, ge=1, le=32, description="trainings of each finalist, for its error bar")
    threads: int = Field(1, ge=1, description="processor cores of one training; they change its last bits")

    TUNABLE: ClassVar[dict[str, Tunable]] = {}

    @model_validator(mode="after")
    def _budget(self) -> Self:
        if self.trials is None and self.minutes is None and self.tuner != "Hyperband":
            raise ValueError(f"tune.tuner={self.tuner} needs a budget; set tune.trials or tune.minutes")
        if len(set(self.networks)) != len(self.networks):
            raise ValueError(f"tune.networks={list(self.networks)} names a network twice")
        return self

    @model_validator(mode="after")
    def _objective_is_measured(self) -> Self:
        for network in self.networks:
            measured = self.TUNABLE[network].metrics
            if not self.objective.startswith("val_") and self.objective not in measured:
                raise ValueError(
                    f"tune.objective={self.objective} is not measured for the {network}; choose val_mse, val_r2 or "
                    f"{' or '.join(measured)}, or leave the {network} out of tune.networks"
                )
            if self.objective == "val_loss" and "loss" in space(self, network):
                raise ValueError(
                    "tune.objective=val_loss cannot compare trials with different losses; choose val_mse, or set "
                    f"tune.{network}.loss=none"
                )
        return self

    @model_validator(mode="after")
    def _dimensions(self) -> Self:
        for network in self.networks:
            if not space(self, network):
                raise ValueError(f"tune.{network} has no dimension to search; add one or leave it out of tune.networks")
            for name, dimension in space(self, network).items():
                _check_dimension(self.TUNABLE[network], network, name, dimension)
        searched: dict[str, str] = {}
        for network in self.networks:
            for name in sorted(space(self, network)):
                if name in searched:
                    raise ValueError(
                        f"tune.{network}.{name} is also a dimension of tune.{searched[name]}, and one value serves "
                        "both networks; set one of the two to none"
                    )
                searched[name] = network
        return self


def space(tune: Tune, network: str) -> dict[str, tuple[bool | int | float | str, ...]]:
    """The dimensions that are searched for a network."""
    return {name: dimension for name, dimension in getattr(tune, network).items() if dimension is not None}


def _check_dimension(
    tunable: Tunable, network: str, name: str, dimension: tuple[bool | int | float | str, ...]
) -> None:
    """Refuse a dimension that is no setting of the network, is badly put, or holds a value that `train` refuses."""
    where = f"tune.{network}.{name}"
    if name not in tunable.names:
        raise ValueError(f"{where}: train has no such setting for the {network}{nearest(name, sorted(tunable.names))}")
    found = f"found [{', '.join(str(part) for part in dimension)}]"
    if dimension[0] in RANGES:
        kind, ends = dimension[0], dimension[1:]
        numbers = [end for end in ends if isinstance(end, int if kind == "integer" else int | float)]
        if len(ends) != 2 or len(numbers) != 2 or any(isinstance(end, bool) for end in ends):
            raise ValueError(f"{where}: expected [{kind}, low, high] with two numbers, {found}")
        if not numbers[0] < numbers[1] or (kind == "log" and numbers[0] <= 0):
            raise ValueError(f"{where}: expected {'0 < ' if kind == 'log' else ''}low < high, {found}")
        dimension = ends
    elif len(set(map(repr, dimension))) != len(dimension):
        raise ValueError(f"{where}: a value is there twice, {found}")
    for value in dimension:
        try:
            tunable.train.model_validate_json(json.dumps({name: value}), strict=True)
        except ValidationError as error:
            raise ValueError(f"{where}: {one_line(error)}") from None
