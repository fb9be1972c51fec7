"""Particles of galaxies from other codes: a table with units, or HDF5 in the layout of GADGET, GIZMO and AREPO."""

import re
from dataclasses import dataclass
from pathlib import Path

import astropy.units as u
import h5py
import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from reproduce.galaxy.globular_clusters import ClusterSystem
from reproduce.galaxy.live import Particles
from reproduce.workflow.errors import InputError

KINDS = ("gas", "halo", "disc", "bulge", "stars", "black_holes")  # GADGET's particle types 0 to 5
TABLE_FORMATS = {".ecsv": "ascii.ecsv", ".parquet": "parquet", ".fits": "fits"}
KPC_CM, MSUN_G = 3.0856775814913673e21, 1.988409870698051e33
NEEDED = ("x", "y", "z", "vx", "vy", "vz", "mass")


@dataclass(frozen=True)
class Snapshot:
    """Particles of a galaxy and what they are.

    Attributes
    ----------
    particles : Particles
        In kpc, km/s and Msun, physical and without h.
    kind : (n,) int8
        Index into `KINDS`.
    """

    particles: Particles
    kind: NDArray[np.int8]

    def of(self, *kinds: str) -> Particles:
        """The particles of some kinds, by name."""
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown:
            raise InputError(f"unknown kind of particle {unknown[0]!r}: expected one of {', '.join(KINDS)}")
        return self.particles.take(np.isin(self.kind, [KINDS.index(kind) for kind in kinds]))


def read_table(path: Path | str) -> Snapshot:
    """Read particles from a table.

    Columns x, y, z, vx, vy, vz and mass, each with a unit that converts to kpc, km/s or Msun; and, if there is one,
    kind, with names of `KINDS` or their numbers. Without it all are stars.

    Parameters
    ----------
    path : Path
        `.ecsv`, `.fits` or `.parquet`, as astropy writes them.

    Raises
    ------
    InputError
        If the file is not there, not whole, or lacks a column or unit, or a number is not finite.
    """
    path = _there(path)
    if path.suffix not in TABLE_FORMATS:
        raise InputError(f"{path}: expected a table {', '.join(TABLE_FORMATS)}; HDF5 is read by read_gadget")
    try:
        table = Table.read(path, format=TABLE_FORMATS[path.suffix])
    except Exception as error:  # astropy and pyarrow raise many kinds; all mean the same to the user
        raise InputError(f"{path}: not a whole table ({error})") from error
    missing = [name for name in NEEDED if name not in table.colnames]
    if missing:
        raise InputError(
            f"{path}: lacks column {', '.join(missing)}; expected {', '.join(NEEDED)}, "
            f"found {', '.join(table.colnames)}"
        )
    units = [u.kpc] * 3 + [u.km / u.s] * 3 + [u.Msun]
    columns = [_column(path, table, name, unit) for name, unit in zip(NEEDED, units, strict=True)]
    position, velocity = np.stack(columns[:3], axis=1), np.stack(columns[3:6], axis=1)
    kind = (
        _kinds(path, np.asarray(table["kind"])) if "kind" in table.colnames else np.full(len(table), 4, dtype=np.int8)
    )
    return _snapshot(path, position, velocity, columns[6], kind)


def _column(path: Path, table: Table, name: str, unit: u.UnitBase) -> NDArray[np.float64]:
    column = table[name]
    if column.unit is None:
        raise InputError(f"{path}: column {name} has no unit, expected one that converts to {unit}")
    try:
        return np.asarray(column.quantity.to_value(unit), dtype=np.float64)
    except u.UnitConversionError as error:
        raise InputError(
            f"{path}: column {name} is in {column.unit}, expected a unit that converts to {unit}"
        ) from error


def _kinds(path: Path, values: NDArray) -> NDArray[np.int8]:
    if values.dtype.kind in "iu":
        kind = values.astype(np.int64)
    else:
        names = {name: number for number, name in enumerate(KINDS)}
        kind = np.array([names.get(value.decode() if isinstance(value, bytes) else str(value), -1) for value in values])
    if len(kind) and not ((kind >= 0) & (kind < len(KINDS))).all():
        wrong = values[(kind < 0) | (kind >= len(KINDS))][0]
        raise InputError(
            f"{path}: column kind has {str(wrong)!r}, expected {', '.join(KINDS)} or 0 to {len(KINDS) - 1}"
        )
    return kind.astype(np.int8)


@dataclass(frozen=True)
class _Units:
    """Factors from a file's numbers to kpc, km/s and Msun."""

    length: float
    velocity: float
    mass: float


def read_gadget(path: Path | str, *, comoving: bool | None = None) -> Snapshot:
    """Read a snapshot in GADGET's HDF5 layout, of one file or several.

    Units are those of the file's attributes (`Parameters`, `Units` or `Header`), or else GADGET's: kpc/h, 10¹⁰ Msun/h
    and km/s. In comoving snapshots places are multiplied by the scale factor a and velocities by √a.

    Parameters
    ----------
    path : Path
        The file; of a snapshot in several files any one of them (`name.0.hdf5`).
    comoving : bool, optional
        Whether the simulation was cosmological. By default as `ComovingIntegrationOn` in `Parameters` says, or else if
        Header/Time is 1 / (1 + Header/Redshift).

    Raises
    ------
    InputError
        If a file is not there, not whole or not of this layout, or a number is not finite.
    """
    path = _there(path)
    parts = []
    for each in _files(path):
        try:
            with h5py.File(each, "r") as file:
                parts.append(_read_file(each, file, comoving))
        except OSError as error:
            raise InputError(f"{each}: not a whole HDF5 file ({error})") from error
    position, velocity, mass, kind = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return _snapshot(path, position, velocity, mass, kind)


def _files(path: Path) -> list[Path]:
    """All files of a snapshot."""
    try:
        with h5py.File(path, "r") as file:
            if "Header" not in file:
                raise InputError(f"{path}: has no group Header, so it is not in GADGET's layout")
            count = int(file["Header"].attrs.get("NumFilesPerSnapshot", 1))
    except OSError as error:
        raise InputError(f"{path}: not a whole HDF5 file ({error})") from error
    if count == 1:
        return [path]
    pattern = re.fullmatch(r"(.*)\.\d+(\.h5|\.hdf5)", path.name)
    if pattern is None:
        raise InputError(f"{path}: one of {count} files of a snapshot must be named name.0.hdf5, name.1.hdf5 and so on")
    return [_there(path.with_name(f"{pattern[1]}.{number}{pattern[2]}")) for number in range(count)]


def _read_file(path: Path, file: h5py.File, comoving: bool | None) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    units = _units(path, file, comoving)
    table = np.asarray(file["Header"].attrs.get("MassTable", np.zeros(len(KINDS))), dtype=np.float64)
    position, velocity, mass, kind = [np.empty((0, 3))], [np.empty((0, 3))], [np.empty(0)], [np.empty(0, np.int8)]
    for number in range(len(KINDS)):
        name = f"PartType{number}"
        if name not in file:
            continue
        group = file[name]
        for dataset in ("Coordinates", "Velocities"):
            if dataset not in group:
                raise InputError(f"{path}: {name} lacks {dataset}")
            if group[dataset].ndim != 2 or group[dataset].shape[1] != 3:
                raise InputError(f"{path}: {name}/{dataset} must have the shape (n, 3), found {group[dataset].shape}")
        n = len(group["Coordinates"])
        if "Masses" in group:
            masses = group["Masses"][:]
        elif number < len(table) and table[number] > 0:
            masses = np.full(n, table[number])
        else:
            raise InputError(f"{path}: {name} has neither Masses nor a mass in Header/MassTable")
        if not n == len(group["Velocities"]) == len(masses):
            raise InputError(
                f"{path}: {name} has {n} places, {len(group['Velocities'])} velocities, {len(masses)} masses"
            )
        position.append(group["Coordinates"][:] * units.length)
        velocity.append(group["Velocities"][:] * units.velocity)
        mass.append(masses * units.mass)
        kind.append(np.full(n, number, dtype=np.int8))
    return np.concatenate(position), np.concatenate(velocity), np.concatenate(mass), np.concatenate(kind)


def _units(path: Path, file: h5py.File, comoving: bool | None) -> _Units:
    """The factors by the file's attributes, whose names differ between codes."""
    attributes: dict[str, float] = {}
    for name in ("Header", "Units", "Parameters"):
        if name in file:
            attributes |= {key.lower(): value for key, value in file[name].attrs.items()}
    hubble = float(attributes.get("hubbleparam", 1.0))
    length = float(attributes.get("unitlength_in_cm", attributes.get("unitlength_in_cgs", KPC_CM))) / KPC_CM
    mass = float(attributes.get("unitmass_in_g", attributes.get("unitmass_in_cgs", 1e10 * MSUN_G))) / MSUN_G
    speed = attributes.get("unitvelocity_in_cm_per_s", attributes.get("unitvelocity_in_cgs", 1e5))
    time, redshift = float(attributes.get("time", 1.0)), float(attributes.get("redshift", 0.0))
    if comoving is None:
        said = attributes.get("comovingintegrationon")
        comoving = bool(said) if said is not None else abs(time * (1 + redshift) - 1) < 1e-3
    scale = time if comoving else 1.0
    if not (hubble > 0 and length > 0 and mass > 0 and float(speed) > 0 and scale > 0):
        raise InputError(f"{path}: HubbleParam, units and (if comoving) Time in the header must be positive")
    return _Units(length / hubble * scale, float(speed) / 1e5 * np.sqrt(scale), mass / hubble)


def _there(path: Path | str) -> Path:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    return path


def _snapshot(path: Path, position: NDArray, velocity: NDArray, mass: NDArray, kind: NDArray) -> Snapshot:
    if len(mass) == 0:
        raise InputError(f"{path}: has no particles")
    for name, values in (("a place", position), ("a velocity", velocity), ("a mass", mass)):
        if not np.isfinite(values).all():
            raise InputError(f"{path}: {name} is not a finite number")
    if (mass < 0).any():
        raise InputError(f"{path}: a mass is negative")
    position, velocity, mass = (np.asarray(values, dtype=np.float64) for values in (position, velocity, mass))
    return Snapshot(Particles(position, velocity, mass), kind)


def tracers(
    snapshot: Snapshot, kind: str, n: int | None = None, generator: np.random.Generator | None = None
) -> ClusterSystem:
    """Particles of one kind as globular clusters about the galaxy's centre, for maps and for masses.

    Parameters
    ----------
    snapshot : Snapshot
        Of one galaxy, or of a merger when it is over.
    kind : str
        Of `KINDS`; the centre is that of these particles.
    n : int, optional
        How many of them, drawn without repetition; all if left out.
    generator : numpy.random.Generator, optional
        Needed with `n`.

    Raises
    ------
    InputError
        If there are fewer than `n`, or none.
    """
    own = snapshot.of(kind)
    if not len(own) or (n is not None and n > len(own)):
        raise InputError(f"expected {n or 1} particles of the kind {kind} at least, found {len(own)}")
    about = centred(own)
    if n is not None:
        if generator is None:
            raise ValueError("some of the particles are drawn by a generator, and none is given")
        about = about.take(generator.choice(len(own), n, replace=False))
    return ClusterSystem(about.position_kpc, about.velocity_kms)


def centred(particles: Particles, about: Particles | None = None) -> Particles:
    """Particles relative to their densest place, by spheres that shrink (Power et al. 2003), and to its mean velocity.

    Parameters
    ----------
    particles : Particles
    about : Particles, optional
        Those that define the centre, the stars for example; by default all.
    """
    chosen = particles if about is None else about
    centre = np.average(chosen.position_kpc, axis=0, weights=chosen.mass_msun)
    distance = np.linalg.norm(chosen.position_kpc - centre, axis=1)
    radius = float(distance.max())
    inside = np.ones(len(chosen), dtype=bool)
    while True:
        radius *= 0.95
        nearer = np.linalg.norm(chosen.position_kpc - centre, axis=1) < radius
        if nearer.sum() < max(0.01 * len(chosen), 50):
            break
        inside = nearer
        centre = np.average(chosen.position_kpc[inside], axis=0, weights=chosen.mass_msun[inside])
    drift = np.average(chosen.velocity_kms[inside], axis=0, weights=chosen.mass_msun[inside])
    return Particles(particles.position_kpc - centre, particles.velocity_kms - drift, particles.mass_msun)
