"""Bias and scatter of age, mass and size over the (age, mass) plane."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from paper_figures import style

SCALES = {"age": (0.6, 0.8), "mass": (0.4, 0.5), "size": (0.3, 0.4)}
"""Ends of the colours: of |bias|, and of the scatter [dex]."""
MAPS = ("PuOr", "viridis")
NAMES = {"age": "age", "mass": "mass", "size": r"$r_{\rm h}$"}


def draw(cells: pd.DataFrame, claim: tuple[float, float, float], title: str = "") -> Figure:
    """Two rows, biases and scatters; three columns.

    Parameters
    ----------
    cells : DataFrame
        ``parameter age_low age_high mass_low mass_high bias scatter`` of one method.
    claim : tuple of float
        log10 of the oldest age [yr], of the lightest and the heaviest mass [Msun] of the abstract: a box.
    title : str
        What the clusters and fields are.
    """
    drawing = style.figure("page", 0.62)
    axes = drawing.subplots(2, 3, sharex=True, sharey=True)
    if title:
        drawing.suptitle(title)
    for column, (parameter, ends) in enumerate(SCALES.items()):
        rows = cells[cells["parameter"] == parameter]
        for line, measure in enumerate(("bias", "scatter")):
            axis, end = axes[line, column], ends[line]
            scale = Normalize(-end if line == 0 else 0.0, end)
            colours = ScalarMappable(scale, MAPS[line])
            _cells(axis, rows, measure, colours)
            extend = "max" if line else "both"
            drawing.colorbar(colours, ax=axis, label=f"{measure} of {NAMES[parameter]} [dex]", extend=extend)
            oldest, light, heavy = claim
            youngest = axis.get_xlim()[0]
            box = Rectangle((youngest, light), oldest - youngest, heavy - light, fill=False, ec=style.RED, lw=1)
            axis.add_patch(box)
    for axis in axes[1]:
        axis.set_xlabel(r"$\log_{10}$ age [yr]")
    for axis in axes[:, 0]:
        axis.set_ylabel(r"$\log_{10}$ mass [$M_\odot$]")
    return drawing


def _cells(axis: Axes, rows: pd.DataFrame, measure: str, colours: ScalarMappable) -> None:
    for row in rows.to_dict("records"):
        colour = tuple(np.ravel(colours.to_rgba(np.array([row[measure]]))))
        left, low = row["age_low"], row["mass_low"]
        width, height = row["age_high"] - left, row["mass_high"] - low
        axis.add_patch(Rectangle((left, low), width, height, fc=colour, ec="none"))
        text = axis.text(left + width / 2, low + height / 2, f"{row[measure]:.2f}", ha="center", va="center")
        text.set(fontsize=4, color=_legible(colour))
    if len(rows):
        axis.set_xlim(rows["age_low"].min(), rows["age_high"].max())
        axis.set_ylim(rows["mass_low"].min(), rows["mass_high"].max())


def _legible(colour: tuple[float, ...]) -> str:
    """Black on light colours, white on dark ones."""
    return style.BLACK if np.dot(colour[:3], (0.3, 0.59, 0.11)) > 0.5 else "white"
