"""How near predicted libraries are to libraries that nobody learnt from."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style

METHODS = {
    "nearest": "nearest library",
    "linear": "linear",
    "quadratic": "quadratic",
    "gaussian_process": "Gaussian process",
    "linear_scaled": "linear, scaled",
    "network": "network, scaled",
    "by_energy": "by energy, scaled",
    "repeated": "made again",
}
BLOCKS = {"h1": "h$_1$", "h2": "h$_2$", "h3": "h$_3$", "h4": "h$_4$", "cells": "cells", "apertures": "sky"}
KINDS = ("tubes", "boxes")
COLOURS = ("0.7", style.SKY, style.ORANGE, style.GREEN, style.BLUE, style.PINK, style.RED, style.BLACK)
MARKERS = "sv^DvPoX"


def draw(errors: pd.DataFrame, shifts: pd.DataFrame) -> Figure:
    """Left and middle: relative errors of tubes and boxes, each test library a point; right: shift of the best M/L.

    Parameters
    ----------
    errors : DataFrame
        Columns ``method``, ``library`` and ``tubes_h1`` and so on.
    shifts : DataFrame
        Columns ``method``, ``library``, ``shift``.
    """
    drawing = style.figure("page", height_ratio=0.42)
    axes = drawing.subplots(1, 3, width_ratios=[2, 2, 1.2])
    offsets = np.linspace(-0.3, 0.3, len(METHODS))
    for ax, kind in zip(axes, KINDS, strict=False):
        for (method, label), colour, marker, offset in zip(METHODS.items(), COLOURS, MARKERS, offsets, strict=True):
            rows = errors[errors["method"] == method]
            for k, block in enumerate(BLOCKS):
                values = rows[f"{kind}_{block}"].to_numpy()
                at = np.full(len(values), k + offset)
                ax.plot(at, 100 * values, marker, ms=2.2, color=colour, label=label if k == 0 else None)
        ax.set_xticks(range(len(BLOCKS)), list(BLOCKS.values()))
        ax.set_xlim(-0.5, len(BLOCKS) - 0.5)
        ax.set_yscale("log")
        ax.set_title(kind)
        ax.tick_params(axis="x", which="both", top=False)
    low = min(ax.get_ylim()[0] for ax in axes[:2])
    high = max(ax.get_ylim()[1] for ax in axes[:2])
    for ax in axes[:2]:
        ax.set_ylim(low, high)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes[0].set_ylabel("relative error [per cent]")
    for k, (method, colour, marker) in enumerate(zip(METHODS, COLOURS, MARKERS, strict=True)):
        values = shifts[shifts["method"] == method]["shift"].to_numpy()
        axes[2].plot(np.full(len(values), k), values, marker, ms=3, color=colour)
    axes[2].axhspan(-0.05, 0.05, color="0.93", zorder=0)
    axes[2].axhline(0, color="0.6", lw=0.6, zorder=1)
    axes[2].set_xticks([])
    axes[2].set_title("shift of the best M/L")
    drawing.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(METHODS) // 2)
    return drawing


def table(errors: pd.DataFrame, shifts: pd.DataFrame) -> pd.DataFrame:
    """Mean relative error [per cent] of each method and the largest shift of the best M/L."""
    rows = []
    for method in METHODS:
        mean = errors[errors["method"] == method].drop(columns=["method", "library"]).mean()
        size = shifts[shifts["method"] == method]["shift"].abs()
        rows.append(
            {"method": method, **(100 * mean).to_dict(), "mean_shift": size.mean(), "largest_shift": size.max()}
        )
    return pd.DataFrame(rows)
