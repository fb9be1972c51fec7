"""NGC 6278 as the thesis models it: its light, its parameters, the grids of its orbit library, from the manifest."""

from dataclasses import replace

import numpy as np

import data_manifests
from reproduce.galaxy.orbits.galaxy_model import GalaxyModel, Parameters, galaxy_model
from reproduce.galaxy.orbits.intrinsic import SpaceGrid
from reproduce.galaxy.orbits.mge import ObservedGaussians
from reproduce.galaxy.orbits.observation import Apertures, Observation, PointSpread, VelocityBins
from reproduce.galaxy.orbits.start_space import StartGrid

MANIFEST = data_manifests.load("skusa2023/ngc6278")
LIGHT = ObservedGaussians(*(np.array(MANIFEST["mge"][name]) for name in MANIFEST["mge"]))
PARAMETERS = Parameters(
    distance_mpc=MANIFEST["distance_mpc"],
    **MANIFEST["shape"],
    mass_to_light=MANIFEST["mass_to_light"],
    black_hole_msun=MANIFEST["black_hole"]["mass_msun"],
    softening_arcsec=MANIFEST["black_hole"]["softening_arcsec"],
    halo_concentration=MANIFEST["halo"]["concentration"],
    halo_fraction=MANIFEST["halo"]["mass_fraction"],
)
SPREAD = PointSpread(np.array([MANIFEST["seeing_arcsec"]]), np.array([1.0]))
VELOCITIES = VelocityBins(MANIFEST["velocity"]["width_kms"], MANIFEST["velocity"]["n_bins"])


def model() -> GalaxyModel:
    """The galaxy of the thesis."""
    return galaxy_model(LIGHT, PARAMETERS)


def start_grid(galaxy: GalaxyModel, **changes: int) -> StartGrid:
    """The thesis's start grid, or another."""
    orbits, shift = MANIFEST["orbits"], np.log10(galaxy.pc_per_arcsec)
    grid = StartGrid(
        n_energy=orbits["n_energy"],
        n_i2=orbits["n_i2"],
        n_i3=orbits["n_i3"],
        log_radius_first=orbits["log_radius_first"] + shift,
        log_radius_last=orbits["log_radius_last"] + shift,
    )
    return replace(grid, **changes)


def space_grid(start: StartGrid) -> SpaceGrid:
    """DYNAMITE's cells of the intrinsic masses."""
    space = MANIFEST["space"]
    last = 10**start.log_radius_last * space["last_radius_fraction"]
    return SpaceGrid(10**start.log_radius_first, last, space["n_radii"], space["n_theta"], space["n_phi"])


def observation(galaxy: GalaxyModel, apertures: Apertures) -> Observation:
    """The galaxy seen through apertures with the thesis's seeing and velocity bins."""
    return Observation(galaxy.angles, galaxy.pc_per_arcsec, apertures, SPREAD, VELOCITIES)
