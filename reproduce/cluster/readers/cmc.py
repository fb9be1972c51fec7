"""Snapshots of the Cluster Monte Carlo code CMC (Rodriguez et al. 2022), HDF5 or gzipped text.

Radii, velocities and times are in code units; the factors are in the run's `*.conv.sh`.
"""

import gzip
import re
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.readers import common
from reproduce.cluster.snapshot import Snapshot
from reproduce.workflow.errors import InputError

COLUMNS = {
    "mass_msun": "m", "radius_pc": "r", "radial_velocity_kms": "vr", "tangential_velocity_kms": "vt",
    "stellar_type": "startype", "luminosity_lsun": "luminosity", "radius_rsun": "radius",
}  # fmt: skip
# Components of binaries (`binflag` = 1).
FIRST = {
    "mass_msun": "m0",
    "stellar_type": "bin_startype0",
    "luminosity_lsun": "bin_star_lum0",
    "radius_rsun": "bin_star_radius0",
}
SECOND = {name: column[:-1] + "1" for name, column in FIRST.items()}
_NEEDED = ("lengthunitcgs", "lengthunitparsec", "nbtimeunitcgs", "timeunitsmyr")


def read(
    path: Path | str,
    conversion: Path | str,
    key: str | None = None,
    fill_metallicity: float | None = None,
    seed: int = 0,
) -> Snapshot:
    """Read one snapshot.

    Parameters
    ----------
    path : Path
        `*.snapshots.h5`, `*.window.snapshots.h5` or `*.snap*.dat.gz`.
    conversion : Path
        The run's `*.conv.sh`.
    key : str, optional
        Which group of an HDF5 file, such as "10(t=12.000067Gyr)"; needed only where there are several.
    fill_metallicity : float, optional
        See `common.snapshot`.
    seed : int
        Of the random angles.
    """
    path, factors = Path(path), conversion_factors(Path(conversion))
    table, age = _read_hdf5(path, key, factors) if path.suffix == ".h5" else _read_text(path, factors)
    scale = dict.fromkeys(("radial_velocity_kms", "tangential_velocity_kms"))
    velocity = factors["lengthunitcgs"] / factors["nbtimeunitcgs"] / 1e5  # cm/s to km/s
    columns = {name: table[column] for name, column in COLUMNS.items() if column in table}
    columns = {name: values * velocity if name in scale else values for name, values in columns.items()}
    if "radius_pc" in columns:
        columns["radius_pc"] = columns["radius_pc"] * factors["lengthunitparsec"]
    binary = table.get("binflag", np.zeros(1)) == 1
    if binary.any():
        lacking = [c for c in (*FIRST.values(), *SECOND.values()) if c not in table]
        if lacking:
            raise InputError(f"{path}: has binaries but lacks their columns {', '.join(lacking)}")
        first = {name: table[column] for name, column in FIRST.items()}
        second = {name: table[column] for name, column in SECOND.items()}
        columns = common.split_binaries(columns, first, second, binary)
    return common.snapshot(path, columns, age, 0, seed, fill_metallicity)


def conversion_factors(path: Path) -> dict[str, float]:
    """Numbers of a `conv.sh` file, lines `name=value` beside comments."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; CMC's snapshots are in code units, which its *.conv.sh file defines")
    found = dict(re.findall(r"^(\w+)=([-+.\deE]+)\s*$", path.read_text(), flags=re.MULTILINE))
    lacking = [name for name in _NEEDED if name not in found]
    if lacking:
        raise InputError(f"{path}: lacks {', '.join(lacking)}; is it CMC's conv.sh?")
    return {name: float(value) for name, value in found.items()}


def _plain(name: str) -> str:
    """A column's name without number and unit: `#2:m[MSUN]` and `m_MSUN` are both `m`."""
    return re.sub(r"(\[\w+\]|_(MSUN|LSUN|RSUN|AU))$", "", re.sub(r"^#?\d+:", "", name))


def _age(text: str, factors: dict[str, float]) -> float | None:
    """Age [Gyr] from `t=1.2Gyr`, or `t=0.01`, which is in code units."""
    match = re.search(r"t=\s*([-+.\d]+(?:[eE][-+]?\d+)?)\s*(Gyr|Myr)?", text)
    if match is None:
        return None
    unit = {"Gyr": 1.0, "Myr": 1e-3, None: factors["timeunitsmyr"] / 1e3}[match.group(2)]
    return float(match.group(1)) * unit


def _read_hdf5(path: Path, key: str | None, factors: dict[str, float]) -> tuple[dict[str, NDArray], float | None]:
    with common.open_hdf5(path) as f:
        if key is None and len(f) != 1:
            raise InputError(f"{path}: has {len(f)} snapshots; give key, one of {', '.join(list(f)[:5])} ...")
        name = key or next(iter(f))
        if name not in f:
            raise InputError(f"{path}: has no snapshot {name!r}; it has {', '.join(list(f)[:5])} ...")
        node = f[name]
        if isinstance(node, h5py.Group):
            node = node.get("table")
        if node is None or node.dtype.names is None:
            raise InputError(f"{path}: {name} is not a table with named columns")
        values = node[:]
    return {_plain(column): values[column] for column in values.dtype.names}, _age(name, factors)


def _read_text(path: Path, factors: dict[str, float]) -> tuple[dict[str, NDArray], float | None]:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with gzip.open(path, "rt") as stream:
            first, second = stream.readline(), stream.readline()
            values = np.loadtxt(stream, ndmin=2)
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"{path}: not a whole CMC snapshot ({error})") from error
    names = [_plain(name) for name in second.split()]
    if not second.startswith("#1:") or values.shape[1] != len(names):
        raise InputError(f"{path}: expected CMC's two header lines and {len(names)} columns, found {values.shape[1]}")
    return dict(zip(names, values.T, strict=True)), _age(first, factors)
