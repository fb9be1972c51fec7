"""The stages `isochrones` and `fields`: the stars that clusters are drawn from, and what lies behind the clusters."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproduce.archives import phat
from reproduce.archives.download import Downloader, UnreachableError
from reproduce.papers.bialopetravicius2019.settings import Fields, Stars
from reproduce.sky import m31, tiles
from reproduce.sky.settings import HstCamera
from reproduce.stars.isochrones import Isochrones, isochrones
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress

OFFLINE = "PIDOC_OFFLINE"
"""Environment variable: with any value but 0, nothing is downloaded and the cache must do."""
WITHOUT_NETWORK = "without network: fields.source=synthetic observe.source=synthetic"
CENTRE_DEG = (10.6847, 41.2688)
POSITION_ANGLE_DEG = 37.7
"""Of M31's major axis, from north to east."""
Tile = tuple[str, NDArray, Mapping[str, float]]


def table(stars: Stars, folder: Path) -> Isochrones:
    """The isochrones that a folder keeps, made where it has none."""
    log_ages = np.round(np.arange(6.5, 10.1501, stars.log_age_step), 3)
    return isochrones(folder, feh=stars.feh, log_ages=log_ages)


def make(
    settings: Fields,
    stars: Stars,
    camera: HstCamera,
    isochrones_folder: Path,
    folder: Path,
    cache: Path,
    executor: Executor,
    progress: Progress,
) -> dict[str, float]:
    """Make synthetic fields, or cut PHAT's bricks, and write ``fields.h5``.

    Parameters
    ----------
    settings, stars, camera
        Settings.
    isochrones_folder : Path
        Of the stage `isochrones`.
    folder, cache : Path
        For the result, and for downloads.
    executor, progress
        Makes the fields; is told how far it is.

    Returns
    -------
    dict
        ``fields``, ``fields_test``, ``synthetic`` (0 or 1).

    Raises
    ------
    UnreachableError
        If the archive does not answer.
    InputError
        If the test or the validation set has no tile.
    """
    if settings.source == "synthetic":
        jobs = [(settings, stars, camera, isochrones_folder, i) for i in range(settings.number)]
        made: list[Tile] = []
        for one in executor.map(_synthetic, jobs):
            made.append(one)
            progress(len(made) / settings.number, f"field {len(made)} of {settings.number}")
        found = tiles.collect(made, noisy=False, origin="synthetic M31")
    else:
        downloader = Downloader(cache / "downloads", offline=offline())
        try:
            found = tiles.collect(_real(settings, downloader), noisy=True, origin="PHAT")
        except UnreachableError as error:
            raise UnreachableError(f"{error}; {WITHOUT_NETWORK}") from None
    counts = {group: len(found.members(group)) for group in ("train", "validation", "test")}
    found.write(folder / "fields.h5")
    return {
        "fields": float(len(found.name)),
        "fields_test": float(counts["test"]),
        "synthetic": float(settings.source == "synthetic"),
    }


def offline() -> bool:
    """Whether nothing is to be downloaded."""
    return os.environ.get(OFFLINE, "0") not in ("", "0")


def radius_kpc(place: NDArray) -> NDArray[np.float64]:
    """Distance of tiles from M31's centre in the disc's plane [kpc], shape (n,): known, or from their coordinates."""
    if "radius_kpc" in (place.dtype.names or ()):
        return np.asarray(place["radius_kpc"], np.float64)
    dec = np.radians(place["dec"])
    east = np.radians(place["ra"] - CENTRE_DEG[0]) * np.cos(dec)
    north = dec - np.radians(CENTRE_DEG[1])
    angle = np.radians(POSITION_ANGLE_DEG)
    along = east * np.sin(angle) + north * np.cos(angle)
    across = (east * np.cos(angle) - north * np.sin(angle)) / np.cos(np.radians(m31.INCLINATION_DEG))
    return np.asarray(np.hypot(along, across) * m31.hst.M31_KPC, np.float64)


def _synthetic(job: tuple[Fields, Stars, HstCamera, Path, int]) -> Tile:
    """One field, in whatever process."""
    settings, stars, camera, folder, number = job
    pixels = camera.model_copy(update={"pixels": settings.pixels})
    maker = m31.M31(_kept(stars, folder), pixels, settings.seed, settings.radii_kpc)
    rate, place = maker.tile(number), maker.place(number)
    return f"synthetic/{settings.seed}/{number}", rate.astype(np.float16), m31.describe(rate, place, pixels)


_tables: dict[tuple[Stars, Path], Isochrones] = {}


def _kept(stars: Stars, folder: Path) -> Isochrones:
    """The table, read once a process."""
    if (stars, folder) not in _tables:
        _tables[stars, folder] = table(stars, folder)
    return _tables[stars, folder]


def _real(settings: Fields, downloader: Downloader) -> Iterator[Tile]:
    """Tiles without known clusters, chosen at random from each brick."""
    known = phat.clusters("johnson_2015", downloader)
    generator = np.random.default_rng(settings.seed)
    wanted = -(-settings.number // len(settings.bricks))
    for brick in settings.bricks:
        files = {band: found.path for band, found in phat.brick_files(brick, downloader).items()}
        kept: list[Tile] = []
        for seen, one in enumerate(phat.tiles(files, settings.pixels, f"b{brick:02d}", known)):
            if len(kept) < wanted:
                kept.append(one)
            elif (place := int(generator.integers(seen + 1))) < wanted:  # Vitter's reservoir
                kept[place] = one
        yield from kept
