"""Clusters of other codes in place of simulations of ours: from their files to `history.ecsv` and `snapshots.h5`."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.cluster import history, snapshot
from reproduce.cluster.evolution import BOOKS
from reproduce.cluster.readers import common, formats, named
from reproduce.cluster.readers.settings import Files, files_digest
from reproduce.cluster.snapshot import STAR_COLUMNS, Snapshot
from reproduce.cluster.units import PC_PER_MYR_IN_KMS, G
from reproduce.stars.photometry import band_luminosity
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole
from reproduce.workflow.source import file_digest

FEW_STARS = 2000  # fewer give maps of single stars: the smallest cluster for which our own simulator's method holds
LARGEST_GAP = 0.1  # between neighbouring ages, as a share of the largest age


@dataclass(frozen=True)
class Place:
    """Where one snapshot is: its file, its key there, its age [Gyr], its number of stars, what its file lacks."""

    path: Path
    key: str
    age_gyr: float
    n_stars: int
    missing: tuple[str, ...]


def options_of(model: Files, metallicity: float) -> common.Options:
    """How to read the files of a model; `metallicity` is that of the tracks where they lack luminosities."""
    return common.Options(
        age_gyr=model.age_gyr,
        metallicity=metallicity,
        centre=model.centre or common.Options.centre,
        conversion=None if model.conversion is None else Path(model.conversion),
        units=model.units or common.Options.units,
        time_unit_myr=model.time_unit_myr,
        layout=model.layout or common.Options.layout,
    )


def places(files: Sequence[Path], format: str, options: common.Options) -> list[Place]:
    """All snapshots of some files, in order of their ages.

    Raises
    ------
    InputError
        As `formats.contents`; if a snapshot has no age, or two have the same: a model is one cluster.
    """
    found = []
    for path in files:
        for entry in formats.contents(path, format, options):
            if entry.age_gyr is None:
                raise InputError(f"{path}: {entry.key} has no age; give age_gyr")
            found.append(Place(path, entry.key, entry.age_gyr, entry.n_stars, entry.missing))
    found.sort(key=lambda place: place.age_gyr)
    for one, other in itertools.pairwise(found):
        if one.age_gyr == other.age_gyr:
            raise InputError(
                f"{one.path} ({one.key}) and {other.path} ({other.key}) are both {one.age_gyr:g} Gyr old; a model is "
                "one cluster at different ages: give another cluster's files another name"
            )
    return found


def few_stars(n_stars: Iterable[int]) -> list[str]:
    """A sentence if a snapshot has few stars."""
    fewest = min(n_stars)
    return [f"a snapshot has {fewest} stars; below {FEW_STARS} single stars make the maps"] * (fewest < FEW_STARS)


def no_luminosities(missing: Iterable[str], metallicity: float) -> list[str]:
    """A sentence if stellar columns are missing and come from tracks."""
    names = ", ".join(sorted(set(missing)))
    told = (
        f"no {names} in the file: from the masses, by SSE tracks of Z = {metallicity:g}; remnants count as "
        "main-sequence stars of their mass"
    )
    return [told] if names else []


def far_apart(ages_gyr: Sequence[float]) -> list[str]:
    """A sentence if the ages of a simulation, in increasing order, are few and far apart."""
    if len(ages_gyr) == 1:
        return ["one snapshot; a network learns no age from it"]
    gap = float(np.diff(ages_gyr).max())
    told = f"{len(ages_gyr)} snapshots with up to {gap:.3g} Gyr between ages; a network learns no age in between"
    return [told] if gap > LARGEST_GAP * ages_gyr[-1] else []


def warnings_of(found: Sequence[Place], metallicity: float | None) -> list[str]:
    """What to know before maps of these snapshots are trusted, a sentence each."""
    missing = itertools.chain.from_iterable(place.missing for place in found)
    return [
        *few_stars(place.n_stars for place in found),
        *far_apart([place.age_gyr for place in found]),
        *([] if metallicity is None else no_luminosities(missing, metallicity)),
    ]


def adopt_model(name: str, model: Files, metallicity: float, folder: Path) -> list[str]:
    """Write the files of a model of `settings` into `folder`; see `adopt`.

    Raises
    ------
    InputError
        If the model's files have changed since the settings looked at them.
    """
    assert model.files is not None and model.format is not None, "settings ask it of every model of files"
    if files_digest(model.files, model.format, model.conversion) != model.files_sha256:
        raise InputError(f"simulate.models.{name}: files changed while they were to be read; run the command again")
    files = named.files_of(model.files, model.format)
    return adopt(name, files, model.format, options_of(model, metallicity), folder)


def adopt(name: str, files: Sequence[Path], format: str, options: common.Options, folder: Path) -> list[str]:
    """Write `history.ecsv` and `snapshots.h5` of another code's cluster into `folder`.

    Parameters
    ----------
    name : str
        The simulation's name.
    files : sequence of Path
    format : str
        A name in `formats.FORMATS`.
    options : Options
        What the files do not say.
    folder : Path
        Exists; files under their final names are whole.

    Returns
    -------
    list of str
        `warnings_of` the snapshots.
    """
    found = places(files, format, options)
    provenance = {
        "format": format,
        "files": {path.name: file_digest(path) for path in files},
        "snapshots": [f"{place.path.name} {place.key}" for place in found],
    }
    rows: list[dict[str, float]] = []

    def read() -> Iterator[Snapshot]:
        for number, place in enumerate(found):
            stars = formats.read(place.path, format, place.key, options)
            rows.append(row(stars, int(found[0].n_stars)))
            yield replace(stars, name=name, number=number)

    write_stars(folder / "snapshots.h5", name, read(), provenance)
    history.write_table(rows, folder / "history.ecsv", {"simulation": name, "n_initial": int(found[0].n_stars)})
    return warnings_of(found, options.metallicity)


def write_stars(path: Path, name: str, snapshots: Iterable[Snapshot], provenance: Mapping[str, object]) -> None:
    """Write a file of snapshots of version 2, one after the other; it has its name only when it is complete."""
    ages, sizes = [], []
    with whole(path) as partial, h5py.File(partial, "w") as f:
        f.attrs.update(format=snapshot.FORMAT, version=snapshot.FOREIGN_VERSION, name=name)
        f.attrs["provenance"] = json.dumps(provenance, sort_keys=True)
        parent = f.create_group("snapshots")
        for number, stars in enumerate(snapshots):
            group = parent.create_group(f"{number:05d}")
            for field, unit in STAR_COLUMNS.items():
                snapshot.write_column(group, field, getattr(stars, field), unit)
            ages.append(stars.age_gyr)
            sizes.append(len(stars))
        snapshot.write_column(f, "age_gyr", np.array(ages, dtype=np.float64), "Gyr")
        snapshot.write_column(f, "n_stars", np.array(sizes, dtype=np.int64), "number")


def row(stars: Snapshot, n_initial: int) -> dict[str, float]:
    """A row of the history, as of our own clusters; what a snapshot does not tell (tides, energy books) is NaN.

    The potential energy is that of spherical shells; the kinetic energy has that of binaries' orbits in it where the
    file resolves these.
    """
    radius = np.linalg.norm(stars.position_pc.astype(np.float64), axis=1)
    order = np.argsort(radius)
    r, m = radius[order], stars.mass_msun[order].astype(np.float64)
    enclosed = np.cumsum(m)
    mass, half = float(enclosed[-1]), float(np.interp(0.5 * enclosed[-1], enclosed, r))
    inside = r <= half
    light = band_luminosity(stars.luminosity_lsun, stars.temperature_k, stars.stellar_type)
    result = {
        "time_gyr": stars.age_gyr,
        "n_stars": float(len(stars)),
        "mass_msun": mass,
        "r_half_pc": half,
        "r_core_pc": history.core_radius(r, m),
        "r_jacobi_pc": np.nan,
        "mean_mass_inside_msun": _mean(m[inside]),
        "mean_mass_outside_msun": _mean(m[~inside]),
        "mass_to_light_v": mass / float(light.sum()) if light.sum() > 0 else np.nan,
        "energy_error": np.nan,
        "bound_fraction": len(stars) / n_initial,
    }
    shares = np.array(history.LAGRANGIAN_PERCENT) / 100
    lagrangian = np.interp(shares * mass, enclosed, r)
    result |= {
        f"r_lagrange_{percent:02d}_pc": float(value)
        for percent, value in zip(history.LAGRANGIAN_PERCENT, lagrangian, strict=True)
    }
    kind = stars.stellar_type
    for label, (first, last) in history.TYPES.items():
        result[f"n_{label}"] = float(np.count_nonzero((kind >= first) & (kind <= last)))
    speed2 = np.sum(stars.velocity_kms.astype(np.float64) ** 2, axis=1)
    result["energy_kinetic"] = 0.5 * float(np.sum(stars.mass_msun * speed2))
    within = np.where(r > 0, (enclosed - 0.5 * m) / np.where(r > 0, r, 1), 0)
    result["energy_potential"] = -G * PC_PER_MYR_IN_KMS**2 * float(np.sum(m * within))
    return result | {f"energy_booked_{book}": np.nan for book in BOOKS}


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else np.nan
