"""Predicted against true scalars."""

from collections.abc import Mapping

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

AXES = {
    "distance_kpc": "distance [kpc]",
    "log_age": r"$\log_{10}$ age [yr]",
    "feh": "[Fe/H]",
    "log_mass": r"$\log_{10}$ mass [$M_\odot$]",
    "log_luminosity": r"$\log_{10}$ $L_V$ [$L_\odot$]",
    "ellipticity": "ellipticity",
    "angle_deg": "position angle [deg]",
}


def draw(
    true: Mapping[str, NDArray], found: Mapping[str, NDArray], title: str = "", angle_from: float = 0.15
) -> Figure:
    """A panel for each scalar: clusters as points by their signal to noise, line of equality.

    Parameters
    ----------
    true : mapping of array, shape (n,)
        By the keys of `AXES`, and ``signal_to_noise``.
    found : mapping of array, shape (n,)
        By the keys of `AXES`.
    title : str
        What the clusters and fields are.
    angle_from : float
        Only the angles of clusters flatter than this are shown.
    """
    drawing = style.figure("page", 0.56)
    axes = drawing.subplots(2, 4).ravel()
    if title:
        drawing.suptitle(title)
    shade = np.log10(np.maximum(true["signal_to_noise"], 1e-3))
    order = np.argsort(shade)
    colours = ScalarMappable(Normalize(float(shade.min()), float(shade.max())), style.COUNTS)
    for axis, (name, label) in zip(axes, AXES.items(), strict=False):
        x, y = true[name], found[name]
        chosen = order[true["ellipticity"][order] > angle_from] if name == "angle_deg" else order
        low, high = (0.0, 180.0) if name == "angle_deg" else (float(np.min([x, y])), float(np.max([x, y])))
        axis.scatter(x[chosen], y[chosen], c=colours.to_rgba(shade[chosen]), s=3, lw=0)
        axis.plot([low, high], [low, high], color=style.BLACK, lw=0.8)
        axis.set(xlabel=f"true {label}", ylabel="predicted", box_aspect=1, xlim=(low, high), ylim=(low, high))
    axes[-1].axis("off")
    drawing.colorbar(colours, cax=axes[-1].inset_axes((0.1, 0.05, 0.1, 0.9)), label=r"$\log_{10}$ S/N in F475W")
    return drawing
