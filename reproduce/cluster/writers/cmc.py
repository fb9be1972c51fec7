"""Snapshots in the layout of CMC (HDF5 tables and `conv.sh`), which cmctoolkit reads (Rui et al. 2021).

The file is `PREFIX.window.snapshots.h5` with `PREFIX.conv.sh` beside it. A row is a single star; the columns of
binaries have CMC's mark for "not there", -100 or NaN. Energies are those of the stars in their own spherical potential.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.readers.conversion import PARSEC_CM
from reproduce.cluster.snapshot import Snapshot
from reproduce.cluster.units import PC_PER_MYR_IN_KMS, G
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

SUFFIX = ".window.snapshots.h5"
MSUN_G = 1.988409870698051e33  # astropy's
SECONDS_PER_MYR = 3.15576e13
GAMMA = 0.01  # of ln(γN) in CMC's unit of time
_INTEGERS = ("id", "binflag", "id0", "id1", "startype", "bin_startype0", "bin_startype1")
_ABSENT = (
    "binflag", "m0_MSUN", "m1_MSUN", "id0", "id1", "a_AU", "e", "bin_startype0", "bin_startype1", "bin_star_lum0_LSUN",
    "bin_star_lum1_LSUN", "bin_star_radius0_RSUN", "bin_star_radius1_RSUN", "bin_Eb", "eta",
)  # fmt: skip
_NOT_A_NUMBER = (
    "rad0", "rad1", "tb", "lum0", "lum1", "massc0", "massc1", "radc0", "radc1", "menv0", "menv1", "renv0", "renv1",
    "tms0", "tms1", "dmdt0", "dmdt1", "radrol0", "radrol1", "ospin0", "ospin1", "B0", "B1", "formation0", "formation1",
    "bacc0", "bacc1", "tacc0", "tacc1", "mass0_0", "mass0_1", "epoch0", "epoch1",
)  # fmt: skip
COLUMNS = (
    "id", "m_MSUN", "r", "vr", "vt", "E", "J", *_ABSENT[:7], "startype", "luminosity_LSUN", "radius_RSUN",
    *_ABSENT[7:], "star_phi", *_NOT_A_NUMBER, "ospin", "B", "formation",
)  # fmt: skip


def write(path: Path, snapshots: Iterable[Snapshot], provenance: Mapping[str, str | int | float]) -> list[Path]:
    """Write a table for each snapshot, and the `conv.sh` of their units: total mass of the first, 1 pc, G = 1."""
    if not path.name.endswith(SUFFIX):
        raise InputError(f"{path}: CMC's tools look for a name that ends in {SUFFIX}")
    conversion = path.with_name(path.name.removesuffix(SUFFIX) + ".conv.sh")
    snapshots = iter(snapshots)
    first = next(snapshots, None)
    if first is None:
        raise InputError(f"{path}: no snapshot to write")
    mass_msun = float(first.mass_msun.sum(dtype=np.float64))
    with whole(path) as partial, h5py.File(partial, "w") as f:
        for number, snapshot in enumerate(_chain(first, snapshots)):
            f.create_dataset(f"{number}(t={snapshot.age_gyr:.8g}Gyr)", data=rows(snapshot, mass_msun), chunks=True)
    with whole(conversion) as partial:
        partial.write_text(_conversion(path.name.removesuffix(SUFFIX), mass_msun, len(first), provenance))
    return [path, conversion]


def _chain(first: Snapshot, rest: Iterator[Snapshot]) -> Iterator[Snapshot]:
    yield first
    yield from rest


def rows(snapshot: Snapshot, mass_msun: float) -> NDArray:
    """The stars in CMC's columns, in order of radius; the code's unit of mass is `mass_msun`, of length 1 pc."""
    position = snapshot.position_pc.astype(np.float64)
    radius = np.linalg.norm(position, axis=1)
    order = np.argsort(radius)
    r, m = radius[order], snapshot.mass_msun[order].astype(np.float64) / mass_msun
    velocity = snapshot.velocity_kms[order].astype(np.float64) / _velocity_unit_kms(mass_msun)
    direction = position[order] / np.where(r > 0, r, 1)[:, None]
    vr = np.sum(velocity * direction, axis=1)
    vt = np.sqrt(np.maximum(np.sum(velocity**2, axis=1) - vr**2, 0))
    safe = np.maximum(r, 1e-12)
    potential = -(np.cumsum(m) / safe + np.cumsum((m / safe)[::-1])[::-1] - m / safe)
    found = {
        "id": order + 1,
        "m_MSUN": snapshot.mass_msun[order],
        "r": r,
        "vr": vr,
        "vt": vt,
        "E": 0.5 * (vr**2 + vt**2) + potential,
        "J": r * vt,
        "startype": snapshot.stellar_type[order],
        "luminosity_LSUN": snapshot.luminosity_lsun[order],
        "radius_RSUN": snapshot.radius_rsun[order],
        "star_phi": potential,
    }
    found |= dict.fromkeys(_ABSENT, -100) | dict.fromkeys(_NOT_A_NUMBER, np.nan)
    result = np.zeros(len(r), [(name, "i8" if name in _INTEGERS else "f8") for name in COLUMNS])
    for name, values in found.items():
        result[name] = values
    return result


def _velocity_unit_kms(mass_msun: float) -> float:
    """√(G M / 1 pc) [km/s]."""
    return float(np.sqrt(G * mass_msun) * PC_PER_MYR_IN_KMS)


def _conversion(prefix: str, mass_msun: float, n: int, provenance: Mapping[str, str | int | float]) -> str:
    nbody_myr = float(1 / np.sqrt(G * mass_msun))
    time_myr = nbody_myr * n / np.log(max(GAMMA * n, 2.0))
    lines = ["#!/bin/bash", "", *(f"# {name}: {value}" for name, value in provenance.items()), "", "# outfile prefix"]
    lines.append(f"outprefix={prefix}")
    units = {
        "massunitcgs": mass_msun * MSUN_G,
        "massunitmsun": mass_msun,
        "mstarunitcgs": mass_msun / n * MSUN_G,
        "mstarunitmsun": mass_msun / n,
        "lengthunitcgs": PARSEC_CM,
        "lengthunitparsec": 1.0,
        "timeunitcgs": time_myr * SECONDS_PER_MYR,
        "timeunitsmyr": time_myr,
        "nbtimeunitcgs": nbody_myr * SECONDS_PER_MYR,
        "nbtimeunitsmyr": nbody_myr,
    }
    return "\n".join([*lines, *(f"{name}={value:.10g}" for name, value in units.items())]) + "\n"
