"""The simulated galaxies (paper Sect. 2.1): the stage `galaxies`, and its file ``galaxies.h5``.

Every galaxy is a function of the settings and its own number, kept in a small file of its own until all are there: any
number of workers, killed and begun again, ends with the same bytes.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.galaxy import populations
from reproduce.galaxy.globular_clusters import ClusterSystem
from reproduce.papers.kaur2021.settings import Galaxies
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole

KINDS = ("discs", "mergers")
NUMBERS = ("halo_msun", "total_msun", "disc_size_kpc")
OUTCOMES = ("merged_gyr", "end_gyr", "energy_error", "angular_momentum_error")  # of mergers alone

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Item:
    """One galaxy to be made into one file.

    Attributes
    ----------
    path : Path
    kind : str
        One of `KINDS`.
    number : int
    galaxies : Galaxies
        Settings.
    """

    path: Path
    kind: str
    number: int
    galaxies: Galaxies


@dataclass(frozen=True)
class Sample:
    """All galaxies of one kind.

    Attributes
    ----------
    position_kpc, velocity_kms : (n, clusters, 3) float64
        About each galaxy's centre.
    halo_msun, total_msun, disc_size_kpc : (n,) float64
        Dark mass, dark and luminous mass, R_d of the larger galaxy.
    number : (n,) int64
        Each galaxy's own number.
    """

    position_kpc: NDArray[np.float64]
    velocity_kms: NDArray[np.float64]
    halo_msun: NDArray[np.float64]
    total_msun: NDArray[np.float64]
    disc_size_kpc: NDArray[np.float64]
    number: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.number)

    def clusters(self, galaxy: int) -> ClusterSystem:
        """Clusters of one galaxy."""
        return ClusterSystem(self.position_kpc[galaxy], self.velocity_kms[galaxy])


def make_galaxies(
    galaxies: Galaxies, folder: Path, checkpoint: Path, executor: Executor, tell: Tell
) -> dict[str, float]:
    """Make all galaxies and write ``galaxies.h5``.

    Encounters are computed in the order of their numbers until there are remnants enough, or `galaxies.tries` times as
    many encounters; those that have not merged are left out and counted.

    Returns
    -------
    dict
        ``discs``, ``mergers``, ``encounters``, ``not_merged``; of the remnants the largest ``energy_error`` and
        ``angular_momentum_error`` and the median ``merged_gyr``.

    Raises
    ------
    InputError
        If no encounter has merged though remnants were asked for.
    """
    checkpoint.mkdir(parents=True, exist_ok=True)
    wanted = galaxies.discs + galaxies.mergers
    discs: list[Path] = []
    for path, _ in _made("discs", 0, galaxies.discs, galaxies, checkpoint, executor):
        discs.append(path)
        tell(len(discs) / wanted, f"{len(discs)} of {galaxies.discs} discs")
    remnants: list[Path] = []
    computed, most = 0, int(np.ceil(galaxies.tries * galaxies.mergers))
    while len(remnants) < galaxies.mergers and computed < most:
        batch = min(galaxies.mergers - len(remnants), most - computed)
        for path, merged in _made("mergers", computed, computed + batch, galaxies, checkpoint, executor):
            computed += 1
            remnants += [path] if merged else []
            done = len(discs) + len(remnants)
            tell(done / wanted, f"{len(remnants)} of {galaxies.mergers} remnants, {computed} encounters")
    if galaxies.mergers and not remnants:
        raise InputError(
            f"none of {computed} encounters merged within galaxies.longest_gyr={galaxies.longest_gyr}; make it longer, "
            "or galaxies.velocity_factor or galaxies.separation_rd smaller"
        )
    with whole(folder / "galaxies.h5") as partial, h5py.File(partial, "w") as file:
        for kind, paths in zip(KINDS, (discs, remnants), strict=True):
            if paths:
                _collect(file.create_group(kind), paths)
    metrics = {"discs": len(discs), "mergers": len(remnants), "encounters": computed}
    metrics["not_merged"] = computed - len(remnants)
    return {name: float(value) for name, value in metrics.items()} | _outcomes(folder / "galaxies.h5")


def _made(
    kind: str, first: int, last: int, galaxies: Galaxies, checkpoint: Path, executor: Executor
) -> Iterator[tuple[Path, bool]]:
    """File of each galaxy in turn, and whether it may be used."""
    items = [Item(checkpoint / f"{kind}-{number:06d}.npz", kind, number, galaxies) for number in range(first, last)]
    return zip((item.path for item in items), executor.map(make, items), strict=True)


def make(item: Item) -> bool:
    """Make a galaxy unless it is there; runs on any worker. Says whether it may be used: not if it has not merged."""
    if item.path.exists():
        with np.load(item.path) as found:
            return bool(found["usable"])
    settings = item.galaxies
    if item.kind == "discs":
        drawn = populations.disc(settings, settings.seed, item.number)
    else:
        drawn = populations.merger(settings, settings.seed, item.number, settings)
    remnant = drawn.remnant
    numbers = {name: getattr(drawn, name) for name in NUMBERS} | drawn.parameters
    if remnant is not None:
        numbers |= {name: getattr(remnant, name) for name in OUTCOMES}
    usable = remnant is None or remnant.merged
    # every process writes a partial file of its own: two may make the same galaxy, and both make the same numbers
    partial = item.path.with_name(f"{item.path.name}.{os.getpid()}.partial")
    with partial.open("wb") as stream:
        np.savez(
            stream,
            usable=usable,
            number=item.number,
            position_kpc=drawn.clusters.position_kpc,
            velocity_kms=drawn.clusters.velocity_kms,
            **numbers,
        )
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(item.path)
    return usable


def _collect(group: h5py.Group, paths: list[Path]) -> None:
    """All galaxies of a kind, each number or array as one dataset."""
    rows = [dict(np.load(path)) for path in paths]
    for name in rows[0]:
        if name != "usable":
            group[name] = np.stack([row[name] for row in rows])
    group["position_kpc"].attrs["unit"] = "kpc"
    group["velocity_kms"].attrs["unit"] = "km/s"


def _outcomes(path: Path) -> dict[str, float]:
    with h5py.File(path) as file:
        if "mergers" not in file:
            return {}
        group = file["mergers"]
        largest = {name: float(np.abs(group[name][:]).max()) for name in ("energy_error", "angular_momentum_error")}
        return largest | {"merged_gyr": float(np.median(group["merged_gyr"][:]))}


def kinds(path: Path) -> list[str]:
    """The kinds of galaxies in a file."""
    with h5py.File(path) as file:
        return [kind for kind in KINDS if kind in file]


def read(path: Path, kind: str) -> Sample:
    """Galaxies of one kind from ``galaxies.h5``."""
    with h5py.File(path) as file:
        group = file[kind]
        arrays = {name: group[name][:] for name in ("position_kpc", "velocity_kms", *NUMBERS)}
        return Sample(number=group["number"][:].astype(np.int64), **arrays)
