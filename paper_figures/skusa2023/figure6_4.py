"""Figure 6.4: best M/L of each set with its 1σ and 2σ ranges."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style


def draw(exact: pd.Series, sets: pd.DataFrame, truth: float | None, ends: tuple[float, float], title: str) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    exact : Series
        ``best``, ``low``, ``high`` (1σ), ``low_2``, ``high_2`` (2σ) of exact rescaling.
    sets : DataFrame
        The same of each set, and ``models``; the largest first.
    truth : float or None
        True M/L of a synthetic galaxy.
    ends : pair of float
        First and last M/L: where a range that is not closed ends.
    title : str
    """
    figure = style.figure("column", 0.8)
    axis = figure.subplots()
    rows = [exact, *(row for _, row in sets.iterrows())]
    for half, (low, high) in ((0.25, ("low_2", "high_2")), (0.45, ("low", "high"))):
        low_, high_ = _closed(exact, low, high, ends)
        axis.axhspan(low_, high_, color=style.SKY, alpha=half / 2, lw=0)
    for x, row in enumerate(rows):
        colour = style.BLACK if x == 0 else style.RED
        for (low, high), width, alpha in ((("low_2", "high_2"), 1.0, 0.4), (("low", "high"), 2.2, 1.0)):
            low_, high_ = _closed(row, low, high, ends)
            axis.plot([x, x], [low_, high_], color=colour, lw=width, alpha=alpha, solid_capstyle="butt")
        axis.plot(x, row["best"], "o", color=colour, ms=4, mec="white", mew=0.4)
    if truth is not None:
        axis.axhline(truth, color="0.5", lw=0.7, ls="--")
        places: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right"}
        axis.annotate("true M/L", (1, truth), (-2, 2), fontsize=6, **places)
    names = ["exact", *(f"{n:.0f}" for n in sets["models"])]
    axis.set_xticks(range(len(rows)), names)
    axis.set(xlabel="models trained on", ylabel=r"best $M/L$ [solar]")
    axis.set_title(title, fontsize=7)
    return figure


def _closed(row: pd.Series, low: str, high: str, ends: tuple[float, float]) -> tuple[float, float]:
    return (
        ends[0] if np.isnan(row[low]) else float(row[low]),
        ends[1] if np.isnan(row[high]) else float(row[high]),
    )
