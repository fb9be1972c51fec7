"""Figure 2.3: mass of the orbits by circularity and radius."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style


def draw(radius_arcsec: NDArray, circularity: NDArray, weights: NDArray, title: str) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    radius_arcsec : (orbits,)
        Mean radius.
    circularity : (orbits,)
        About the short axis: 1 and -1 of circles in both senses, 0 of boxes.
    weights : (orbits,)
        Share of the mass.
    title : str
    """
    figure = style.figure("column", 0.8)
    axis = figure.subplots()
    counts, x, y = _histogram(radius_arcsec, circularity, weights)
    shown = axis.pcolormesh(x, y, 100 * counts.T, cmap="viridis")
    figure.colorbar(shown, ax=axis, label="share of the mass [%]")
    axis.set(xlabel="mean radius [arcsec]", ylabel=r"circularity $\lambda_z$", ylim=(-1, 1))
    axis.set_title(title, fontsize=7)
    return figure


def _histogram(radius: NDArray, circularity: NDArray, weights: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    largest = float(np.quantile(radius[weights > 0], 0.98)) if (weights > 0).any() else float(radius.max())
    return np.histogram2d(
        radius, circularity, bins=(np.linspace(0, largest, 13), np.linspace(-1, 1, 22)), weights=weights
    )
