"""Whether the posteriors are what they claim: coverage of intervals and ranks of the truth."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

NAMES = {"age": "age", "mass": "mass", "size": r"$r_{\rm h}$", "a_v": r"$A_V$"}
LEVELS = np.linspace(0.02, 0.98, 49)
BINS = 20


def draw(below: Mapping[str, Mapping[str, NDArray]]) -> Figure:
    """A row for each group of test images: share of truths in central intervals less the level, and their ranks.

    Parameters
    ----------
    below : mapping of mapping of array, shape (n,)
        Posterior probability below the truth by group and parameter (the keys of `NAMES`). The grey bands are what 95 %
        of calibrated posteriors of so many independent clusters stay within.
    """
    drawing = style.figure("page", 0.36 * len(below))
    axes = drawing.subplots(len(below), 2, squeeze=False)
    for (cover, rank), (group, parameters) in zip(axes, below.items(), strict=True):
        n = len(next(iter(parameters.values())))
        band = 1.96 * np.sqrt(LEVELS * (1 - LEVELS) / n)
        cover.fill_between(100 * LEVELS, -100 * band, 100 * band, color="0.9")
        rank.axhspan(1 - 1.96 * np.sqrt(BINS / n), 1 + 1.96 * np.sqrt(BINS / n), color="0.9")
        for name, values in parameters.items():
            away = 2 * np.abs(values - 0.5)
            shares = np.array([np.mean(away <= level) for level in LEVELS])
            cover.plot(100 * LEVELS, 100 * (shares - LEVELS), label=NAMES[name])
            counts, edges = np.histogram(values, BINS, (0, 1))
            rank.stairs(counts / counts.mean(), edges)
        cover.axhline(0, color="0.5", lw=0.6)
        cover.set(xlabel="level of the interval [%]", ylabel="truths inside − level [%]", xlim=(0, 100))
        cover.set_title(group, loc="left")
        rank.set(xlabel="posterior probability below the truth", ylabel="density", xlim=(0, 1), ylim=(0, None))
        cover.legend(ncols=2)
    return drawing
