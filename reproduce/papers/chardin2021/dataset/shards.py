"""Maps drawn in shards: small files that any process can make, in any order, and that survive an interruption."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.snapshot import SnapshotFile
from reproduce.papers.chardin2021.dataset import schema, selection
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.sky.camera import Stars
from reproduce.sky.maps import Maps, render
from reproduce.workflow.files import whole

SHARD_BYTES = 32 * 2**20
"""Maps of one shard, about; also what a worker holds of them at a time."""

JOB = np.dtype([("group", "i1"), ("number", "i4"), *selection.ITEM.descr])
"""One map to be drawn: its group's place in `schema.GROUPS`, its number there, and which it is."""
RECORD = np.dtype(
    [
        ("group", "i1"),
        ("number", "i4"),
        *schema.TYPES.descr,
        ("moments", "f8", (2, 2)),
        ("at_floor", "i8", (2,)),
    ]
)
"""What is known of a map beside its pixels. `moments`: mean and variance over the pixels of log10 F and log10 M, in
double precision; `at_floor`: pixels of each map raised to the floor."""


@dataclass(frozen=True)
class Shard:
    """Maps to be drawn into one file.

    Attributes
    ----------
    path : Path
        The file.
    source : Path
        Snapshots of the one simulation that they show.
    dataset : Dataset
        Settings.
    jobs : array of JOB
        The maps, in order of snapshots.
    """

    path: Path
    source: Path
    dataset: Dataset
    jobs: NDArray


def split(
    chosen: dict[str, NDArray], sources: dict[str, Path], dataset: Dataset, checkpoint: Path, digest: str
) -> list[Shard]:
    """Cut the work into shards of one simulation each, neighbouring snapshots together.

    Parameters
    ----------
    chosen : dict
        Arrays of `selection.ITEM` by group.
    sources : dict
        Snapshot files by simulation.
    dataset : Dataset
        Settings.
    checkpoint : Path
        Where the shards go.
    digest : str
        Of all that the maps depend on: part of the files' names, so that no shard of another data set is taken.
    """
    jobs = np.empty(sum(len(items) for items in chosen.values()), JOB)
    start = 0
    for group, name in enumerate(schema.GROUPS):
        part = jobs[start : start + len(chosen[name])]
        part["group"], part["number"] = group, np.arange(len(part))
        for field in selection.ITEM.names or ():
            part[field] = chosen[name][field]
        start += len(part)
    jobs = jobs[np.lexsort([jobs["number"], jobs["group"], jobs["snapshot"], jobs["simulation"]])]
    size = max(1, SHARD_BYTES // (2 * 4 * dataset.camera.pixels**2))
    shards: list[Shard] = []
    for k, name in enumerate(selection.simulations(dataset)):
        mine = jobs[jobs["simulation"] == k]
        for first in range(0, len(mine), size):
            path = checkpoint / f"shard-{digest}-{len(shards):05d}.npz"
            shards.append(Shard(path, sources[name], dataset, mine[first : first + size]))
    return shards


def draw(shard: Shard) -> str:
    """Draw a shard's maps, unless they are there; runs on any worker. Returns the file's name."""
    if shard.path.exists():
        return shard.path.name
    n, pixels = len(shard.jobs), shard.dataset.camera.pixels
    maps = np.empty((n, 2, pixels, pixels), np.float32)
    records = np.zeros(n, RECORD)
    stars: Stars | None = None
    for i, job in enumerate(shard.jobs):
        if stars is None or job["snapshot"] != shard.jobs[i - 1]["snapshot"]:
            stars = Stars.of(_snapshots(shard.source, *_identity(shard.source)).read(int(job["snapshot"])))
        group, number = schema.GROUPS[job["group"]], int(job["number"])
        view = selection.view(shard.dataset, group, number, job)
        generator = selection.effects_generator(shard.dataset, group, number)
        drawn = render(stars, shard.dataset.camera, view, generator=generator)
        maps[i, 0], maps[i, 1] = drawn.flux, drawn.mass
        _record(records[i : i + 1], job, drawn)
    with whole(shard.path, shared=True) as partial:  # two workers may draw the same shard: both make the same bytes
        np.savez(partial, maps=maps, records=records)
    return shard.path.name


def read(shard: Shard) -> tuple[NDArray[np.float32], NDArray]:
    """Maps (n, 2, ny, nx), flux and mass, and records (n,) of a shard that was drawn."""
    with np.load(shard.path) as file:
        return file["maps"], file["records"]


def close() -> None:
    """Let go of the snapshots that this process keeps open."""
    _snapshots.cache_clear()


@lru_cache(maxsize=1)
def _snapshots(source: Path, size: int, modified_ns: int) -> SnapshotFile:
    """The open file of the last simulation: opening it reads the tracks of all stars."""
    return SnapshotFile(source)


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _record(record: NDArray, job: np.void, drawn: Maps) -> None:
    for field in JOB.names or ():
        record[field] = job[field]
    view, camera = drawn.view, drawn.camera
    record["age_gyr"] = drawn.age_gyr
    record["shift_arcsec"] = view.shift_arcsec
    record["rotation_deg"] = 90 * view.quarter_turns
    record["line_of_sight"] = view.line_of_sight
    for field in ("mass_msun", "luminosity_lsun", "n_stars"):
        record[field] = getattr(drawn, field)
    for k, (image, floor) in enumerate(((drawn.flux, camera.flux_floor), (drawn.mass, camera.mass_floor))):
        record["moments"][0, k] = image.mean(dtype=np.float64), image.var(dtype=np.float64)
        record["at_floor"][0, k] = np.count_nonzero(image <= np.float32(np.log10(floor)))
