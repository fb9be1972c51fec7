"""Share of the clusters that are found, against their light, mass and age."""

import itertools
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

COLOURS = {"network": style.BLUE, "photometry": style.RED}
NAMES = {"network": "network", "photometry": "signal to noise in the aperture"}
LABELS = {
    "f475w": "F475W [mag]",
    "log_mass": r"$\log_{10}$ mass [$M_\odot$]",
    "log_age": r"$\log_{10}$ age [yr]",
}
BINS = 12
FEWEST = 5


def draw(labels: Mapping[str, NDArray], found: Mapping[str, NDArray], false_alarms: float, title: str = "") -> Figure:
    """Three panels; bars are binomial errors.

    Parameters
    ----------
    labels : mapping of array, shape (n,)
        True values by the keys of `LABELS`.
    found : mapping of array of bool, shape (n,)
        By method.
    false_alarms : float
        Share of the empty images that count as clusters.
    title : str
        What the clusters and fields are.
    """
    drawing = style.figure("page", 0.36)
    axes = drawing.subplots(1, 3, sharey=True)
    if title:
        drawing.suptitle(title)
    for axis, (name, label) in zip(axes, LABELS.items(), strict=True):
        values = labels[name]
        edges = np.linspace(float(np.percentile(values, 1)), float(np.percentile(values, 99)), BINS + 1)
        for method, yes in found.items():
            middles, shares, errors = [], [], []
            for low, high in itertools.pairwise(edges):
                inside = (values >= low) & (values < high)
                if (n := int(inside.sum())) >= FEWEST:
                    share = float(yes[inside].mean())
                    middles.append((low + high) / 2)
                    shares.append(share)
                    errors.append(np.sqrt(max(share * (1 - share), 1 / n) / n))
            axis.errorbar(middles, shares, errors, fmt=".-", color=COLOURS[method], lw=0.8, label=NAMES[method])
        axis.axhline(0.5, color="0.5", ls=":", lw=0.6)
        axis.axhline(false_alarms, color="0.5", ls="--", lw=0.6)
        axis.set(xlabel=label, ylim=(0, 1.03))
    axes[0].set_ylabel("share found")
    words = f"dashed: {100 * false_alarms:.0f} % false alarms"
    drawing.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, title=words)
    return drawing
