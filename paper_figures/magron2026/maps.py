"""Denoised and mass maps beside the truth."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import hst, style

COLUMNS = ("image", "light, true", "light, network", "mass, true", "mass, network")
MASS = (-0.8, 3.2)
"""Ends of the colours of the mass maps, log10 of Msun in a cell."""


def draw(clusters: Sequence[Mapping[str, NDArray]], names: Sequence[str], title: str = "") -> Figure:
    """A row for each cluster.

    Parameters
    ----------
    clusters : sequence of mapping
        ``image`` (3, ny, nx), ``light_true`` and ``light`` (3, my, mx) [electrons/s], ``mass_true`` and ``mass_map``
        (my, mx) [Msun].
    names : sequence of str
        Of the rows.
    title : str
        What the clusters and fields are.
    """
    drawing = style.figure("page", 0.175 * len(clusters) + 0.07)
    axes = drawing.subplots(len(clusters), len(COLUMNS), squeeze=False)
    if title:
        drawing.suptitle(title)
    scale = ScalarMappable(Normalize(*MASS), style.MASS)
    for line, one, name in zip(axes, clusters, names, strict=True):
        shades = hst.three_colours(one["image"]), *_colours(one["light_true"], one["light"])
        for axis, shade in zip(line, shades, strict=False):
            axis.imshow(shade)
        for axis, values in zip(line[3:], (one["mass_true"], one["mass_map"]), strict=True):
            axis.imshow(np.log10(values), cmap=scale.cmap, norm=scale.norm)
        line[0].set_ylabel(name, fontsize=7)
    for axis in axes.ravel():
        axis.set(xticks=[], yticks=[])
    for axis, words in zip(axes[0], COLUMNS, strict=True):
        axis.set_title(words)
    label = r"$\log_{10}$ mass of a cell [$M_\odot$]"
    drawing.colorbar(scale, ax=axes, label=label, location="right", shrink=0.8, pad=0.01, extend="both")
    return drawing


def _colours(*lights: NDArray) -> list[NDArray[np.float64]]:
    """Three-colour pictures of light without noise on one scale: asinh with the colours kept."""
    scaled = [np.maximum(light, 0) / np.array(hst.SUN_LIGHT)[:, None, None] for light in lights]
    scale = max(float(np.quantile(scaled[0].mean(axis=0), 0.9)), 1e-9)
    found = []
    for light in scaled:
        light = light / scale
        mean = light.mean(axis=0)
        rgb = light[::-1] * np.arcsinh(4 * mean) / np.arcsinh(40) / np.maximum(mean, 1e-12)
        found.append(np.moveaxis(np.clip(rgb / np.maximum(rgb.max(axis=0), 1.0), 0, 1), 0, -1))
    return found
