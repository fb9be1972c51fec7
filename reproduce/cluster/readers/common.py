"""What the readers share: their options, the columns they find, and how these become a snapshot."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.readers.centre import density_centre
from reproduce.cluster.snapshot import Shells, Snapshot, orient
from reproduce.stars.tracks import SUN_TEMPERATURE_K
from reproduce.workflow.errors import InputError

CARTESIAN = ("x_pc", "y_pc", "z_pc", "vx_kms", "vy_kms", "vz_kms")
SPHERICAL = ("radius_pc", "radial_velocity_kms", "tangential_velocity_kms")
STELLAR = ("luminosity_lsun", "radius_rsun", "stellar_type")

Columns = Mapping[str, NDArray]


@dataclass(frozen=True)
class Options:
    """What a file does not say of itself; all may be left out where it does.

    Attributes
    ----------
    age_gyr : float, optional
        Age [Gyr], instead of the file's.
    metallicity : float, optional
        Z of the SSE tracks from which luminosities, radii and types are computed where the file has none.
    centre : "density" or "mass"
        Where the cluster's centre is, in files with Cartesian positions: the density centre of Casertano & Hut (1985)
        or the centre of mass, which a few escaping stars move. Monte Carlo codes give radii from the centre itself.
    seed : int
        Of the angles, in files that hold only r, v_r and v_t.
    conversion : Path, optional
        CMC: the run's `*.conv.sh`; the one of the same prefix beside the file if left out.
    units : "auto", "physical" or "nbody"
        NBODY6++GPU: the units of positions, velocities and masses; "auto" asks the file's header.
    time_unit_myr : float, optional
        NBODY6++GPU of Wang et al. (2015): one N-body time unit [Myr], T* in the run's log.
    layout : str
        MOCCA: a name in `mocca.LAYOUTS`.
    """

    age_gyr: float | None = None
    metallicity: float | None = None
    centre: Literal["density", "mass"] = "density"
    seed: int = 0
    conversion: Path | None = None
    units: Literal["auto", "physical", "nbody"] = "auto"
    time_unit_myr: float | None = None
    layout: str = "survey1"


@dataclass(frozen=True)
class Found:
    """One snapshot as its file has it, in our units, before anything is added.

    Attributes
    ----------
    age_gyr : float or None
        Age [Gyr]; None where the file has none.
    columns : mapping of (n,) arrays
        `mass_msun`; the columns of `CARTESIAN` or of `SPHERICAL`; whichever the file has of `luminosity_lsun`,
        `radius_rsun`, `stellar_type`, `temperature_k` and `initial_mass_msun`; and `place` (int) from
        `split_binaries`: stars of equal `place` are at one place.
    centred : bool
        Whether Cartesian positions are relative to the cluster's centre already.
    """

    age_gyr: float | None
    columns: Columns
    centred: bool = False

    def without_massless(self) -> "Found":
        """Without rows of no mass, which stand for stars that are gone or are counted elsewhere."""
        if "mass_msun" not in self.columns:
            return self
        real = np.asarray(self.columns["mass_msun"]) != 0
        if real.all():
            return self
        return replace(self, columns={name: np.asarray(values)[real] for name, values in self.columns.items()})


def snapshot(path: Path, key: str, number: int, found: Found, options: Options) -> Snapshot:
    """Make a snapshot of what a reader found.

    Where only r, v_r and v_t are known the angles are random: they depend on the seed, the file's name, the key and
    the age, so that two ages of one cluster are not the same projection.

    Raises
    ------
    InputError
        If the age, the masses, positions or velocities are missing, or luminosities are and no metallicity is given.
    """
    age = found.age_gyr if options.age_gyr is None else options.age_gyr
    if age is None:
        raise InputError(f"{path}: has no age; give age_gyr")
    columns = found.without_massless().columns
    if "mass_msun" not in columns:
        raise InputError(f"{path}: has no mass (mass_msun); it must be in the file")
    stellar = stellar_columns(path, columns, age, options.metallicity)
    which = (zlib.crc32(text.encode()) for text in (path.name, key, repr(float(age))))
    generator = np.random.default_rng([options.seed, *which])
    position, velocity = _phase_space(path, columns, None if found.centred else options.centre, generator)
    return Snapshot(
        age_gyr=float(age),
        position_pc=position,
        velocity_kms=velocity,
        mass_msun=np.asarray(columns["mass_msun"], dtype=np.float32),
        name=path.stem,
        number=number,
        **stellar,
    )


def stellar_columns(path: Path, columns: Columns, age_gyr: float, metallicity: float | None) -> dict[str, NDArray]:
    """Luminosity, radius, temperature and type, from the file or, where it lacks them, from SSE tracks.

    The tracks start from the column `initial_mass_msun` or, where that is absent, from the present mass: right on the
    main sequence, wrong for remnants, which then count as the main-sequence stars of their mass.
    """
    found = dict(columns)
    missing = [name for name in STELLAR if name not in found]
    if missing and metallicity is None:
        raise InputError(
            f"{path}: has no {', '.join(missing)}; give metallicity to compute this from SSE tracks, "
            "or add the column to the file"
        )
    if missing and metallicity is not None:
        from reproduce.stars.stellar_evolution import stellar_tracks  # numba and COSMIC: only where needed

        initial = np.asarray(found.get("initial_mass_msun", found["mass_msun"]), dtype=np.float64)
        made = stellar_tracks(initial, metallicity).at(np.arange(len(initial)), age_gyr * 1e3)
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
    path: Path, columns: Columns, centre: str | None, generator: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Positions and velocities relative to the centre (None: as they are); random angles, one a place, for shells."""
    if all(name in columns for name in CARTESIAN):
        both = np.stack([np.asarray(columns[name], dtype=np.float64) for name in CARTESIAN], axis=1)
        mass = np.asarray(columns["mass_msun"], dtype=np.float64)
        if centre is not None and np.isfinite(both).all():
            weight = density_centre(both[:, :3], mass).weight if centre == "density" else mass
            both[:, :3] -= np.average(both[:, :3], axis=0, weights=weight)
            momentum = weight * mass if centre == "density" else mass  # the orbits of close pairs cancel in it
            both[:, 3:] -= np.average(both[:, 3:], axis=0, weights=momentum)
        return both[:, :3].astype(np.float32), both[:, 3:].astype(np.float32)
    missing = [name for name in SPHERICAL if name not in columns]
    if missing:
        needed = f"{', '.join(CARTESIAN)} or {', '.join(SPHERICAL)}"
        raise InputError(f"{path}: lacks {', '.join(missing)}; positions and velocities need {needed}")
    place = np.asarray(columns.get("place", np.arange(len(columns["radius_pc"]))))
    _, first, member = np.unique(place, return_index=True, return_inverse=True)
    r, vr, vt = (np.asarray(columns[name], dtype=np.float32)[first] for name in SPHERICAL)
    star = np.arange(len(r), dtype=np.uint32)
    position, velocity = orient(Shells(0.0, star, r, vr, np.abs(vt)), generator)
    return position[member], velocity[member]


def split_binaries(columns: Columns, first: Columns, second: Columns, binary: NDArray[np.bool_]) -> dict[str, NDArray]:
    """Replace each binary by its two stars, both at the place and velocity of the pair.

    A binary's separation, some au, is far below a pixel of any map.

    Parameters
    ----------
    columns : mapping of (n,) arrays
        Columns of single stars.
    first, second : mapping of (n,) arrays
        Some columns of the two components, meaningful where `binary`.
    binary : (n,) bool

    Returns
    -------
    dict of (n + binaries,) arrays
        The companions come last; `place` says which stars belong together.
    """
    result = {"place": np.concatenate([np.arange(len(binary)), np.flatnonzero(binary)])}
    for name, values in columns.items():
        head = np.where(binary, first[name], values) if name in first else values
        tail = second.get(name, values)
        result[name] = np.concatenate([head, np.asarray(tail)[binary]])
    return result


def choose(path: Path, keys: list[str], key: str | None) -> str:
    """The snapshot `key` of a file, which need not be given where there is one only."""
    if not keys:
        raise InputError(f"{path}: holds no snapshot")
    if key is None and len(keys) == 1:
        return keys[0]
    if key not in keys:
        shown = ", ".join(keys[:6]) + (f", ... {keys[-1]}" if len(keys) > 6 else "")
        wanted = f"has {len(keys)} snapshots; give key, one of" if key is None else f"has no snapshot {key!r}; it has"
        raise InputError(f"{path}: {wanted} {shown}")
    return key


def open_hdf5(path: Path) -> h5py.File:
    """Open for reading, or say in one line why not."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path}: not a whole HDF5 file ({error})") from error
