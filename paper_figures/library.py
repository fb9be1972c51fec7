"""All simulated clusters on one page: mass, size, M/L, core and black holes against age, one line a cluster."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from paper_figures import style

PANELS = {
    "mass_msun": r"mass [$M_\odot$]",
    "r_half_pc": "half-mass radius [pc]",
    "mass_to_light_v": r"$M/L_V$ [$M_\odot/L_\odot$]",
    "core_share": "core / half-mass radius",
    "n_black_hole": "black holes",
    "filling": "half-mass / Jacobi radius",
}
COLLAPSED = 0.02  # core over half-mass radius
STEP_DEX = 0.05  # of the age, in which the core is looked at
MOST_RATIO = 20.0  # M/L: beyond lie clusters of black holes that have nearly dissolved
AGES_GYR = (0.1, 0.3, 1.0, 3.0, 6.0, 10.0, 12.0, 14.0)
UNITS = {
    "initial_mass_msun": "Msun", "initial_r_half_pc": "pc", "age_gyr": "Gyr", "mass_msun": "Msun", "r_half_pc": "pc",
    "r_core_pc": "pc", "r_jacobi_pc": "pc", "mass_to_light_v": "Msun / Lsun", "core_collapse_gyr": "Gyr",
    "end_gyr": "Gyr",
}  # fmt: skip


def core_shares(history: pd.DataFrame) -> pd.Series:
    """Core over half-mass radius by age [Gyr]: medians over steps of `STEP_DEX` of the age, as a core of few stars, or
    one that black holes keep stirring, comes and goes from row to row."""
    shares = history["r_core_pc"] / history["r_half_pc"]
    step = np.floor(np.log10(history["time_gyr"].where(history["time_gyr"] > 0)) / STEP_DEX)
    medians = shares.groupby(step).median()
    return pd.Series(medians.to_numpy(), index=10 ** (STEP_DEX * (medians.index.to_numpy() + 0.5)))


def core_collapse_gyr(history: pd.DataFrame) -> float:
    """Age at which the core first falls below `COLLAPSED` half-mass radii (`core_shares`); NaN where it never does.

    The first 0.1 Gyr do not count: a core of few massive stars comes and goes before they die.
    """
    shares = core_shares(history)
    collapsed = shares.index[(shares < COLLAPSED) & (shares.index > 0.1)]
    return float(collapsed[0]) if len(collapsed) else np.nan


def table(histories: Mapping[str, pd.DataFrame], tested: frozenset[str]) -> pd.DataFrame:
    """One row a cluster and age of `AGES_GYR` that it reaches, from the nearest row of its history.

    Parameters
    ----------
    histories : mapping of DataFrame
        By cluster the columns of `history.ecsv`.
    tested : set of str
        Names of the test clusters.
    """
    rows = []
    for name, history in histories.items():
        first, last = history.iloc[0], history.iloc[-1]
        whole = {
            "cluster": name,
            "test": name in tested,
            "initial_stars": round(first["n_stars"] / first["bound_fraction"]),
            "initial_mass_msun": first["mass_msun"],
            "initial_r_half_pc": first["r_half_pc"],
            "core_collapse_gyr": core_collapse_gyr(history),
            "end_gyr": last["time_gyr"],
        }
        for age in AGES_GYR:
            if age > last["time_gyr"] * 1.001:
                break
            now = history.iloc[int((history["time_gyr"] - age).abs().argmin())]
            kept = ("mass_msun", "r_half_pc", "r_core_pc", "r_jacobi_pc", "mass_to_light_v")
            counts = {column: int(now[column]) for column in ("n_stars", "n_black_hole", "n_neutron_star")}
            rows.append(whole | {"age_gyr": age} | counts | {column: now[column] for column in kept})
    return pd.DataFrame(rows)


def draw(histories: Mapping[str, pd.DataFrame], tested: frozenset[str]) -> Figure:
    """Draw the figure; test clusters are dashed, colours say how many stars there were.

    Parameters
    ----------
    histories, tested
        See `table`.
    """
    drawing = style.figure("page", height_ratio=1.0)
    axes = drawing.subplots(3, 2, sharex=True)
    stars = {name: float(history["n_stars"].iloc[0]) for name, history in histories.items()}
    scale = ScalarMappable(LogNorm(min(stars.values()) / 1.5, max(stars.values()) * 1.5), style.COUNTS)
    for name, history in histories.items():
        columns = history.set_index("time_gyr").assign(filling=lambda rows: rows["r_half_pc"] / rows["r_jacobi_pc"])
        for axis, column in zip(axes.flat, PANELS, strict=True):
            values = core_shares(history) if column == "core_share" else columns[column]
            values = values[values > 0]
            line = "--" if name in tested else "-"
            axis.loglog(values.index, values, line, color=scale.to_rgba(np.asarray(stars[name])), lw=0.7)
    for axis, label in zip(axes.flat, PANELS.values(), strict=True):
        axis.set_ylabel(label)
        axis.set_xlim(left=0.01)
    axes[1, 0].set_ylim(top=MOST_RATIO)
    if tested:
        axes[0, 0].text(0.03, 0.05, "dashed: test clusters", transform=axes[0, 0].transAxes)
    axes[1, 1].axhline(COLLAPSED, color=style.BLACK, lw=0.5, ls=":")
    for axis in axes[-1]:
        axis.set_xlabel("age [Gyr]")
    drawing.colorbar(scale, ax=axes, label="stars at birth", fraction=0.03, pad=0.02)
    return drawing
