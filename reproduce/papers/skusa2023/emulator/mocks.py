"""Mock galaxies of libraries that are known: weights, M/L and parameters are given, kinematics get noise."""

import numpy as np

from reproduce.galaxy.orbits import synthetic
from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.galaxy.orbits.losvd import Kinematics, coefficient_maps
from reproduce.galaxy.orbits.weights import MassErrors, WeightProblem, solve_weights, weight_problem
from reproduce.papers.skusa2023.default_galaxy import PROGRADE
from reproduce.papers.skusa2023.emulator.target import Masses, Target


def problem(
    galaxy: Target, library: OrbitLibrary, coefficients: np.ndarray, own: Masses, kinematics: Kinematics
) -> WeightProblem:
    """Rows of a fit."""
    return weight_problem(
        library=library,
        coefficients=coefficients,
        intrinsic=own.intrinsic,
        projected=own.projected,
        kinematics=kinematics,
        errors=MassErrors(galaxy.emulator.intrinsic_error, galaxy.emulator.projected_error),
    )


def mock_galaxy(
    galaxy: Target, library: OrbitLibrary, parameters: np.ndarray, mass_to_light: float, seed: int
) -> synthetic.SyntheticGalaxy:
    """Weigh a library so that it makes the galaxy's masses and rotates, and observe it with noise."""
    n = library.histogram.shape[2]
    blank = Kinematics(*(np.ones(n) for _ in range(8)))  # its rows are not used
    rows = problem(galaxy, library, np.zeros((len(library.family), n, 4)), galaxy.masses(parameters), blank)
    weights = synthetic.known_weights(library, rows, PROGRADE)
    return synthetic.observe(
        library=library,
        weights=weights,
        mass_to_light=mass_to_light,
        projected=weights @ library.projected,
        best_signal_to_noise=galaxy.emulator.best_signal_to_noise,
        seed=seed,
    )


def chi2_of(
    galaxy: Target, library: OrbitLibrary, ratios: np.ndarray, own: Masses, kinematics: Kinematics
) -> np.ndarray:
    """Least chi² of a library at each M/L, shape (ratios,)."""
    found = []
    for coefficients in coefficient_maps(library, kinematics, ratios):
        rows = problem(galaxy, library, coefficients, own, kinematics)
        found.append(rows.chi2(solve_weights(rows)))
    return np.array(found)
