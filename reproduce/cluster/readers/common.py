"""What the readers share: a table of columns becomes a snapshot."""

import zlib
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.snapshot import Shells, Snapshot, orient
from reproduce.stars.tracks import SUN_TEMPERATURE_K
from reproduce.workflow.errors import InputError

CARTESIAN = ("x_pc", "y_pc", "z_pc", "vx_kms", "vy_kms", "vz_kms")
SPHERICAL = ("radius_pc", "radial_velocity_kms", "tangential_velocity_kms")
STELLAR = ("luminosity_lsun", "radius_rsun", "stellar_type")

Columns = Mapping[str, NDArray]


def snapshot(
    path: Path, columns: Columns, age_gyr: float | None, number: int, seed: int, fill_metallicity: float | None
) -> Snapshot:
    """Make a snapshot of columns in our units.

    Parameters
    ----------
    path : Path
        The file, for messages and as the snapshot's name.
    columns : mapping of (n,) arrays
        `mass_msun`; the columns of `CARTESIAN` or of `SPHERICAL`; `luminosity_lsun`, `radius_rsun`, `stellar_type`
        and `temperature_k` (from L and R if absent). Where only r, v_r, v_t are known the angles are random.
    age_gyr : float or None
        Age [Gyr]; None where the file has none.
    number, seed : int
        Snapshot number; seed of the angles, which depend on it, the file's name and the number.
    fill_metallicity : float, optional
        Compute missing stellar columns from SSE tracks of this metallicity, with the column `initial_mass_msun` or,
        where that is absent, the present mass as initial mass (exact on the main sequence, not for remnants).
    """
    if age_gyr is None:
        raise InputError(f"{path}: has no age; give age_gyr")
    if "mass_msun" not in columns:
        raise InputError(f"{path}: has no mass (mass_msun); it must be in the file")
    stellar = stellar_columns(path, columns, age_gyr, fill_metallicity)
    generator = np.random.default_rng([seed, zlib.crc32(path.name.encode()), number])
    position, velocity = _phase_space(path, columns, age_gyr, generator)
    return Snapshot(
        age_gyr=float(age_gyr),
        position_pc=position,
        velocity_kms=velocity,
        mass_msun=np.asarray(columns["mass_msun"], dtype=np.float32),
        name=path.stem,
        number=number,
        **stellar,
    )


def stellar_columns(path: Path, columns: Columns, age_gyr: float, fill_metallicity: float | None) -> dict[str, NDArray]:
    """Luminosity, radius, temperature and type, from the file or, if allowed, from tracks."""
    found = dict(columns)
    missing = [name for name in STELLAR if name not in found]
    if missing and fill_metallicity is None:
        raise InputError(
            f"{path}: has no {', '.join(missing)}; give fill_metallicity to compute this from SSE tracks, "
            "or add the column to the file"
        )
    if missing and fill_metallicity is not None:
        from reproduce.stars.stellar_evolution import stellar_tracks

        initial = np.asarray(found.get("initial_mass_msun", found["mass_msun"]), dtype=np.float64)
        made = stellar_tracks(initial, fill_metallicity).at(np.arange(len(initial)), age_gyr * 1e3)
        found.update({name: made[name] for name in missing})
    luminosity = np.asarray(found["luminosity_lsun"], dtype=np.float64)
    radius = np.asarray(found["radius_rsun"], dtype=np.float64)
    if "temperature_k" not in found:
        shines = (luminosity > 0) & (radius > 0)
        ratio = np.where(shines, luminosity, 0) ** 0.25 / np.sqrt(np.where(shines, radius, 1))
        found["temperature_k"] = SUN_TEMPERATURE_K * ratio
    kinds = dict.fromkeys(("luminosity_lsun", "radius_rsun", "temperature_k"), np.float32)
    result = {name: np.asarray(found[name], dtype=kind) for name, kind in kinds.items()}
    return result | {"stellar_type": np.asarray(found["stellar_type"], dtype=np.int8)}


def _phase_space(
    path: Path, columns: Columns, age_gyr: float, generator: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Positions relative to the centre of mass, or random angles for shells."""
    if all(name in columns for name in CARTESIAN):
        both = np.stack([np.asarray(columns[name], dtype=np.float64) for name in CARTESIAN], axis=1)
        if np.isfinite(both).all():
            both -= np.average(both, axis=0, weights=columns["mass_msun"])
        return both[:, :3].astype(np.float32), both[:, 3:].astype(np.float32)
    missing = [name for name in SPHERICAL if name not in columns]
    if missing:
        needed = f"{', '.join(CARTESIAN)} or {', '.join(SPHERICAL)}"
        raise InputError(f"{path}: lacks {', '.join(missing)}; positions and velocities need {needed}")
    r, vr, vt = (np.asarray(columns[name], dtype=np.float32) for name in SPHERICAL)
    return orient(Shells(age_gyr, np.arange(len(r), dtype=np.uint32), r, vr, np.abs(vt)), generator)


def split_binaries(columns: Columns, first: Columns, second: Columns, binary: NDArray[np.bool_]) -> dict[str, NDArray]:
    """Replace each binary by its two stars, both at the place and velocity of the pair.

    Parameters
    ----------
    columns : mapping of (n,) arrays
        Columns of single stars.
    first, second : mapping of (n,) arrays
        Some columns of the two components, meaningful where `binary`.
    binary : (n,) bool
    """
    result = {}
    for name, values in columns.items():
        head = np.where(binary, first[name], values) if name in first else values
        tail = second.get(name, values)
        result[name] = np.concatenate([head, np.asarray(tail)[binary]])
    return result


def open_hdf5(path: Path) -> h5py.File:
    """Open for reading, or say in one line why not."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path}: not a whole HDF5 file ({error})") from error
