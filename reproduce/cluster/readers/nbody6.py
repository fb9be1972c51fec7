"""NBODY6++GPU snapshots in HDF5 (`snap.40_*.h5part`): the Beijing version and Wang et al. (2015, MNRAS 450, 4070).

A file holds groups `Step#n`. The Beijing version numbers its data sets (`001 X1`, `023 M`), lists all stars of binaries
among the single ones, and has a header `000 Scalars`; hierarchies of three stand in the data sets 2xx alone. The
version of 2015 lists single stars in the group itself and binaries and hierarchies in groups `Binaries` and `Mergers`,
by their centres of mass and relative coordinates; it has no header, so its `Time` is in a unit that the file does not
know.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.readers import common, multiples
from reproduce.workflow.errors import InputError

OPTIONS = ("units", "time_unit_myr", "centre")
PATTERNS = ("snap.40_*",)
# Places in `000 Scalars`: time; N-body units in pc, Msun, Myr and km/s; rows of the data sets 0xx, 1xx and 2xx.
TTOT, RBAR, ZMBAR, TSTAR, VSTAR, ROWS = 0, 2, 3, 5, 11, 67
SINGLE = {
    "x_pc": "001 X1", "y_pc": "002 X2", "z_pc": "003 X3", "vx_kms": "004 V1", "vy_kms": "005 V2", "vz_kms": "006 V3",
    "mass_msun": "023 M", "radius_rsun": "026 R*", "luminosity_lsun": "027 L*", "temperature_k": "028 Teff*",
    "stellar_type": "031 KW",
}  # fmt: skip
# The same quantities in the version of 2015, for which binaries and hierarchies add the number of the star.
PLAIN = {
    "x_pc": "X1", "y_pc": "X2", "z_pc": "X3", "vx_kms": "V1", "vy_kms": "V2", "vz_kms": "V3",
    "mass_msun": "M", "radius_rsun": "RS", "luminosity_lsun": "L", "temperature_k": "TE", "stellar_type": "KW",
}  # fmt: skip
AU_PC = np.pi / 648_000


def keys(path: Path) -> list[str]:
    """The groups "Step#n" of a file, in order."""
    with common.open_hdf5(path) as f:
        found = [name for name in f if name.startswith("Step#") and name[5:].isdigit()]
        if not found:
            raise InputError(
                f"{path}: expected groups 'Step#n' of NBODY6++GPU, found {', '.join(list(f)[:4]) or 'none'}"
            )
    return sorted(found, key=lambda name: int(name[5:]))


def find(path: Path, key: str, options: common.Options) -> common.Found:
    """The stars of one group.

    Raises
    ------
    InputError
        If the group is of neither version, is not whole, or its masses are not in the units that `options.units` says.
    """
    with common.open_hdf5(path) as f:
        group = f[key]
        if SINGLE["mass_msun"] in group:
            return _beijing(path, group, options)
        if PLAIN["mass_msun"] in group:
            return _wang2015(path, group, options)
        raise InputError(
            f"{path}: {key} holds neither '023 M' (NBODY6++GPU of Beijing) nor 'M' (Wang et al. 2015); it holds "
            f"{', '.join(list(group)[:4]) or 'nothing'}"
        )


def _beijing(path: Path, group: h5py.Group, options: common.Options) -> common.Found:
    where = f"{path}: {group.name[1:]}"
    if options.time_unit_myr is not None:
        raise InputError(f"{where} has the time unit in its header; leave time_unit_myr out")
    if "000 Scalars" not in group:
        raise InputError(f"{where} lacks '000 Scalars', which holds the time")
    scalars = np.asarray(group["000 Scalars"][:], dtype=np.float64)
    if len(scalars) <= VSTAR:
        raise InputError(f"{where}: '000 Scalars' has {len(scalars)} numbers, expected at least {VSTAR + 1}")
    columns: common.Columns = {name: np.asarray(group[data][:]) for name, data in SINGLE.items() if data in group}
    rows = [len(columns["mass_msun"]), _rows(group, "123 Bin M1*"), _rows(group, "207 Mer M1")]
    header = scalars[ROWS : ROWS + 3].astype(int).tolist()
    if len(header) == 3 and any(header) and header != rows:
        raise InputError(
            f"{where} is not whole: its header counts {header[0]} stars, {header[1]} binaries and {header[2]} "
            f"hierarchies, its data sets hold {rows[0]}, {rows[1]} and {rows[2]}"
        )
    if rows[2]:
        columns = multiples.joined([columns, *multiples.triple(_hierarchies(group))])
    if _are_nbody(where, float(columns["mass_msun"].sum()), scalars[ZMBAR], options.units):
        factors = dict.fromkeys(common.CARTESIAN[:3], scalars[RBAR])
        factors |= dict.fromkeys(common.CARTESIAN[3:], scalars[VSTAR]) | {"mass_msun": scalars[ZMBAR]}
        columns = {name: values * factors.get(name, 1) for name, values in columns.items()}
    return common.Found(float(scalars[TTOT] * scalars[TSTAR]) / 1e3, columns)


def _are_nbody(where: str, total: float, initial_msun: float, units: str) -> bool:
    """Whether masses are in N-body units, by their sum: at most 1 there, and at most the initial mass in Msun."""
    nbody, physical = 0 < total <= 1.001, 0 < total <= 1.001 * initial_msun
    # A cluster never has as little as 1 Msun, so a sum of at most 1 is in N-body units.
    if not (nbody or physical):
        raise InputError(f"{where}: masses add up to {total:.6g}, the header has {initial_msun:.6g} Msun; damaged?")
    found = "nbody" if nbody else "physical"
    if units not in ("auto", found):
        raise InputError(
            f"{where}: units={units!r}, but masses add up to {total:.6g} and the header has {initial_msun:.6g} Msun: "
            f"give units='{found}' or leave it out"
        )
    return nbody


def _rows(group: h5py.Group, name: str) -> int:
    return len(group[name]) if name in group else 0


def _hierarchies(group: h5py.Group) -> Mapping[str, NDArray]:
    """The data sets 2xx by the names that the version of 2015 gives the same quantities."""
    return {name.split()[-1]: group[name][:] for name in group if name.startswith("2") and " Mer " in name}


def _wang2015(path: Path, group: h5py.Group, options: common.Options) -> common.Found:
    where = f"{path}: {group.name[1:]}"
    columns: common.Columns = {name: np.asarray(group[data][:]) for name, data in PLAIN.items() if data in group}
    parts = [columns]
    counts = {"Binaries": "N_BINARY", "Mergers": "N_MERGER"}
    tables = {name: {key: group[name][key][:] for key in group[name]} for name in counts if name in group}
    rows = {"N_SINGLE": (group.attrs, len(columns["mass_msun"]))}
    rows |= {counts[name]: (group[name].attrs, len(table.get("M1", ()))) for name, table in tables.items()}
    for name, (attributes, found) in rows.items():
        if int(attributes.get(name, found)) != found:
            raise InputError(f"{where} is not whole: {name} is {attributes[name]}, the data sets hold {found}")
    if tables.get("Binaries", {}).get("M1") is not None:
        parts += multiples.pair(_in_parsec(tables["Binaries"], ("XR1", "XR2", "XR3")))
    if tables.get("Mergers", {}).get("M1") is not None:
        inner_and_outer = tuple(f"XR{orbit}{axis}" for orbit in (0, 1) for axis in (1, 2, 3))
        parts += multiples.triple(_in_parsec(tables["Mergers"], inner_and_outer))
    columns = multiples.joined(parts)
    if options.units == "nbody" or columns["mass_msun"].sum() < 2:
        raise InputError(
            f"{where} is NBODY6++GPU of 2015, which stores no scale: a file in N-body units (masses that add up to 1, "
            f"here {columns['mass_msun'].sum():.6g}) must be converted to pc, km/s and Msun first"
        )
    return common.Found(_wang2015_age_gyr(where, group, options), columns)


def _wang2015_age_gyr(where: str, group: h5py.Group, options: common.Options) -> float | None:
    if options.age_gyr is not None:
        return options.age_gyr
    if options.time_unit_myr is None:
        raise InputError(
            f"{where} is NBODY6++GPU of 2015, whose Time is in N-body units that the file does not hold: give "
            "time_unit_myr (T* in the run's log, in Myr) or age_gyr"
        )
    return float(group.attrs["Time"]) * options.time_unit_myr / 1e3


def _in_parsec(table: Mapping[str, NDArray], relative: tuple[str, ...]) -> Mapping[str, NDArray]:
    """Relative positions are in au where those of centres of mass are in pc."""
    return {name: cast(NDArray, values * AU_PC if name in relative else values) for name, values in table.items()}
