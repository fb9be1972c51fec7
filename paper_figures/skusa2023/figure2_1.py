"""Figure 2.1: mean velocity and velocity dispersion of the galaxy."""

from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.skusa2023 import panels


def draw(velocity: NDArray, dispersion: NDArray, bins: NDArray, extent: panels.Extent, title: str) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    velocity, dispersion : (apertures,)
        [km/s].
    bins : (ny, nx) int
        Aperture of each pixel from 1, 0 for none.
    extent : panels.Extent
        Left, right, bottom, top of the field [arcsec].
    title : str
        Which galaxy.
    """
    figure = style.figure("page", 0.42)
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    limits = panels.symmetric(velocity), panels.span(dispersion)
    for axis, values, ends, colours, label in zip(
        axes, (velocity, dispersion), limits, (panels.SIGNED, "inferno"), panels.SKY_LABELS, strict=False
    ):
        shown = panels.sky_map(axis, panels.on_sky(values, bins), extent, ends, colours)
        figure.colorbar(shown, ax=axis, label=label, pad=0.02)
        axis.set(xlabel=r"$x$ [arcsec]")
    axes[0].set_ylabel(r"$y$ [arcsec]")
    figure.suptitle(title, fontsize=8)
    return figure
