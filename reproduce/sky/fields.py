"""Synthetic fields of M31 by the executor, and the table of isochrones that they and drawn clusters are made of."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproduce.sky import m31, tiles
from reproduce.sky.settings import HstCamera, IsochroneGrid, StarFields
from reproduce.stars.bands import HST_BANDS
from reproduce.stars.isochrones import Isochrones, isochrones
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress

OLDEST_LOG_AGE = 10.15  # 14 Gyr
Tile = tuple[str, NDArray, Mapping[str, float]]


def table(
    grid: IsochroneGrid, folder: Path, names: tuple[str, ...] = HST_BANDS, recipe: str = "hurley2000"
) -> Isochrones:
    """The isochrones that a folder keeps, made where it has none; bands and recipe as of `isochrones`."""
    log_ages = np.round(np.arange(grid.youngest_log_age, OLDEST_LOG_AGE + 1e-4, grid.log_age_step), 3)
    return isochrones(folder, feh=grid.feh, log_ages=log_ages, names=names, recipe=recipe)


def synthetic(
    settings: StarFields,
    grid: IsochroneGrid,
    camera: HstCamera,
    isochrones_folder: Path,
    executor: Executor,
    progress: Progress,
) -> tiles.Tiles:
    """Synthetic fields of M31.

    Parameters
    ----------
    settings, grid, camera
        Settings.
    isochrones_folder : Path
        Where `table` keeps the isochrones.
    executor, progress
        Makes the fields; is told how far it is.
    """
    jobs = [(settings, grid, camera, isochrones_folder, i) for i in range(settings.number)]
    made: list[Tile] = []
    for one in executor.map(_synthetic, jobs):
        made.append(one)
        progress(len(made) / settings.number, f"field {len(made)} of {settings.number}")
    return tiles.collect(made, noisy=False, origin="synthetic M31")


def _synthetic(job: tuple[StarFields, IsochroneGrid, HstCamera, Path, int]) -> Tile:
    """One field, in whatever process."""
    settings, grid, camera, folder, number = job
    pixels = camera.model_copy(update={"pixels": settings.pixels})
    maker = m31.M31(_kept(grid, folder), pixels, settings.seed, settings.radii_kpc)
    rate, place = maker.tile(number), maker.place(number)
    return f"synthetic/{settings.seed}/{number}", rate.astype(np.float16), m31.describe(rate, place, pixels)


_tables: dict[tuple[IsochroneGrid, Path], Isochrones] = {}


def _kept(grid: IsochroneGrid, folder: Path) -> Isochrones:
    """The table, read once a process."""
    if (grid, folder) not in _tables:
        _tables[grid, folder] = table(grid, folder)
    return _tables[grid, folder]
