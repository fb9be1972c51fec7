"""Intervals of a network's answers: how far they are off, learnt from validation items.

An error has the scale ln σ = Σ cᵢ tᵢ, linear in terms t of what the network says itself, such as the spread of an
ensemble's members; the coefficients are fitted to the errors of the validation items by maximum likelihood. The
interval of a level is ± q σ, q being the quantile of |error| / σ of the validation items (split conformal prediction,
Papadopoulos et al. 2002; Lei et al. 2018). It covers by construction on items like those of validation; on others it
has to be measured.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

LEVELS = (0.68, 0.95)


@dataclass(frozen=True)
class Intervals:
    """Half-widths of the intervals of one quantity.

    Attributes
    ----------
    least_spread : float
        Smaller spreads count as this; the terms are made with it.
    coefficients : array, shape (k,)
        Of the terms of ln σ, the first of which is 1.
    quantiles : array, shape (levels,)
        Of |error| / σ, one for each of `LEVELS`.
    """

    least_spread: float
    coefficients: NDArray
    quantiles: NDArray

    @classmethod
    def fit(cls, terms: NDArray, error: NDArray, least_spread: float) -> Self:
        """From the terms of validation items, shape (n, k), and their errors, predicted minus true, shape (n,)."""
        size = np.abs(error.astype(np.float64))

        def minus_log_likelihood(c: NDArray) -> tuple[float, NDArray]:
            log_scale = terms @ c
            squares = np.square(size) * np.exp(-2 * log_scale)
            return float((log_scale + squares / 2).mean()), terms.T @ (1 - squares) / len(size)

        start = np.zeros(terms.shape[1])
        start[0] = np.log(size.std() + least_spread)
        found = minimize(minus_log_likelihood, start, jac=True, method="BFGS").x
        ratio = np.sort(size * np.exp(-terms @ found))
        n = len(ratio)
        places = [min(int(np.ceil(level * (n + 1))), n) - 1 for level in LEVELS]
        return cls(least_spread, found, ratio[places])

    def half_widths(self, terms: NDArray) -> NDArray[np.float64]:
        """Of items with these terms, shape (levels, n), in the quantity's unit."""
        return self.quantiles[:, None] * np.exp(terms @ self.coefficients)


def summary(
    quantiles: Callable[[Sequence[float]], NDArray], levels: Sequence[tuple[float, float]]
) -> NDArray[np.float64]:
    """Medians and intervals of posteriors, shape (5, n, d): low ends of 95 and 68 %, median, high ends of 68 and 95 %.

    Parameters
    ----------
    quantiles : callable
        Gives the quantiles (q, n, d) of q probabilities.
    levels : sequence of (float, float)
        Of each of the d parameters, the levels that hold `LEVELS` of the truths.
    """
    parts = []
    for k, (inner, outer) in enumerate(levels):
        wanted = [(1 - outer) / 2, (1 - inner) / 2, 0.5, (1 + inner) / 2, (1 + outer) / 2]
        parts.append(quantiles(wanted)[..., k])
    return np.stack(parts, axis=-1)


def named(names: Sequence[str], found: NDArray) -> dict[str, NDArray]:
    """A `summary` by name: ``NAME`` is the median, ``NAME_low_68`` and so on the ends of the intervals, (n,) each."""
    columns = {}
    for k, name in enumerate(names):
        columns[name] = found[2, :, k]
        for place, end in ((1, "low_68"), (3, "high_68"), (0, "low_95"), (4, "high_95")):
            columns[f"{name}_{end}"] = found[place, :, k]
    return columns


def spread(errors: NDArray) -> tuple[float, float]:
    """Median, and half of the width that holds the middle 68 %; NaN of none."""
    if errors.size == 0:
        return np.nan, np.nan
    low, middle, high = np.percentile(errors, (16, 50, 84))
    return float(middle), float(high - low) / 2
