"""V from PS1's g and r: published relations, applied to light.

Kostov & Bonev (2018, arXiv:1706.06147), as in the paper's Sect. 5; Tonry et al. (2012, ApJ 750, 99) as a cross-check.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Relation:
    """V = base + polynomial in g - r.

    Attributes
    ----------
    base : str
        Band to which the polynomial is added: ``g`` or ``r``.
    coefficients : tuple of float
        Of 1, (g - r), (g - r)², ... [mag].
    """

    base: str
    coefficients: tuple[float, ...]


RELATIONS = {
    "kostov-bonev": Relation("g", (-0.020, -0.498, -0.008)),
    "kostov-bonev-linear": Relation("g", (-0.017, -0.508)),
    "tonry": Relation("r", (0.005, 0.462, 0.013)),
}
COLOUR_RANGE = (-0.5, 2.0)
"""Colours g - r [mag] outside of which light is not a star's but noise; there the nearer end is used. A globular
cluster's stars lie between about -0.4 (blue horizontal branch) and 1.5 (tip of the giant branch)."""


def v_magnitude(g: ArrayLike, r: ArrayLike, relation: str = "kostov-bonev") -> NDArray[np.float64]:
    """V (Vega) from PS1 g and r (AB) [mag], of any shape.

    >>> round(float(v_magnitude(18.0, 17.5)), 3)
    17.729
    """
    g, r = np.asarray(g, dtype=np.float64), np.asarray(r, dtype=np.float64)
    chosen = RELATIONS[relation]
    return (g if chosen.base == "g" else r) + np.polynomial.polynomial.polyval(g - r, chosen.coefficients)


def v_light(
    g: NDArray, r: NDArray, g_smooth: NDArray, r_smooth: NDArray, relation: str = "kostov-bonev"
) -> NDArray[np.float64]:
    """V light of each pixel from light in g and r, in units of a source of 0 mag in each band.

    The relation is not linear in light, so that noise would bias it: the colour is taken from smoothed images, where
    it has a meaning, and then fixed; what is left is linear in the pixel's own g and r. The mean of g and r light,
    each times its factor, is used, so that both images weigh.

    Parameters
    ----------
    g, r : array, shape (ny, nx)
        Light 10^(-0.4 AB); noise may make it negative.
    g_smooth, r_smooth : array, shape (ny, nx)
        The same, smoothed: the colour of each pixel. Where one of them is not positive, the colour of the whole image
        is used.
    relation : str
        Key of `RELATIONS`.

    Returns
    -------
    array of float64, shape (ny, nx)
        10^(-0.4 V).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        colour = -2.5 * np.log10(g_smooth / r_smooth)
        whole = -2.5 * np.log10(g_smooth.sum() / r_smooth.sum())
    known = (g_smooth > 0) & (r_smooth > 0)
    colour = np.clip(np.where(known, colour, whole if np.isfinite(whole) else 0.0), *COLOUR_RANGE)
    v_of_g = v_magnitude(0.0, -colour, relation)  # V of a source of g = 0 mag and this colour
    v_of_r = v_magnitude(colour, 0.0, relation)
    return (g * 10 ** (-0.4 * v_of_g) + r * 10 ** (-0.4 * v_of_r)) / 2
