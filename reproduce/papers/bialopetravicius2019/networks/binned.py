"""Answers as probabilities of bins, one parameter at a time, as the paper's sequel has them."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax, ndtr, ndtri

Array = NDArray[np.float64]
EDGE = 1e-6  # shares of the prior nearer to 0 or 1 count as this


@dataclass(frozen=True)
class Binned:
    """Probabilities of n items; bins are of equal prior probability.

    Attributes
    ----------
    probability : (n, d, bins) float64
        They add up to 1 over the bins.
    """

    probability: Array

    @classmethod
    def of_network(cls, raw: ArrayLike, parameters: int) -> Self:
        """From a network's raw numbers, shape (n, d · bins)."""
        raw = np.asarray(raw, np.float64)
        return cls(np.exp(log_softmax(raw.reshape(len(raw), parameters, -1), axis=-1)))

    @classmethod
    def joined(cls, members: "list[Binned]") -> "Binned":
        """The mean of the members of an ensemble."""
        return cls(np.mean([one.probability for one in members], axis=0))

    def cumulative(self, normal: ArrayLike) -> Array:
        """Probability below u of each parameter, (n, d) to (n, d); even within a bin."""
        n_bins = self.probability.shape[-1]
        share = ndtr(np.asarray(normal, np.float64)) * n_bins
        place = np.clip(share.astype(np.int64), 0, n_bins - 1)
        total = np.concatenate([np.zeros_like(self.probability[..., :1]), np.cumsum(self.probability, axis=-1)], -1)
        below = np.take_along_axis(total, place[..., None], -1)[..., 0]
        inside = np.take_along_axis(self.probability, place[..., None], -1)[..., 0]
        return below + inside * (share - place)

    def quantiles(self, levels: ArrayLike) -> Array:
        """u below which lies each of these probabilities, shape (q, n, d)."""
        wanted = np.atleast_1d(np.asarray(levels, np.float64))
        n_bins = self.probability.shape[-1]
        total = np.cumsum(self.probability, axis=-1)
        found = []
        for level in wanted:
            place = np.minimum((total < level).sum(axis=-1), n_bins - 1)
            inside = np.take_along_axis(self.probability, place[..., None], -1)[..., 0]
            above = np.take_along_axis(total, place[..., None], -1)[..., 0]
            share = (place + 1 - (above - level) / np.maximum(inside, 1e-300)) / n_bins
            found.append(ndtri(np.clip(share, EDGE, 1 - EDGE)))
        return np.array(found)
