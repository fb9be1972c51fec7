"""MOCCA snapshots: text without header, one line a star or binary (Giersz et al. 2013; Askar et al. 2017)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.cluster.readers import common
from reproduce.workflow.errors import InputError

OPTIONS = ("layout", "seed")
PATTERNS = ("snapshot*.dat",)
# Place of each quantity in a line, from 0. A line holds two stars; the second is a companion, of no mass for a single.
# Types, masses [Msun], luminosities [Lsun] and radii [Rsun] come in pairs.
_STARS = (
    "stellar_type", "stellar_type_2", "mass_msun", "mass_msun_2",
    "luminosity_lsun", "luminosity_lsun_2", "radius_rsun", "radius_rsun_2",
)  # fmt: skip
LAYOUTS: Mapping[str, Mapping[str, int]] = {
    # number, r [pc], v_r, v_t [km/s], two names, kind of binary, the stars, ...: 30 columns in MOCCA-Survey Database I
    "survey1": dict(zip(("radius_pc", "radial_velocity_kms", "tangential_velocity_kms"), (1, 2, 3), strict=True))
    | {name: 7 + place for place, name in enumerate(_STARS)},
    # number, x, y, z [pc], velocities [km/s], two names, kind of binary, the stars, ..., r, v_r, v_t, potential: 40
    "xyz": {name: 1 + place for place, name in enumerate(common.CARTESIAN)}
    | {name: 10 + place for place, name in enumerate(_STARS)},
}


def keys(path: Path) -> list[str]:
    """A file holds one snapshot, "0"."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    return ["0"]


def find(path: Path, key: str, options: common.Options) -> common.Found:
    """The file's stars, in the layout `options.layout`; the age must be given.

    Raises
    ------
    InputError
        If the layout is unknown, or the numbers in its places cannot be what it says.
    """
    if options.layout not in LAYOUTS:
        raise InputError(f"no layout {options.layout!r} of MOCCA; there are {', '.join(LAYOUTS)}")
    try:
        values = pd.read_csv(path, sep=r"\s+", header=None, comment="#", dtype=np.float64).to_numpy()
    except ValueError as error:  # pandas' errors are ValueErrors
        raise InputError(f"{path}: not a table of numbers ({error})") from error
    fitting = [name for name in LAYOUTS if _implausible(values, LAYOUTS[name]) is None]
    reason = _implausible(values, LAYOUTS[options.layout])
    if reason is not None:
        mend = f"layout {' or '.join(fitting)} fits" if fitting else f"none of {', '.join(LAYOUTS)} fits"
        raise InputError(f"{path}: not MOCCA's layout {options.layout!r}: {reason}; {mend}")
    table = {name: values[:, place] for name, place in LAYOUTS[options.layout].items()}
    second = {name[:-2]: table.pop(name) for name in list(table) if name.endswith("_2")}
    columns = common.split_binaries(table, {}, second, binary=second["mass_msun"] > 0)
    return common.Found(None, columns, centred=True)


def _implausible(values: NDArray[np.float64], layout: Mapping[str, int]) -> str | None:
    """Why numbers cannot be a layout's, or None: types are whole numbers of SSE, r, v_t, masses and radii are not
    negative, and stars and companions that have mass have a radius."""
    if values.shape[1] <= max(layout.values()):
        return f"it needs at least {max(layout.values()) + 1} columns, found {values.shape[1]}"
    table = {name: values[:, place] for name, place in layout.items()}
    for name, column in table.items():
        if not np.isfinite(column).all():
            return f"column {layout[name] + 1} ({name}) is not finite everywhere"
        if name.startswith("stellar_type") and not (np.isin(column, np.arange(16)).all()):
            return f"column {layout[name] + 1} must be types from 0 to 15, found {_range(column)}"
        never_negative = name in ("radius_pc", "tangential_velocity_kms") or name.startswith(_STARS[2:])
        if never_negative and column.min() < 0:
            return f"column {layout[name] + 1} ({name}) must not be negative, found {_range(column)}"
    for suffix in ("", "_2"):
        mass, radius = table["mass_msun" + suffix], table["radius_rsun" + suffix]
        shines = (mass > 0) & (table["stellar_type" + suffix] < 10)
        if (radius[shines] <= 0).any() or (suffix == "" and (mass <= 0).all()):
            return f"column {layout['radius_rsun' + suffix] + 1} (radius) is 0 for stars of mass"
    return None


def _range(column: NDArray[np.float64]) -> str:
    return f"{column.min():.4g} to {column.max():.4g}"
