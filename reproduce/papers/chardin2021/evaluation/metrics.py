"""Which quantities the paper compares, in which bins, and in which two senses "percentage error" is meant.

The released code bins by the prediction and averages 100 |true - bin| / true, with `bin` the centre of the bin;
equation 2 of the paper says 100 |predicted - true| / predicted. Both are given; the second carries the suffix ``_eq2``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.learning.bins import (
    BinnedErrors,
    Interval,
    ResidualHistogram,
    bootstrap_weights,
    interval,
    mean_over_bins,
)
from reproduce.stars.photometry import luminosity_of_flux

# Bins of the released evaluation: log10 of the mass of a pixel and of the field [Msun], and age [Gyr].
PIXEL_EDGES = np.linspace(-2, 1, 50)
TOTAL_MASS_EDGES = np.linspace(3, 4.5, 20)
AGE_EDGES = np.linspace(0, 14, 20)
# The paper does not give its bins of M/L [Msun/Lsun]; these span the test cluster's from birth to 14 Gyr.
MASS_TO_LIGHT_EDGES = np.linspace(0, 4, 20)
# The first of them, from 0 to 0.21, has its centre at 0.105: of M/L = 0.2 the error to the centre is 48 % for a perfect
# prediction, and the paper's worst bin has 18.1 %. Even ones in log10 measure the prediction alike everywhere.
LOG_MASS_TO_LIGHT_EDGES = np.linspace(-1.1, 0.6, 20)
DISTANCE_EDGES = np.linspace(0, 120, 49)
# "Without low bins" are those from here on [log10 Msun] (paper Sect. 4.1.2).
LOW_PIXELS = -1.0


@dataclass(frozen=True)
class Labels:
    """What is true of n test maps.

    Attributes
    ----------
    age_gyr, distance_kpc : array, shape (n,)
    snapshot : array of int, shape (n,)
        Maps with the same number show the same stars.
    """

    age_gyr: NDArray
    distance_kpc: NDArray
    snapshot: NDArray


class Scores:
    """Gathers the errors of predicted maps batch by batch; `metrics` and the tables are asked for at the end.

    Parameters
    ----------
    labels : Labels
        Of all test maps.
    """

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        n = len(labels.age_gyr)
        self.pixel = percent_pair(PIXEL_EDGES, n)
        self.pixel_histogram = ResidualHistogram(PIXEL_EDGES)
        self._squares = np.zeros(3)  # of the residuals; sum and sum of squares of the true log10 M
        self._n_pixels = 0
        per_map = ("total_mass", "total_mass_predicted", "luminosity", "pixel_error_percent", "pixel_bias_dex")
        self.per_map: dict[str, NDArray] = {name: np.full(n, np.nan) for name in per_map}
        self.per_map |= {"age_predicted": np.full(n, np.nan), "distance_predicted": np.full(n, np.nan)}

    def add(
        self, rows: slice, flux: NDArray, mass: NDArray, predicted: NDArray, age_gyr: NDArray, distance_kpc: NDArray
    ) -> None:
        """Add a batch of maps.

        Parameters
        ----------
        rows : slice
            Places of the k maps among all.
        flux, mass, predicted : array, shape (k, ny, nx)
            log10 of the flux [Lsun kpc^-2], of the true and of the predicted mass [Msun].
        age_gyr, distance_kpc : array, shape (k,)
            Predicted.
        """
        k = len(mass)
        true_log, predicted_log = (x.reshape(k, -1).astype(np.float64) for x in (mass, predicted))
        true, guess = 10**true_log, 10**predicted_log
        maps = np.arange(rows.start, rows.stop)
        add_percent(self.pixel, maps, predicted_log, true, guess, log=True)
        self.pixel_histogram.add(true_log, predicted_log)
        residual = predicted_log - true_log
        self._squares += (np.square(residual).sum(), true_log.sum(), np.square(true_log).sum())
        self._n_pixels += residual.size
        distance = self.labels.distance_kpc[rows].astype(np.float64)
        found = {
            "total_mass": true.sum(axis=1),
            "total_mass_predicted": guess.sum(axis=1),
            # F is the sum of L / (4 pi D^2) over the stars of a pixel; the distance is taken as known (Sect. 4.1.3).
            "luminosity": luminosity_of_flux((10 ** flux.reshape(k, -1).astype(np.float64)).sum(axis=1), distance),
            "pixel_error_percent": (100 * np.abs(guess - true) / true).mean(axis=1),
            "pixel_bias_dex": residual.mean(axis=1),
            "age_predicted": age_gyr,
            "distance_predicted": distance_kpc,
        }
        for name, values in found.items():
            self.per_map[name][rows] = values

    def metrics(self, n_bootstrap: int, seed: int) -> dict[str, float]:
        """All numbers, by the names that docs/networks.md lists; bootstrap bounds have the suffixes _low and _high."""
        weights = bootstrap_weights(self.labels.snapshot, n_bootstrap, seed)
        found: dict[str, float] = {"n_maps": float(len(self.labels.age_gyr))}
        no_low = self.pixel[""].centres >= LOW_PIXELS
        for suffix, errors in self.pixel.items():
            _put_binned(found, f"pixel_error_percent{suffix}", errors, weights)
            _put_binned(found, f"pixel_error_no_low_percent{suffix}", errors, weights, no_low)
        for name, pair in self._totals().items():
            for suffix, errors in pair.items():
                _put_binned(found, f"{name}_error_percent{suffix}", errors, weights)
            found[f"{name}_outside_bins_percent"] = pair[""].outside_percent
        ages = self._ages()
        _put_binned(found, "age_mae_gyr", ages, weights)
        found["age_outside_bins_percent"] = ages.outside_percent
        found["pixel_outside_bins_percent"] = self.pixel[""].outside_percent
        residuals, total, squares = self._squares / self._n_pixels
        found["test_r2_encoder_decoder"] = float(1 - residuals / (squares - total**2))
        for name, values in self._map_errors().items():
            _put(found, name, _weighted_mean(values, weights))
        for distance in np.unique(self.labels.distance_kpc):
            self._put_distance(found, float(distance), weights)
        return found

    def _totals(self) -> dict[str, dict[str, BinnedErrors]]:
        """Binned errors of the total mass and of M/L, evenly and in the logarithm, each in both conventions."""
        n = len(self.labels.age_gyr)
        maps = np.arange(n)
        true, guess = self.per_map["total_mass"], self.per_map["total_mass_predicted"]
        edges = TOTAL_MASS_EDGES, MASS_TO_LIGHT_EDGES, LOG_MASS_TO_LIGHT_EDGES
        mass, ratio, log_ratio = (percent_pair(one, n) for one in edges)
        add_percent(mass, maps, np.log10(guess)[:, None], true[:, None], guess[:, None], log=True)
        true, guess = true / self.per_map["luminosity"], guess / self.per_map["luminosity"]
        add_percent(ratio, maps, guess[:, None], true[:, None], guess[:, None], log=False)
        add_percent(log_ratio, maps, np.log10(guess)[:, None], true[:, None], guess[:, None], log=True)
        return {"total_mass": mass, "mass_to_light": ratio, "mass_to_light_log_bins": log_ratio}

    def _ages(self) -> BinnedErrors:
        """Absolute errors of the age in bins of the predicted age (paper eq. 4)."""
        errors = BinnedErrors(AGE_EDGES, len(self.labels.age_gyr))
        predicted = self.per_map["age_predicted"]
        error = np.abs(predicted - self.labels.age_gyr)
        errors.add(np.arange(len(predicted)), predicted[:, None], error[:, None])
        return errors

    def _map_errors(self) -> dict[str, NDArray]:
        """Errors and biases of each map, without bins."""
        mass = self.per_map["total_mass_predicted"] / self.per_map["total_mass"] - 1
        age = self.per_map["age_predicted"] - self.labels.age_gyr
        distance = self.per_map["distance_predicted"] - self.labels.distance_kpc
        return {
            "pixel_error_map_percent": self.per_map["pixel_error_percent"],
            "pixel_bias_dex": self.per_map["pixel_bias_dex"],
            # With the true luminosity, the relative error of M/L is that of the mass.
            "total_mass_error_map_percent": 100 * np.abs(mass),
            "total_mass_bias_percent": 100 * mass,
            "age_mae_map_gyr": np.abs(age),
            "age_bias_gyr": age,
            "distance_mae_map_kpc": np.abs(distance),
            "distance_bias_kpc": distance,
        }

    def _put_distance(self, found: dict[str, float], distance: float, weights: NDArray | None) -> None:
        """Table 2: mean, standard deviation and mean absolute error of the distances predicted at one true distance."""
        here = self.labels.distance_kpc == distance
        predicted = self.per_map["distance_predicted"][here]
        chosen = None if weights is None else weights[:, here]
        mean, squares = _weighted_mean(predicted, chosen), _weighted_mean(predicted**2, chosen)
        name = f"{distance:g}_kpc"
        _put(found, f"distance_mean_{name}", mean)
        spread, spreads = (
            None if m is None else np.sqrt(np.maximum(s - m**2, 0)) for m, s in zip(mean, squares, strict=True)
        )
        _put(found, f"distance_std_{name}", (spread, spreads))
        _put(found, f"distance_mae_{name}", _weighted_mean(np.abs(predicted - distance), chosen))

    def histograms(self) -> dict[str, ResidualHistogram]:
        """True against predicted values for Figures 5, 6 and 8."""
        true, guess, light = (self.per_map[name] for name in ("total_mass", "total_mass_predicted", "luminosity"))
        drawn = {"pixel_mass": self.pixel_histogram}
        for name, edges, x, y in (
            ("total_mass", TOTAL_MASS_EDGES, np.log10(true), np.log10(guess)),
            ("mass_to_light", MASS_TO_LIGHT_EDGES, true / light, guess / light),
            ("age", AGE_EDGES, self.labels.age_gyr, self.per_map["age_predicted"]),
        ):
            drawn[name] = ResidualHistogram(edges)
            drawn[name].add(x, y)
        return drawn

    def distances(self) -> pd.DataFrame:
        """Figure 9: ``true_kpc low high n density``, the distribution of predicted distances at each true one."""
        tables = []
        low, high = DISTANCE_EDGES[:-1], DISTANCE_EDGES[1:]
        for distance in np.unique(self.labels.distance_kpc):
            here = self.per_map["distance_predicted"][self.labels.distance_kpc == distance]
            n, _ = np.histogram(here, DISTANCE_EDGES)
            table = {"true_kpc": float(distance), "low": low, "high": high, "n": n}
            tables.append(pd.DataFrame({**table, "density": n / len(here) / (high - low)}))
        return pd.concat(tables, ignore_index=True)

    def groups(self) -> pd.DataFrame:
        """Errors map by map in bins of the true distance, age and total mass: ``group low high n`` and the errors."""
        errors = pd.DataFrame(self._map_errors())
        log_mass = np.log10(self.per_map["total_mass"])
        tables = []
        distances = np.unique(self.labels.distance_kpc).astype(np.float64)
        for group, values, low, high in (
            ("distance_kpc", self.labels.distance_kpc, distances, distances),
            ("age_gyr", self.labels.age_gyr, np.arange(0, 14, 2.0), np.arange(2, 16, 2.0)),
            ("log10_total_mass", log_mass, np.arange(3, 4.5, 0.25), np.arange(3.25, 4.75, 0.25)),
        ):
            for a, b in zip(low, high, strict=True):
                here = values == a if a == b else (values >= a) & (values < b)
                row: dict[str, Any] = {"group": group, "low": a, "high": b, "n": int(here.sum())}
                tables.append(row | errors[here].mean().to_dict())
        return pd.DataFrame(tables)


def percent_pair(edges: NDArray, n: int) -> dict[str, BinnedErrors]:
    """Accumulators of the released code's percentage error and of equation 2's."""
    return {"": BinnedErrors(edges, n), "_eq2": BinnedErrors(edges, n)}


def add_percent(
    pair: dict[str, BinnedErrors], maps: NDArray, place: NDArray, true: NDArray, predicted: NDArray, log: bool
) -> None:
    """Add both percentage errors of (k, m) values; `place` is the prediction as it is binned, `log`: its log10."""
    edges = pair[""].edges
    step = edges[1] - edges[0]
    centre = edges[0] + (np.floor((place - edges[0]) / step) + 0.5) * step
    pair[""].add(maps, place, 100 * np.abs(true - (10**centre if log else centre)) / true)
    pair["_eq2"].add(maps, place, 100 * np.abs(predicted - true) / predicted)


def _put_binned(
    found: dict[str, float], name: str, errors: BinnedErrors, weights: NDArray | None, chosen: NDArray | None = None
) -> None:
    """The mean over bins with its bounds, and the smallest and largest bin, as the paper quotes them."""
    means = errors.means() if chosen is None else errors.means()[chosen]
    value = mean_over_bins(errors, weights, chosen)
    _put(found, name, value)
    if np.isfinite(means).any():
        found[f"{name}_min"], found[f"{name}_max"] = float(np.nanmin(means)), float(np.nanmax(means))


def _weighted_mean(values: NDArray, weights: NDArray | None) -> tuple[Any, NDArray | None]:
    """Mean of the values, and of each bootstrap sample."""
    if weights is None:
        return values.mean(), None
    n = weights.sum(axis=1)
    return values.mean(), np.divide(weights @ values, n, out=np.full(n.shape, np.nan), where=n > 0)


def _put(found: dict[str, float], name: str, value: Interval | tuple[Any, NDArray | None]) -> None:
    if not isinstance(value, Interval):
        value = interval(*value)
    for key, number in ((name, value.value), (f"{name}_low", value.low), (f"{name}_high", value.high)):
        if np.isfinite(number):  # JSON has no NaN: a number that cannot be had is left out
            found[key] = number
