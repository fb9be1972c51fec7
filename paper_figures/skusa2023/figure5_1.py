"""Figure 5.1: losses of generator and discriminator at all steps."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style

LARGEST = 0.998
"""Share of the steps on the axes; the others are drawn at the edge."""


def draw(steps: pd.DataFrame, title: str) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    steps : DataFrame
        Columns ``discriminator`` and ``generator``, a row for each step of every training.
    title : str
    """
    figure = style.figure("column", 0.9)
    axis = figure.subplots()
    x, y = (np.minimum(steps[name], np.quantile(steps[name], LARGEST)) for name in ("discriminator", "generator"))
    shown = axis.hexbin(x, y, gridsize=40, mincnt=1, bins="log", cmap="viridis")
    figure.colorbar(shown, ax=axis, label="steps")
    axis.set(xlabel=r"loss of the discriminator, $L_D$", ylabel=r"loss of the generator, $L_G$")
    axis.set_title(title, fontsize=7)
    return figure
