"""What a network has to beat: the nearest library, linear interpolation, a quadratic fit, a Gaussian process.

Each takes training places (n, 4) in the unit box and scores (n, k), and returns a function from places (m, 4) to scores
(m, k).
"""

import warnings
from collections.abc import Callable

import numpy as np
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

Predictor = Callable[[np.ndarray], np.ndarray]


def nearest(places: np.ndarray, scores: np.ndarray) -> Predictor:
    """The library next to the place."""
    return NearestNDInterpolator(places, scores)


def linear(places: np.ndarray, scores: np.ndarray) -> Predictor:
    """Linear in the simplices of Delaunay's triangulation; outside of all, the nearest library."""
    inside, outside = LinearNDInterpolator(places, scores), nearest(places, scores)

    def predict(asked: np.ndarray) -> np.ndarray:
        found = inside(asked)
        return np.where(np.isnan(found), outside(asked), found)

    return predict


def quadratic_terms(places: np.ndarray) -> np.ndarray:
    """1, x_i, x_i x_j of places (m, d), shape (m, 1 + d + d (d + 1) / 2)."""
    places = np.asarray(places)
    i, j = np.triu_indices(places.shape[1])
    return np.column_stack([np.ones(len(places)), places, places[:, i] * places[:, j]])


def quadratic(places: np.ndarray, scores: np.ndarray) -> Predictor:
    """Least squares on all terms up to the second degree (of fewer libraries than terms, the smallest solution)."""
    solution = np.linalg.lstsq(quadratic_terms(places), scores, rcond=None)[0]
    return lambda asked: quadratic_terms(asked) @ solution


def gaussian_process(places: np.ndarray, scores: np.ndarray) -> Predictor:
    """One process a component: squared exponential with a length for each parameter, and noise; by scikit-learn."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    fitted = []
    for column in scores.T:
        kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(np.full(places.shape[1], 2.0), (0.3, 30.0))
        kernel += WhiteKernel(0.1, (1e-6, 1.0))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound is an answer
            fitted.append(GaussianProcessRegressor(kernel, normalize_y=True, random_state=0).fit(places, column))
    return lambda asked: np.column_stack([process.predict(asked) for process in fitted])


BASELINES: dict[str, Callable[[np.ndarray, np.ndarray], Predictor]] = {
    "nearest": nearest,
    "linear": linear,
    "quadratic": quadratic,
    "gaussian_process": gaussian_process,
}
