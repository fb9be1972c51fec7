"""Parameters whose prior is made the standard normal one, as `posterior` wants them; without Keras, for processes that
draw."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

EDGE = 1e-6  # of a uniform range: a parameter at its very end has this share of the prior below it

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Uniform:
    """A uniform prior, and the parameter whose prior is the standard normal: u = Φ⁻¹((θ - low) / (high - low)).

    Attributes
    ----------
    low, high : float
    """

    low: float
    high: float

    def normal(self, values: ArrayLike) -> Array:
        """u of parameters; those at the very ends, and beyond, count as just inside."""
        share = (np.asarray(values, np.float64) - self.low) / (self.high - self.low)
        return ndtri(np.clip(share, EDGE, 1 - EDGE))

    def value(self, normal: ArrayLike) -> Array:
        """Parameters of u."""
        return self.low + (self.high - self.low) * ndtr(np.asarray(normal, np.float64))
