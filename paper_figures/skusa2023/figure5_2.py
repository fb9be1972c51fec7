"""Figure 5.2: images of the GAN, and models; Figures 6.1 and A.2: predictions of sparse sets. Rows of maps."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.skusa2023 import panels
from paper_figures.skusa2023.figure2_2 import LIMIT


def draw(rows: Sequence[Sequence[NDArray]], row_names: Sequence[str], titles: Sequence[str], title: str) -> Figure:
    """Rows of maps (orbits, apertures), on the colours of Figure 2.2."""
    figure = style.figure("page", 0.08 + 0.32 * len(rows))
    axes, shown = panels.coefficient_grid(figure, rows, row_names, titles, LIMIT)
    figure.colorbar(
        shown, ax=axes.ravel().tolist(), label="coefficient × mass in aperture", pad=0.01, extend="both", aspect=30
    )
    figure.suptitle(title, fontsize=8)
    return figure
