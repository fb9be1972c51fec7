"""The (mass, age) plane: training views and M31's clusters."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style


def draw(training: NDArray, clusters: pd.DataFrame, reach_dex: float, origin: str) -> Figure:
    """Training views as small points, clusters as circles: full ones are near a training view.

    Parameters
    ----------
    training : array, shape (n, 2)
        log10 of age [yr] and mass [Msun].
    clusters : DataFrame
        ``published_log_age``, ``published_log_mass``, ``away_dex``, from the nearest training view.
    reach_dex : float
        How near is near.
    origin : str
        Where the clusters are from; a synthetic catalogue must say so.
    """
    drawing = style.figure("column", 0.95)
    axes = drawing.subplots()
    axes.plot(*training.T, ".", ms=1.5, color="0.6", label="training views", rasterized=True)
    known = clusters[np.isfinite(clusters["away_dex"])]
    outside = known["away_dex"] > reach_dex
    for rows, face, words in ((known[~outside], style.BLUE, "inside"), (known[outside], "white", "outside")):
        place = rows["published_log_age"], rows["published_log_mass"]
        axes.plot(*place, "o", ms=3.5, mec=style.BLUE, mfc=face, mew=0.6, label=f"clusters, {words}")
    share = 100 * float(outside.mean()) if len(known) else np.nan
    axes.set(xlabel=r"$\log_{10}$ age [yr]", ylabel=r"$\log_{10}$ mass [$M_\odot$]")
    axes.set_title(f"{origin}:\n{share:.0f} % outside (slides, real clusters: 30 %)")
    axes.legend(loc="lower left", framealpha=0.8, frameon=True)
    return drawing
