"""The galaxy that libraries are made for: its light, where and how it is seen, and its model at any parameters."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reproduce.galaxy.orbits.dynamite_files import read_folder
from reproduce.galaxy.orbits.galaxy_model import GalaxyModel
from reproduce.galaxy.orbits.intrinsic import intrinsic_masses
from reproduce.galaxy.orbits.losvd import Kinematics
from reproduce.galaxy.orbits.mge import ObservedGaussians
from reproduce.galaxy.orbits.observation import Apertures, Observation, PointSpread, VelocityBins, projected_masses
from reproduce.galaxy.orbits.start_space import StartGrid
from reproduce.papers.skusa2023 import libraries
from reproduce.papers.skusa2023.extras.settings import PARAMETERS, Emulator
from reproduce.papers.skusa2023.settings import Library


@dataclass(frozen=True)
class Masses:
    """The galaxy's own masses, as fractions: `intrinsic` in cells (of its shape) and `projected` in apertures."""

    intrinsic: np.ndarray
    projected: np.ndarray


@dataclass(frozen=True)
class Target:
    """A galaxy in a folder with DYNAMITE's formats, and the settings that the emulator does not vary.

    `library` holds distance, p, u, M/L, softening and radii of the start grid; `emulator` the numbers of orbits.
    """

    light: ObservedGaussians
    kinematics: Kinematics
    spread: PointSpread
    apertures: Apertures
    library: Library
    emulator: Emulator

    def settings(self, values: np.ndarray) -> Library:
        """The library's settings at parameters in the order of `PARAMETERS`."""
        q, halo, concentration, hole = (float(value) for value in values)
        grid = {name: getattr(self.emulator, name) for name in ("n_energy", "n_i2", "n_i3", "dithering")}
        changed = {
            "q": q,
            "halo_fraction": 10**halo,
            "halo_concentration": 10**concentration,
            "black_hole_msun": 10**hole,
        }
        return Library(**{**self.library.model_dump(), **grid, **changed})

    def model(self, values: np.ndarray) -> GalaxyModel:
        """The galaxy at some parameters."""
        return libraries.model(self.light, self.settings(values))

    def start_grid(self, values: np.ndarray) -> StartGrid:
        """Where its orbits start."""
        return libraries.start_grid(self.model(values), self.settings(values))

    def observation(self, galaxy: GalaxyModel) -> Observation:
        """How it is seen."""
        bins = VelocityBins(self.emulator.velocity_width_kms, self.emulator.velocity_bins)
        return Observation(galaxy.angles, galaxy.pc_per_arcsec, self.apertures, self.spread, bins)

    def masses(self, values: np.ndarray) -> Masses:
        """Its own masses; of the parameters, only q matters."""
        galaxy = self.model(values)
        space = libraries.space_grid(galaxy, self.settings(values))
        return Masses(
            intrinsic_masses(galaxy.potential.stars, space),
            projected_masses(self.light, self.apertures, self.spread),
        )

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Corners of the box of parameters, shape (4,) each."""
        low, high = np.array([getattr(self.emulator, name) for name in PARAMETERS]).T
        return low, high


def target(observed: Path, library: Library, emulator: Emulator) -> Target:
    """The galaxy that the stage `observe` left in a folder."""
    return Target(*read_folder(observed), library, emulator)
