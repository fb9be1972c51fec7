"""Intervals for total mass, age and distance: how far an ensemble is off, learnt from the validation maps.

The paper gives no uncertainty. Here a map's error has the scale

    ln σ = c₀ + c₁ ln(spread of the members) + c₂ a + c₃ a² + c₄ d + c₅ d²,

with a the predicted age over 14 Gyr and d the log10 of the predicted distance over 30 kpc; how the intervals follow is
told in `reproduce.learning.intervals`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.intervals import Intervals
from reproduce.papers.chardin2021.networks.prediction import Summary

# Unit of each quantity's errors, and the spread below which members agree as well as they can.
QUANTITIES = {"total_mass": ("dex", 1e-3), "age": ("Gyr", 1e-2), "distance": ("kpc", 1e-2)}


def fit(name: str, prediction: Summary, error: NDArray) -> Intervals:
    """The intervals of one quantity, from validation maps and their errors, predicted minus true, shape (n,)."""
    least = QUANTITIES[name][1]
    return Intervals.fit(terms(name, prediction, least), error, least)


def half_widths(intervals: Intervals, name: str, prediction: Summary) -> NDArray[np.float64]:
    """Shape (levels, n), in the quantity's unit."""
    return intervals.half_widths(terms(name, prediction, intervals.least_spread))


def central(prediction: Summary) -> dict[str, NDArray]:
    """The quantities as the ensemble has them: log10 of the field's mass [Msun], age [Gyr], distance [kpc]."""
    return {"total_mass": prediction.total_mass, "age": prediction.age_gyr, "distance": prediction.distance_kpc}


def bounds(intervals: Mapping[str, Intervals], prediction: Summary) -> dict[str, NDArray]:
    """Lower and upper bounds of each quantity, shape (levels, 2, n); ages end at 0, distances above 0."""
    found = {}
    for name, value in central(prediction).items():
        half = half_widths(intervals[name], name, prediction)
        both = np.stack([value - half, value + half], axis=1)
        found[name] = both if name == "total_mass" else np.maximum(both, 0.0)
    return found


def terms(name: str, prediction: Summary, least: float) -> NDArray[np.float64]:
    """What ln σ is linear in, shape (n, 6)."""
    spread = np.log(np.maximum(prediction.members[name].astype(np.float64).std(axis=0), least))
    age = np.clip(prediction.age_gyr / 14.0, 0.0, 1.2)
    distance = np.log10(np.clip(prediction.distance_kpc, 3.0, 300.0) / 30.0)
    return np.stack([np.ones(len(age)), spread, age, age**2, distance, distance**2], axis=-1)
