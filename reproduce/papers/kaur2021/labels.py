"""The networks' target: the dark mass, normalised to 0 … 10 (paper Sect. 2.2.4).

The paper does not say how. Here it is linear in the mass, 0 at the lower and 10 at the upper end of
`galaxies.halo_msun`; in these units the published errors and the noise of 200 velocities agree best.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

HIGHEST = 10.0

Array = NDArray[np.float64]


def label(halo_msun: ArrayLike, ends_msun: tuple[float, float]) -> Array:
    """Label of dark masses [Msun]."""
    low, high = ends_msun
    return HIGHEST * (np.asarray(halo_msun, dtype=np.float64) - low) / (high - low)


def mass(label: ArrayLike, ends_msun: tuple[float, float]) -> Array:
    """Dark mass [Msun] of labels."""
    low, high = ends_msun
    return low + np.asarray(label, dtype=np.float64) / HIGHEST * (high - low)
