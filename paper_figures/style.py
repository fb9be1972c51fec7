"""The common look of all figures and tables, and how they are written.

Widths are MNRAS's columns. Colour maps are perceptually uniform and safe for colour-blind readers, lines take the
Okabe-Ito palette. Files hold no dates, so the same numbers give the same bytes.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
from astropy.table import Table
from cycler import cycler
from matplotlib.figure import Figure

COLUMN_INCH = 3.32  # 84 mm
PAGE_INCH = 6.97  # 177 mm
COUNTS = "viridis"
FLUX = "inferno"
MASS = "viridis"
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PINK = (
    "#000000",
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
)  # Okabe & Ito (2008)

BACKING: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1}  # of text over cells

RC: Any = {
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "legend.frameon": False,
    "image.origin": "lower",
    "image.interpolation": "nearest",
    "savefig.dpi": 300,
    "pdf.fonttype": 42,
    "axes.prop_cycle": cycler(color=[BLUE, RED, GREEN, ORANGE, PINK, SKY, BLACK]),
}


def figure(width: str = "column", height_ratio: float = 0.75, layout: str = "constrained") -> Figure:
    """An empty figure.

    Parameters
    ----------
    width : {"column", "page"}
        Width on the printed page.
    height_ratio : float
        Height over width.
    layout : str
        Matplotlib's layout engine; "none" where axes are placed by hand.
    """
    plt.rcParams.update(RC)
    inches = {"column": COLUMN_INCH, "page": PAGE_INCH}[width]
    return plt.figure(figsize=(inches, inches * height_ratio), layout=layout)


def save(drawing: Figure, folder: Path, stem: str) -> None:
    """Write ``<stem>.png`` and ``<stem>.pdf``, each at once, and close the figure."""
    for suffix, metadata in (
        ("png", {"Software": None}),
        ("pdf", {"CreationDate": None, "Producer": None, "Creator": None}),
    ):
        partial = folder / f"{stem}.{suffix}.partial"
        drawing.savefig(partial, format=suffix, metadata=metadata)
        os.replace(partial, folder / f"{stem}.{suffix}")
    plt.close(drawing)


def save_table(
    table: pd.DataFrame, folder: Path, stem: str, units: dict[str, str] | None = None, latex: bool = False
) -> None:
    """Write ``<stem>.csv``, and for a table of the paper also ``<stem>.ecsv`` (with units) and ``<stem>.tex``."""
    _write(folder / f"{stem}.csv", table.to_csv(index=False, lineterminator="\n"))
    if latex:
        rich = Table.from_pandas(table)
        for name, unit in (units or {}).items():
            rich[name].unit = unit
        for suffix, form in (("ecsv", "ascii.ecsv"), ("tex", "ascii.latex")):
            partial = folder / f"{stem}.{suffix}.partial"
            rich.write(partial, format=form, overwrite=True)
            os.replace(partial, folder / f"{stem}.{suffix}")


def measured(metrics: Mapping[str, float], name: str, form: str) -> str:
    """A number of ours as text; "not measured" where no map fell into the paper's bins."""
    return form.format(metrics[name]) if name in metrics else "not measured"


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
