"""A Gaussian process for each energy and family, in what orbits of that energy depend on.

Inner orbits feel the black hole, outer ones the halo: each energy's tubes and boxes get their own weights of the
training libraries, from a process whose lengths (one a coordinate) and noise are those of greatest likelihood for all
their histograms together. The mean is a constant, found along with it (ordinary kriging; Cressie 1993, Statistics for
Spatial Data, section 3.2): so weights sum to one and mass is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from reproduce.papers.skusa2023.emulator.velocities import Scales

LENGTHS = (-0.7, 3.5)
"""Natural logarithm of the shortest and longest length looked at, in standard deviations of a coordinate."""
NOISE = (-9.0, 3.0)
"""The same of the noise's variance over the process's."""


@dataclass(frozen=True)
class Processes:
    """`places` (groups, n, 4): standardised coordinates of the training libraries; `middle`, `spread` (groups, 4): what
    standardises; `fitted` (groups, 5): logarithms of lengths and noise; groups: energies of tubes, then of boxes."""

    places: np.ndarray
    middle: np.ndarray
    spread: np.ndarray
    fitted: np.ndarray

    def weights(self, coordinates: np.ndarray) -> np.ndarray:
        """Weights of the training libraries, shape (m, groups, n), at coordinates (m, energies, 4)."""
        both = np.concatenate([coordinates, coordinates], axis=1)
        asked = (both - self.middle) / self.spread
        return np.stack([kriging(self.places[k], asked[:, k], self.fitted[k]) for k in range(len(self.places))], axis=1)


def fit(scales: Scales, parameters: np.ndarray, parts: Mapping[str, np.ndarray], energies: np.ndarray) -> Processes:
    """The processes of training libraries.

    Parameters
    ----------
    scales : Scales
    parameters : array of shape (n, 4)
    parts : dict
        As `components.blocks` gives them, in the energies' own velocities.
    energies : array of shape (orbits,)
        Number of each orbit's energy; the first half are tubes.
    """
    coordinates = scales.coordinates(parameters)
    both = np.moveaxis(np.concatenate([coordinates, coordinates], axis=1), 1, 0)
    middle, spread = both.mean(axis=1), both.std(axis=1)
    places = (both - middle[:, None]) / spread[:, None]
    group = group_of_orbits(energies)
    fitted = [most_likely(places[k], gram(parts, group == k)) for k in range(len(places))]
    return Processes(places, middle, spread, np.array(fitted))


def group_of_orbits(energies: np.ndarray) -> np.ndarray:
    """Number of each orbit's group: energies of tubes, the first half, then of boxes."""
    half = len(energies) // 2
    return energies + np.repeat([0, energies.max() + 1], [half, len(energies) - half])


def gram(parts: Mapping[str, np.ndarray], orbits: np.ndarray) -> np.ndarray:
    """Scalar products (n, n) of libraries' differences from the mean, each of the parts scaled to equal variance."""
    total = 0.0
    for values in parts.values():
        flat = values[:, orbits].reshape(len(values), -1).astype(float)
        flat -= flat.mean(axis=0)
        product = flat @ flat.T
        total = total + product / np.trace(product)
    return np.asarray(total)


def covariance(one: np.ndarray, other: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Squared exponential of places (n, d) and (m, d), shape (n, m)."""
    scale = np.exp(-fitted[:-1])
    return np.exp(-0.5 * (((one[:, None] - other) * scale) ** 2).sum(axis=-1))


def _factor(places: np.ndarray, fitted: np.ndarray) -> tuple[np.ndarray, bool]:
    return cho_factor(covariance(places, places, fitted) + np.exp(fitted[-1]) * np.eye(len(places)))


def most_likely(places: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Logarithms of lengths and noise of greatest restricted likelihood, shape (d + 1,)."""
    n, d = places.shape

    def cost(fitted: np.ndarray) -> float:
        factor = _factor(places, fitted)
        inverse = cho_solve(factor, np.column_stack([np.ones(n), products]))
        ones, rest = inverse[:, 0], inverse[:, 1:]
        amplitude = np.trace(rest) - ones @ products @ ones / ones.sum()
        return float(np.log(np.diag(factor[0])).sum() + 0.5 * np.log(ones.sum()) + 0.5 * (n - 1) * np.log(amplitude))

    begin = np.r_[np.full(d, 1.0), -1.0]
    return np.asarray(minimize(cost, begin, method="L-BFGS-B", bounds=[LENGTHS] * d + [NOISE]).x)


def kriging(places: np.ndarray, asked: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Weights (m, n), each row summing to one, of values at places (n, d) for places asked (m, d)."""
    factor = _factor(places, fitted)
    near = cho_solve(factor, covariance(places, asked, fitted))
    ones = cho_solve(factor, np.ones(len(places)))
    return (near + np.outer(ones, (1 - near.sum(axis=0)) / ones.sum())).T
