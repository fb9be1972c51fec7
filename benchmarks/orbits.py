"""What the benchmarks of single orbits share: NGC 6278, DYNAMITE's masses of the same orbits, a command line."""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reproduce.galaxy.orbits.force_table import ForceTable, tabulate
from reproduce.galaxy.orbits.galaxy_model import GalaxyModel
from reproduce.galaxy.orbits.intrinsic import SpaceGrid
from reproduce.galaxy.orbits.library import TABLE_REACH
from reproduce.galaxy.orbits.recording import record_space
from reproduce.galaxy.orbits.start_space import StartGrid, start_space
from reproduce.papers.skusa2023 import ngc6278
from reproduce.papers.skusa2023.dynamite import Reference, reference

PERIODS, SAMPLES = 200, 50_000
TUBES = 120
ROWS = ("thin", "second", "third", "outer")
"""Of the tubes, from the one next to the thin orbit to the one next to the equipotential."""


@dataclass(frozen=True)
class Orbits:
    """Starts of orbits in NGC 6278, and the masses that DYNAMITE's orbits have in cells.

    Attributes
    ----------
    dynamite : Reference
        Its whole library.
    galaxy : GalaxyModel
    grid, space : StartGrid, SpaceGrid
        Of the starts and of the cells.
    table : ForceTable
    start : (orbits, 6) float64
        `TUBES` tubes in their first sense, row after row for each energy and angle, then as many boxes.
    period : (orbits,) float64
    masses : (orbits, cells) float64
        Fractions of DYNAMITE's.
    """

    dynamite: Reference
    galaxy: GalaxyModel
    grid: StartGrid
    space: SpaceGrid
    table: ForceTable
    start: np.ndarray
    period: np.ndarray
    masses: np.ndarray


def orbits(folder: Path) -> Orbits:
    """Those of the thesis's start grid, and of DYNAMITE's library in a folder."""
    dynamite = reference(folder)
    masses = dynamite.library.intrinsic.reshape(3 * TUBES, -1).astype(float)
    masses = np.concatenate([masses[: 2 * TUBES : 2], masses[2 * TUBES :]])
    galaxy = ngc6278.model()
    grid = ngc6278.start_grid(galaxy)
    table = tabulate(galaxy.potential, TABLE_REACH * 10**grid.log_radius_last)
    starts = start_space(table, grid)
    return Orbits(
        dynamite=dynamite,
        galaxy=galaxy,
        grid=grid,
        space=ngc6278.space_grid(grid),
        table=table,
        start=np.concatenate([starts.tubes[:, 0], starts.boxes[:, 0]]),
        period=np.tile(starts.period[:, 0], 2),
        masses=masses / masses.sum(axis=1, keepdims=True),
    )


def fractions(samples: np.ndarray, space: SpaceGrid) -> np.ndarray:
    """Fractions of the samples of an orbit in cells, shape (cells,)."""
    masses = np.zeros(space.shape)
    record_space(samples, space.radii_pc, masses)
    return masses.ravel() / masses.sum()


def command(measure: Callable[[Orbits], dict[str, object]], about: str | None) -> dict[str, object]:
    """Measure as the command line says, and add a line of JSON to its table."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--dynamite", type=Path, default=Path("../shared/data/ngc6278"), help="a folder of its files")
    given = parser.parse_args()
    row = measure(orbits(given.dynamite))
    with given.table.open("a") as stream:
        stream.write(json.dumps(row) + "\n")
    return row
