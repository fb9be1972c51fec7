"""How many of the test maps lie inside their intervals: of all, and by distance, age and domain."""

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.learning.bins import bootstrap_weights, interval
from reproduce.learning.intervals import LEVELS
from reproduce.papers.chardin2021.evaluation.calibration import Calibration
from reproduce.papers.chardin2021.evaluation.metrics import Labels
from reproduce.papers.chardin2021.evaluation.uncertainty import bounds
from reproduce.papers.chardin2021.networks.prediction import Summary
from reproduce.papers.chardin2021.settings import Evaluate

AGE_EDGES_GYR = (0.0, 1.0, 5.0, 10.0, 14.01)


def coverage(
    total_mass: NDArray, summary: Summary, labels: Labels, calibration: Calibration, evaluate: Evaluate
) -> pd.DataFrame:
    """Coverage of each quantity's intervals.

    Parameters
    ----------
    total_mass : array, shape (n,)
        log10 of the true mass of each field [Msun].
    summary : Summary
        What the ensemble says of the maps.
    labels : Labels
        True ages and distances.
    calibration : Calibration
        Of the ensemble.
    evaluate : Evaluate
        Settings of the bootstrap over snapshots, for the 68 % interval of each coverage.

    Returns
    -------
    DataFrame
        Columns ``quantity``, ``group`` (all, distance, age, domain), ``value``, ``level``, ``n_maps``, ``coverage``,
        ``coverage_low``, ``coverage_high`` and ``half_width`` (median, in the quantity's unit).
    """
    weights = bootstrap_weights(labels.snapshot, evaluate.bootstrap, evaluate.seed)
    truth = {"total_mass": total_mass, "age": labels.age_gyr, "distance": labels.distance_kpc}
    groups = _groups(labels, calibration.inside(summary))
    rows = []
    for name, both in bounds(calibration.intervals, summary).items():
        for k, level in enumerate(LEVELS):
            low, high = both[k]
            hit = (truth[name] >= low) & (truth[name] <= high)
            for group, value, chosen in groups:
                found = interval(hit[chosen].mean(), _resampled(hit[chosen], weights, chosen))
                rows.append(
                    {
                        "quantity": name,
                        "group": group,
                        "value": value,
                        "level": level,
                        "n_maps": int(chosen.sum()),
                        "coverage": found.value,
                        "coverage_low": found.low,
                        "coverage_high": found.high,
                        "half_width": float(np.median((high - low)[chosen]) / 2),
                    }
                )
    return pd.DataFrame(rows)


def _resampled(hit: NDArray[np.bool_], weights: NDArray | None, chosen: NDArray[np.bool_]) -> NDArray | None:
    """Coverage in each bootstrap sample that holds one of the chosen maps."""
    if weights is None:
        return None
    counts = weights[:, chosen]
    filled = counts.sum(axis=1) > 0
    shares: NDArray = (counts @ hit)[filled] / counts.sum(axis=1)[filled]
    return shares


def _groups(labels: Labels, inside_domain: NDArray[np.bool_]) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Name, value and rows of each group that holds a map."""
    groups = [("all", "", np.ones(len(labels.age_gyr), bool))]
    groups += [("distance", f"{d:g} kpc", labels.distance_kpc == d) for d in np.unique(labels.distance_kpc)]
    for low, high in pairwise(AGE_EDGES_GYR):
        groups.append(("age", f"{low:g}-{high:.0f} Gyr", (labels.age_gyr >= low) & (labels.age_gyr < high)))
    groups += [("domain", name, inside_domain == wanted) for name, wanted in (("inside", True), ("outside", False))]
    return [group for group in groups if group[2].any()]
