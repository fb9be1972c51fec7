"""Snapshots of the Cluster Monte Carlo code CMC (Rodriguez et al. 2022, ApJS 258, 22), HDF5 or gzipped text.

Radii, velocities and times are in code units; the factors are in the run's `*.conv.sh`. A row is a single star or a
binary (`binflag` = 1).
"""

import gzip
import re
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.cluster.readers import common, conversion
from reproduce.workflow.errors import InputError

OPTIONS = ("conversion", "seed")
PATTERNS = ("*.window.snapshots.h5", "*.snapshots.h5", "*.snap*.dat.gz")
COLUMNS = {
    "mass_msun": "m", "radius_pc": "r", "radial_velocity_kms": "vr", "tangential_velocity_kms": "vt",
    "stellar_type": "startype", "luminosity_lsun": "luminosity", "radius_rsun": "radius",
}  # fmt: skip
FIRST = {
    "mass_msun": "m0",
    "stellar_type": "bin_startype0",
    "luminosity_lsun": "bin_star_lum0",
    "radius_rsun": "bin_star_radius0",
}
SECOND = {name: column[:-1] + "1" for name, column in FIRST.items()}
_TEXT_KEY = "0"  # a text file holds one snapshot, without a name
_SNAPSHOT = re.compile(r"(\d+)\(t=([-+.\deE]+)(\w*)\)")


def keys(path: Path) -> list[str]:
    """The snapshots of a file, in order of time: groups such as "10(t=12.000067Gyr)", or "0" of a text file."""
    if path.suffix != ".h5":
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        return [_TEXT_KEY]
    with common.open_hdf5(path) as f:
        numbers = {name: int(match.group(1)) for name in f if (match := _SNAPSHOT.fullmatch(name))}
        if not numbers:
            raise InputError(
                f"{path}: expected CMC's snapshots, such as '0(t=0Gyr)', found {', '.join(list(f)[:4]) or 'none'}"
            )
    return sorted(numbers, key=numbers.__getitem__)


def find(path: Path, key: str, options: common.Options) -> common.Found:
    """One snapshot of `*.snapshots.h5`, `*.window.snapshots.h5` or `*.snap*.dat.gz`.

    The time in its name is in Gyr, in code units, or in CMC's "crossing times", which are code units over N / ln(γN).

    Raises
    ------
    InputError
        If the run's `conv.sh` is neither given nor beside the file, or is another run's, or the file is not whole.
    """
    factors_file = options.conversion or conversion.beside(path)
    if factors_file is None:
        raise InputError(
            f"{path}: CMC's snapshots are in code units, and no *.conv.sh file of the run is beside it; give conversion"
        )
    units = conversion.read(Path(factors_file))
    table, time = _read_hdf5(path, key) if path.suffix == ".h5" else _read_text(path)
    conversion.check(path, Path(factors_file), units, table)
    columns = {name: table[column] for name, column in COLUMNS.items() if column in table}
    factors = dict.fromkeys(("radial_velocity_kms", "tangential_velocity_kms"), units.velocity_kms)
    factors["radius_pc"] = units.length_pc
    columns = {name: values * factors[name] if name in factors else values for name, values in columns.items()}
    binary = table.get("binflag", np.zeros(1)) == 1
    if binary.any():
        lacking = [c for c in (*FIRST.values(), *SECOND.values()) if c not in table]
        if lacking:
            raise InputError(f"{path}: has binaries but lacks their columns {', '.join(lacking)}")
        first = {name: table[column] for name, column in FIRST.items()}
        second = {name: table[column] for name, column in SECOND.items()}
        columns = common.split_binaries(columns, first, second, binary)
    return common.Found(_age_gyr(path, time, units), columns)


def _plain(name: str) -> str:
    """A column's name without its unit: `m[MSUN]` and `m_MSUN` are both `m`, `bin.Eb` is `bin_Eb`."""
    return re.sub(r"(\[\w+\]|_(MSUN|LSUN|RSUN|AU))$", "", name).replace(".", "_")


def _age_gyr(path: Path, time: tuple[float, str], units: conversion.Units) -> float:
    value, unit = time
    code_time_gyr = units.time_myr / 1e3
    factors = {
        "Gyr": 1.0,
        "Myr": 1e-3,
        "": code_time_gyr,
        "Trel": code_time_gyr,
        # CMC divides its time by N / ln(γN), the ratio of its two units, and calls the result crossing times.
        "Tcr": code_time_gyr * units.time_myr / units.nbody_time_myr,
    }
    if unit not in factors:
        raise InputError(f"{path}: has a time in {unit!r}, expected one of {', '.join(filter(None, factors))}")
    return value * factors[unit]


def _read_hdf5(path: Path, key: str) -> tuple[dict[str, NDArray], tuple[float, str]]:
    with common.open_hdf5(path) as f:
        node = f[key]
        if isinstance(node, h5py.Group):
            node = node.get("table")
        if node is None or node.dtype.names is None:
            raise InputError(f"{path}: {key} is not a table with named columns")
        try:
            values = node[:]
        except OSError as error:
            raise InputError(f"{path}: {key} cannot be read ({error})") from error
    match = _SNAPSHOT.fullmatch(key)
    assert match is not None  # `keys` gives no other names
    return {_plain(column): values[column] for column in values.dtype.names}, (float(match.group(2)), match.group(3))


def _read_text(path: Path) -> tuple[dict[str, NDArray], tuple[float, str]]:
    try:
        with gzip.open(path, "rt") as stream:
            title, header = stream.readline(), stream.readline()
            values = pd.read_csv(stream, sep=r"\s+", header=None, na_values=["na"], dtype=np.float64)
    except (OSError, EOFError, ValueError) as error:  # pandas' errors are ValueErrors
        raise InputError(f"{path}: not a whole CMC snapshot ({error})") from error
    # Names are numbered, `#2:m[MSUN]` or `24.bin.Eb`, and one pair of them is not separated by a blank.
    numbered = re.findall(r"(\d+)[:.]([A-Za-z_][\w.]*(?:\[\w+\])?)", header)
    numbers, names = [int(number) for number, _ in numbered], [_plain(name) for _, name in numbered]
    time = re.search(r"t=\s*([-+.\d]+(?:[eE][-+]?\d+)?)", title)
    if time is None or numbers != list(range(1, values.shape[1] + 1)):
        raise InputError(
            f"{path}: expected CMC's two header lines, the time and {values.shape[1]} names, found {len(names)} names"
        )
    return {name: values[place].to_numpy() for place, name in enumerate(names)}, (float(time.group(1)), "")
