"""Errors of the scalars against signal to noise and the background's brightness."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

ROWS = {"log_mass": "log mass [dex]", "log_age": "log age [dex]", "feh": "[Fe/H] [dex]", "ellipticity": "ellipticity"}
FEWEST = 3


def draw(
    things: Mapping[str, NDArray], errors: Mapping[str, Mapping[str, NDArray]], bins: int = 7, title: str = ""
) -> Figure:
    """A row for each scalar, a column for each thing: medians as lines, 16 to 84 % of the errors as bands.

    Parameters
    ----------
    things : mapping of array, shape (n,)
        What is on the abscissae, by label.
    errors : mapping of mapping of array, shape (n,)
        Predicted minus true by what they are called in the legend and scalar (the keys of `ROWS`).
    bins : int
        Bins with as many clusters each.
    title : str
        What the clusters and fields are.
    """
    drawing = style.figure("page", 1.0)
    axes = drawing.subplots(len(ROWS), len(things), squeeze=False, sharex="col", sharey="row")
    if title:
        drawing.suptitle(title)
    for column, (label, values) in enumerate(things.items()):
        edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
        place = np.clip(np.digitize(values, edges) - 1, 0, max(len(edges) - 2, 0))
        chosen = [k for k in range(len(edges) - 1) if np.sum(place == k) >= FEWEST]
        middles = [float(np.median(values[place == k])) for k in chosen]
        for line, (scalar, name) in enumerate(ROWS.items()):
            axis = axes[line, column]
            axis.axhline(0, color="0.5", lw=0.6)
            for (words, found), colour in zip(errors.items(), (style.BLUE, style.RED), strict=False):
                some = [np.percentile(found[scalar][place == k], (16, 50, 84)) for k in chosen]
                low, middle, high = np.array(some).reshape(-1, 3).T
                axis.fill_between(middles, low, high, color=colour, alpha=0.2, lw=0)
                axis.plot(middles, middle, ".-", color=colour, label=words)
            if column == 0:
                axis.set_ylabel(f"error of {name}")
        axes[-1, column].set_xlabel(label)
    axes[0, -1].legend(loc="upper right", frameon=True, framealpha=0.8)
    return drawing
