"""Stars of binaries and hierarchies that NBODY6++GPU stores by centre of mass and relative coordinates.

Names are NBODY6++GPU's: `XC1`, `VC1` the centre of mass; `XR1`, `VR1` the first star of a binary minus the second. In a
hierarchy of three `XR01` is the inner pair's and `XR11` the inner pair's centre of mass minus the third star. `M1`,
`RS1`, `L1`, `TE1`, `KW1` belong to the first star.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.readers.common import CARTESIAN, Columns

STELLAR = {"mass_msun": "M", "radius_rsun": "RS", "luminosity_lsun": "L", "temperature_k": "TE", "stellar_type": "KW"}


def pair(table: Mapping[str, NDArray]) -> list[Columns]:
    """Columns of the first and of the second stars of n binaries, each (n,)."""
    first, second = _apart(_vectors(table, "C"), _vectors(table, "R"), table["M1"], table["M2"])
    return [_star(table, 1, first), _star(table, 2, second)]


def triple(table: Mapping[str, NDArray]) -> list[Columns]:
    """Columns of the first, second and third stars of n hierarchies, each (n,)."""
    inner, third = _apart(_vectors(table, "C"), _vectors(table, "R1"), table["M1"] + table["M2"], table["M3"])
    first, second = _apart(inner, _vectors(table, "R0"), table["M1"], table["M2"])
    return [_star(table, 1, first), _star(table, 2, second), _star(table, 3, third)]


def joined(parts: Sequence[Columns]) -> dict[str, NDArray]:
    """One table of several, of the columns that all have."""
    names = [name for name in parts[0] if all(name in part for part in parts)]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def _vectors(table: Mapping[str, NDArray], kind: str) -> NDArray[np.float64]:
    """Positions and velocities of one kind, (n, 6)."""
    return np.stack([table[f"{what}{kind}{axis}"] for what in "XV" for axis in (1, 2, 3)], axis=1).astype(np.float64)


def _apart(
    centre: NDArray, relative: NDArray, mass_1: NDArray, mass_2: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both bodies' coordinates of their centre of mass and of the first minus the second."""
    total = mass_1 + mass_2
    share = np.divide(mass_2, total, out=np.full(len(total), 0.5), where=total > 0)[:, None]
    return centre + share * relative, centre - (1 - share) * relative


def _star(table: Mapping[str, NDArray], number: int, coordinates: NDArray) -> Columns:
    columns = dict(zip(CARTESIAN, coordinates.T, strict=True))
    return columns | {name: table[f"{key}{number}"] for name, key in STELLAR.items() if f"{key}{number}" in table}
