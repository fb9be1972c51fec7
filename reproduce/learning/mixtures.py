"""Posteriors that are mixtures of Gaussians: some of them, those of several, and in other coordinates."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.posterior import Mixture

Array = NDArray[np.float64]


def take(mixture: Mixture, rows: slice | NDArray) -> Mixture:
    """Those of some items."""
    return Mixture(mixture.weights[rows], mixture.means[rows], mixture.triangles[rows])


def stacked(parts: Sequence[Mixture]) -> Mixture:
    """Those of the items of several, which have the same numbers of components and parameters."""
    weights, means, triangles = (
        np.concatenate([getattr(one, name) for one in parts]) for name in ("weights", "means", "triangles")
    )
    return Mixture(weights, means, triangles)


def moved(mixture: Mixture, triangle: Array, shift: Array) -> Mixture:
    """The distribution of T z + b where z follows a mixture.

    Parameters
    ----------
    mixture : Mixture
        Of n items over d parameters.
    triangle : array, shape (n, d, d)
        T of each item, lower triangular with a positive diagonal, so that the mixture's triangles stay triangles.
    shift : array, shape (n, d)
        b.
    """
    means = np.einsum("nij,nkj->nki", triangle, mixture.means) + shift[:, None]
    return Mixture(mixture.weights, means, mixture.triangles @ np.linalg.inv(triangle)[:, None])


def widened(mixture: Mixture, factors: Array) -> Mixture:
    """Each item's mixture, wider by a factor (n, d) along each parameter about its mean; what goes with what stays."""
    n, d = factors.shape
    triangle = np.zeros((n, d, d))
    triangle[:, np.arange(d), np.arange(d)] = factors
    return moved(mixture, triangle, (1 - factors) * mixture.mean())
