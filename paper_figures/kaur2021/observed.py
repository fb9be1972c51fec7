"""Maps of one observed galaxy (Figures 17 and 18), Table 4, and masses of all observed galaxies."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
from numpy.typing import NDArray

from paper_figures import style

SYNTHETIC = "SYNTHETIC clusters of a simulated galaxy, not observations"
VELOCITY = "RdBu_r"  # diverging about 0, safe for colour-blind readers
DISPERSION = "viridis"
TREATMENTS = {"T1": "0 km/s", "T2": "50 km/s", "T3": "100 km/s", "T4": "interpolated"}


def stem(name: str, source: str) -> str:
    """Name of a figure's files: `name`, and for a synthetic catalogue ``<name>_synthetic``."""
    return f"{name}_synthetic" if source == "synthetic" else name


def draw_maps(
    velocity_kms: NDArray, dispersion_kms: NDArray, count: NDArray, side_kpc: float, title: str, source: str
) -> Figure:
    """V and σ of one galaxy side by side; cells without a cluster are marked by a dot.

    Parameters
    ----------
    velocity_kms, dispersion_kms, count : (ny, nx)
    side_kpc : float
        Side of the field.
    title, source : str
        Of the figure; where the clusters are from.
    """
    drawing = style.figure("page", 0.46)
    axes = drawing.subplots(1, 2, sharey=True)
    half = side_kpc / 2
    extent = (-half, half, -half, half)
    most = max(float(np.abs(velocity_kms).max()), 1.0)
    scales = ((velocity_kms, VELOCITY, -most, most, "V [km/s]"), (dispersion_kms, DISPERSION, 0, None, "σ [km/s]"))
    for axis, (values, colours, low, high, label) in zip(axes, scales, strict=True):
        shown = axis.imshow(values, extent=extent, cmap=colours, vmin=low, vmax=high)
        drawing.colorbar(shown, ax=axis, label=label, shrink=0.85)
        step = side_kpc / len(values)
        row, column = np.nonzero(count == 0)
        axis.plot(
            -half + (column + 0.5) * step, -half + (row + 0.5) * step, "o", ms=2.2, mfc="white", mec="black", mew=0.4
        )
        axis.set(xlabel="east of the centre [kpc]", xlim=(half, -half), ylim=(-half, half))
    axes[0].set_ylabel("north of the centre [kpc]")
    drawing.suptitle(title if source != "synthetic" else f"{title}\n{SYNTHETIC}", fontsize=8)
    return drawing


def table4(
    ours: Mapping[str, Mapping[str, float]],
    published: Mapping[str, Mapping[str, Any]],
    literature: Mapping[str, Any],
    truth_msun: float | None,
) -> pd.DataFrame:
    """Table 4 with ours beside, masses in 10¹¹ Msun.

    Parameters
    ----------
    ours : mapping
        By method ``T1`` … ``T4`` the masses [Msun] by ``one_channel`` and ``two_channel``, and by any other method
        ``mass``, and if it has them ``low_68`` and ``high_68``.
    published : mapping
        With ``ngc3115_t1_one_channel`` and so on, in Msun.
    literature : mapping
        With ``value``, ``low``, ``high`` [Msun].
    truth_msun : float, optional
        Of a synthetic galaxy, for which nothing was published.
    """
    rows = []
    for method, masses in ours.items():
        row: dict[str, Any] = {"method": method, "empty_cells": TREATMENTS.get(method, "")}
        for channels in ("one_channel", "two_channel"):
            row[channels] = masses.get(channels, np.nan) / 1e11
            known = published.get(f"ngc3115_{method.lower()}_{channels}") if truth_msun is None else None
            row[f"{channels}_paper"] = known["value"] / 1e11 if known else np.nan
        for name in ("mass", "low_68", "high_68"):
            row[name] = masses.get(name, np.nan) / 1e11
        rows.append(row)
    if truth_msun is None:
        values = {"mass": literature["value"], "low_68": literature["low"], "high_68": literature["high"]}
        rows.append(
            {"method": "literature (Alabi et al. 2016)"} | {name: value / 1e11 for name, value in values.items()}
        )
    else:
        rows.append({"method": "truth (synthetic)", "mass": truth_msun / 1e11})
    return pd.DataFrame(rows)


def draw_masses(table: pd.DataFrame, literature: Mapping[str, Mapping[str, Any]], ends_msun: Sequence[float]) -> Figure:
    """Masses of all galaxies with their intervals; the literature's or true ones beside.

    Parameters
    ----------
    table : DataFrame
        With ``galaxy``, ``source``, ``clusters``, ``mass_msun`` and its bounds, ``domain``, ``tracer_msun`` and
        ``halo_msun``.
    literature : mapping
        By the galaxy's name ``value``, ``low``, ``high`` [Msun]; not drawn where the catalogue is synthetic.
    ends_msun : pair of float
        The prior's ends.
    """
    synthetic = bool((table["source"] == "synthetic").any())
    drawing = style.figure("page", 0.12 + 0.035 * max(len(table), 6))
    axis = drawing.subplots()
    place = np.arange(len(table))[::-1]
    mass = table["mass_msun"] / 1e11
    for low, high, width, label in (
        ("low_95_msun", "high_95_msun", 1.0, "95 %"),
        ("low_68_msun", "high_68_msun", 3.0, "68 %"),
    ):
        axis.hlines(place, table[low] / 1e11, table[high] / 1e11, color=style.BLUE, lw=width, label=label)
    usual = np.asarray(table["domain"] <= 1)
    _points(axis, mass, place, usual, marker="o", color=style.BLUE, label="dark mass, networks of sets")
    _points(axis, mass, place, ~usual, marker="o", color="white", label="the same, outside the domain", edge=style.BLUE)
    axis.plot(
        table["tracer_msun"] / 1e11, place, "x", color=style.ORANGE, ms=4, label="tracer mass inside the outermost"
    )
    if synthetic:
        axis.plot(table["halo_msun"] / 1e11, place, "|", color=style.RED, ms=9, mew=1.6, label="true dark mass")
    else:
        first = True
        for y, name in zip(place, table["galaxy"], strict=True):
            if known := literature.get(name):
                value, low, high = (known[each] / 1e11 for each in ("value", "low", "high"))
                label = "literature" if first else ""
                axis.errorbar(
                    value, y, xerr=[[value - low], [high - value]], fmt="s", ms=4, color=style.RED, label=label
                )
                first = False
    for end in ends_msun:
        axis.axvline(end / 1e11, color="0.6", lw=0.8, ls=":")
    names = [f"{name} ({n})" for name, n in zip(table["galaxy"], table["clusters"], strict=True)]
    axis.set_yticks(place, names)
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(ScalarFormatter())
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set(xlabel=r"mass [$10^{11}\,M_\odot$]", ylim=(-1.7 if synthetic else -0.7, len(table) - 0.3))
    axis.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=3)
    if synthetic:
        axis.text(0.01, 0.05, SYNTHETIC, transform=axis.transAxes, fontsize=7, color=style.RED)
    return drawing


def _points(
    axis: Axes,
    x: pd.Series,
    y: NDArray,
    chosen: NDArray,
    *,
    marker: str,
    color: str,
    label: str,
    edge: str | None = None,
) -> None:
    if chosen.any():
        axis.plot(np.asarray(x)[chosen], y[chosen], marker, color=color, ms=5, mec=edge or color, label=label, zorder=3)
