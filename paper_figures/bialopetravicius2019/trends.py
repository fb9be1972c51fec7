"""Bias and scatter of each method against one thing: size, background, true A_V."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

COLOURS = {"network": style.BLUE, "bins": style.SKY, "photometry": style.RED}
PARAMETERS = {"age": "age", "mass": "mass", "size": r"$r_{\rm h}$"}
FEWEST = 5


def draw(
    things: Mapping[str, NDArray], errors: Mapping[str, Mapping[str, NDArray]], bins: int = 8, title: str = ""
) -> Figure:
    """A row for each parameter, a column for each thing: medians as lines, 16 to 84 % of the errors as bands.

    Parameters
    ----------
    things : mapping of array, shape (n,)
        What is on the abscissae, by label.
    errors : mapping of mapping of array, shape (n,)
        Predicted minus true [dex] by method and parameter (the keys of `PARAMETERS`).
    bins : int
        Bins with as many clusters each.
    title : str
        What the clusters and fields are.
    """
    drawing = style.figure("page", 0.75)
    axes = drawing.subplots(len(PARAMETERS), len(things), squeeze=False, sharex="col", sharey="row")
    if title:
        drawing.suptitle(title)
    for column, (label, values) in enumerate(things.items()):
        edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
        place = np.clip(np.digitize(values, edges) - 1, 0, max(len(edges) - 2, 0))
        chosen = [k for k in range(len(edges) - 1) if np.sum(place == k) >= FEWEST]
        middles = [float(np.median(values[place == k])) for k in chosen]
        for line, (parameter, name) in enumerate(PARAMETERS.items()):
            axis = axes[line, column]
            axis.axhline(0, color="0.5", lw=0.6)
            for method, found in errors.items():
                quantiles = _quantiles([found[parameter][place == k] for k in chosen])
                colour = COLOURS[method]
                axis.fill_between(middles, quantiles[:, 0], quantiles[:, 2], color=colour, alpha=0.2, lw=0)
                axis.plot(middles, quantiles[:, 1], ".-", color=colour, label=method)
            if column == 0:
                axis.set_ylabel(f"error of {name} [dex]")
        axes[-1, column].set_xlabel(label)
    axes[0, 0].legend()
    return drawing


def _quantiles(groups: Sequence[NDArray]) -> NDArray:
    return np.array([np.percentile(group, (16, 50, 84)) for group in groups]).reshape(-1, 3)
