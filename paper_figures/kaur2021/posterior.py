"""How good the posteriors of the networks of sets are: masses, coverage, ranks. Not in the paper."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

COLOURS = {"discs": style.BLUE, "mergers": style.RED}
BINS = 20  # of ranks
TOLD = (68, 95)  # % of the intervals that are told
LEVELS = np.linspace(0.02, 0.98, 49)


def draw(predictions: Mapping[str, pd.DataFrame], galaxies: Mapping[str, int]) -> Figure:
    """Three panels: predicted against true label, share of truths in central intervals, ranks of the truth.

    Parameters
    ----------
    predictions : mapping of DataFrame
        By kind of galaxy, a row for each view: ``label``, ``median``, ``low_68``, ``high_68``, ``low_95``, ``high_95``
        (labels, 0 to 10, of the corrected posterior), ``below`` (probability below the truth in the networks' own
        posterior) and ``galaxy``.
    galaxies : mapping of int
        How many each kind has: the bands show what so many independent ones would scatter.
    """
    drawing = style.figure("page", 0.36)
    scatter, cover, rank = drawing.subplots(1, 3)
    scatter.plot([0, 10], [0, 10], color="0.5", lw=0.8)
    cover.plot([0, 1], [0, 1], color="0.5", lw=0.8)
    least = min(galaxies.values())
    band = 1.96 * np.sqrt(LEVELS * (1 - LEVELS) / least)
    cover.fill_between(LEVELS, LEVELS - band, LEVELS + band, color="0.88", label=f"95 % of {least} galaxies")
    rank.axhspan(1 - 1.96 * np.sqrt(BINS / least), 1 + 1.96 * np.sqrt(BINS / least), color="0.92")
    rank.axhline(1, color="0.5", lw=0.8)
    for kind, table in predictions.items():
        colour = COLOURS.get(kind, style.GREEN)
        first = table.groupby("galaxy").head(1)  # one view of each galaxy, or the points would cover each other
        error = [first["median"] - first["low_68"], first["high_68"] - first["median"]]
        scatter.errorbar(
            first["label"], first["median"], yerr=error, fmt="o", ms=2, lw=0.4, color=colour, label=kind, alpha=0.8
        )
        cover.plot(LEVELS, shares(table["below"].to_numpy()), color=colour, label=f"{kind}, as it is")
        cover.plot(*corrected(table), "o", ms=4, mec="white", mew=0.6, color=colour, label=f"{kind}, corrected")
        counts, edges = np.histogram(table["below"], BINS, (0, 1))
        rank.stairs(counts / counts.mean(), edges, color=colour)
    scatter.set(
        xlabel="true label", ylabel="median and 68 % interval", xlim=(0, 10), ylim=(0, 10), aspect="equal", box_aspect=1
    )
    cover.set(xlabel="level of the interval", ylabel="share of truths inside", xlim=(0, 1), ylim=(0, 1), box_aspect=1)
    rank.set(xlabel="probability below the truth", ylabel="density", xlim=(0, 1), ylim=(0, None), box_aspect=1)
    scatter.legend(loc="upper left")
    cover.legend(loc="lower right", fontsize=5.5)
    return drawing


def corrected(table: pd.DataFrame) -> tuple[list[float], list[float]]:
    """Levels of the intervals that are told, and the share of truths inside them."""
    held = [table["label"].between(table[f"low_{level}"], table[f"high_{level}"]).mean() for level in TOLD]
    return [level / 100 for level in TOLD], [float(share) for share in held]


def shares(below: NDArray) -> NDArray:
    """Share of truths inside the central intervals of `LEVELS`."""
    away = 2 * np.abs(below - 0.5)
    return np.array([np.mean(away <= level) for level in LEVELS])
