"""Published ages and masses of clusters beside ours."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style

PANELS = {"log_age": r"$\log_{10}$ age [yr]", "log_mass": r"$\log_{10}$ mass [$M_\odot$]"}


def draw(table: pd.DataFrame, origin: str) -> Figure:
    """Two panels: the networks' medians and 68 % intervals against the published values.

    Parameters
    ----------
    table : DataFrame
        ``published_NAME``, ``NAME``, ``NAME_low_68``, ``NAME_high_68`` of `PANELS`, and ``domain``: open circles are
        clusters unlike those of the training.
    origin : str
        Where the clusters are from; a synthetic catalogue must say so.
    """
    drawing = style.figure("page", 0.5)
    axes = drawing.subplots(1, 2)
    drawing.suptitle(origin)
    for axis, (name, label) in zip(axes, PANELS.items(), strict=True):
        known = table[np.isfinite(table[f"published_{name}"])]
        for rows, face, words in (
            (known[known["domain"] <= 1], style.BLUE, "in the domain"),
            (known[known["domain"] > 1], "white", "outside"),
        ):
            error = [rows[name] - rows[f"{name}_low_68"], rows[f"{name}_high_68"] - rows[name]]
            place = rows[f"published_{name}"], rows[name]
            axis.errorbar(*place, error, fmt="o", ms=3, lw=0.4, color=style.BLUE, mfc=face, label=words)
        ends = [
            float(np.nanmin(known[[name, f"published_{name}"]])),
            float(np.nanmax(known[[name, f"published_{name}"]])),
        ]
        axis.plot(ends, ends, color="0.5", lw=0.8)
        axis.set(xlabel=f"published {label}", ylabel=f"network's {label}", box_aspect=1)
    axes[0].legend()
    return drawing
