"""A search for hyper-parameters: parallel coordinates, one slice a dimension, importances."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from paper_figures import style

# Trials of the same value of a discrete dimension are drawn up to this far apart.
JITTER = 0.025
# Failed trials are marked here, in units of the panel's height.
FAILED = 0.97


@dataclass(frozen=True)
class Axis:
    """One dimension.

    Attributes
    ----------
    label : str
    places : array, shape (n,)
        Value of each trial, from 0 (lowest) to 1.
    ticks : sequence of (float, str)
        Places and their texts.
    paper, best : float or None
        Place of the paper's value, if it is on the axis, and of the chosen one.
    discrete : bool
        Whether several trials have the same value.
    """

    label: str
    places: NDArray
    ticks: Sequence[tuple[float, str]]
    paper: float | None
    best: float | None
    discrete: bool


@dataclass(frozen=True)
class Trials:
    """What came of n trials.

    Attributes
    ----------
    label : str
        Name of the objective.
    objective : array, shape (n,)
        NaN where a trial failed.
    whole : array of bool, shape (n,)
        Whether the trial was trained to its end.
    sign : int
        1 if less is better, -1 if more is.
    """

    label: str
    objective: NDArray
    whole: NDArray
    sign: int

    @property
    def order(self) -> NDArray:
        """Trials that did not fail, worst first."""
        told = np.flatnonzero(np.isfinite(self.objective))
        return told[np.argsort(-self.sign * self.objective[told], kind="stable")]


def parallel(axes: Sequence[Axis], trials: Trials, title: str) -> Figure:
    """A line for each trial across the dimensions to its objective; the better, the darker."""
    drawing = style.figure("page", 0.5)
    axis: Axes = drawing.subplots()
    order = trials.order
    low, high, scale = _scale(trials.objective[order])
    colours = mpl.colormaps["viridis"]
    last = len(axes)
    for rank, number in enumerate(order):
        shade = colours(1 - (rank + 1) / len(order))
        jitter = JITTER * ((7 * number) % 11 / 5 - 1)
        y = [dimension.places[number] + (jitter if dimension.discrete else 0) for dimension in axes]
        y.append(float((scale(trials.objective[number]) - low) / (high - low)))
        ending = "-" if trials.whole[number] else ":"
        axis.plot(range(last + 1), y, ending, color=shade, lw=1.0 if trials.whole[number] else 0.6)
    for place, dimension in enumerate(axes):
        axis.axvline(place, color=style.BLACK, lw=0.6)
        for where, text in dimension.ticks:
            behind = {"facecolor": "white", "alpha": 0.7, "lw": 0, "pad": 0.5}
            axis.annotate(
                text, (place, where), (6, 0), textcoords="offset points", fontsize=6, va="center", bbox=behind, zorder=4
            )
        if dimension.paper is not None:
            axis.plot(place, dimension.paper, "D", color=style.RED, ms=5, zorder=5, clip_on=False)
        if dimension.best is not None:
            axis.plot(place, dimension.best, "*", color=style.ORANGE, mec=style.BLACK, mew=0.5, ms=8, zorder=6)
    axis.axvline(last, color=style.BLACK, lw=0.6)
    for fraction in (0.0, 0.5, 1.0):
        text = f"{_unscaled(low + fraction * (high - low), trials.objective[order]):.3g}"
        axis.annotate(text, (last, fraction), (4, 0), textcoords="offset points", fontsize=6, va="center")
    axis.set_xticks(range(last + 1), [*(dimension.label for dimension in axes), trials.label], rotation=20, ha="right")
    axis.set(xlim=(-0.1, last + 0.35), ylim=(-0.06, 1.06), yticks=[], title=title)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.legend(handles=_marks(), loc="lower center", bbox_to_anchor=(0.5, 1.07), ncols=4)
    return drawing


def slices(axes: Sequence[Axis], trials: Trials, title: str) -> Figure:
    """The objective against each dimension."""
    columns = min(3, len(axes))
    rows = -(-len(axes) // columns)
    drawing = style.figure("page", 0.08 + 0.3 * rows)
    panels = np.atleast_1d(drawing.subplots(rows, columns, sharey=True, squeeze=False)).ravel()
    order = trials.order
    logarithmic = _logarithmic(trials.objective[order])
    for panel, dimension in zip(panels, axes, strict=False):
        for chosen, face in ((trials.whole[order], style.BLUE), (~trials.whole[order], "none")):
            here = order[chosen]
            jitter = JITTER * ((7 * here) % 11 / 5 - 1) if dimension.discrete else 0
            panel.plot(
                dimension.places[here] + jitter,
                trials.objective[here],
                "o",
                ms=4,
                mfc=face,
                mec=style.BLUE,
                mew=0.7,
                ls="none",
            )
        failed = np.flatnonzero(~np.isfinite(trials.objective))
        panel.plot(
            dimension.places[failed],
            np.full(len(failed), FAILED),
            "x",
            color=style.BLACK,
            ms=4,
            ls="none",
            transform=panel.get_xaxis_transform(),
        )
        if dimension.paper is not None:
            panel.axvline(dimension.paper, color=style.RED, ls="--")
        if dimension.best is not None:
            panel.axvline(dimension.best, color=style.ORANGE, ls="-", lw=2, alpha=0.6, zorder=0)
        panel.set_xticks([where for where, _ in dimension.ticks], [text for _, text in dimension.ticks])
        panel.set(xlabel=dimension.label, xlim=(-0.08, 1.08), yscale="log" if logarithmic else "linear")
        panel.minorticks_off() if not logarithmic else panel.tick_params(axis="x", which="minor", length=0)
    for panel in panels[len(axes) :]:
        panel.remove()
    for panel in panels[: len(axes) : columns]:
        panel.set_ylabel(trials.label)
    drawing.suptitle(title, fontsize=8)
    drawing.legend(handles=_slice_marks(), loc="outside lower center", ncols=5)
    return drawing


def importances(table: pd.DataFrame, title: str) -> Figure:
    """A bar for each dimension, the most important on top.

    Parameters
    ----------
    table : DataFrame
        ``dimension importance error``.
    title : str
    """
    drawing = style.figure("column", 0.25 + 0.075 * max(3, len(table)))
    axis = drawing.subplots()
    places = np.arange(len(table))[::-1]
    axis.barh(places, table["importance"], xerr=table["error"], color=style.SKY, error_kw={"lw": 0.8, "capsize": 2})
    axis.axvline(0, color=style.BLACK, lw=0.6)
    axis.set_yticks(places, [name.replace("_", " ") for name in table["dimension"]])
    axis.set_xlabel("growth of the held-out error when shuffled\n[variance of the trials' ranks]")
    axis.set_title(title)
    return drawing


def _scale(values: NDArray) -> tuple[float, float, Any]:
    """Lowest and highest of the values as drawn, and the function that scales them."""
    scale = np.log10 if _logarithmic(values) else np.asarray
    if len(values) == 0:
        return 0.0, 1.0, scale
    low, high = float(scale(values.min())), float(scale(values.max()))
    return low, high if high > low else low + 1, scale


def _unscaled(value: float, values: NDArray) -> float:
    return 10**value if _logarithmic(values) else value


def _logarithmic(values: NDArray) -> bool:
    """Whether values are spread over more than a factor of three, all above zero."""
    return len(values) > 0 and values.min() > 0 and values.max() / values.min() > 3


def _marks() -> list[Line2D]:
    return [
        Line2D([], [], color=style.BLUE, label="trained to the end (darker: better)"),
        Line2D([], [], color=style.BLUE, ls=":", label="stopped early"),
        Line2D([], [], color=style.RED, marker="D", ls="none", ms=5, label="the paper's"),
        Line2D([], [], color=style.ORANGE, marker="*", mec=style.BLACK, ls="none", ms=8, label="chosen"),
    ]


def _slice_marks() -> list[Line2D]:
    return [
        Line2D([], [], color=style.BLUE, marker="o", ls="none", ms=4, label="trained to the end"),
        Line2D([], [], mec=style.BLUE, mfc="none", marker="o", ls="none", ms=4, label="stopped early"),
        Line2D([], [], color=style.BLACK, marker="x", ls="none", ms=4, label="failed"),
        Line2D([], [], color=style.RED, ls="--", label="the paper's"),
        Line2D([], [], color=style.ORANGE, lw=2, alpha=0.6, label="chosen"),
    ]
