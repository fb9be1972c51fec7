"""Noise of counting: photons and read-out."""

import numpy as np
from numpy.typing import NDArray

from reproduce.sky import hst_kernels

LARGEST_SKEWNESS = 0.1
"""Where the counts' distribution, Poisson's and the read noise's, is less skewed than this, a Gaussian is drawn."""


def counted(mean: NDArray, read: NDArray | float, generator: np.random.Generator) -> NDArray[np.float32]:
    """Electrons that a detector counts.

    Parameters
    ----------
    mean : array
        Their expectation, 0 or more.
    read : array or float
        Standard deviation of the read noise, of a shape that broadcasts to that of `mean`.
    generator : Generator
        Random numbers.

    Returns
    -------
    array of float32, of the shape of `mean`
    """
    mean, read = np.asarray(mean, dtype=np.float32), np.asarray(read, dtype=np.float32)
    variance = mean + read**2
    deviation = np.sqrt(variance)
    counts = hst_kernels.standard_normal(generator, mean.size).reshape(mean.shape)
    counts *= deviation
    counts += mean
    skewed = mean > LARGEST_SKEWNESS * variance * deviation
    if skewed.any():
        few = mean[skewed]
        noise = np.broadcast_to(read, mean.shape)[skewed] * generator.standard_normal(few.size, dtype=np.float32)
        counts[skewed] = generator.poisson(few) + noise
    return counts
