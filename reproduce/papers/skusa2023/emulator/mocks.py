"""Mock galaxies of libraries that are known: weights, M/L and parameters are given, kinematics get noise."""

from dataclasses import dataclass, replace

import numpy as np

from reproduce.galaxy.orbits import synthetic
from reproduce.galaxy.orbits.galaxy_model import GalaxyModel
from reproduce.galaxy.orbits.intrinsic import intrinsic_masses
from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.galaxy.orbits.losvd import Kinematics
from reproduce.galaxy.orbits.observation import projected_masses
from reproduce.galaxy.orbits.weights import MassErrors, WeightProblem, solve_weights, weight_problem
from reproduce.papers.skusa2023 import ngc6278
from reproduce.papers.skusa2023.default_galaxy import PROGRADE
from reproduce.papers.skusa2023.emulator.design import apertures, model


@dataclass(frozen=True)
class Masses:
    """The galaxy's own masses, as fractions: `intrinsic` in cells (of its shape) and `projected` in apertures."""

    intrinsic: np.ndarray
    projected: np.ndarray


def masses(galaxy: GalaxyModel) -> Masses:
    """Of a galaxy seen through the default apertures."""
    space = ngc6278.space_grid(ngc6278.start_grid(galaxy))
    return Masses(
        intrinsic_masses(galaxy.potential.stars, space), projected_masses(ngc6278.LIGHT, apertures(), ngc6278.SPREAD)
    )


def problem(library: OrbitLibrary, coefficients: np.ndarray, own: Masses, kinematics: Kinematics) -> WeightProblem:
    """Rows of a fit; errors of masses as in the thesis."""
    return weight_problem(
        library=library,
        coefficients=coefficients,
        intrinsic=own.intrinsic,
        projected=own.projected,
        kinematics=kinematics,
        errors=MassErrors(),
    )


def mock_galaxy(
    *, library: OrbitLibrary, parameters: np.ndarray, mass_to_light: float, best_signal_to_noise: float, seed: int
) -> synthetic.SyntheticGalaxy:
    """Weigh a library so that it makes the galaxy's masses and rotates, and observe it with noise."""
    n = library.histogram.shape[2]
    blank = Kinematics(*(np.ones(n) for _ in range(8)))  # its rows are not used
    own = masses(model(parameters))
    rows = problem(library, np.zeros((len(library.family), n, 4)), own, blank)
    weights = synthetic.known_weights(library, rows, PROGRADE)
    return synthetic.observe(
        library=library,
        weights=weights,
        mass_to_light=mass_to_light,
        projected=weights @ library.projected,
        best_signal_to_noise=best_signal_to_noise,
        seed=seed,
    )


def minimum(ratios: np.ndarray, chi2: np.ndarray) -> float:
    """Where chi² is least, by the parabola through its least value and two neighbours on each side."""
    k = int(np.clip(np.argmin(chi2), 2, len(ratios) - 3))
    a, b, _ = np.polyfit(ratios[k - 2 : k + 3] - ratios[k], chi2[k - 2 : k + 3], 2)
    step = ratios[1] - ratios[0]
    return float(ratios[k] + (np.clip(-b / (2 * a), -2 * step, 2 * step) if a > 0 else 0.0))


def chi2_of(library: OrbitLibrary, ratios: np.ndarray, own: Masses, kinematics: Kinematics) -> np.ndarray:
    """Least chi² of a library at each M/L, shape (ratios,)."""
    from reproduce.galaxy.orbits.losvd import coefficient_maps

    found = []
    for coefficients in coefficient_maps(library, kinematics, ratios):
        rows = problem(library, coefficients, own, kinematics)
        found.append(rows.chi2(solve_weights(rows)))
    return np.array(found)


def seen_by(kinematics: Kinematics, exact: np.ndarray) -> Kinematics:
    """Kinematics without noise, with the errors of those that have it."""
    return replace(kinematics, mean_kms=exact[0], dispersion_kms=exact[1], h3=exact[2], h4=exact[3])
