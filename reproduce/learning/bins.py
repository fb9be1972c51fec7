"""Errors in bins of the predicted value, their mean over bins, and its interval by a bootstrap over snapshots."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class BinnedErrors:
    """Sums of an error in bins, kept for each map, so that maps can be weighted afterwards.

    Parameters
    ----------
    edges : array, shape (n_bins + 1,)
        Evenly spaced.
    n_maps : int
    """

    def __init__(self, edges: NDArray, n_maps: int) -> None:
        self.edges = np.asarray(edges, np.float64)
        self.sums = np.zeros((n_maps, len(edges) - 1))
        self.counts = np.zeros((n_maps, len(edges) - 1))
        self.n_outside = 0

    @property
    def centres(self) -> NDArray:
        """Centres of the bins."""
        return (self.edges[:-1] + self.edges[1:]) / 2

    def add(self, maps: NDArray, place: NDArray, error: NDArray) -> None:
        """Add errors.

        Parameters
        ----------
        maps : array of int, shape (k,)
            The maps' numbers.
        place : array, shape (k, m)
            Values that are binned, such as log10 of the predicted mass of m pixels of k maps.
        error : array, shape (k, m)
            What is averaged in the bins.
        """
        n_bins = len(self.edges) - 1
        bins = bin_numbers(self.edges, place)
        inside = bins >= 0
        self.n_outside += int(inside.size - np.count_nonzero(inside))
        cells = (np.arange(len(maps))[:, None] * n_bins + bins)[inside]
        shape = len(maps), n_bins
        self.sums[maps] += np.bincount(cells, np.asarray(error)[inside], shape[0] * n_bins).reshape(shape)
        self.counts[maps] += np.bincount(cells, minlength=shape[0] * n_bins).reshape(shape)

    def means(self, weights: NDArray | None = None) -> NDArray:
        """Mean error of each bin, NaN where it is empty.

        Parameters
        ----------
        weights : array, shape (b, n_maps), optional
            Weights of the maps, one row for each of b bootstrap samples; None: every map once.

        Returns
        -------
        array, shape (b, n_bins), or (n_bins,) without weights
        """
        if weights is None:
            sums, counts = self.sums.sum(axis=0), self.counts.sum(axis=0)
        else:
            sums, counts = weights @ self.sums, weights @ self.counts
        return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)

    @property
    def outside_percent(self) -> float:
        """Share of the values that fell in no bin."""
        return 100 * self.n_outside / max(1.0, self.n_outside + self.counts.sum())


@dataclass(frozen=True)
class Interval:
    """A number with the bounds of its 68 % bootstrap interval; the bounds are NaN without a bootstrap."""

    value: float
    low: float
    high: float


def mean_over_bins(errors: BinnedErrors, weights: NDArray | None, chosen: NDArray | None = None) -> Interval:
    """Mean over the filled bins (paper Sect. 4.1.2), all or those `chosen`, with its bootstrap interval."""
    if chosen is None:
        chosen = np.ones(len(errors.centres), bool)
    return interval(_mean(errors.means()[chosen]), None if weights is None else _mean(errors.means(weights)[:, chosen]))


def interval(value: NDArray | float, samples: NDArray | None) -> Interval:
    """A value with the 16th and 84th percentiles of its bootstrap samples (b,)."""
    if samples is None or len(samples) == 0:
        return Interval(float(value), np.nan, np.nan)
    low, high = np.nanpercentile(samples, [15.87, 84.13])
    return Interval(float(value), float(low), float(high))


def bootstrap_weights(snapshot: NDArray, n_samples: int, seed: int) -> NDArray | None:
    """How often each map is in each bootstrap sample.

    Whole snapshots are drawn with replacement: maps of one snapshot show the same stars and are not independent.

    Parameters
    ----------
    snapshot : array of int, shape (n_maps,)
        The maps' snapshots.

    Returns
    -------
    array, shape (n_samples, n_maps), or None for no samples
    """
    if n_samples == 0:
        return None
    numbers, place = np.unique(snapshot, return_inverse=True)
    rng = np.random.default_rng([seed, 0])
    drawn = rng.multinomial(len(numbers), np.full(len(numbers), 1 / len(numbers)), size=n_samples)
    return drawn[:, place].astype(np.float64)


class ResidualHistogram:
    """True against predicted values in cells, and residuals r = predicted - true in bins of either (paper Fig. 5).

    Parameters
    ----------
    edges : array, shape (n_bins + 1,)
        Evenly spaced, for both axes.
    """

    def __init__(self, edges: NDArray) -> None:
        self.edges = np.asarray(edges, np.float64)
        n_bins = len(edges) - 1
        self.counts = np.zeros((n_bins, n_bins), np.int64)
        # Number, sum, sum of squares and sum of absolute values of the residuals in each bin.
        self._sums = {axis: np.zeros((4, n_bins)) for axis in ("predicted", "true")}

    def add(self, true: NDArray, predicted: NDArray) -> None:
        """Add pairs of values of any equal shape."""
        true, predicted = np.ravel(true), np.ravel(predicted)
        residual = predicted.astype(np.float64) - true
        n_bins = len(self.edges) - 1
        bins = {"predicted": bin_numbers(self.edges, predicted), "true": bin_numbers(self.edges, true)}
        both = (bins["predicted"] >= 0) & (bins["true"] >= 0)
        cells = bins["true"][both] * n_bins + bins["predicted"][both]
        self.counts += np.bincount(cells, minlength=n_bins**2).reshape(n_bins, n_bins)
        for axis, numbers in bins.items():
            inside = numbers >= 0
            chosen, r = numbers[inside], residual[inside]
            for row, values in enumerate((np.ones_like(r), r, r * r, np.abs(r))):
                self._sums[axis][row] += np.bincount(chosen, values, n_bins)

    def histogram(self) -> pd.DataFrame:
        """Columns ``true_low true_high predicted_low predicted_high count``, a row for each cell."""
        low, high = self.edges[:-1], self.edges[1:]
        n_bins = len(low)
        return pd.DataFrame(
            {
                "true_low": np.repeat(low, n_bins),
                "true_high": np.repeat(high, n_bins),
                "predicted_low": np.tile(low, n_bins),
                "predicted_high": np.tile(high, n_bins),
                "count": self.counts.ravel(),
            }
        )

    def residuals(self) -> pd.DataFrame:
        """Columns ``binned_by low high n mean std mae``; the last three are NaN in an empty bin."""
        tables = []
        for axis, (n, total, squares, absolute) in self._sums.items():
            filled = np.where(n > 0, n, np.nan)
            mean = total / filled
            table = {"low": self.edges[:-1], "high": self.edges[1:], "n": n.astype(np.int64), "mean": mean}
            table |= {"std": np.sqrt(np.maximum(squares / filled - mean**2, 0)), "mae": absolute / filled}
            tables.append(pd.DataFrame({"binned_by": axis, **table}))
        return pd.concat(tables, ignore_index=True)


def bin_numbers(edges: NDArray, values: NDArray) -> NDArray:
    """Number of the evenly spaced bin of each value, the last one closed; -1 outside or if not a number."""
    n_bins = len(edges) - 1
    with np.errstate(invalid="ignore"):
        scaled = (np.asarray(values, np.float64) - edges[0]) * (n_bins / (edges[-1] - edges[0]))
        scaled = np.where(values == edges[-1], n_bins - 0.5, scaled)
        inside = (scaled >= 0) & (scaled < n_bins)
    return np.where(inside, scaled, -1.0).astype(np.int64)


def _mean(values: NDArray) -> NDArray:
    """Mean over the last axis of what is not NaN; NaN if nothing is left."""
    filled = np.isfinite(values)
    n = filled.sum(axis=-1)
    return np.divide(np.where(filled, values, 0).sum(axis=-1), n, out=np.full(n.shape, np.nan), where=n > 0)
