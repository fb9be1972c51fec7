"""MOCCA snapshots: text without header, one line a star or binary (Giersz et al. 2013; Askar et al. 2018)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from reproduce.cluster.readers import common
from reproduce.cluster.snapshot import Snapshot
from reproduce.workflow.errors import InputError

# Place of each quantity in a line, from 0: number, r [pc], v_r, v_t [km/s], two names, kind of binary, pairs of
# type, mass [Msun], luminosity [Lsun] and radius [Rsun]; the second of a pair is a companion's, zero for a single.
COLUMNS: Mapping[str, int] = {
    "radius_pc": 1, "radial_velocity_kms": 2, "tangential_velocity_kms": 3,
    "stellar_type": 7, "stellar_type_2": 8, "mass_msun": 9, "mass_msun_2": 10,
    "luminosity_lsun": 11, "luminosity_lsun_2": 12, "radius_rsun": 13, "radius_rsun_2": 14,
}  # fmt: skip


def read(
    path: Path | str,
    age_gyr: float,
    columns: Mapping[str, int] = COLUMNS,
    fill_metallicity: float | None = None,
    seed: int = 0,
) -> Snapshot:
    """Read one snapshot.

    Parameters
    ----------
    path : Path
        The file.
    age_gyr : float
        Its age [Gyr], which the file does not hold.
    columns : mapping
        Where each quantity stands, from 0; versions of MOCCA differ. Quantities left out are missing.
    fill_metallicity : float, optional
        See `common.snapshot`.
    seed : int
        Of the random angles.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        values = np.loadtxt(path, ndmin=2)
    except ValueError as error:
        raise InputError(f"{path}: not a table of numbers ({error})") from error
    if values.shape[1] <= max(columns.values()):
        raise InputError(f"{path}: has {values.shape[1]} columns, expected at least {max(columns.values()) + 1}")
    table = {name: values[:, place] for name, place in columns.items()}
    second = {name[:-2]: table.pop(name) for name in list(table) if name.endswith("_2")}
    binary = second.get("mass_msun", np.zeros(len(values))) > 0
    merged = common.split_binaries(table, {}, second, binary)
    return common.snapshot(path, merged, age_gyr, 0, seed, fill_metallicity)
