"""Radial profiles of mass and of mass over light."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

PANELS = {"mass": r"mass [$M_\odot$ pc$^{-2}$]", "mass_to_light": r"$M/L_{\rm F814W}$ [$M_\odot/L_\odot$]"}


def draw(
    edges_pc: NDArray, examples: Sequence[Mapping[str, NDArray]], ratios: Mapping[str, NDArray], names: Sequence[str],
    title: str,
) -> Figure:  # fmt: skip
    """Above, profiles of some clusters, true (dots) and by the network (lines); below, predicted over true of all.

    Parameters
    ----------
    edges_pc : array, shape (r + 1,)
        Edges of the rings [pc].
    examples : sequence of mapping of array, shape (r,)
        ``mass``, ``mass_true``, ``mass_to_light``, ``mass_to_light_true``.
    ratios : mapping of array, shape (n, r)
        Predicted over true, by the keys of `PANELS`.
    names : sequence of str
        Of the examples.
    title : str
        What the clusters and fields are.
    """
    drawing = style.figure("page", 0.72)
    axes = drawing.subplots(2, 2, sharex=True, height_ratios=(2, 1))
    drawing.suptitle(title)
    radius = (edges_pc[1:] + edges_pc[:-1]) / 2
    shades = (style.BLUE, style.RED, style.GREEN, style.ORANGE)
    for column, (quantity, label) in enumerate(PANELS.items()):
        upper, lower = axes[:, column]
        for one, name, shade in zip(examples, names, shades, strict=False):
            upper.plot(radius, one[f"{quantity}_true"], "o", ms=3, color=shade)
            upper.plot(radius, one[quantity], "-", color=shade, label=name)
        upper.set(yscale="log", ylabel=label)
        known = np.isfinite(ratios[quantity]).any(axis=0)
        low, middle, high = np.nanpercentile(ratios[quantity][:, known], (16, 50, 84), axis=0)
        lower.fill_between(radius[known], low, high, color=style.BLUE, alpha=0.2, lw=0)
        lower.plot(radius[known], middle, ".-", color=style.BLUE)
        lower.axhline(1, color="0.5", lw=0.6)
        lower.set(xlabel="radius [pc]", ylabel="network / true", yscale="log", ylim=(0.2, 5))
    axes[0, 0].legend(title="lines: network, dots: true", fontsize=6, title_fontsize=6)
    return drawing
