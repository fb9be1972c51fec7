"""Cells of the (age, mass) plane, and what holds of the claim in them.

Biases are medians of predicted minus true, scatters half of the width that holds the middle 68 % of it. Cells are those
of the claim: 0.5 dex in age by 0.3 dex in mass.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.learning.intervals import spread
from reproduce.papers.bialopetravicius2019 import sets
from reproduce.papers.bialopetravicius2019.baselines import LEVELS as QUANTILES
from reproduce.papers.bialopetravicius2019.labels import NAMES, PARAMETERS, columns

MIDDLE = QUANTILES.index(0.5)
LIMITS = {"age": 0.1, "mass": 0.05, "size": 0.05}
"""dex; the claim holds in a cell whose biases are smaller (the issue's reading of "no significant bias")."""
SCATTERS = {"age": 0.25, "mass": 0.2, "size": 0.12}
"""dex; what we aim at in these cells."""
AGE_STEP, MASS_STEP = 0.5, float(np.log10(sets.MASSES_MSUN[1] / sets.MASSES_MSUN[0])) / 4

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Cells of the (age, mass) plane.

    Attributes
    ----------
    log_age, log_mass : array
        Edges [log10 yr, log10 Msun].
    """

    log_age: Array
    log_mass: Array


def claim_grid(youngest: float) -> Grid:
    """Cells of the abstract's range, from the youngest log age that is drawn; the last cell of ages is narrower."""
    oldest, light = np.log10(sets.OLDEST_YR), np.log10(sets.MASSES_MSUN[0])
    ages = np.append(np.arange(youngest, oldest - 0.1, AGE_STEP), oldest)
    return Grid(ages, light + MASS_STEP * np.arange(5))


def whole_grid(log_age: tuple[float, float], log_mass: tuple[float, float]) -> Grid:
    """Cells of all that is drawn, of which the claim's are a part."""
    first = np.log10(sets.MASSES_MSUN[0])
    below, above = np.ceil((first - log_mass[0]) / MASS_STEP), np.ceil((log_mass[1] - first) / MASS_STEP - 0.1)
    ages = np.arange(log_age[0], log_age[1] + AGE_STEP - 0.1, AGE_STEP)
    return Grid(ages, first + MASS_STEP * np.arange(-below, above + 1))


def cell_table(methods: dict[str, Array], labels: dict[str, Array], grid: Grid, fewest: int) -> pd.DataFrame:
    """Bias and scatter of each method and parameter in each cell.

    Parameters
    ----------
    methods : dict of array, shape (5, n, 4)
        Quantiles.
    labels : dict of array, shape (n,)
    grid : Grid
    fewest : int
        Cells with fewer clusters are left out.

    Returns
    -------
    DataFrame
        ``method parameter age_low age_high mass_low mass_high n bias bias_error scatter error``; edges are log10
        [yr, Msun], the rest is in dex (A_V in mag). The error of a median is 1.25 scatter / sqrt(n); ``error`` has bias
        and scatter in quadrature, because a method that always says the same does not scatter within a cell.
    """
    true = columns(labels)
    age = np.digitize(labels["log_age"], grid.log_age) - 1
    mass = np.digitize(labels["log_mass"], grid.log_mass) - 1
    rows = []
    for j in range(len(grid.log_age) - 1):
        for i in range(len(grid.log_mass) - 1):
            inside = (age == j) & (mass == i)
            n = int(inside.sum())
            if n < fewest:
                continue
            for method, quantiles in methods.items():
                for k, name in enumerate(PARAMETERS):
                    bias, scatter = spread(quantiles[MIDDLE, inside, k] - true[inside, k])
                    rows.append(
                        {
                            "method": method,
                            "parameter": NAMES[name],
                            "age_low": grid.log_age[j],
                            "age_high": grid.log_age[j + 1],
                            "mass_low": grid.log_mass[i],
                            "mass_high": grid.log_mass[i + 1],
                            "n": n,
                            "bias": bias,
                            "bias_error": 1.25 * scatter / np.sqrt(n),
                            "scatter": scatter,
                            "error": float(np.hypot(bias, scatter)),
                        }
                    )
    names = "method parameter age_low age_high mass_low mass_high n bias bias_error scatter error"
    return pd.DataFrame(rows, columns=names.split())


def in_cells(cells: pd.DataFrame) -> dict[str, float]:
    """The claim and our aims in the cells of the abstract's range.

    Of each method and parameter ``worst_bias`` and ``worst_scatter``, the largest of a cell, ``cells_within_bias`` and
    ``cells_within_scatter``, the shares of cells within `LIMITS` and `SCATTERS`; of methods with a network
    ``cells_better``, the share of cells whose error is less than photometry's; ``cells`` is how many there are.
    """
    found: dict[str, float] = {}
    base = cells[cells["method"] == "photometry"].set_index(["parameter", "age_low", "mass_low"])["error"]
    for (method, parameter), rows in cells.groupby(["method", "parameter"]):
        if parameter not in LIMITS:
            continue
        name = f"disc.{method}.{parameter}"
        found[f"{name}.worst_bias"] = float(rows["bias"].abs().max())
        found[f"{name}.worst_scatter"] = float(rows["scatter"].max())
        found[f"{name}.cells_within_bias"] = float((rows["bias"].abs() < LIMITS[parameter]).mean())
        found[f"{name}.cells_within_scatter"] = float((rows["scatter"] < SCATTERS[parameter]).mean())
        if method != "photometry":
            ours = rows.set_index(["parameter", "age_low", "mass_low"])["error"]
            found[f"{name}.cells_better"] = float((ours < base.loc[ours.index]).mean())
        found["disc.cells"] = float(len(rows))
    return found


def reach(quantiles: Array, labels: dict[str, Array], grid: Grid, fewest: int) -> dict[str, float]:
    """How far the networks are without significant bias: where the abstract's 3 Gyr, 250 and 4,000 Msun are ours."""
    true = columns(labels)
    light, heavy = np.log10(sets.MASSES_MSUN)
    old = np.log10(sets.OLDEST_YR)
    age, mass = labels["log_age"], labels["log_mass"]
    chosen = (mass >= light) & (mass <= heavy)
    ages = _unbiased(quantiles, true, age, grid.log_age, chosen, fewest)
    masses = _unbiased(quantiles, true, mass, grid.log_mass, age <= old, fewest)
    found: dict[str, float] = {}
    if len(ages) and ages[0]:
        last = len(ages) if all(ages) else ages.index(False)
        found["oldest_unbiased_gyr"] = float(10 ** (min(grid.log_age[last], age.max()) - 9))
    middle = int(np.digitize((light + heavy) / 2 + 0.01, grid.log_mass) - 1)
    if masses[middle]:
        low = high = middle
        while low > 0 and masses[low - 1]:
            low -= 1
        while high + 1 < len(masses) and masses[high + 1]:
            high += 1
        found["lightest_unbiased_msun"] = float(10 ** grid.log_mass[low])
        found["heaviest_unbiased_msun"] = float(10 ** grid.log_mass[high + 1])
    return found


def _unbiased(
    quantiles: Array, true: Array, values: Array, edges: Array, chosen: NDArray[np.bool_], fewest: int
) -> list[bool]:
    """Of each bin of a label, whether the biases of age, mass and size are within the limits."""
    place = np.digitize(values, edges) - 1
    found = []
    for k in range(len(edges) - 1):
        inside = chosen & (place == k)
        good = bool(inside.sum() >= fewest)
        for parameter, name in enumerate(PARAMETERS):
            if good and NAMES[name] in LIMITS:
                bias, _ = spread(quantiles[MIDDLE, inside, parameter] - true[inside, parameter])
                good = abs(bias) < LIMITS[NAMES[name]]
        found.append(good)
    return found
