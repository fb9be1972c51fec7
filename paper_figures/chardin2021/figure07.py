"""Figure 7: radial profiles of mass and mass-to-light ratio of the four maps of Figure 4."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style


def draw(profiles: pd.DataFrame, how: str = "") -> Figure:
    """Draw true (solid) and predicted (dashed) profiles with their ratio below.

    Parameters
    ----------
    profiles : DataFrame
        Columns ``map`` (from 0), ``r_arcsec``, ``mass_msun``, ``mass_predicted_msun`` (mean of a pixel),
        ``mass_to_light``, ``mass_to_light_predicted`` [Msun/Lsun].
    how : str
        What made the prediction.
    """
    drawing = style.figure("page", height_ratio=0.5)
    axes = drawing.subplots(2, 2, sharex=True, height_ratios=(3, 1))
    for number, (_, rows) in enumerate(profiles.groupby("map")):
        letter, colour = chr(ord("a") + number), f"C{number}"
        for column, name in enumerate(("mass", "mass_to_light")):
            suffix = "_msun" if name == "mass" else ""
            true, predicted = rows[f"{name}{suffix}"], rows[f"{name}_predicted{suffix}"]
            shown = (np.log10(true), np.log10(predicted)) if name == "mass" else (true, predicted)
            axes[0, column].plot(rows["r_arcsec"], shown[0], color=colour, label=f"({letter})")
            axes[0, column].plot(rows["r_arcsec"], shown[1], color=colour, ls="--")
            axes[1, column].plot(rows["r_arcsec"], true / predicted, color=colour)
    for column in range(2):
        axes[1, column].axhline(1, color="0.6", lw=0.6)
        axes[1, column].set(xlabel="$r$ [arcsec]", xlim=(0, 30), ylim=(0, 2))
    axes[0, 0].set_ylabel(r"$\log_{10}(M(r)/M_\odot)$")
    axes[0, 1].set_ylabel(r"$M(r)/L_V(r)$ [$M_\odot/L_\odot$]")
    axes[1, 0].set_ylabel("true / predicted")
    axes[0, 0].plot([], [], color="k", label="simulation")
    axes[0, 0].plot([], [], color="k", ls="--", label="prediction")
    axes[0, 0].legend()
    drawing.suptitle(how, fontsize=6)
    return drawing
