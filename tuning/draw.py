"""The drawings of a search: what was found, handed to `paper_figures.tuning`."""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from paper_figures import style
from paper_figures import tuning as figures
from tuning.outcome import Outcome
from tuning.problem import Value
from tuning.space import Dimension

TEXTS = {
    "val_mse": "validation MSE",
    "val_r2": "validation $R^2$",
    "val_loss": "validation loss",
    "mae": "mean absolute error",
    "rmse": "root mean square error",
    "pixel_error_percent": "pixel mass error [%]",
    "pixel_error_no_low_percent": "pixel mass error without low bins [%]",
    "total_mass_error_percent": "total mass error [%]",
    "mass_to_light_error_percent": "M/L error [%]",
    "age_mae_gyr": "age MAE [Gyr]",
    "distance_mae_map_kpc": "distance MAE [kpc]",
    "error_percent": "error of other models [%]",
    "nll": "negative log density of the truth",
}


def draw(outcomes: list[Outcome], folder: Path) -> None:
    """Draw ``parallel_<network>``, ``slices_<network>`` and ``importance_<network>``, each as PNG and PDF."""
    for one in outcomes:
        axes = [_axis(dimension, one) for dimension in one.space]
        trials = figures.Trials(
            TEXTS[one.objective],
            np.array([tried.numbers.get(one.objective, np.nan) for tried in one.tried]),
            np.array([tried.until == one.epochs for tried in one.tried]),
            one.sign,
        )
        title = f"{one.network.replace('_', '-')}: {len(one.tried)} trials of {one.tuner}"
        style.save(figures.parallel(axes, trials, title), folder, f"parallel_{one.network}")
        style.save(figures.slices(axes, trials, title), folder, f"slices_{one.network}")
        table = pd.read_csv(folder / f"importance_{one.network}.csv")
        if len(table):
            told = f"{one.network.replace('_', '-')}: held-out $R^2$ = {table['held_out_r2'][0]:.2f}"
            style.save(figures.importances(table, told), folder, f"importance_{one.network}")


def _axis(dimension: Dimension, outcome: Outcome) -> figures.Axis:
    def place(value: Value | None) -> float | None:
        return dimension.place(value) if value is not None and dimension.holds(value) else None

    return figures.Axis(
        dimension.name.removeprefix("regressor_").replace("_", " "),
        np.array([dimension.place(one.values[dimension.name]) for one in outcome.tried]),
        _ticks(dimension),
        place(outcome.paper.get(dimension.name)),
        place(outcome.best[dimension.name]),
        dimension.kind in ("choice", "integer"),
    )


def _ticks(dimension: Dimension) -> list[tuple[float, str]]:
    if dimension.kind == "choice":
        words = {True: "on", False: "off"}
        texts = [words[value] if isinstance(value, bool) else f"{value}" for value in dimension.values]
        return [(dimension.place(value), text) for value, text in zip(dimension.values, texts, strict=True)]
    low, high = (float(value) for value in dimension.values)
    if dimension.kind == "log":
        powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
        if len(powers) > 1:
            return [(dimension.place(10.0**power), f"$10^{{{power}}}$") for power in powers]
    values = np.linspace(low, high, 3) if dimension.kind == "linear" else np.array([low, high])
    if dimension.kind == "integer":
        values = np.unique(np.linspace(low, high, min(6, int(high - low) + 1)).round())
    return [(dimension.place(float(value)), f"{value:g}") for value in values]
