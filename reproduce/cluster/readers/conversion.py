"""CMC's `*.conv.sh`: the code units of one run, and whether they are those of a snapshot.

The file's numbers are cgs and solar; a snapshot bears no name of its run, but its energies are in code units while its
masses and semi-major axes are not, so they measure the units over again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproduce.workflow.errors import InputError

PARSEC_CM = 3.0856775814913673e18  # IAU 2015
AU_PC = np.pi / 648_000
# Agreement asked of units. Rounding in the files is 1e-5; a central black hole, which a snapshot's masses lack, changes
# the potential by its share of the mass. Another run's units differ by its number of stars and its size.
MASS_TOLERANCE = 0.05
LENGTH_TOLERANCE = 0.01
_NEEDED = (
    "massunitmsun", "mstarunitmsun", "lengthunitparsec", "lengthunitcgs", "timeunitsmyr", "nbtimeunitsmyr",
    "nbtimeunitcgs",
)  # fmt: skip


@dataclass(frozen=True)
class Units:
    """Code units of a run.

    Attributes
    ----------
    mass_msun, length_pc, velocity_kms : float
        In Msun, pc and km/s.
    time_myr : float
        The unit of `t`: the N-body unit times N / ln(γN), close to a relaxation time [Myr].
    nbody_time_myr : float
        The N-body unit of time [Myr].
    """

    mass_msun: float
    length_pc: float
    velocity_kms: float
    time_myr: float
    nbody_time_myr: float


def beside(path: Path) -> Path | None:
    """The `conv.sh` that CMC wrote with a snapshot: of the same prefix, in the same folder; None if there is none."""
    prefixes = {conv: conv.name.removesuffix(".conv.sh") for conv in path.parent.glob("*.conv.sh")}
    fitting = [conv for conv, prefix in prefixes.items() if path.name.startswith(f"{prefix}.")]
    return max(fitting, key=lambda conv: len(conv.name), default=None)


def read(path: Path) -> Units:
    """The units in a `conv.sh` file, lines `name=value` beside comments and commands."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; CMC's snapshots are in code units, which its *.conv.sh file defines")
    found = dict(re.findall(r"^(\w+)=([-+.\deE]+)\s*$", path.read_text(errors="replace"), flags=re.MULTILINE))
    lacking = [name for name in _NEEDED if name not in found]
    if lacking:
        raise InputError(f"{path}: lacks {', '.join(lacking)}; is it CMC's conv.sh?")
    value = {name: float(text) for name, text in found.items()}
    return Units(
        mass_msun=value["massunitmsun"],
        length_pc=value["lengthunitparsec"],
        velocity_kms=value["lengthunitcgs"] / value["nbtimeunitcgs"] / 1e5,  # cm/s to km/s
        time_myr=value["timeunitsmyr"],
        nbody_time_myr=value["nbtimeunitsmyr"],
    )


def check(path: Path, conversion: Path, units: Units, table: Mapping[str, NDArray]) -> None:
    """Refuse the units of another run.

    The mass unit follows from E = v²/2 + φ(r), in code units, with φ summed from the stars' masses in Msun. The length
    unit follows from the binding energies m₀m₁/2a of binaries, in code units too, with their masses in Msun and
    semi-major axes in au; a file without binaries, or of a version without these columns, cannot tell it.

    Parameters
    ----------
    path, conversion : Path
        Snapshot and `conv.sh`, for the message.
    units : Units
    table : mapping of (n,) arrays
        CMC's columns, by their plain names.
    """
    mass = _mass_unit(table)
    if mass is not None and abs(mass / units.mass_msun - 1) > MASS_TOLERANCE:
        raise InputError(
            f"{conversion}: has the mass unit {units.mass_msun:.6g} Msun, but the energies in {path.name} were "
            f"computed with {mass:.6g} Msun; give the conv.sh of the same run"
        )
    length = _length_unit(table, units.mass_msun)
    if length is not None and abs(length / units.length_pc - 1) > LENGTH_TOLERANCE:
        raise InputError(
            f"{conversion}: has the length unit {units.length_pc:.6g} pc, but the binaries in {path.name} were "
            f"computed with {length:.6g} pc; give the conv.sh of the same run"
        )


def _mass_unit(table: Mapping[str, NDArray]) -> float | None:
    """Mass unit [Msun] from energies, None where the file has none."""
    if not all(name in table for name in ("m", "r", "vr", "vt", "E")):
        return None
    order = np.argsort(table["r"])
    mass, radius = np.asarray(table["m"], dtype=np.float64)[order], np.asarray(table["r"], dtype=np.float64)[order]
    # Spherical potential of the shells, the star's own included, for G = 1 and masses in Msun.
    away = radius > 0  # what is at the centre itself pulls the others alone
    shell = np.divide(mass, radius, out=np.zeros_like(mass), where=away)
    outside = np.cumsum(shell[::-1])[::-1] - shell
    potential = -(np.cumsum(mass)[away] / radius[away] + outside[away])
    energy = np.asarray(table["E"] - 0.5 * (table["vr"] ** 2 + table["vt"] ** 2), dtype=np.float64)[order][away]
    return float(np.median(potential / energy))


def _length_unit(table: Mapping[str, NDArray], mass_msun: float) -> float | None:
    """Length unit [pc] from binding energies, None where the file has none."""
    if not all(name in table for name in ("binflag", "m0", "m1", "a", "bin_Eb")):
        return None
    binary = table["binflag"] == 1
    energy, axis = table["bin_Eb"][binary], table["a"][binary] * AU_PC
    usable = np.isfinite(energy) & (energy != 0) & np.isfinite(axis) & (axis > 0)
    if not usable.any():
        return None
    masses = (table["m0"] * table["m1"])[binary][usable] / mass_msun**2
    return float(np.median(2 * np.abs(energy[usable]) * axis[usable] / masses))
