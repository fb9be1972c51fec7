"""The orbit library of the model galaxy: the stage `library`, and its file ``library.npz``."""

from dataclasses import fields
from pathlib import Path

import numpy as np

from reproduce.galaxy.orbits.dynamite_files import read_folder
from reproduce.galaxy.orbits.force_table import ForceTable
from reproduce.galaxy.orbits.galaxy_model import GalaxyModel, Parameters, galaxy_model
from reproduce.galaxy.orbits.intrinsic import SpaceGrid, intrinsic_masses
from reproduce.galaxy.orbits.library import Integration, OrbitLibrary, orbit_library
from reproduce.galaxy.orbits.losvd import Kinematics, velocity_range
from reproduce.galaxy.orbits.mge import ObservedGaussians
from reproduce.galaxy.orbits.observation import (
    Apertures,
    Observation,
    PointSpread,
    VelocityBins,
    projected_masses,
)
from reproduce.galaxy.orbits.start_space import StartGrid
from reproduce.papers.skusa2023 import ngc6278
from reproduce.papers.skusa2023.settings import Library
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

FILE = "library.npz"


def model(light: ObservedGaussians, library: Library) -> GalaxyModel:
    """The galaxy of the settings with some light.

    Raises
    ------
    InputError
        If the light cannot be deprojected with the shape.
    """
    names = fields(Parameters)
    try:
        return galaxy_model(light, Parameters(**{field.name: getattr(library, field.name) for field in names}))
    except InputError as error:
        raise InputError(
            f"{error} (library.p={library.p:g}, library.q={library.q:g}, library.u={library.u:g})"
        ) from None


def start_grid(galaxy: GalaxyModel, library: Library) -> StartGrid:
    """The start grid of the settings, its radii in pc."""
    shift = float(np.log10(galaxy.pc_per_arcsec))
    return StartGrid(
        n_energy=library.n_energy,
        n_i2=library.n_i2,
        n_i3=library.n_i3,
        log_radius_first=library.log_radius_first + shift,
        log_radius_last=library.log_radius_last + shift,
        dithering=library.dithering,
    )


def space_grid(galaxy: GalaxyModel, library: Library) -> SpaceGrid:
    """Cells of the masses in space, DYNAMITE's for this start grid."""
    return ngc6278.space_grid(start_grid(galaxy, library))


def make_library(
    library: Library,
    light: ObservedGaussians,
    kinematics: Kinematics,
    spread: PointSpread,
    apertures: Apertures,
    table: ForceTable | None = None,
) -> OrbitLibrary:
    """The orbit library of a galaxy.

    Parameters
    ----------
    library : Library
        Settings.
    light, kinematics, spread, apertures
        Of the observed galaxy; of its kinematics the range of velocities.
    table : ForceTable, optional
        The tabulated potential, if it is at hand.

    Returns
    -------
    OrbitLibrary

    Raises
    ------
    InputError
        If the light cannot be deprojected, or an energy not be held.
    """
    galaxy = model(light, library)
    velocities = VelocityBins(velocity_range(kinematics), library.velocity_bins)
    return orbit_library(
        galaxy=galaxy.potential,
        observation=Observation(galaxy.angles, galaxy.pc_per_arcsec, apertures, spread, velocities),
        start=start_grid(galaxy, library),
        space=space_grid(galaxy, library),
        integration=Integration(
            periods=library.periods,
            samples=library.samples,
            energy_error=library.energy_error,
            first_tolerance=library.first_tolerance,
        ),
        seed=library.seed,
        table=table,
    )


def galaxy_masses(
    library: Library, light: ObservedGaussians, spread: PointSpread, apertures: Apertures
) -> tuple[np.ndarray, np.ndarray]:
    """The galaxy's own masses, as fractions: in cells of space (radii, thetas, phis), in apertures (apertures,)."""
    galaxy = model(light, library)
    intrinsic = intrinsic_masses(galaxy.potential.stars, space_grid(galaxy, library))
    return intrinsic, projected_masses(light, apertures, spread)


def make(library: Library, observed: Path, folder: Path) -> dict[str, float]:
    """Make the library of the galaxy in the folder `observed` and write ``library.npz`` into `folder`.

    Returns
    -------
    dict
        ``orbits``, ``apertures``, ``energy_error`` (the largest).
    """
    made = make_library(library, *read_folder(observed))
    write(made, folder / FILE)
    n, _, apertures = made.histogram.shape
    return {"orbits": float(n), "apertures": float(apertures), "energy_error": float(made.energy_error.max())}


def write(library: OrbitLibrary, path: Path) -> None:
    """Write a library, whole or not at all."""
    with whole(path) as partial, partial.open("wb") as stream:
        np.savez(stream, **{field.name: getattr(library, field.name) for field in fields(library)})


def read(path: Path) -> OrbitLibrary:
    """Read a library that `write` wrote."""
    with np.load(path) as file:
        found = {name: file[name] for name in file.files}
    found["n_tubes"], found["mass_to_light"] = int(found["n_tubes"]), float(found["mass_to_light"])
    return OrbitLibrary(**found)
