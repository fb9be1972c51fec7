"""Particle sets that AMUSE wrote as HDF5 (`write_set_to_file(..., "amuse")`), store versions 1 and 2."""

import ast
import operator
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import astropy.units as u
import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.readers import common
from reproduce.workflow.errors import InputError

OPTIONS = ("centre",)
PATTERNS = ("*.hdf5", "*.amuse", "*.h5")
COLUMNS: dict[str, tuple[str, u.UnitBase]] = {
    "x_pc": ("x", u.pc), "y_pc": ("y", u.pc), "z_pc": ("z", u.pc),
    "vx_kms": ("vx", u.km / u.s), "vy_kms": ("vy", u.km / u.s), "vz_kms": ("vz", u.km / u.s),
    "mass_msun": ("mass", u.Msun), "luminosity_lsun": ("luminosity", u.Lsun), "radius_rsun": ("radius", u.Rsun),
    "temperature_k": ("temperature", u.K), "stellar_type": ("stellar_type", u.dimensionless_unscaled),
}  # fmt: skip
_BASE = {"length": u.m, "mass": u.kg, "time": u.s, "thermodynamic temperature": u.K}
_NOT_A_UNIT = (ValueError, KeyError, SyntaxError, u.UnitConversionError)
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def keys(path: Path) -> list[str]:
    """Numbers of the particle sets of a file, in the order they were written."""
    with common.open_hdf5(path) as f:
        return [str(int(name)) for name in sorted(_sets(path, f))]


def find(path: Path, key: str, options: common.Options) -> common.Found:
    """One particle set. Its age is the stars' attribute `age` or, where they have none, the set's time stamp.

    Raises
    ------
    InputError
        If a unit is not one of those expected, or the stars are not all of one age.
    """
    with common.open_hdf5(path) as f:
        group = _sets(path, f)[f"{int(key):010d}"]
        attributes = group["attributes"]
        columns = {
            name: _values(path, attributes[key], unit) for name, (key, unit) in COLUMNS.items() if key in attributes
        }
        return common.Found(_age_gyr(path, group, options), columns)


def _sets(path: Path, f: h5py.File) -> h5py.Group:
    """The group of particle sets: `particles` in store version 1, `data` in version 2."""
    group = f.get("particles", f.get("data"))
    if not isinstance(group, h5py.Group) or not len(group):
        raise InputError(
            f"{path}: expected AMUSE's group 'particles' or 'data' with sets in it, found {', '.join(f) or 'none'}"
        )
    return group


def _age_gyr(path: Path, group: h5py.Group, options: common.Options) -> float | None:
    if options.age_gyr is not None:
        return options.age_gyr
    attributes = group["attributes"]
    if "age" in attributes:
        ages = _values(path, attributes["age"], u.Gyr)
        if np.ptp(ages) > 1e-6 * ages.max():
            raise InputError(f"{path}: stars have ages from {ages.min()} to {ages.max()} Gyr; give age_gyr")
        return float(ages[0])
    if "timestamp" in group.attrs:
        try:
            unit = parse_unit(_text(group.attrs.get("timestamp_unit", "none")))
            return float(group.attrs["timestamp"] * unit.to(u.Gyr))
        except _NOT_A_UNIT as error:
            raise InputError(f"{path}: the time stamp is not in a unit of time ({error}); give age_gyr") from error
    return None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _values(path: Path, data: h5py.Dataset, unit: u.UnitBase) -> NDArray:
    text = _text(data.attrs.get("units", "none"))
    if unit == u.dimensionless_unscaled or text == "none":
        return data[:]
    try:
        return data[:] * parse_unit(text).to(unit)
    except _NOT_A_UNIT as error:
        hint = "; convert it with AMUSE's nbody_to_si first" if "nbody" in text or "generic" in text else ""
        found = f"{data.name} has the unit {text!r}, expected one of {unit} ({error}){hint}"
        raise InputError(f"{path}: {found}") from error


def parse_unit(text: str) -> u.UnitBase:
    """A unit from AMUSE's text of numbers and SI bases, such as "3.08e+16 * system.get('S.I.').base('length')".

    AMUSE evaluates this text as code; here only products, quotients and powers of known bases are understood.
    """
    names: list[u.UnitBase] = []

    def name(match: re.Match[str]) -> str:
        names.append(_BASE[match.group(1)])
        return f"base{len(names) - 1}"

    plain = re.sub(r"system\.get\('S\.I\.'\)\.base\('([\w ]+)'\)", name, text)

    def value(node: ast.AST) -> Any:
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return node.value
        if isinstance(node, ast.Name) and node.id.startswith("base"):
            return names[int(node.id[4:])]
        raise ValueError("not a product of SI units")

    return u.Unit(value(ast.parse(plain, mode="eval").body))
