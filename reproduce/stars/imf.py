"""The initial mass function of Kroupa (2001, MNRAS 322, 231): dN/dm ∝ m^-1.3 below 0.5 Msun and m^-2.3 above."""

import numpy as np
from numpy.typing import NDArray

from reproduce.workflow.errors import InputError

BREAK_MSUN = 0.5
SLOPES = (1.3, 2.3)  # below and above the break, down to 0.08 Msun

Array = NDArray[np.float64]


def kroupa_masses(n: int, low_msun: float, high_msun: float, generator: np.random.Generator) -> Array:
    """Masses drawn from the mass function.

    Parameters
    ----------
    n : int
        Number of stars.
    low_msun, high_msun : float
        Smallest and largest mass [Msun].
    generator : Generator
        Random numbers: two a star.

    Returns
    -------
    array, shape (n,)
        Masses [Msun].

    Raises
    ------
    InputError
        If the limits are not in order.
    """
    if not 0 < low_msun < high_msun:
        raise InputError(f"mass limits must be 0 < low < high, found {low_msun} and {high_msun} Msun")
    edges = np.unique(np.clip([low_msun, BREAK_MSUN, high_msun], low_msun, high_msun))
    slopes = [SLOPES[int(edge >= BREAK_MSUN)] for edge in edges[:-1]]
    # Continuity at the break: the upper branch is 0.5^(2.3 - 1.3) lower for the same power of m.
    scale = [BREAK_MSUN ** (slope - SLOPES[0]) for slope in slopes]
    pairs = list(zip(slopes, edges[:-1], edges[1:], strict=True))
    weight = np.array([k * (b ** (1 - s) - a ** (1 - s)) / (1 - s) for k, (s, a, b) in zip(scale, pairs, strict=True)])
    segment = np.searchsorted(np.cumsum(weight) / weight.sum(), generator.random(n), side="right")
    s, a, b = np.array(pairs)[np.minimum(segment, len(pairs) - 1)].T
    u = generator.random(n)
    return (a ** (1 - s) + u * (b ** (1 - s) - a ** (1 - s))) ** (1 / (1 - s))


def kroupa_number_below(mass_msun: Array) -> Array:
    """Number of stars below each mass [Msun], up to a factor and a constant, of any shape."""
    low, high = (1 - slope for slope in SLOPES)
    below = np.minimum(mass_msun, BREAK_MSUN) ** low / low
    above = BREAK_MSUN ** (low - high) * np.maximum(mass_msun, BREAK_MSUN) ** high / high
    return below + above
