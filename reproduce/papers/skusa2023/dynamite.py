"""A library that DYNAMITE made for the thesis's parameters, to compare with, and how far another one is from it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reproduce.galaxy.orbits.dynamite_files import read_folder
from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.galaxy.orbits.losvd import Kinematics, coefficient_maps
from reproduce.galaxy.orbits.observation import Apertures
from reproduce.workflow.errors import InputError

LIBRARY = "dynamite_library.npz"


@dataclass(frozen=True)
class Reference:
    """Library, data and the galaxy's own masses; `intrinsic` in cells, `projected` in apertures."""

    library: OrbitLibrary
    kinematics: Kinematics
    apertures: Apertures
    intrinsic: np.ndarray
    projected: np.ndarray


def reference(folder: Path) -> Reference:
    """Read a folder that holds DYNAMITE's four input files and its library, `dynamite_library.npz`.

    Raises
    ------
    InputError
        If a file is missing or damaged.
    """
    _, kinematics, _, apertures = read_folder(folder)
    path = folder / LIBRARY
    if not path.is_file():
        raise InputError(f"{path}: no such file; it holds histograms, masses and velocity edges of DYNAMITE's library")
    with np.load(path) as file:
        n = len(file["y"])
        library = OrbitLibrary(
            histogram=file["y"],
            velocity_edges_kms=file["xedg"],
            intrinsic=file["intr"],
            family=np.zeros(n, int),
            circularity=np.zeros((n, 3)),
            mean_radius_pc=np.zeros(n),
            energy_error=np.zeros(n),
            n_tubes=240,
            mass_to_light=5.0,
        )
        # The galaxy's cells are stored in the order of radius, theta, phi, with the shape turned round.
        return Reference(library, kinematics, apertures, file["im"].ravel().reshape(10, 6, 6), file["pm"])


def maps(library: OrbitLibrary, kinematics: Kinematics) -> np.ndarray:
    """h1 to h4 of each orbit in each aperture at the library's own M/L, shape (orbits, apertures, 4)."""
    return next(coefficient_maps(library, kinematics, np.array([library.mass_to_light])))


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Relative L2 difference."""
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))
