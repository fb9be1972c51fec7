"""Figure 4.1: maps of model 0, their prediction, and the difference over the observed error."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.skusa2023 import panels

ROWS = ("model", "prediction", "difference")


def draw(model: NDArray, predicted: NDArray, errors: NDArray, names: Sequence[str], title: str) -> Figure:
    """Draw the figure; all maps are over the errors, on colours from -1 to 1, as in the thesis.

    Parameters
    ----------
    model, predicted : (orbits, apertures, 4)
    errors : (4, apertures)
        Of the observed h1 to h4.
    names : sequence of str
        A text for each coefficient.
    title : str
    """
    figure = style.figure("page", 0.95)
    rows = [[array[..., m] / errors[m] for m in range(4)] for array in (model, predicted, model - predicted)]
    axes, shown = panels.coefficient_grid(figure, rows, ROWS, names, 1.0)
    figure.colorbar(
        shown, ax=axes.ravel().tolist(), label=r"coefficient / $\epsilon$", pad=0.01, extend="both", aspect=40
    )
    figure.suptitle(title, fontsize=8)
    return figure
