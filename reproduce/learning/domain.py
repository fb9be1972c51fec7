"""How far an item lies from those that networks were trained on.

Two looks at it: what a network sees in it, by the Mahalanobis distance from the training items, and how it looks in a
few plain numbers, by the distance of its nearest training items. A network is blind to what no training item had; plain
numbers are not.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

# Share of validation items that the score calls strange.
FALSE_ALARMS = 0.01
# The distance to this many-th nearest training map is the distance from the training items.
NEIGHBOURS = 10


@dataclass(frozen=True)
class Whitening:
    """A linear map after which the training items' numbers have mean 0 and covariance 1.

    Attributes
    ----------
    mean, std : array, shape (d,)
    matrix : array, shape (d, d)
        Root of the inverse covariance of the standardised numbers, after Ledoit & Wolf (2004).
    """

    mean: NDArray
    std: NDArray
    matrix: NDArray

    @classmethod
    def fit(cls, numbers: NDArray) -> Self:
        """From training items, shape (n, d)."""
        from sklearn.covariance import LedoitWolf  # seconds to import, and only here

        mean, std = numbers.mean(axis=0), numbers.std(axis=0)
        std = np.where(std > 0, std, 1.0)  # a filter that never fires
        precision = LedoitWolf(assume_centered=True).fit((numbers - mean) / std).precision_
        return cls(mean, std, np.linalg.cholesky(precision))

    def __call__(self, numbers: NDArray) -> NDArray[np.float64]:
        """Shape (n, d) to (n, d)."""
        return (numbers.astype(np.float64) - self.mean) / self.std @ self.matrix


def thresholds(scores: NDArray, false_alarms: float) -> NDArray[np.float64]:
    """Thresholds of k scores, shape (k,), of which a share of validation items exceeds one or more.

    Each score alone would call as many items strange as another. `scores` has the shape (k, n).
    """
    each = np.quantile(scores, 1 - false_alarms, axis=1)
    any_of_them = np.quantile((scores / each[:, None]).max(axis=0), 1 - false_alarms)
    return each * any_of_them


@dataclass(frozen=True)
class Domain:
    """The training items' place among all items.

    Attributes
    ----------
    features, appearance : Whitening
        Of what the network sees, and of how the items look.
    looks : array, shape (n, 6), float32
        The training items' appearance, whitened.
    thresholds : array, shape (2,)
        Distances of features and of appearance that score 1.
    """

    features: Whitening
    appearance: Whitening
    looks: NDArray
    thresholds: NDArray

    @classmethod
    def fit(cls, training: tuple[NDArray, NDArray], validation: tuple[NDArray, NDArray]) -> Self:
        """From the (features, appearance) of training items and, for the thresholds, of validation items."""
        features, appearance = (Whitening.fit(numbers) for numbers in training)
        looks = appearance(training[1]).astype(np.float32)
        distances = cls(features, appearance, looks, np.ones(2))._distances(*validation)
        return cls(features, appearance, looks, thresholds(distances, FALSE_ALARMS))

    def score(self, features: NDArray, appearance: NDArray) -> NDArray[np.float64]:
        """The larger of the two distances of items, in thresholds, shape (n,): above 1 an item is outside."""
        return (self._distances(features, appearance) / self.thresholds[:, None]).max(axis=0)

    def _distances(self, features: NDArray, appearance: NDArray) -> NDArray[np.float64]:
        """Shape (2, n); 1 is usual for features."""
        away = np.sqrt(np.square(self.features(features)).mean(axis=1))
        neighbours = min(NEIGHBOURS, len(self.looks))
        nearest, _ = self._tree.query(self.appearance(appearance), k=[neighbours])
        return np.stack([away, nearest[:, 0]])

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.looks)
