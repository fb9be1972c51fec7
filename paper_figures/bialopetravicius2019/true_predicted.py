"""Predicted against true age, mass and size, of each method."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

AXES = {
    "log_age": r"$\log_{10}$ age [yr]",
    "log_mass": r"$\log_{10}$ mass [$M_\odot$]",
    "log_half_radius": r"$\log_{10}$ $r_{\rm h}$ [pc]",
}
CELLS = 34


def draw(true: Mapping[str, NDArray], methods: Mapping[str, Mapping[str, NDArray]], title: str = "") -> Figure:
    """A row for each method, a column for each parameter: density of clusters, line of equality, median and 68 %.

    Parameters
    ----------
    true : mapping of array, shape (n,)
        By the keys of `AXES`.
    methods : mapping of mapping of array
        Estimates of each method by the same keys.
    title : str
        What the clusters and fields are.
    """
    drawing = style.figure("page", 0.33 * len(methods) + 0.03)
    axes = drawing.subplots(len(methods), 3, squeeze=False)
    if title:
        drawing.suptitle(title)
    for line, (method, found) in zip(axes, methods.items(), strict=True):
        for axis, (name, label) in zip(line, AXES.items(), strict=True):
            x, y = true[name], found[name]
            low, high = float(x.min()), float(x.max())
            look = {"bins": "log", "mincnt": 1, "cmap": style.COUNTS, "linewidths": 0}
            axis.hexbin(x, y, gridsize=CELLS, extent=(low, high, low, high), **look)
            axis.plot([low, high], [low, high], color=style.BLACK, lw=0.8)
            middles, quantiles = _running(x, y)
            axis.plot(middles, quantiles[1], color=style.RED)
            axis.plot(middles, quantiles[[0, 2]].T, color=style.RED, ls="--", lw=0.8)
            axis.set(xlim=(low, high), ylim=(low, high), box_aspect=1, xlabel=f"true {label}", ylabel=label)
        line[0].set_title(method, loc="left")
    return drawing


def _running(x: NDArray, y: NDArray, bins: int = 12) -> tuple[NDArray, NDArray]:
    """Middles of bins of x, and the 16, 50 and 84 % of y in them, shape (3, bins); NaN where there is nothing."""
    edges = np.linspace(x.min(), x.max(), bins + 1)
    place = np.clip(np.digitize(x, edges) - 1, 0, bins - 1)
    found = np.full((3, bins), np.nan)
    for k in range(bins):
        if np.any(place == k):
            found[:, k] = np.percentile(y[place == k], (16, 50, 84))
    return (edges[:-1] + edges[1:]) / 2, found
