"""Figure 9: distributions of the predicted distances for each true distance."""

import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style


def draw(distances: pd.DataFrame, how: str = "") -> Figure:
    """Draw the probability densities; a vertical line of the same colour marks the true distance.

    Parameters
    ----------
    distances : DataFrame
        Columns ``true_kpc``, ``low``, ``high`` (of a bin of predicted distance [kpc]) and ``density`` [1/kpc].
    how : str
        What made the prediction.
    """
    drawing = style.figure("column", height_ratio=0.75)
    axes = drawing.subplots()
    for number, true in enumerate(distances["true_kpc"].unique()):
        rows = distances[distances["true_kpc"] == true]
        edges = [*rows["low"], rows["high"].iloc[-1]]
        axes.stairs(rows["density"], edges, color=f"C{number}", label=f"{true:g} kpc")
        axes.axvline(float(true), color=f"C{number}", lw=0.8)
    axes.set(xlabel="predicted distance [kpc]", ylabel=r"PDF [kpc$^{-1}$]", xlim=(0, distances["high"].max()))
    axes.set_ylim(bottom=0)
    axes.legend(title="true distance")
    axes.set_title(how, fontsize=6)
    return drawing
