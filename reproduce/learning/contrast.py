"""What tells usual items from strange ones in a few plain numbers: a logistic regression with squares and products.

It knows the kinds of strange items that it was fitted with, and what is like them; what is like nothing known is for
`reproduce.learning.domain` to notice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]

FARTHEST = 6.0
"""Numbers count as at most so many standard deviations from the usual mean, so that no square grows without bounds."""
RIDGE = 1e-2
"""Weight of the mean square of the coefficients beside the mean loss of an item."""


@dataclass(frozen=True)
class Contrast:
    """Log odds that an item is strange.

    Attributes
    ----------
    mean, std : array, shape (d,)
        Of the usual items' numbers.
    coefficients : array, shape (1 + d + d (d + 1) / 2,)
        Of 1, the standardised numbers, their squares and products.
    """

    mean: Array
    std: Array
    coefficients: Array

    @classmethod
    def fit(cls, usual: NDArray, strange: Sequence[NDArray]) -> Self:
        """From usual items, shape (n, d), and items of several strange kinds, each of shape (m, d).

        All kinds together weigh as much as the usual items, and each as much as another.
        """
        mean, std = usual.mean(axis=0, dtype=np.float64), usual.std(axis=0, dtype=np.float64)
        std = np.where(std > 0, std, 1.0)
        terms = np.concatenate([_terms(numbers, mean, std) for numbers in (usual, *strange)])
        sign = np.concatenate([-np.ones(len(usual)), np.ones(len(terms) - len(usual))])
        parts = [np.full(len(part), 0.5 / len(part) / len(strange)) for part in strange]
        weight = np.concatenate([np.full(len(usual), 0.5 / len(usual)), *parts])

        def loss(c: NDArray) -> tuple[float, Array]:
            margin = sign * (terms @ c)
            slope = -sign * weight / (1 + np.exp(np.clip(margin, -500, 500)))
            penalty = RIDGE * np.concatenate([[0.0], c[1:]])
            return float(weight @ np.logaddexp(0, -margin) + penalty @ c / 2), terms.T @ slope + penalty

        found = minimize(loss, np.zeros(terms.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 2_000})
        return cls(mean, std, found.x)

    def log_odds(self, numbers: NDArray) -> Array:
        """Of items, shape (n, d) to (n,)."""
        return _terms(numbers, self.mean, self.std) @ self.coefficients


def standardised(numbers: NDArray, mean: NDArray, std: NDArray) -> Array:
    """Numbers in standard deviations from the mean, held at `FARTHEST`, shape (n, d)."""
    return np.clip((numbers.astype(np.float64) - mean) / std, -FARTHEST, FARTHEST)


def _terms(numbers: NDArray, mean: Array, std: Array) -> Array:
    """1, the standardised numbers, their squares and products, shape (n, terms)."""
    z = standardised(numbers, mean, std)
    one, other = np.triu_indices(z.shape[1])
    return np.concatenate([np.ones((len(z), 1)), z, z[:, one] * z[:, other]], axis=1)
