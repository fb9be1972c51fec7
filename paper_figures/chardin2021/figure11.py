"""Figure 11: predicted against literature M/L, age and distance of the observed clusters, and residuals against L."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paper_figures import style
from paper_figures.chardin2021 import observed

PANELS = (
    ("mass_to_light", r"$M/L$ [$M_\odot/L_\odot$]", "pidoc_mass_to_light"),
    ("age_gyr", "age [Gyr]", "pidoc_age_gyr"),
    ("distance_kpc", "distance [kpc]", "pidoc_distance_kpc"),
)


def draw(clusters: pd.DataFrame, source: str, networks: str) -> Figure:
    """Draw the six panels.

    Parameters
    ----------
    clusters : DataFrame
        One row a cluster: literature ``mass_to_light`` with ``mass_to_light_error``, ``age_gyr``, ``distance_kpc``;
        ours with the prefix ``predicted_`` and 68 % bounds ``…_low68``, ``…_high68``; the paper's with ``pidoc_``;
        ``luminosity_lsun`` in the field; ``in_domain``.
    source : str
        ``archive``, ``files`` or ``synthetic``.
    networks : str
        Whose predictions.
    """
    drawing = style.figure("page", 0.66)
    axes = drawing.subplots(2, 3)
    low = observed.faint(clusters)
    for column, (name, label, published) in enumerate(PANELS):
        top, bottom = axes[:, column]
        literature, error = clusters[name], clusters.get(f"{name}_error")
        ours = clusters[f"predicted_{name}"]
        low68, high68 = (clusters[f"predicted_{name}_{end}68"] for end in ("low", "high"))
        spread = np.maximum(np.stack([ours - low68, high68 - ours]), 0)  # bounds end at 0, a prediction need not
        for chosen, colour in ((~low, style.BLACK), (low, style.RED)):
            _points(top, literature, ours, spread, None if error is None else error, chosen, clusters, colour)
            _points(
                bottom, clusters["luminosity_lsun"], literature - ours, spread[::-1], None, chosen, clusters, colour
            )
        theirs = clusters[published]
        top.plot(literature, theirs, **_paper())
        bottom.plot(clusters["luminosity_field_lsun"], literature - theirs, **_paper())
        top.axline((0, 0), slope=1, ls="--", color="0.5", lw=0.8, zorder=0)
        top.set(xlabel=f"literature {label}", ylabel=f"predicted {label}")
        bottom.axhline(0, ls="--", color="0.5", lw=0.8, zorder=0)
        bottom.set_xscale("log")
        bottom.set(xlabel=r"$L_\mathrm{FoV}$ in V [$L_\odot$]", ylabel=f"literature - predicted\n{label}")
    handles = [
        Line2D([], [], marker="o", ls="", ms=3.5, color=style.RED, label=f"{observed.FAINT} faintest fields"),
        Line2D([], [], marker="o", ls="", ms=3.5, color=style.BLACK, label="other clusters"),
        Line2D([], [], marker="o", ls="", ms=3.5, color="0.4", mfc="none", label="hollow: outside the domain"),
        Line2D([], [], label="paper (its own images and networks)", **_paper()),
    ]
    drawing.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=6)
    drawing.suptitle(observed.title(source, networks), fontsize=7)
    return drawing


def _paper() -> dict[str, Any]:
    return {"marker": "x", "ls": "", "ms": 3.5, "color": style.SKY, "mew": 0.9, "zorder": 1}


def _points(
    axis: Axes,
    x: "pd.Series[float]",
    y: "pd.Series[float]",
    y_spread: np.ndarray,
    x_error: "pd.Series[float] | None",
    chosen: "pd.Series[bool]",
    clusters: pd.DataFrame,
    colour: str,
) -> None:
    """Points with error bars, hollow where the networks are outside their domain."""
    for inside in (True, False):
        these = (chosen & (clusters["in_domain"] == inside)).to_numpy()
        axis.errorbar(
            x[these],
            y[these],
            yerr=y_spread[:, these],
            xerr=None if x_error is None else x_error[these],
            fmt="o",
            ms=3.5,
            color=colour,
            mfc=colour if inside else "white",
            elinewidth=0.6,
            mew=0.8,
        )
