"""What the error comes from: causes, the number of clusters, noise. Not in the paper."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from paper_figures import style

CONSTANT = 2.5  # error of one answer for all, where labels are uniform from 0 to 10
SERIES = {
    "mae": ("network, fresh views", style.BLUE, "o"),
    "tracer": ("tracer mass", style.ORANGE, "^"),
    "jeans": ("Jeans", style.GREEN, "v"),
    "floor": ("shot noise alone", style.BLACK, "|"),
}


def draw(table: pd.DataFrame, published: dict[str, float]) -> Figure:
    """Draw three panels: causes, numbers of clusters, noise.

    Parameters
    ----------
    table : DataFrame
        Columns ``group name clusters mae mae_low mae_high floor tracer jeans``; errors of the label, by galaxy.
    published : dict
        Names and errors of the paper's networks with noise.
    """
    drawing = style.figure("page", height_ratio=0.42)
    panels = drawing.subplots(1, 3, width_ratios=(1, 1.2, 1))
    _bars(panels[0], table[table["group"] == "cause"], list(SERIES))
    numbers = table[table["group"] == "clusters"].sort_values("clusters")
    for name, (label, colour, marker) in SERIES.items():
        panels[1].plot(numbers["clusters"], numbers[name], marker=marker, ms=4, color=colour, label=label)
    panels[1].set(xscale="log", yscale="log", xlabel="clusters seen", ylabel="MAE of the label")
    for axis, pick in ((panels[1].xaxis, (1, 3)), (panels[1].yaxis, (1, 2, 5))):
        axis.set_major_locator(LogLocator(subs=pick))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())
    panels[1].legend(fontsize=5.5, loc="lower left")
    noise = table[table["group"] == "noise"]
    _bars(panels[2], noise, ["mae", "floor"])
    ticks, words = list(range(len(noise))), list(noise["name"])
    for place, (name, value) in enumerate(published.items(), start=len(noise)):
        panels[2].plot(value, place, "x", color=style.RED)
        ticks.append(place)
        words.append(name)
    panels[2].axvline(CONSTANT, color="0.5", lw=0.6, ls=":")
    panels[2].set_yticks(ticks, words, fontsize=6)
    panels[2].set_ylim(len(ticks) - 0.5, -1)
    for axes in (panels[0], panels[2]):
        axes.set_xlim(0, 1.05 * axes.get_xlim()[1])
    left = panels[2].get_xlim()[1] / 2 < CONSTANT  # of the line, where there is more room
    beside = CONSTANT * (0.98 if left else 1.02)
    panels[2].text(beside, -0.85, "constant guess", fontsize=5.5, ha="right" if left else "left", va="top")
    return drawing


def _bars(axes: Axes, table: pd.DataFrame, shown: list[str]) -> None:
    """A row for each variant, markers for each method, the bounds of 95 % for the network."""
    rows = np.arange(len(table))
    wide = np.abs(table[["mae_low", "mae_high"]].to_numpy().T - table["mae"].to_numpy())
    for name in shown:
        label, colour, marker = SERIES[name]
        if name == "mae":
            axes.errorbar(table[name], rows, xerr=wide, fmt=marker, ms=4, color=colour, elinewidth=0.7, label=label)
        else:
            axes.plot(table[name], rows, marker, ms=6 if marker == "|" else 4, color=colour, label=label)
    axes.set_yticks(rows, list(table["name"]), fontsize=6)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("MAE of the label")
