"""Error against the number of epochs, each training with the whole schedule. Not in the paper."""

import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style

WORDS = {"image": ("split by image", style.BLUE, "o"), "galaxy": ("split by galaxy", style.RED, "s")}


def draw(table: pd.DataFrame, published: float, floor: float) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    table : DataFrame
        Columns ``epochs split mae``.
    published, floor : float
        The paper's error after 1,000 epochs, and that of shot noise alone.
    """
    drawing = style.figure("column")
    axes = drawing.subplots()
    for split, part in table.groupby("split"):
        label, colour, marker = WORDS[str(split)]
        axes.plot(part["epochs"], part["mae"], marker=marker, ms=4, color=colour, label=label)
    axes.axhline(floor, color="0.5", lw=0.8, label="shot noise alone")
    axes.plot(1_000, published, "x", color="black", label="paper, split by image")
    axes.set(xscale="log", xlabel="epochs", ylabel="mean absolute error of the label")
    axes.set_ylim(bottom=0)
    axes.legend()
    return drawing
