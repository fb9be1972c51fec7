"""Particle sets that AMUSE wrote as HDF5 (`write_set_to_file(..., "amuse")`, store version 2)."""

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
from reproduce.cluster.snapshot import Snapshot
from reproduce.workflow.errors import InputError

COLUMNS: dict[str, tuple[str, u.UnitBase]] = {
    "x_pc": ("x", u.pc), "y_pc": ("y", u.pc), "z_pc": ("z", u.pc),
    "vx_kms": ("vx", u.km / u.s), "vy_kms": ("vy", u.km / u.s), "vz_kms": ("vz", u.km / u.s),
    "mass_msun": ("mass", u.Msun), "luminosity_lsun": ("luminosity", u.Lsun), "radius_rsun": ("radius", u.Rsun),
    "temperature_k": ("temperature", u.K), "stellar_type": ("stellar_type", u.dimensionless_unscaled),
}  # fmt: skip
_BASE = {"length": u.m, "mass": u.kg, "time": u.s, "thermodynamic temperature": u.K}
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def read(
    path: Path | str, age_gyr: float | None = None, number: int | None = None, fill_metallicity: float | None = None
) -> Snapshot:
    """Read one particle set.

    Parameters
    ----------
    path : Path
        The file.
    age_gyr : float, optional
        Age [Gyr]; without it the attribute `age` of the stars is used, which must be the same for all.
    number : int, optional
        Which set, from 1; the last if not given.
    fill_metallicity : float, optional
        See `common.snapshot`.
    """
    path = Path(path)
    with common.open_hdf5(path) as f:
        sets = sorted(f["particles"]) if "particles" in f else []
        if not sets:
            raise InputError(
                f"{path}: expected AMUSE's group 'particles' with sets in it, found {', '.join(f) or 'none'}"
            )
        chosen = sets[-1] if number is None else f"{number:010d}"
        if chosen not in sets:
            raise InputError(f"{path}: has no particle set {number}; it has {int(sets[0])} to {int(sets[-1])}")
        group = f["particles"][chosen]
        attributes = group["attributes"]
        columns = {
            name: _values(path, attributes[key], unit) for name, (key, unit) in COLUMNS.items() if key in attributes
        }
        if age_gyr is None and "age" in attributes:
            ages = _values(path, attributes["age"], u.Gyr)
            if np.ptp(ages) > 1e-6 * ages.max():
                raise InputError(f"{path}: stars have ages from {ages.min()} to {ages.max()} Gyr; give age_gyr")
            age_gyr = float(ages[0])
    return common.snapshot(path, columns, age_gyr, int(chosen), 0, fill_metallicity)


def _values(path: Path, data: h5py.Dataset, unit: u.UnitBase) -> NDArray:
    text = data.attrs.get("units", "none")
    text = text.decode() if isinstance(text, bytes) else str(text)
    if unit == u.dimensionless_unscaled or text == "none":
        return data[:]
    try:
        return data[:] * parse_unit(text).to(unit)
    except (ValueError, KeyError, SyntaxError, u.UnitConversionError) as error:
        raise InputError(f"{path}: {data.name} has the unit {text!r}, expected one of {unit} ({error})") from error


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
