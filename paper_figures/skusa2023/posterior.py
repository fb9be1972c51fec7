"""The posterior of a mock galaxy, and whether truths fall where posteriors say."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style

LABELS = {
    "q": "q",
    "log_halo_fraction": r"log f$_{\rm dh}$",
    "log_concentration": r"log c$_{\rm dh}$",
    "log_black_hole": r"log m$_{\rm bh}$ [M$_\odot$]",
    "mass_to_light": r"M/L [M$_\odot$/L$_\odot$]",
}
BINS = 14


def draw(points: np.ndarray, truth: np.ndarray, mocks: pd.DataFrame) -> Figure:
    """A corner plot of one galaxy and, in its empty corner, the ranks of all truths in their posteriors.

    Parameters
    ----------
    points : array of shape (n, 5)
        Of the chain, in the order of `LABELS`.
    truth : array of shape (5,)
    mocks : DataFrame
        Columns ``<parameter>_below``: posterior mass below the truth, a row for each mock galaxy.
    """
    n = len(LABELS)
    drawing = style.figure("page", height_ratio=0.85)
    axes = drawing.subplots(n, n)
    names = list(LABELS.values())
    spans = [(values.min(), values.max() + 1e-9) for values in points.T]
    for row in range(n):
        for column in range(n):
            ax = axes[row, column]
            if column > row:
                ax.remove()
                continue
            if column == row:
                ax.hist(points[:, row], BINS, spans[row], color=style.BLUE, alpha=0.6)
                ax.set_yticks([])
            else:
                ax.hist2d(points[:, column], points[:, row], BINS, [spans[column], spans[row]], cmap="Blues")
                ax.axhline(truth[row], color=style.RED, lw=0.8)
                ax.set_ylim(*spans[row])
            ax.axvline(truth[column], color=style.RED, lw=0.8)
            ax.set_xlim(*spans[column])
            ax.locator_params(nbins=3)
            ax.tick_params(labelsize=6)
            if row == n - 1:
                ax.set_xlabel(names[column])
            else:
                ax.set_xticklabels([])
            if column == 0 and row > 0:
                ax.set_ylabel(names[row])
            elif column:
                ax.set_yticklabels([])
    ranks = drawing.add_axes((0.64, 0.64, 0.33, 0.31))
    ranks.set_in_layout(False)
    for name, label in LABELS.items():
        below = np.sort(mocks[f"{name}_below"].to_numpy())
        ranks.plot(below, (np.arange(len(below)) + 0.5) / len(below), ".-", ms=3, lw=0.8, label=label)
    ranks.plot([0, 1], [0, 1], color="0.6", lw=0.8, ls="--")
    ranks.set(xlim=(0, 1), ylim=(0, 1), xlabel="posterior mass below the truth")
    ranks.set_ylabel(f"share of {len(mocks)} mock galaxies")
    ranks.legend(fontsize=6, loc="upper left")
    return drawing
