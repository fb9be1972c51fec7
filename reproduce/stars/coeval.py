"""Stars of one coeval cluster, drawn from an isochrone, and their places on the sky in an EFF or King profile."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reproduce.stars.isochrones import Isochrone
from reproduce.stars.king import King
from reproduce.workflow.errors import InputError

Array = NDArray[np.float64]

FAINT_MAG = 7.0
"""Absolute magnitude in the reddest band from which on stars are many and each gives next to no light: at M31 about
seven electrons in F814W of PHAT's exposures, spread over ten pixels of a noise of 14."""
MOST_FAINT = 2_000
"""About so many of them get a place of their own; each then stands for several."""
EFF_CUT = 30.0
"""EFF profiles end at this many scale radii a."""
_QUANTILES = 513
_CELLS = 4_096  # of equal shares, of which each knows the quantile that it begins in


@dataclass(frozen=True)
class Drawn:
    """Stars of a cluster, of each kind of an isochrone; several faint ones may share a place.

    Attributes
    ----------
    count, places : array of int, shape (k,)
        How many stars there are, and how many places they have.
    born_msun, left_msun : float
        Mass of all at birth, and of what is left [Msun].
    """

    count: NDArray[np.int64]
    places: NDArray[np.int64]
    born_msun: float
    left_msun: float

    @property
    def number(self) -> Array:
        """Stars at each place of a kind, shape (k,)."""
        return self.count / np.maximum(self.places, 1)


def draw(isochrone: Isochrone, mass_msun: float, generator: np.random.Generator) -> Drawn:
    """Stars of a cluster born with about a mass.

    Their number is that mass over the mean mass of a star at birth; the masses are drawn from the mass function, so
    that the mass that they have together scatters about the one asked for, as the light does.

    Parameters
    ----------
    isochrone : Isochrone
        Kinds of stars.
    mass_msun : float
        Mass at birth [Msun], more than 0.
    generator : Generator
        Random numbers.

    Returns
    -------
    Drawn

    Raises
    ------
    InputError
        If the mass is not more than 0.
    """
    if not 0 < mass_msun < np.inf:
        raise InputError(f"cluster: mass is {mass_msun} Msun, expected more than 0")
    n = max(1, round(mass_msun / isochrone.born_msun))
    count = generator.multinomial(n, isochrone.share / isochrone.share.sum())
    born, left = float(count @ isochrone.initial_msun), float(count @ isochrone.mass_msun)
    faint = isochrone.magnitude[:, -1] > FAINT_MAG
    thinning = min(1.0, MOST_FAINT / max(1, count[faint].sum()))
    places = np.where(faint, np.ceil(count * thinning), count).astype(np.int64)
    return Drawn(count, places, born, left)


def eff_radii(share: Array, gamma: float, half_radius: float) -> Array:
    """Projected radii within which shares of the stars lie in the profile of Elson, Fall & Freeman (1987).

    The surface density falls as (1 + R²/a²)^(-γ/2) and is cut at `EFF_CUT` a.

    Parameters
    ----------
    share : array, shape (n,)
        0 to 1.
    gamma : float
        γ, more than 2.
    half_radius : float
        Projected radius that holds half of the stars; its unit is that of the result.

    Raises
    ------
    InputError
        If γ is not more than 2.
    """
    if not gamma > 2:
        raise InputError(f"EFF profile: gamma is {gamma}, expected more than 2 (its light is infinite below)")
    power = 1 - gamma / 2
    all_in = 1 - (1 + EFF_CUT**2) ** power

    def radius(part: Array) -> Array:
        return np.sqrt((1 - part * all_in) ** (1 / power) - 1)

    return half_radius * radius(share) / radius(np.array(0.5))


def king_radii(share: Array, central_potential: float, half_radius: float) -> Array:
    """Projected radii within which shares of the stars lie in the King (1966) model of a W₀; as `eff_radii`."""
    return half_radius * _interpolated(share, *_king_quantiles(round(central_potential, 2)))


@lru_cache(maxsize=64)
def _king_quantiles(central_potential: float) -> tuple[Array, Array, NDArray[np.int64]]:
    """Shares, the projected radii, in half-light radii, within which they lie, and where to look for a share."""
    model = King.make(central_potential)
    half = model.half_light_radius
    x = np.concatenate([[0.0], np.geomspace(1e-2 * half, model.radius[-1], _QUANTILES - 1)])
    shares = np.maximum.accumulate([model.light_within(float(value)) for value in x])
    first = np.searchsorted(shares, np.arange(_CELLS) / _CELLS, side="right") - 1
    return shares, x / half, first


@njit(cache=True)
def _interpolated(share: Array, shares: Array, radii: Array, first: NDArray[np.int64]) -> Array:
    """`np.interp` without its search: the place of a share in `shares` is at or little after `first` of its cell."""
    found = np.empty_like(share)
    for i in range(share.size):
        k = first[min(int(share[i] * first.size), first.size - 1)]
        while k < shares.size - 2 and shares[k + 1] <= share[i]:
            k += 1
        slope = (radii[k + 1] - radii[k]) / (shares[k + 1] - shares[k])
        found[i] = radii[k] + (share[i] - shares[k]) * slope
    return found
