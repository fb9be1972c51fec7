"""Coordinates in which a network answers, of its own for each item: θ = T z + b. Without Keras, for processes that
draw.

Where a quantity is known, a network that answers by how many of its errors the truth lies away from it repeats, before
it has learnt anything, what it was told; and what depends on that quantity, as a mass on the distance, can be tied to
it. T is lower triangular, so that a mixture of Gaussians in z is one in θ (`mixtures.moved`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """θ = T z + b of n items.

    Attributes
    ----------
    triangle : array, shape (n, d, d)
        T, lower triangular with a positive diagonal.
    shift : array, shape (n, d)
        b.
    """

    triangle: Array
    shift: Array

    def coordinates(self, theta: Array) -> Array:
        """z of θ, both of shape (n, d)."""
        found = np.linalg.solve(self.triangle, (theta - self.shift)[..., None])[..., 0]
        return found.astype(np.float64)

    def theta(self, z: Array) -> Array:
        """θ of z, both of shape (n, d)."""
        return np.einsum("nij,nj->ni", self.triangle, z) + self.shift
