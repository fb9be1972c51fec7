"""Figure 2: the regressor of age and distance, from its layers."""

import pandas as pd
from matplotlib.figure import Figure

from paper_figures import layers, style


def draw(table: pd.DataFrame, title: str) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    table : DataFrame
        Columns ``name``, ``kind``, ``side`` [px], ``channels``, ``parameters``, ``inputs``: the layers in order.
    title : str
        What it is.
    """
    drawing = style.figure("page", height_ratio=0.36)
    axes = drawing.subplots()
    layers.draw(axes, table)
    axes.set_title(f"{title}: {table['parameters'].sum():,} parameters; side² × channels")
    return drawing
