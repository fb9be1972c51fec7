"""Whether the posteriors are what they claim: coverage of their central intervals."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

LEVELS = np.linspace(0.02, 0.98, 49)


def draw(below: Mapping[str, Mapping[str, NDArray]], title: str = "") -> Figure:
    """A panel for each group of images: share of truths in central intervals less the level.

    Parameters
    ----------
    below : mapping of mapping of array, shape (n,)
        Posterior probability below the truth by group and scalar. The grey bands are what 95 % of calibrated posteriors
        of so many independent images stay within; views of one cluster are not independent.
    title : str
        What the clusters and fields are.
    """
    drawing = style.figure("page", 0.46)
    axes = drawing.subplots(1, len(below), squeeze=False, sharey=True)[0]
    if title:
        drawing.suptitle(title)
    for axis, (group, scalars) in zip(axes, below.items(), strict=True):
        n = len(next(iter(scalars.values())))
        band = 1.96 * np.sqrt(LEVELS * (1 - LEVELS) / n)
        axis.fill_between(100 * LEVELS, -100 * band, 100 * band, color="0.9")
        for name, values in scalars.items():
            away = 2 * np.abs(values - 0.5)
            shares = np.array([np.mean(away <= level) for level in LEVELS])
            axis.plot(100 * LEVELS, 100 * (shares - LEVELS), label=name)
        axis.axhline(0, color="0.5", lw=0.6)
        axis.set(xlabel="level of the interval [%]", xlim=(0, 100))
        axis.set_title(group)
    axes[0].set_ylabel("truths inside − level [%]")
    axes[0].legend(ncols=2, fontsize=6)
    return drawing
