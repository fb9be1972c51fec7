"""NBODY6++GPU snapshots in HDF5 (`snap.40_*.h5part`, Wang et al. 2015)."""

from pathlib import Path
from typing import Literal

import numpy as np

from reproduce.cluster.readers import common
from reproduce.cluster.snapshot import Snapshot
from reproduce.workflow.errors import InputError

# Places in `000 Scalars`.
TTOT, RBAR, ZMBAR, TSTAR, VSTAR = 0, 2, 3, 5, 11
COLUMNS = {
    "x_pc": "001 X1", "y_pc": "002 X2", "z_pc": "003 X3", "vx_kms": "004 V1", "vy_kms": "005 V2", "vz_kms": "006 V3",
    "mass_msun": "023 M", "radius_rsun": "026 R*", "luminosity_lsun": "027 L*", "temperature_k": "028 Teff*",
    "stellar_type": "031 KW",
}  # fmt: skip


def read(
    path: Path | str,
    step: int | None = None,
    units: Literal["physical", "nbody"] = "physical",
    fill_metallicity: float | None = None,
) -> Snapshot:
    """Read one group `Step#n`.

    Parameters
    ----------
    path : Path
        The file.
    step : int, optional
        n; the first in the file if not given.
    units : "physical" or "nbody"
        Whether positions, velocities and masses are in pc, km/s and Msun, or in N-body units (then they are multiplied
        by RBAR, VSTAR and ZMBAR of `000 Scalars`). Radii, luminosities and temperatures are in Rsun, Lsun and K in
        both. The age is TTOT · TSTAR [Myr].
    fill_metallicity : float, optional
        See `common.snapshot`.
    """
    path = Path(path)
    with common.open_hdf5(path) as f:
        steps = sorted(int(key.split("#")[1]) for key in f if key.startswith("Step#"))
        if not steps:
            raise InputError(
                f"{path}: expected groups 'Step#n' of NBODY6++GPU, found {', '.join(list(f)[:4]) or 'none'}"
            )
        number = steps[0] if step is None else step
        if number not in steps:
            raise InputError(f"{path}: has no group Step#{number}; it has Step#{steps[0]} to Step#{steps[-1]}")
        group = f[f"Step#{number}"]
        if "000 Scalars" not in group:
            raise InputError(f"{path}: Step#{number} lacks '000 Scalars', which holds the time")
        scalars = np.asarray(group["000 Scalars"][:], dtype=np.float64)
        columns = {name: np.asarray(group[key][:]) for name, key in COLUMNS.items() if key in group}
    if units == "nbody":
        if len(scalars) <= VSTAR:
            raise InputError(
                f"{path}: '000 Scalars' has {len(scalars)} numbers, N-body units need at least {VSTAR + 1}"
            )
        factors = dict.fromkeys(common.CARTESIAN[:3], scalars[RBAR])
        factors |= dict.fromkeys(common.CARTESIAN[3:], scalars[VSTAR]) | {"mass_msun": scalars[ZMBAR]}
        columns = {name: values * factors.get(name, 1) for name, values in columns.items()}
    elif "mass_msun" in columns and 0 < columns["mass_msun"].sum() < 2:
        raise InputError(f"{path}: masses add up to {columns['mass_msun'].sum():.3g}: N-body units? give units='nbody'")
    age = scalars[TTOT] * scalars[TSTAR] / 1e3
    return common.snapshot(path, columns, age, number, 0, fill_metallicity)
