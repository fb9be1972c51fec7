"""One cluster at one time, and the file that holds many of them.

Schema of `snapshots.h5`, version 1
-----------------------------------
Attributes of the root: `format` = "star-cluster snapshots", `version`, `name`, `seed`, `n_initial`, `metallicity`.

=============================  =======================  ================================================================
data set                       shape, type              what
=============================  =======================  ================================================================
`age_gyr`                      (snapshots,) f8          age [Gyr]
`n_stars`                      (snapshots,) i8          bound stars
`tracks/...`                   see `tracks.Tracks`      stellar evolution of all initial stars
`snapshots/00000/star`         (n_stars,) u4            star number = its place in the tracks, increasing
`.../radius_pc`                (n_stars,) f4            distance from the centre [pc]
`.../radial_velocity_kms`      (n_stars,) f4            [km/s]
`.../tangential_velocity_kms`  (n_stars,) f4            [km/s]
=============================  =======================  ================================================================

The simulation is spherical, so three numbers a star are all that it knows; the angles are drawn when a snapshot is
read, from a generator that depends on the seed, the name and the snapshot's number alone. Floats keep 16 bits of
mantissa (relative error below 1e-5). Every data set carries Fletcher-32 checksums and its unit as the attribute `unit`.

Version 2 holds clusters of other codes, which have no tracks of ours: `snapshots/00000/` has all columns of a
`Snapshot`, and the root the attribute `provenance`, JSON, instead of `seed` and `metallicity`. `foreign` writes it.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.stars.tracks import Tracks
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

FORMAT = "star-cluster snapshots"
VERSION = 1
FOREIGN_VERSION = 2
_ANGLES = 1  # tag of the random stream that orients the stars of a snapshot
_FIELDS = {"radius_pc": "pc", "radial_velocity_kms": "km/s", "tangential_velocity_kms": "km/s"}
STAR_COLUMNS = {
    "position_pc": "pc", "velocity_kms": "km/s", "mass_msun": "Msun", "luminosity_lsun": "Lsun", "temperature_k": "K",
    "radius_rsun": "Rsun", "stellar_type": "SSE type 0-15",
}  # fmt: skip


@dataclass(frozen=True)
class Snapshot:
    """The stars of one cluster at one age.

    Attributes
    ----------
    age_gyr : float
        Age [Gyr].
    position_pc, velocity_kms : (n, 3) float32
        Positions [pc] and velocities [km/s] relative to the cluster's centre; z is the line of sight.
    mass_msun, luminosity_lsun, temperature_k, radius_rsun : (n,) float32
        Mass [Msun], bolometric luminosity [Lsun], effective temperature [K] and radius [Rsun].
    stellar_type : (n,) int8
        Hurley et al. (2000): 0-1 main sequence, 2-9 later, 10-12 white dwarf, 13 neutron star, 14 black hole.
    name : str
        The simulation.
    number : int
        The snapshot's number in it.
    """

    age_gyr: float
    position_pc: NDArray[np.float32]
    velocity_kms: NDArray[np.float32]
    mass_msun: NDArray[np.float32]
    luminosity_lsun: NDArray[np.float32]
    temperature_k: NDArray[np.float32]
    radius_rsun: NDArray[np.float32]
    stellar_type: NDArray[np.int8]
    name: str
    number: int

    def __post_init__(self) -> None:
        n = len(self.mass_msun)
        where = f"snapshot {self.number} of {self.name}"
        if not np.isfinite(self.age_gyr) or self.age_gyr < 0:
            raise InputError(f"{where}: age_gyr must be finite and not negative, found {self.age_gyr}")
        for field in ("position_pc", "velocity_kms"):
            _check(where, field, getattr(self, field), (n, 3), negative=True)
        for field in ("mass_msun", "luminosity_lsun", "temperature_k", "radius_rsun", "stellar_type"):
            _check(where, field, getattr(self, field), (n,), negative=False)

    def __len__(self) -> int:
        return len(self.mass_msun)

    def along(self, line_of_sight: ArrayLike) -> "Snapshot":
        """The same stars seen from elsewhere.

        Parameters
        ----------
        line_of_sight : (3,) or (3, 3)
            A direction (any length but zero), which becomes z while x and y lie on the sky; or a rotation matrix whose
            rows are the new axes.

        Returns
        -------
        Snapshot
        """
        given = np.asarray(line_of_sight, dtype=np.float64)
        rotation = axes_along(given) if given.shape == (3,) else given
        if rotation.shape != (3, 3) or not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-6):
            raise InputError(
                "line_of_sight must be a vector of 3 numbers or a 3x3 rotation matrix, found " + str(given.tolist())
            )
        matrix = rotation.T.astype(np.float32)
        columns = {field: getattr(self, field) for field in self.__dataclass_fields__}
        columns.update(position_pc=self.position_pc @ matrix, velocity_kms=self.velocity_kms @ matrix)
        return Snapshot(**columns)


def axes_along(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Right-handed axes (rows x, y, z) of which z points along `direction` (3,)."""
    length = np.linalg.norm(direction)
    if not np.isfinite(length) or length == 0:
        raise InputError(f"line_of_sight must be a direction, found {direction.tolist()}")
    z = direction / length
    helper = np.eye(3)[np.argmin(np.abs(z))]
    x = np.cross(helper, z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z])


def _check(where: str, field: str, values: NDArray, shape: tuple[int, ...], negative: bool) -> None:
    if values.shape != shape:
        raise InputError(f"{where}: {field} must have the shape {shape}, found {values.shape}")
    if not np.isfinite(values).all():
        raise InputError(f"{where}: {field} must be finite, found {np.count_nonzero(~np.isfinite(values))} bad values")
    if not negative and values.size and values.min() < 0:
        raise InputError(f"{where}: {field} must not be negative, found {values.min()}")


@dataclass(frozen=True)
class Shells:
    """What a spherical simulation knows of its bound stars at one time, in order of star number.

    `star` (n,) uint32; `radius_pc`, `radial_velocity_kms`, `tangential_velocity_kms` (n,) float32.
    """

    age_gyr: float
    star: NDArray[np.uint32]
    radius_pc: NDArray[np.float32]
    radial_velocity_kms: NDArray[np.float32]
    tangential_velocity_kms: NDArray[np.float32]


def orient(shells: Shells, generator: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Positions and velocities (n, 3) with isotropic random directions for shells of known r, v_r, v_t."""
    n = len(shells.star)
    cos_theta = generator.uniform(-1, 1, n).astype(np.float32)
    phi, psi = generator.uniform(0, 2 * np.pi, (2, n)).astype(np.float32)
    sin_theta = np.sqrt(1 - cos_theta**2)
    cos_phi, sin_phi = np.cos(phi), np.sin(phi)
    radial = np.stack([sin_theta * cos_phi, sin_theta * sin_phi, cos_theta], axis=1)
    theta_hat = np.stack([cos_theta * cos_phi, cos_theta * sin_phi, -sin_theta], axis=1)
    phi_hat = np.stack([-sin_phi, cos_phi, np.zeros(n, np.float32)], axis=1)
    tangential = np.cos(psi)[:, None] * theta_hat + np.sin(psi)[:, None] * phi_hat
    velocity = shells.radial_velocity_kms[:, None] * radial + shells.tangential_velocity_kms[:, None] * tangential
    return shells.radius_pc[:, None] * radial, velocity


def shorten(values: NDArray, bits: int = 16) -> NDArray[np.float32]:
    """Round float32 to `bits` of mantissa, so that it compresses; relative error at most 2^-(bits + 1)."""
    drop = 23 - bits
    raw = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    raw = (raw + np.uint32(1 << (drop - 1))) & ~np.uint32((1 << drop) - 1)
    return raw.view(np.float32)


def write_snapshots(
    path: Path, name: str, seed: int, metallicity: float, tracks: Tracks, snapshots: Iterable[Shells]
) -> None:
    """Write a whole file of snapshots, one after the other, so that memory stays small.

    The file appears under its name only when it is complete; its bytes depend on nothing but the arguments.
    """
    ages, sizes = [], []
    with whole(path) as partial, h5py.File(partial, "w") as f:
        f.attrs.update(
            format=FORMAT, version=VERSION, name=name, seed=seed, n_initial=len(tracks), metallicity=metallicity
        )
        tracks.write(f.create_group("tracks"))
        parent = f.create_group("snapshots")
        for number, shells in enumerate(snapshots):
            group = parent.create_group(f"{number:05d}")
            write_column(group, "star", shells.star, "number")
            for field, unit in _FIELDS.items():
                write_column(group, field, shorten(getattr(shells, field)), unit)
            ages.append(shells.age_gyr)
            sizes.append(len(shells.star))
        write_column(f, "age_gyr", np.array(ages, dtype=np.float64), "Gyr")
        write_column(f, "n_stars", np.array(sizes, dtype=np.int64), "number")


def write_column(group: h5py.Group, name: str, values: NDArray, unit: str) -> None:
    """A compressed, checksummed data set with its unit; its bytes depend on nothing but the arguments."""
    chunks = (max(1, len(values)), *values.shape[1:])
    data = group.create_dataset(
        name, data=values, chunks=chunks, compression="gzip", compression_opts=1, shuffle=True, fletcher32=True
    )
    data.attrs["unit"] = unit
    data.flush()  # places the chunks now; else when the garbage collector closes it, in an order that changes


class SnapshotFile:
    """Read access to a file of snapshots.

    Examples
    --------
    >>> with SnapshotFile("snapshots.h5") as file:
    ...     for snapshot in file:
    ...         print(f"{snapshot.age_gyr:.1f} Gyr, {len(snapshot)} stars")
    2.8 Gyr, 400 stars
    5.6 Gyr, 360 stars
    8.4 Gyr, 324 stars
    11.2 Gyr, 291 stars
    14.0 Gyr, 262 stars
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(f"{self.path}: no such file of snapshots; run the stage 'simulate' first")
        try:
            self._file = h5py.File(self.path, "r")
        except OSError as error:
            raise InputError(
                f"{self.path}: not a whole HDF5 file ({error}); remove it and run 'simulate' again"
            ) from error
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        attributes = self._file.attrs
        found = attributes.get("format"), attributes.get("version")
        if found not in ((FORMAT, VERSION), (FORMAT, FOREIGN_VERSION)):
            raise InputError(
                f"{self.path}: expected '{FORMAT}' version {VERSION} or {FOREIGN_VERSION}, found {found[0]!r} version "
                f"{found[1]}"
            )
        self.foreign = found[1] == FOREIGN_VERSION
        try:
            self.name = str(attributes["name"])
            self.ages_gyr: NDArray[np.float64] = self._file["age_gyr"][:]
            self.n_stars: NDArray[np.int64] = self._file["n_stars"][:]
            # Of our own simulations alone.
            self.seed, self.n_initial = (int(attributes.get(key, 0)) for key in ("seed", "n_initial"))
            self.metallicity = float(attributes.get("metallicity", np.nan))
            self._tracks = None if self.foreign else Tracks.read(self._file["tracks"])
            stored = len(self._file["snapshots"])
        except (KeyError, OSError) as error:
            raise self._damaged(error) from error
        if not len(self.ages_gyr) == len(self.n_stars) == stored:
            raise InputError(f"{self.path}: {len(self.ages_gyr)} ages but {stored} snapshots; run 'simulate' again")

    @property
    def tracks(self) -> Tracks:
        """Stellar evolution of all initial stars, which a file of another code's snapshots does not have."""
        if self._tracks is None:
            raise InputError(f"{self.path}: snapshots of another code, without stellar tracks")
        return self._tracks

    def _damaged(self, error: Exception) -> InputError:
        return InputError(f"{self.path}: damaged ({error}); remove it and run 'simulate' again")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __len__(self) -> int:
        return len(self.ages_gyr)

    def __iter__(self) -> Iterator[Snapshot]:
        return (self.read(number) for number in range(len(self)))

    def shells(self, number: int) -> Shells:
        """The stored columns of snapshot `number`, without angles and stellar properties."""
        if self.foreign:
            raise InputError(f"{self.path}: snapshots of another code, which are not shells; use read")
        columns = self._columns(number, ("star", *_FIELDS))
        return Shells(float(self.ages_gyr[number]), **columns)

    def _columns(self, number: int, names: Iterable[str]) -> dict[str, NDArray]:
        if not 0 <= number < len(self):
            raise InputError(f"{self.path}: has snapshots 0 to {len(self) - 1}, asked for {number}")
        try:
            group = self._file["snapshots"][f"{number:05d}"]
            columns = {field: group[field][:] for field in names}
        except (KeyError, OSError) as error:
            raise self._damaged(error) from error
        sizes = {len(column) for column in columns.values()}
        if sizes != {int(self.n_stars[number])}:
            raise self._damaged(ValueError(f"snapshot {number} has columns of {sorted(sizes)} stars"))
        return columns

    def read(self, number: int) -> Snapshot:
        """Snapshot `number`, from 0 to len - 1, with its random but reproducible angles."""
        if self.foreign:
            columns = self._columns(number, STAR_COLUMNS)
            return Snapshot(age_gyr=float(self.ages_gyr[number]), name=self.name, number=number, **columns)
        shells = self.shells(number)
        generator = np.random.default_rng([self.seed, zlib.crc32(self.name.encode()), _ANGLES, number])
        position, velocity = orient(shells, generator)
        return Snapshot(
            age_gyr=shells.age_gyr,
            position_pc=position,
            velocity_kms=velocity,
            name=self.name,
            number=number,
            **self.tracks.at(shells.star, shells.age_gyr * 1e3),
        )
