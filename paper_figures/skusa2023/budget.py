"""The best M/L of libraries that differ in their numbers alone."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style

PANELS = {"total": "all rows", "kinematic": "kinematic rows"}


def draw(table: pd.DataFrame) -> Figure:
    """One line a variant, two panels: the least of all of chi², and of its kinematic rows.

    Parameters
    ----------
    table : DataFrame
        Columns ``cause``, ``variant`` and, of ``total`` and ``kinematic``, ``best_``, ``low_``, ``high_``; the first
        row is the library as it stands, whose range is shaded.
    """
    drawing = style.figure("page", height_ratio=0.1 + 0.032 * len(table))
    axes = drawing.subplots(1, 2, sharey=True)
    place = np.arange(len(table))[::-1]
    causes = list(dict.fromkeys(table["cause"]))
    colours = [style.BLACK, style.BLUE, style.RED, style.GREEN, style.ORANGE, style.PINK]
    for ax, (name, title) in zip(axes, PANELS.items(), strict=True):
        best, low, high = (table[f"{part}_{name}"].to_numpy() for part in ("best", "low", "high"))
        ax.axvspan(low[0], high[0], color="0.9", zorder=0)
        ax.axvline(best[0], color="0.6", lw=0.8, zorder=1)
        for cause, colour in zip(causes, colours, strict=False):
            here = (table["cause"] == cause).to_numpy()
            reach = np.abs(np.stack([best - low, high - best]))[:, here]
            ax.errorbar(best[here], place[here], xerr=reach, fmt="o", ms=3, lw=0.8, color=colour)
        ax.set_xlabel(r"best M/L [M$_\odot$/L$_\odot$]")
        ax.set_title(title)
        ax.tick_params(axis="y", which="both", right=False)
    named = [c if c == v else f"{c}: {v}" for c, v in zip(table["cause"], table["variant"], strict=True)]
    axes[0].set_yticks(place, named)
    return drawing
