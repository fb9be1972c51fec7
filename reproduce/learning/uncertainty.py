"""Intervals for total mass, age and distance: how far an ensemble is off, learnt from the validation maps.

The paper gives no uncertainty. Here a map's error has the scale

    ln σ = c₀ + c₁ ln(spread of the members) + c₂ a + c₃ a² + c₄ d + c₅ d²,

with a the predicted age over 14 Gyr and d the log10 of the predicted distance over 30 kpc, fitted to the errors of the
validation maps by maximum likelihood. The interval of a level is ± q σ, q being the quantile of |error| / σ of the
validation maps (split conformal prediction, Papadopoulos et al. 2002; Lei et al. 2018). It covers by construction on
maps like those of validation: other snapshots of the training clusters. On another cluster it has to be measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from reproduce.papers.chardin2021.networks.prediction import Summary

LEVELS = (0.68, 0.95)
# Unit of each quantity's errors, and the spread below which members agree as well as they can.
QUANTITIES = {"total_mass": ("dex", 1e-3), "age": ("Gyr", 1e-2), "distance": ("kpc", 1e-2)}


@dataclass(frozen=True)
class Intervals:
    """Half-widths of the intervals of one quantity.

    Attributes
    ----------
    least_spread : float
        Smaller spreads count as this.
    coefficients : array, shape (6,)
        c₀ to c₅ of ln σ.
    quantiles : array, shape (levels,)
        Of |error| / σ, one for each of `LEVELS`.
    """

    least_spread: float
    coefficients: NDArray
    quantiles: NDArray

    @classmethod
    def fit(cls, name: str, prediction: Summary, error: NDArray) -> Self:
        """From validation maps and their errors, predicted minus true, shape (n,)."""
        least = QUANTITIES[name][1]
        terms = _terms(name, prediction, least)
        size = np.abs(error.astype(np.float64))

        def minus_log_likelihood(c: NDArray) -> tuple[float, NDArray]:
            log_scale = terms @ c
            squares = np.square(size) * np.exp(-2 * log_scale)
            return float((log_scale + squares / 2).mean()), terms.T @ (1 - squares) / len(size)

        start = np.zeros(terms.shape[1])
        start[0] = np.log(size.std() + least)
        found = minimize(minus_log_likelihood, start, jac=True, method="BFGS").x
        ratio = np.sort(size * np.exp(-terms @ found))
        n = len(ratio)
        places = [min(int(np.ceil(level * (n + 1))), n) - 1 for level in LEVELS]
        return cls(least, found, ratio[places])

    def half_widths(self, name: str, prediction: Summary) -> NDArray[np.float64]:
        """Shape (levels, n), in the quantity's unit."""
        scale = np.exp(_terms(name, prediction, self.least_spread) @ self.coefficients)
        return self.quantiles[:, None] * scale


def central(prediction: Summary) -> dict[str, NDArray]:
    """The quantities as the ensemble has them: log10 of the field's mass [Msun], age [Gyr], distance [kpc]."""
    return {"total_mass": prediction.total_mass, "age": prediction.age_gyr, "distance": prediction.distance_kpc}


def bounds(intervals: Mapping[str, Intervals], prediction: Summary) -> dict[str, NDArray]:
    """Lower and upper bounds of each quantity, shape (levels, 2, n); ages end at 0, distances above 0."""
    found = {}
    for name, value in central(prediction).items():
        half = intervals[name].half_widths(name, prediction)
        both = np.stack([value - half, value + half], axis=1)
        found[name] = both if name == "total_mass" else np.maximum(both, 0.0)
    return found


def _terms(name: str, prediction: Summary, least: float) -> NDArray[np.float64]:
    """What ln σ is linear in, shape (n, 6)."""
    spread = np.log(np.maximum(prediction.members[name].astype(np.float64).std(axis=0), least))
    age = np.clip(prediction.age_gyr / 14.0, 0.0, 1.2)
    distance = np.log10(np.clip(prediction.distance_kpc, 3.0, 300.0) / 30.0)
    return np.stack([np.ones(len(age)), spread, age, age**2, distance, distance**2], axis=-1)
