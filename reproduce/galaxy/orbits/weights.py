"""How much mass each orbit carries: non-negative least squares on masses and kinematics.

Rows: the total mass, the mass in cells of space, the mass in apertures, h1 to h4 of each aperture times its mass, each
divided by its error (van den Bosch et al. 2008, section 5).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.galaxy.orbits.losvd import ORDER, Kinematics
from reproduce.workflow.errors import InputError


@dataclass(frozen=True)
class MassErrors:
    """Relative errors given to the masses, which are known exactly: `intrinsic`, `projected`, and `total`."""

    intrinsic: float = 0.01
    projected: float = 0.02
    total: float = 0.001


@dataclass(frozen=True)
class WeightProblem:
    """Least squares |`matrix` @ weights - `target`|² over weights of at least zero.

    `matrix` (rows, orbits) and `target` (rows,) are in units of the errors; `rows` says which group of rows is where:
    total, intrinsic, projected, kinematic.
    """

    matrix: np.ndarray
    target: np.ndarray
    rows: dict[str, slice]

    def chi2(self, weights: np.ndarray, group: str | None = None) -> float:
        """Sum of squares of all rows, or of one group's."""
        part = slice(None) if group is None else self.rows[group]
        return float(((self.matrix[part] @ weights - self.target[part]) ** 2).sum())


def weight_problem(
    *,
    library: OrbitLibrary,
    coefficients: np.ndarray,
    intrinsic: np.ndarray,
    projected: np.ndarray,
    kinematics: Kinematics,
    errors: MassErrors,
) -> WeightProblem:
    """Set up the rows.

    Parameters
    ----------
    library : OrbitLibrary
        For the orbits' masses.
    coefficients : array of shape (orbits, apertures, 4)
        The orbits' h1 to h4 times their mass in the aperture, at the M/L asked about (`losvd.coefficient_maps`); they
        may also be predicted ones.
    intrinsic, projected : array
        The galaxy's masses in cells and apertures, as fractions; shapes as one orbit's.
    kinematics : Kinematics
    errors : MassErrors

    Returns
    -------
    WeightProblem

    Raises
    ------
    InputError
        If shapes do not match, or a cell or an aperture of the galaxy holds no mass.
    """
    n = library.histogram.shape[0]
    expected = {
        "coefficients": (coefficients, (n, library.histogram.shape[2], ORDER)),
        "intrinsic masses": (intrinsic, library.intrinsic.shape[1:]),
        "projected masses": (projected, (library.histogram.shape[2],)),
        "kinematics": (kinematics.mean_kms, (library.histogram.shape[2],)),
    }
    for name, (array, shape) in expected.items():
        if array.shape != shape:
            raise InputError(f"weights: {name} of shape {array.shape}, but the library's is {shape}")
    if not (intrinsic.min() > 0 and projected.min() > 0):
        raise InputError("weights: a cell or an aperture of the galaxy holds no mass; choose cells or bins that do")
    sky = projected * kinematics.coefficient_errors  # (4, apertures)
    blocks = {
        "total": (np.ones((1, n)), np.ones(1), np.array([errors.total])),
        "intrinsic": (library.intrinsic.reshape(n, -1).T, intrinsic.ravel(), errors.intrinsic * intrinsic.ravel()),
        "projected": (library.projected.T, projected, errors.projected * projected),
        "kinematic": (
            np.moveaxis(coefficients, (2, 1), (0, 1)).reshape(-1, n),
            (projected * kinematics.coefficient_targets).ravel(),
            sky.ravel(),
        ),
    }
    rows, first = {}, 0
    for name, (_, values, _) in blocks.items():
        rows[name] = slice(first, first + values.size)
        first += values.size
    matrix = np.concatenate([block / error[:, None] for block, _, error in blocks.values()]).astype(float)
    target = np.concatenate([values / error for _, values, error in blocks.values()])
    return WeightProblem(matrix, target, rows)


def solve_weights(problem: WeightProblem) -> np.ndarray:
    """The weights of least chi², shape (orbits,), all at least zero: Lawson & Hanson's active set, as SciPy has it.

    A problem of 360 orbits takes less than a tenth of a second on one thread; the many threads that a linear-algebra
    library starts by itself make it slower.
    """
    return nnls(problem.matrix, problem.target, maxiter=30 * problem.matrix.shape[1])[0]
