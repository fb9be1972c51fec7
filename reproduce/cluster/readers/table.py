"""A plain table of stars with units: ECSV or Parquet as astropy writes them."""

from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.table import Table

from reproduce.cluster.readers import common
from reproduce.cluster.snapshot import Snapshot
from reproduce.workflow.errors import InputError

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


def read(
    path: Path | str, age_gyr: float | None = None, fill_metallicity: float | None = None, seed: int = 0
) -> Snapshot:
    """Read a table.

    Columns are x, y, z, vx, vy, vz or r, vr, vt; mass, luminosity, radius, temperature, stellar_type; initial_mass.
    Each needs a unit, in any unit that converts; `stellar_type` is a number.

    Parameters
    ----------
    path : Path
        `.ecsv` or `.parquet`.
    age_gyr : float, optional
        Age [Gyr]; without it `age_gyr` in the table's meta data.
    fill_metallicity : float, optional
        See `common.snapshot`.
    seed : int
        Of the random angles, where the table has r, vr, vt.
    """
    path = Path(path)
    formats = {".ecsv": "ascii.ecsv", ".parquet": "parquet"}
    if path.suffix not in formats:
        raise InputError(f"{path}: expected a file .ecsv or .parquet")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        table = Table.read(path, format=formats[path.suffix])
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
    age = age_gyr if age_gyr is not None else table.meta.get("age_gyr")
    return common.snapshot(path, columns, age, 0, seed, fill_metallicity)
