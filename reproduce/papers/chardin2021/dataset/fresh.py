"""Maps drawn anew in every epoch from the training simulations' snapshots, in place of a fixed set of them.

The simulations take turns; snapshot, direction, distance, seeing, shift and turn of each map are drawn. Distances lie
evenly in the logarithm, as their relative errors do. The seeing is one of a few values, for which the camera keeps the
transforms of its point-spread functions: one for each map would take as long as the map.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reproduce.learning.arrays import Array, Arrays
from reproduce.papers.chardin2021.settings import Dataset, Fresh
from reproduce.sky import prepared
from reproduce.sky.camera import View, stars_of
from reproduce.sky.maps import Maps, render
from reproduce.workflow.executor import default_workers

if TYPE_CHECKING:
    from reproduce.learning.data import ArrayFile
    from reproduce.learning.stream import Stream


@dataclass(frozen=True)
class Views:
    """Draws one map and what is true of it, standardised: `reproduce.learning.stream.Stream.draw`.

    Attributes
    ----------
    snapshots : tuple of (Path, int)
        Prepared stars of each training simulation and the number of its snapshots.
    dataset : Dataset
        Settings of the camera and the largest shift.
    fresh : Fresh
        Distances and seeings.
    arrays : mapping of Array
        What networks read and say, by name.
    """

    snapshots: tuple[tuple[Path, int], ...]
    dataset: Dataset
    fresh: Fresh
    arrays: Mapping[str, Array]

    def __call__(self, rng: np.random.Generator, item: int) -> Arrays:
        """The map of one item of an epoch."""
        maps = self.render(rng, item)
        columns = {
            "flux": maps.flux,
            "mass": maps.mass,
            "age_gyr": maps.age_gyr,
            "distance_kpc": maps.view.distance_kpc,
        }
        return {
            name: array.standardise([np.asarray(columns[column])[None] for column in array.columns])[0]
            for name, array in self.arrays.items()
        }

    def render(self, rng: np.random.Generator, item: int) -> Maps:
        """The same before it is standardised."""
        path, count = self.snapshots[item % len(self.snapshots)]
        stars = stars_of(prepared.opened(path), int(rng.integers(count)))
        low, high = np.log(self.fresh.distances_kpc)
        z, phi = rng.uniform(-1, 1), rng.uniform(0, 2 * np.pi)
        s = np.sqrt(1 - z * z)
        view = View(
            distance_kpc=float(np.exp(rng.uniform(low, high))),
            fwhm_arcsec=float(rng.choice(self.fresh.fwhm_arcsec)),
            line_of_sight=(float(s * np.cos(phi)), float(s * np.sin(phi)), float(z)),
            quarter_turns=int(rng.integers(4)),
            shift_arcsec=tuple(rng.uniform(-self.dataset.shift_arcsec, self.dataset.shift_arcsec, 2).tolist()),
        )
        return render(stars, self.dataset.camera, view, generator=rng)


def stream(simulations: Mapping[str, Path], dataset: Dataset, fresh: Fresh, source: "ArrayFile") -> "Stream":
    """Maps drawn anew in every epoch, with the fixed validation maps of a data set.

    Parameters
    ----------
    simulations
        Prepared stars of each training simulation, by name (`reproduce.sky.prepared`).
    dataset, fresh
        Settings.
    source
        The data set; what it reads of its maps is drawn.
    """
    from reproduce.learning.stream import Stream, shares

    paths = [simulations[name] for name in dataset.train_models]
    counted = [(path, len(prepared.opened(path))) for path in paths]
    draw = Views(tuple(counted), dataset, fresh, {**source.inputs, **source.targets})
    name = f"{dataset.model_dump_json()} {fresh.model_dump_json()} {[count for _, count in counted]}"
    items = fresh.maps or dataset.train
    return Stream(draw, items, source, name, workers=shares(default_workers())[0])
