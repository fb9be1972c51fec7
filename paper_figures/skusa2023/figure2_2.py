"""Figure 2.2: the maps of h1 to h4 of one model, orbit × aperture."""

from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.skusa2023 import panels

LIMIT = 0.01  # of the thesis's colours


def draw(maps: NDArray, n_tubes: int, title: str) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    maps : (orbits, apertures, 4)
    n_tubes : int
        Orbits that are tubes; boxes follow.
    title : str
    """
    figure = style.figure("page", 0.45)
    titles = [f"$h_{m}$" for m in (1, 2, 3, 4)]
    axes, shown = panels.coefficient_grid(figure, [[maps[..., m] for m in range(4)]], [""], titles, LIMIT)
    for axis in axes[0]:
        axis.axhline(n_tubes - 0.5, color=style.BLACK, lw=0.4, ls=":")
    figure.colorbar(shown, ax=list(axes[0]), label="coefficient × mass in aperture", pad=0.01, extend="both")
    figure.suptitle(title, fontsize=8)
    return figure
