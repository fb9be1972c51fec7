"""What each known input is worth: errors of the networks that are told it, and without."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style

PANELS = {
    "mass_error_percent": "mass [%]",
    "mass_to_light_error_percent": "M/L [%]",
    "age_young_error_percent": "age, below 3 Gyr [%]",
    "age_old_mae_gyr": "age, above [Gyr]",
    "distance_error_percent": "distance [%]",
}
MEDIANS = {name: name.replace("_error_", "_median_error_") for name in PANELS if name.endswith("_error_percent")}
WORDS = {
    "nothing": "nothing",
    "seeing": "seeing, 5 %",
    "metallicity": "[Fe/H], 0.2 dex",
    "distance": "distance, 3 %",
    "distance_metallicity": "distance and [Fe/H]",
    "everything": "all three",
    "as_trained": "as in training",
}


def draw(errors: pd.DataFrame) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    errors : DataFrame
        A row for each way of knowing: ``way``, a key of `WORDS`; the mean errors by the names of `PANELS`, and medians
        where there are any; ``…_error_percent`` in per cent, ``age_old_mae_gyr`` in Gyr. A column that is missing is
        left empty.
    """
    drawing = style.figure("page", height_ratio=0.32)
    axes = drawing.subplots(1, len(PANELS), sharey=True)
    ways = [way for way in WORDS if way in set(errors["way"])]
    rows = errors.set_index("way").loc[ways]
    y = np.arange(len(ways))
    for axis, (name, title) in zip(axes, PANELS.items(), strict=True):
        if name in rows:
            axis.plot(rows[name], y, "o", ms=4, color=style.BLUE, label="mean error")
        if (median := MEDIANS.get(name, "")) in rows:
            axis.plot(rows[median], y, "d", ms=3, color=style.ORANGE, label="median error")
        axis.set_title(title, fontsize=7)
        axis.set_xlim(0, 1.08 * axis.get_xlim()[1])
        axis.grid(axis="y", lw=0.3)
    axes[0].set_yticks(y, [WORDS[way] for way in ways])
    axes[0].set_ylabel("known")
    axes[0].set_ylim(len(ways) - 0.5, -0.5)
    drawing.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return drawing
