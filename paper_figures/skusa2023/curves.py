"""Figures 4.2, 6.2 and 6.3: Δχ² against M/L."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.skusa2023 import panels

Curve = tuple[NDArray, NDArray]


def draw(exact: Curve, predicted: Mapping[str, Curve], truth: float | None, limit: float, title: str) -> Figure:
    """Δχ² over all M/L.

    Parameters
    ----------
    exact : pair of (n,)
        M/L and χ² of exact rescaling, the thesis's "DYNAMITE".
    predicted : mapping of the same
        By the text of the legend.
    truth : float or None
        True M/L of a synthetic galaxy.
    limit : float
        Largest Δχ² shown.
    title : str
    """
    figure = style.figure("column", 1.0)
    axis = figure.subplots()
    _lines(axis, exact, predicted, truth)
    axis.set(xlabel=r"$M/L$ [solar]", ylabel=r"$\Delta\chi^2$", ylim=(-0.02 * limit, limit), title=title)
    figure.legend(loc="outside lower center", ncols=3, fontsize=6)
    return figure


def near_minimum(
    exact: Curve, predicted: Mapping[str, Curve], levels: Sequence[float], truth: float | None, title: str
) -> Figure:
    """Δχ² near the minima, with the levels of 1σ and 2σ and where the curves cross them."""
    figure = style.figure("column", 1.0)
    axis = figure.subplots()
    _lines(axis, exact, predicted, truth)
    for level, shade, mark, name in zip(levels, ("0.3", "0.65"), ("s", "^"), (r"1$\sigma$", r"2$\sigma$"), strict=True):
        axis.axhline(level, color=shade, lw=0.7, ls=(0, (6, 3)))
        places: dict[str, Any] = {
            "xycoords": ("axes fraction", "data"),
            "textcoords": "offset points",
            "fontsize": 6,
        }
        axis.annotate(name, (0.0, level), (3, 1), **places)
        for (x, y), colour in zip((exact, *predicted.values()), (style.BLACK, *panels.SERIES), strict=False):
            for end in crossings(x, y - y.min(), level):
                axis.plot(end, level, mark, color=colour, ms=3)
    ends = [x[y - y.min() < 3 * levels[-1]] for x, y in (exact, *predicted.values())]
    ends += [] if truth is None else [np.array([truth])]
    low, high = min(x.min() for x in ends), max(x.max() for x in ends)
    axis.set(
        xlabel=r"$M/L$ [solar]",
        ylabel=r"$\Delta\chi^2$",
        xlim=(low - 0.1, high + 0.1),
        ylim=(-4, 2.2 * levels[-1]),
        title=title,
    )
    axis.legend(fontsize=6)
    return figure


def crossings(x: NDArray, above: NDArray, level: float) -> list[float]:
    """Where a curve crosses a level on both sides of its minimum, with lines between the points."""
    found, best = [], int(np.argmin(above))
    for xs, ys in ((x[best:], above[best:]), (x[best::-1], above[best::-1])):
        higher = np.flatnonzero(ys >= level)
        if len(higher) and higher[0] > 0:
            k = higher[0]
            found.append(float(xs[k - 1] + (level - ys[k - 1]) / (ys[k] - ys[k - 1]) * (xs[k] - xs[k - 1])))
    return found


def _lines(axis: Axes, exact: Curve, predicted: Mapping[str, Curve], truth: float | None) -> None:
    for (name, (x, y)), colour, line in zip(predicted.items(), panels.SERIES, panels.LINES, strict=False):
        axis.plot(x, y - y.min(), color=colour, ls=line, label=name)
        axis.plot(x[np.argmin(y)], 0, "o", color=colour, ms=3)
    x, y = exact
    axis.plot(x, y - y.min(), color=style.BLACK, ls=":", lw=1.4, label="exact rescaling")
    axis.plot(x[np.argmin(y)], 0, "o", color=style.BLACK, ms=3)
    if truth is not None:
        axis.axvline(truth, color="0.6", lw=0.6, label="true M/L")
