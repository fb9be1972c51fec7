"""Map of M31 with the clusters' predicted masses and ages, and their comparison with published ones."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from paper_figures import style

CENTRE_DEG = (10.6847, 41.2688)
POSITION_ANGLE_DEG = 37.7
RING_DEG = (0.803, 0.803 * 0.225)
"""Half axes of the star-forming ring, 11 kpc, inclined by 77 deg."""
SHADES = {"log_mass": r"$\log_{10}$ mass [$M_\odot$]", "log_age": r"$\log_{10}$ age [yr]"}


def galaxy(table: pd.DataFrame, origin: str) -> Figure:
    """Clusters on the sky, shaded by predicted mass and age; open circles are outside the networks' domain.

    Parameters
    ----------
    table : DataFrame
        ``ra``, ``dec`` [deg], ``log_mass``, ``log_age``, ``domain``.
    origin : str
        Where the clusters are from; a synthetic catalogue must say so.
    """
    drawing = style.figure("page", 0.56)
    axes = drawing.subplots(1, 2)
    drawing.suptitle(origin)
    east = (table["ra"] - CENTRE_DEG[0]) * np.cos(np.radians(CENTRE_DEG[1]))
    north = table["dec"] - CENTRE_DEG[1]
    strange = table["domain"] > 1
    for axis, (name, label) in zip(axes, SHADES.items(), strict=True):
        ring = Ellipse(
            (0, 0), 2 * RING_DEG[1], 2 * RING_DEG[0], angle=-POSITION_ANGLE_DEG, fill=False, ec="0.6", lw=0.8
        )
        axis.add_patch(ring)
        axis.plot(0, 0, "+", color=style.BLACK, ms=5)
        shown = axis.scatter(east, north, c=table[name], s=9, cmap=style.COUNTS, lw=0)
        axis.scatter(east[strange], north[strange], s=22, fc="none", ec=style.RED, lw=0.6)
        drawing.colorbar(shown, ax=axis, label=f"network's {label}", location="bottom", shrink=0.9)
        reach = 1.05 * max(float(np.max(np.abs([east, north]))), RING_DEG[0])
        axis.set(xlabel="east [deg]", xlim=(reach, -reach), ylim=(-reach, reach), aspect="equal")
    axes[0].set_ylabel("north [deg]")
    axes[1].set_title("ellipse: ring at 11 kpc; red circles: outside the domain", fontsize=6)
    return drawing


def literature(table: pd.DataFrame, origin: str) -> Figure:
    """Two panels: the networks' medians and 68 % intervals against the published values.

    Parameters
    ----------
    table : DataFrame
        ``published_NAME``, ``NAME``, ``NAME_low_68``, ``NAME_high_68`` of `SHADES`, and ``domain``: open circles are
        clusters unlike those of the training.
    origin : str
        Where the clusters are from; a synthetic catalogue must say so.
    """
    drawing = style.figure("page", 0.5)
    axes = drawing.subplots(1, 2)
    drawing.suptitle(origin)
    for axis, (name, label) in zip(axes, SHADES.items(), strict=True):
        known = table[np.isfinite(table[f"published_{name}"])]
        for rows, face, words in (
            (known[known["domain"] <= 1], style.BLUE, "in the domain"),
            (known[known["domain"] > 1], "white", "outside"),
        ):
            error = [rows[name] - rows[f"{name}_low_68"], rows[f"{name}_high_68"] - rows[name]]
            place = rows[f"published_{name}"], rows[name]
            axis.errorbar(*place, error, fmt="o", ms=2.5, lw=0.4, color=style.BLUE, mfc=face, mew=0.5, label=words)
        both = known[[name, f"published_{name}"]]
        ends = [float(np.nanmin(both)), float(np.nanmax(both))]
        axis.plot(ends, ends, color="0.5", lw=0.8)
        axis.set(xlabel=f"published {label}", ylabel=f"network's {label}", box_aspect=1)
    axes[0].legend()
    return drawing
