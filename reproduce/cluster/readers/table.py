"""A plain table of stars with units: ECSV, Parquet or a FITS binary table, as astropy writes them."""

from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.table import Table

from reproduce.cluster.readers import common
from reproduce.workflow.errors import InputError

OPTIONS = ("centre", "seed")
PATTERNS = ("*.ecsv", "*.parquet", "*.fits")
_FORMATS = {".ecsv": "ascii.ecsv", ".parquet": "parquet", ".fits": "fits"}
UNITS: dict[str, u.UnitBase] = {
    **dict.fromkeys(("x_pc", "y_pc", "z_pc", "radius_pc"), u.pc),
    **dict.fromkeys(("vx_kms", "vy_kms", "vz_kms", "radial_velocity_kms", "tangential_velocity_kms"), u.km / u.s),
    **dict.fromkeys(("mass_msun", "initial_mass_msun"), u.Msun),
    "luminosity_lsun": u.Lsun,
    "radius_rsun": u.Rsun,
    "temperature_k": u.K,
    "stellar_type": u.dimensionless_unscaled,
}  # fmt: skip
# A column may bear the bare name of the quantity, since its unit says the rest; r is the distance from the centre.
ALIASES = {"radius_pc": "r", "radial_velocity_kms": "vr", "tangential_velocity_kms": "vt"}


def keys(path: Path) -> list[str]:
    """A table holds one snapshot, "0"."""
    if path.suffix not in _FORMATS:
        raise InputError(f"{path}: expected a file {' or '.join(_FORMATS)}")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    return ["0"]


def find(path: Path, key: str, options: common.Options) -> common.Found:
    """The table's columns; its age is `age_gyr` in its meta data, if it has that.

    Columns are x, y, z, vx, vy, vz or r, vr, vt; mass, luminosity, radius, temperature, stellar_type; initial_mass.
    Each needs a unit, in any unit that converts; `stellar_type` is a number.

    Raises
    ------
    InputError
        If the file is not whole, or a column has no unit or another than expected.
    """
    try:
        table = Table.read(path, format=_FORMATS[path.suffix])
    except Exception as error:  # astropy and pyarrow raise many kinds; all mean the same to the user
        raise InputError(f"{path}: not a whole table ({error})") from error
    columns = {}
    for name, unit in UNITS.items():
        short = ALIASES.get(name, name.rsplit("_", 1)[0] if name != "stellar_type" else name)
        if short not in table.colnames:
            continue
        column = table[short]
        if unit == u.dimensionless_unscaled:
            columns[name] = np.asarray(column)
            continue
        if column.unit is None:
            raise InputError(f"{path}: column {short} has no unit, expected one that converts to {unit}")
        try:
            columns[name] = np.asarray(column.quantity.to_value(unit))
        except u.UnitConversionError as error:
            raise InputError(f"{path}: column {short} is in {column.unit}, expected a unit of {unit}") from error
    return common.Found({name.lower(): value for name, value in table.meta.items()}.get("age_gyr"), columns)
