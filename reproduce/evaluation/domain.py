"""How far a map lies from those that the networks were trained on, which the paper judges by eye (Fig. 10)."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

# Share of validation maps that the threshold calls strange.
FALSE_ALARMS = 0.01


@dataclass(frozen=True)
class Domain:
    """The training maps' place in the space of the regressor's features.

    Attributes
    ----------
    mean : array, shape (d,)
    precision : array, shape (d, d)
        Inverse of the covariance of the standardised features, after Ledoit & Wolf (2004).
    std : array, shape (d,)
        Standard deviations by which the features are divided first.
    threshold : float
        Score above which a map counts as outside; `FALSE_ALARMS` of the validation maps are.
    """

    mean: NDArray
    std: NDArray
    precision: NDArray
    threshold: float

    @classmethod
    def fit(cls, training: NDArray, validation: NDArray) -> Self:
        """From the features of training maps (n, d); the threshold from those of validation maps (m, d)."""
        from sklearn.covariance import LedoitWolf  # seconds to import, and only here

        mean, std = training.mean(axis=0), training.std(axis=0)
        std = np.where(std > 0, std, 1.0)  # a filter that never fires
        precision = LedoitWolf(assume_centered=True).fit((training - mean) / std).precision_
        scores = _score(validation, mean, std, precision)
        return cls(mean, std, precision, float(np.quantile(scores, 1 - FALSE_ALARMS)))

    def score(self, features: NDArray) -> NDArray[np.float64]:
        """Mahalanobis distance of maps (n, d) from the training maps over the square root of d: about 1 inside."""
        return _score(features, self.mean, self.std, self.precision)


def _score(features: NDArray, mean: NDArray, std: NDArray, precision: NDArray) -> NDArray[np.float64]:
    away = (features.astype(np.float64) - mean) / std
    return np.sqrt(np.einsum("ni,ij,nj->n", away, precision, away) / away.shape[1])
