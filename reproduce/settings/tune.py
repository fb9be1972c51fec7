"""The settings of the search for hyper-parameters."""

import json
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from reproduce.settings.group import Group, Positive, Seed, nearest, one_line
from reproduce.settings.paper import Train

# One dimension of a search: values to choose from, or a range: (log | linear | integer, lowest, highest).
Dimension = Annotated[tuple[bool | int | float | str, ...], Field(min_length=1)]
RANGES = ("log", "linear", "integer")
MASS_METRICS = (
    "pixel_error_percent",
    "pixel_error_no_low_percent",
    "total_mass_error_percent",
    "mass_to_light_error_percent",
)
AGE_METRICS = ("age_mae_gyr", "distance_mae_map_kpc")
METRICS = {"encoder_decoder": MASS_METRICS, "regressor": AGE_METRICS}
# Settings of `train` that no search may vary; those of the rest that serve both networks.
NOT_TUNED = {"seed", "from_", "members", "epochs", "regressor_epochs", "vgg16_weights"}
SHARED = {"batch_size", "schedule", "augment", "patience", "precision"}


def _paper_space(network: str) -> dict[str, Dimension | None]:
    dropout = ("log", 10**-3.5, 10**-0.5)
    if network == "regressor":
        return {
            "regressor_learning_rate": ("log", 1e-4, 1e-2),
            "regressor_dropout": dropout,
            "regressor_width": (0.5, 1.0, 2.0),
        }
    return {
        "learning_rate": ("log", 1e-4, 1e-2),
        "dropout": dropout,
        "skip_connections": (True, False),
        "levels": ("integer", 3, 5),
        "width": (0.5, 1.0, 2.0),
        "batch_size": (8, 16, 32, 64),
        "loss": ("mse", "mae", "vgg16", "regressor"),
        "schedule": ("constant", "cosine"),
    }


class Tune(Group):
    """Search for hyper-parameters, which the paper chose "after trials and errors" (Sects. 3.1-3.2)."""

    seed: Seed = Field(5, description="seed of the tuner's draws")
    tuner: Literal["RandomSearch", "Hyperband", "BayesianOptimization"] = Field(
        "Hyperband", description="Keras Tuner's way of choosing trials"
    )
    networks: tuple[Literal["encoder_decoder", "regressor"], ...] = Field(
        ("encoder_decoder", "regressor"), min_length=1, description="networks searched for, one after the other"
    )
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
    objective: Literal[
        "val_mse",
        "val_r2",
        "val_loss",
        "pixel_error_percent",
        "pixel_error_no_low_percent",
        "total_mass_error_percent",
        "mass_to_light_error_percent",
        "age_mae_gyr",
        "distance_mae_map_kpc",
    ] = Field("val_mse", description="what is compared, on the validation maps")
    direction: Literal["auto", "min", "max"] = Field(
        "auto", description="which way the objective is better; auto: max for val_r2, else min"
    )
    executions: int = Field(1, ge=1, le=32, description="trainings of each trial with seeds of their own, averaged")
    at_once: int = Field(4, ge=1, description="trials chosen before the first of them has its result")
    finalists: int = Field(3, ge=0, description="best settings trained anew beside the paper's; 0: no finals")
    final_seeds: int = Field(3, ge=1, le=32, description="trainings of each finalist, for its error bar")
    threads: int = Field(1, ge=1, description="processor cores of one training; they change its last bits")
    encoder_decoder: dict[str, Dimension | None] = Field(
        default_factory=lambda: _paper_space("encoder_decoder"),
        description="dimensions by the name of the setting of train: [value, value...] or [log|linear|integer, low, "
        "high]; none: not searched",
    )
    regressor: dict[str, Dimension | None] = Field(
        default_factory=lambda: _paper_space("regressor"), description="the same for the regressor"
    )

    def space(self, network: str) -> dict[str, tuple[bool | int | float | str, ...]]:
        """The dimensions that are searched for a network."""
        return {name: dimension for name, dimension in getattr(self, network).items() if dimension is not None}

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
            if not self.objective.startswith("val_") and self.objective not in METRICS[network]:
                raise ValueError(
                    f"tune.objective={self.objective} is not measured for the {network}; choose val_mse, val_r2 or "
                    f"{' or '.join(METRICS[network])}, or leave the {network} out of tune.networks"
                )
        if (
            self.objective == "val_loss"
            and "encoder_decoder" in self.networks
            and "loss" in self.space("encoder_decoder")
        ):
            raise ValueError(
                "tune.objective=val_loss cannot compare trials with different losses; choose val_mse, or set "
                "tune.encoder_decoder.loss=none"
            )
        return self

    @model_validator(mode="after")
    def _dimensions(self) -> Self:
        for network in self.networks:
            if not self.space(network):
                raise ValueError(f"tune.{network} has no dimension to search; add one or leave it out of tune.networks")
            for name, dimension in self.space(network).items():
                _check_dimension(network, name, dimension)
        both = set(self.space("encoder_decoder")) & set(self.space("regressor"))
        if both and len(self.networks) == 2:
            raise ValueError(
                f"tune.regressor.{min(both)} is also a dimension of tune.encoder_decoder, and one value serves both "
                "networks; set one of the two to none"
            )
        return self


def tunable(network: str) -> list[str]:
    """The settings of `train` that a search for a network may vary."""
    names = set(Train.model_fields) - NOT_TUNED
    return sorted(name for name in names if name in SHARED or name.startswith("regressor_") == (network == "regressor"))


def _check_dimension(network: str, name: str, dimension: tuple[bool | int | float | str, ...]) -> None:
    """Refuse a dimension that is no setting of the network, is badly put, or holds a value that `train` refuses."""
    where = f"tune.{network}.{name}"
    if name not in tunable(network):
        raise ValueError(f"{where}: train has no such setting for the {network}{nearest(name, tunable(network))}")
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
            Train.model_validate_json(json.dumps({name: value}), strict=True)
        except ValidationError as error:
            raise ValueError(f"{where}: {one_line(error)}") from None
