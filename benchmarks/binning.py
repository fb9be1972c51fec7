"""How much the means over bins depend on the bins: total mass and M/L, of which the paper names no bins.

    python -m benchmarks.binning outputs/chardin2021/evaluate/KEY

Prints a table: the mean over the filled bins (released code's convention) of the bins used here, of half and twice as
many, without bins that hold few maps, and the mean over the maps, which needs no bins.
"""

import argparse
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.learning.bins import mean_over_bins
from reproduce.papers.chardin2021.evaluation.metrics import (
    MASS_TO_LIGHT_EDGES,
    TOTAL_MASS_EDGES,
    add_percent,
    percent_pair,
)

FEW = (1, 10, 50)


def binned(true: NDArray, found: NDArray, edges: NDArray, log: bool, few: int = 1) -> float:
    """Mean over bins with at least `few` maps of 100 |true - centre of the bin of the prediction| / true."""
    pair = percent_pair(edges, len(true))
    place = np.log10(found) if log else found
    add_percent(pair, np.arange(len(true)), place[:, None], true[:, None], found[:, None], log)
    return mean_over_bins(pair[""], None, pair[""].counts.sum(axis=0) >= few).value


def table(evaluation: Path) -> pd.DataFrame:
    """One row a choice of bins, the columns ``total mass`` and ``M/L`` [per cent]."""
    with h5py.File(evaluation / "predictions.h5") as file:
        maps = {name: file[f"maps/{name}"][:] for name in ("total_mass", "total_mass_predicted", "luminosity")}
    mass = maps["total_mass"], maps["total_mass_predicted"]
    ratio = tuple(values / maps["luminosity"] for values in mass)
    rows = {}
    for quantity, (true, found), edges in (
        ("total mass", mass, TOTAL_MASS_EDGES),
        ("M/L", ratio, MASS_TO_LIGHT_EDGES),
    ):
        log = quantity == "total mass"
        n = len(edges)
        for few in FEW:
            name = f"{n - 1} bins" + (f" with at least {few} maps" if few > 1 else "")
            rows[name, quantity] = binned(true, found, edges, log, few)
        for factor in (0.5, 2):
            finer = np.linspace(edges[0], edges[-1], round((n - 1) * factor) + 1)
            rows[f"{factor:g} times as many bins", quantity] = binned(true, found, finer, log)
        rows["no bins: |found - true| / true, mean of the maps", quantity] = 100 * np.mean(np.abs(found / true - 1))
    return pd.Series(rows).unstack()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evaluation", type=Path, help="folder of the stage evaluate")
    print(table(parser.parse_args().evaluation).round(1).to_string())


if __name__ == "__main__":
    main()
