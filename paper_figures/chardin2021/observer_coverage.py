"""What the posteriors of the networks that are told what is known are worth, on clusters never learnt from.

Above, the shares of the views inside the central intervals, over all and in each third of true mass, age and distance;
below, the share inside the 68 % intervals in the plane of mass and age.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from paper_figures import style

TITLES = {"mass": "mass", "mass_to_light": "M/L", "age": "age", "distance": "distance"}
WORDS = {"nothing": "nothing known", "distance_metallicity": "distance, [Fe/H] known"}
MARKS = {"nothing": "o", "distance_metallicity": "s"}
THIRDS = ("low", "middle", "high")
FARTHEST = 32.0
"""Colours reach so many per cent above and below 68."""
DARK = 22.0  # beyond this from 68 colours are so dark that numbers are written in white


def draw(coverage: pd.DataFrame, plane: pd.DataFrame, levels: Sequence[float]) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    coverage : DataFrame
        ``way``, ``parameter``, ``of`` (``all``, ``mass``, ``age``, ``distance``), ``third``, ``n``, ``level``,
        ``share``, ``low``, ``high``; shares from 0 to 1, bounds NaN without a bootstrap.
    plane : DataFrame
        ``way``, ``parameter``, ``log_mass_low``, ``log_mass_high`` [Msun], ``log_age_low``, ``log_age_high`` [Gyr],
        ``n``, ``share``.
    levels : sequence of float
        Two nominal levels.
    """
    drawing = style.figure("page", height_ratio=0.72)
    above, below = drawing.subplots(2, len(TITLES), sharey="row", height_ratios=(1.25, 1))
    rows = [("all", ""), *((of, third) for of in ("mass", "age", "distance") for third in THIRDS)]
    for axis, (parameter, title) in zip(above, TITLES.items(), strict=True):
        for way, step in zip(WORDS, (-0.16, 0.16), strict=True):
            chosen = coverage[(coverage["way"] == way) & (coverage["parameter"] == parameter)]
            _shares(axis, chosen, rows, levels, way, step)
        axis.set(title=title, xlabel="views inside [%]", xlim=(0, 106))
        axis.set_yticks(range(len(rows)), [_label(*row) for row in rows])
    above[0].set_ylim(len(rows) - 0.5, -0.5)
    image = None
    for axis, parameter in zip(below, TITLES, strict=True):
        chosen = plane[(plane["way"] == "distance_metallicity") & (plane["parameter"] == parameter)]
        image = _cells(axis, chosen) or image
        axis.set(xlabel=r"$\log_{10}$ mass [$M_\odot$]")
    below[0].set_ylabel("age [Gyr]")
    if image is not None:
        drawing.colorbar(image, ax=list(below), label="inside 68 % [%]", pad=0.01, aspect=12)
    drawing.legend(*above[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return drawing


def _shares(
    axis: Axes, rows: pd.DataFrame, places: Sequence[tuple[str, str]], levels: Sequence[float], way: str, step: float
) -> None:
    for level, colour in zip(levels, (style.BLUE, style.RED), strict=True):
        shown = rows[np.isclose(rows["level"], level)].fillna({"third": ""})
        y = [places.index((row["of"], row["third"])) + step for _, row in shown.iterrows()]
        share, low, high = (100 * shown[name].to_numpy(float) for name in ("share", "low", "high"))
        bars = np.nan_to_num(np.maximum([share - low, high - share], 0))
        face = colour if way == "nothing" else "white"
        axis.errorbar(
            share,
            y,
            xerr=bars,
            fmt=MARKS[way],
            ms=3,
            color=colour,
            mfc=face,
            lw=0.7,
            mew=0.7,
            label=f"{100 * level:.0f} %, {WORDS[way]}",
        )
        axis.axvline(100 * level, color=colour, lw=0.7, ls="--")


def _label(of: str, third: str) -> str:
    names: Mapping[str, Sequence[str]] = {
        "mass": ("light", "middle mass", "massive"),
        "age": ("young", "middle age", "old"),
        "distance": ("near", "middle distance", "far"),
    }
    return "all views" if of == "all" else names[of][THIRDS.index(third)]


def _cells(axis: Axes, cells: pd.DataFrame) -> AxesImage | None:
    """Coloured cells with their shares written in; None without any."""
    if cells.empty:
        axis.text(0.5, 0.5, "too few views", ha="center", transform=axis.transAxes)
        return None
    mass = np.unique(cells[["log_mass_low", "log_mass_high"]].round(6))
    age = np.unique(cells[["log_age_low", "log_age_high"]].round(6))
    image = None
    grid = np.full((len(age) - 1, len(mass) - 1), np.nan)
    for _, cell in cells.iterrows():
        i, j = (
            int(np.argmin(np.abs(edges - cell[name]))) for edges, name in ((age, "log_age_low"), (mass, "log_mass_low"))
        )
        grid[i, j] = 100 * cell["share"]
        middle = (cell["log_mass_low"] + cell["log_mass_high"]) / 2, i + 0.5
        ink = "white" if abs(grid[i, j] - 68) > DARK else "black"
        axis.text(*middle, f"{grid[i, j]:.0f}", ha="center", va="center", fontsize=5, color=ink)
    image = axis.pcolormesh(
        mass, np.arange(len(age)), grid, cmap="coolwarm_r", vmin=68 - FARTHEST, vmax=68 + FARTHEST, rasterized=True
    )
    axis.set_yticks(range(len(age)), [f"{10**edge:.2g}" for edge in age])
    return image  # type: ignore[return-value]
