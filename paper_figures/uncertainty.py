"""What the intervals are worth on the unseen cluster: share of the maps inside them, by distance, age and domain."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style

TITLES = {"total_mass": "total mass", "age": "age", "distance": "distance"}
MARKS = ("o", "s")


def draw(coverage: pd.DataFrame, levels: Sequence[float]) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    coverage : DataFrame
        Columns ``quantity``, ``group``, ``value``, ``level``, ``n_maps``, ``coverage``, ``coverage_low``,
        ``coverage_high``.
    levels : sequence of float
        Nominal levels.
    """
    drawing = style.figure("page", height_ratio=0.5)
    axes = drawing.subplots(1, len(TITLES), sharey=True, sharex=True)
    for panel, (quantity, title) in zip(axes, TITLES.items(), strict=True):
        rows = coverage[coverage["quantity"] == quantity]
        labels = list(dict.fromkeys(_label(row) for _, row in rows.iterrows()))
        for level, colour, mark in zip(levels, (style.BLUE, style.RED), MARKS, strict=True):
            shown = rows[rows["level"] == level]
            y = [labels.index(_label(row)) for _, row in shown.iterrows()]
            share = 100 * shown["coverage"].to_numpy()
            low, high = 100 * shown["coverage_low"].to_numpy(), 100 * shown["coverage_high"].to_numpy()
            bars = np.nan_to_num(np.maximum([share - low, high - share], 0))
            panel.errorbar(
                share, y, xerr=bars, fmt=mark, ms=3, color=colour, lw=0.8, label=f"{100 * level:.0f} % interval"
            )
            panel.axvline(100 * level, color=colour, lw=0.7, ls="--")
        panel.set(title=title, xlabel="maps inside [%]", xlim=(0, 102))
        panel.set_yticks(range(len(labels)), labels)
    axes[0].invert_yaxis()
    drawing.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return drawing


def _label(row: pd.Series) -> str:
    name = {"all": "all maps", "domain": f"{row['value']} the domain"}.get(row["group"], str(row["value"]))
    return f"{name} ({row['n_maps']:,})"
