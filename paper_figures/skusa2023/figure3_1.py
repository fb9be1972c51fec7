"""Figure 3.1 (and A.1): what a network without the mask says, at two M/L, and the difference; beside it the model."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.skusa2023 import panels
from paper_figures.skusa2023.figure2_2 import LIMIT


def draw(maps: Sequence[NDArray], titles: Sequence[str], title: str) -> Figure:
    """Maps (orbits, apertures) of one coefficient side by side, on the colours of Figure 2.2."""
    figure = style.figure("page", 0.45)
    axes, shown = panels.coefficient_grid(figure, [list(maps)], [""], titles, LIMIT)
    figure.colorbar(shown, ax=list(axes[0]), label="coefficient × mass in aperture", pad=0.01, extend="both")
    figure.suptitle(title, fontsize=8)
    return figure
