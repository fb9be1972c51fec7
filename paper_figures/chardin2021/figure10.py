"""Figure 10: V luminosity in the field against age: the training maps by distance, and the observed clusters."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure

from paper_figures import style
from paper_figures.chardin2021 import observed

MOST_TICKS = 8  # distances that are named beside the colours
MOST_COLOURS = 100  # distances that have a colour of their own


def draw(training: pd.DataFrame, clusters: pd.DataFrame, source: str, networks: str) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    training : DataFrame
        One row a training map: ``age_gyr``, ``luminosity_lsun``, ``distance_kpc``.
    clusters : DataFrame
        One row a cluster: ``name``, ``age_gyr``, ``luminosity_lsun`` (in the field, at the catalogue's distance),
        ``luminosity_field_lsun`` (the paper's).
    source : str
        ``archive``, ``files`` or ``synthetic``.
    networks : str
        What the training maps belong to.
    """
    drawing = style.figure("column", 0.95)
    axis = drawing.subplots()
    distances = np.sort(training["distance_kpc"].unique())
    if len(distances) > MOST_COLOURS:  # drawn from a range: a colour for each part of it
        distances = np.geomspace(distances[0], distances[-1], MOST_TICKS)
    edges = np.concatenate([[0], (distances[1:] + distances[:-1]) / 2, [2 * distances[-1]]])
    shown = training.sample(frac=1, random_state=0)  # no distance lies above another because it came last
    colours = plt.get_cmap(style.COUNTS, len(distances))
    dots = axis.scatter(
        shown["age_gyr"],
        shown["luminosity_lsun"],
        c=shown["distance_kpc"],
        cmap=colours,
        norm=BoundaryNorm(edges, len(distances)),
        s=2,
        alpha=0.5,
        linewidths=0,
        rasterized=True,
    )
    axis.scatter(
        clusters["age_gyr"],
        clusters["luminosity_field_lsun"],
        s=14,
        facecolors="none",
        edgecolors="0.45",
        linewidths=0.7,
        label="paper's Table 3",
    )
    low = observed.faint(clusters)
    for chosen, colour, words in ((~low, style.BLACK, "clusters"), (low, style.RED, f"{observed.FAINT} faintest")):
        part = clusters[chosen]
        axis.scatter(part["age_gyr"], part["luminosity_lsun"], s=14, color=colour, label=words, zorder=3)
    axis.set_yscale("log")
    axis.set(xlabel="age [Gyr]", ylabel=r"$L_\mathrm{FoV}$ in V [$L_\odot$]", xlim=(-0.5, 14.5))
    named = distances[:: -(-len(distances) // MOST_TICKS)]
    bar = drawing.colorbar(dots, ax=axis, label="distance of training maps [kpc]", ticks=named, pad=0.02)
    bar.ax.set_yticklabels([f"{distance:.3g}" for distance in named])
    if bar.solids is not None:
        bar.solids.set_alpha(1)  # the points are translucent, their key is not
    axis.legend(loc="upper center", ncols=3, fontsize=5.5, handletextpad=0.1, columnspacing=0.8)
    low_end, high_end = axis.get_ylim()
    axis.set_ylim(low_end, high_end * 2.2)  # room for the legend
    axis.set_title(observed.title(source, networks), fontsize=5.5, wrap=True)
    return drawing
