"""Tracks of many stars from those of a few: interpolation between tracks of close masses.

A million stars need as many calls of SSE, five minutes, though their masses lie closer together than tracks differ.
Here tracks are made at masses evenly spaced in ln m, and a star between two of them takes the same rows: at equal
shares of the time in each phase (SSE type) time and mass are interpolated linearly in mass, luminosity and radius in
their logarithms. So stars die one by one, as they do with tracks of their own.

Stars of `HEAVIEST_MSUN` and more get tracks of their own, whose remnants hang on the mass in jumps, and so do all
between two tracks that differ in their phases or by more than `CLOSE`, or that end in a phase that passes quickly.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

HEAVIEST_MSUN = 6.5
CLOSE = 0.1  # largest difference of two tracks in ln of time and mass, and of luminosity and radius where calm
FEWEST = 3  # stars between two tracks for which these are worth their cost
_LASTING = (0, 1, 10, 11, 12)  # types in which a track may end: main sequence and white dwarfs

_STEEP = (5, 6)  # asymptotic giant branch, at whose end an envelope goes in a moment

Rows = NDArray[np.float64]  # (rows, 5): time [Myr], type, mass [Msun], luminosity [Lsun], radius [Rsun]


class Matched(NamedTuple):
    """Two tracks at the same phases: (rows, 5) each, luminosities and radii in logarithms."""

    low: Rows
    high: Rows


def intervals(mass_msun: NDArray[np.float64], spacing: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The interval of the grid in which each star lies, and which stars may be interpolated.

    Parameters
    ----------
    mass_msun : (n,)
        Initial masses [Msun].
    spacing : float
        Distance of two masses of the grid in ln m. The grid does not depend on the stars.

    Returns
    -------
    number : (n,) int
        Interval k goes from exp(k spacing) to exp((k + 1) spacing) Msun.
    few : (n,) bool
        False for heavy stars, and where an interval has too few stars to be worth it.
    """
    number = np.floor(np.log(mass_msun) / spacing).astype(np.int64)
    _, where, count = np.unique(number, return_inverse=True, return_counts=True)
    lightest = np.log(0.08) / spacing  # SSE goes no lower
    return number, (count[where] >= FEWEST) & (mass_msun < HEAVIEST_MSUN) & (number >= lightest)


def match(low: Rows, high: Rows, keep: NDArray[np.bool_]) -> Matched | None:
    """The rows of the track `low` that are kept, and those of `high` at the same phases; none where they differ."""
    edges, other = _phases(low[:, 1]), _phases(high[:, 1])
    if len(edges) != len(other) or (low[edges[:-1], 1] != high[other[:-1], 1]).any():
        return None
    if low[-1, 1] not in _LASTING or (low[:, 3:] <= 0).any() or (high[:, 3:] <= 0).any():
        return None
    same = np.empty_like(low)
    for a, b, c, d in zip(edges[:-1], edges[1:], other[:-1], other[1:], strict=True):
        share, known = _shares(low[a:b, 0]), _shares(high[c:d, 0])
        same[a:b, 1] = low[a:b, 1]
        for column in (0, 2):
            same[a:b, column] = np.interp(share, known, high[c:d, column])
        for column in (3, 4):
            same[a:b, column] = np.interp(share, known, np.log(high[c:d, column]))
    one, two = low[keep].copy(), same[keep]
    one[:, 3:] = np.log(one[:, 3:])
    ratios = np.abs(np.log(np.maximum(one[:, [0, 2]], 1e-9) / np.maximum(two[:, [0, 2]], 1e-9)))
    calm = ~np.isin(one[:, 1], _STEEP)
    if max(ratios.max(), np.abs(one[calm, 3:] - two[calm, 3:]).max()) > CLOSE:
        return None
    return Matched(one, two)


def _phases(kind: NDArray[np.float64]) -> NDArray[np.int64]:
    """First row of each phase, and the number of rows."""
    return np.concatenate([[0], np.flatnonzero(np.diff(kind)) + 1, [len(kind)]])


def _shares(time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of the time between the first and the last row."""
    return (time - time[0]) / max(time[-1] - time[0], 1e-300)


@njit(cache=True)
def _between(low, high, weights):
    """Rows of stars between two matched tracks, one star after the other."""
    rows = len(low)
    result = np.empty((len(weights) * rows, 5), dtype=np.float32)
    for star in range(len(weights)):
        w = weights[star]
        for k in range(rows):
            out = result[star * rows + k]
            for column in (0, 1, 2):
                out[column] = low[k, column] + w * (high[k, column] - low[k, column])
            for column in (3, 4):
                out[column] = np.exp(low[k, column] + w * (high[k, column] - low[k, column]))
    return result


def between(matched: Matched, ends: tuple[float, float], mass_msun: NDArray[np.float64]) -> Rows:
    """Rows of stars (n,) of masses between the two [Msun] of matched tracks, as many for each, star after star."""
    return _between(matched.low, matched.high, (mass_msun - ends[0]) / (ends[1] - ends[0]))


def tracks(
    mass_msun: NDArray[np.float64],
    spacing: float,
    own: Callable[[float], Rows],
    keep: Callable[[Rows], NDArray[np.bool_]],
) -> list[tuple[NDArray[np.int64], Rows]]:
    """Rows of all stars that can be interpolated.

    Parameters
    ----------
    mass_msun : (n,)
        Initial masses [Msun].
    spacing : float
        See `intervals`.
    own : callable
        The track of a mass, all rows.
    keep : callable
        Which rows of a track are kept.

    Returns
    -------
    list of (stars, rows)
        Numbers of stars (m,), and their rows, as many for each of them, one star after the other.
    """
    number, may = intervals(mass_msun, spacing)
    candidates = np.flatnonzero(may)
    candidates = candidates[np.argsort(number[candidates], kind="stable")]
    found = []
    last: tuple[int, Rows] | None = None
    for stars in np.split(candidates, np.flatnonzero(np.diff(number[candidates])) + 1):
        if not len(stars):
            continue
        k = int(number[stars[0]])
        ends = float(np.exp(k * spacing)), float(np.exp((k + 1) * spacing))
        low = last[1] if last is not None and last[0] == k else own(ends[0])
        high = own(ends[1])
        last = (k + 1, high)
        matched = match(low, high, keep(low))
        if matched is not None:
            found.append((stars, between(matched, ends, mass_msun[stars])))
    return found
