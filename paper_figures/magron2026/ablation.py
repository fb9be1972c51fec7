"""What each input and head is worth."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style

PANELS = {
    "nll": "−ln density of the truth [nats]",
    "mass": "rms of log mass [dex]",
    "age": "rms of log age [dex]",
    "feh": "rms of [Fe/H] [dex]",
    "mass_rmse": "rms of the mass map [dex]",
}


def draw(table: pd.DataFrame, title: str) -> Figure:
    """A panel for each measure, a bar for each variant.

    Parameters
    ----------
    table : DataFrame
        ``variant`` and the keys of `PANELS`; NaN where the variant lacks the head.
    title : str
        What the trainings and clusters are.
    """
    drawing = style.figure("page", 0.36)
    axes = drawing.subplots(1, len(PANELS), sharey=True)
    drawing.suptitle(title)
    places = np.arange(len(table))[::-1]
    for axis, (name, label) in zip(axes, PANELS.items(), strict=True):
        values = table[name].to_numpy(float)
        axis.barh(places, np.nan_to_num(values), color=[style.ORANGE, *[style.BLUE] * (len(table) - 1)], height=0.7)
        axis.axvline(values[0], color=style.BLACK, lw=0.6, ls=":")
        for place, value in zip(places, values, strict=True):
            text = f"{value:.2f}" if np.isfinite(value) else "no such head"
            axis.text(0, place, f" {text}", va="center", fontsize=6, bbox={**style.BACKING, "pad": 0.6})
        axis.set_xlabel(label, fontsize=5.5)
    axes[0].set_yticks(places, list(table["variant"]))
    return drawing
