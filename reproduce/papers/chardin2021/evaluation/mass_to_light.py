"""The mass-to-light ratio that a cluster of an age has: of the stars' evolution, and of what the networks say of both.

Learnt from the validation maps: log10 M/L with the predicted mass above and the light at the true distance below,
against the predicted age, so that its scatter holds the errors of the networks.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.papers.chardin2021.networks.prediction import Summary

YOUNGEST_GYR, OLDEST_GYR = 0.1, 14.0
DEGREE = 3


@dataclass(frozen=True)
class MassToLight:
    """log10 M/L_V [Msun/Lsun] against age.

    Attributes
    ----------
    coefficients : array, shape (4,)
        Of a polynomial in log10 of the age [Gyr], the highest power first.
    scatter : float
        Standard deviation of log10 M/L about it [dex]: half of what 95 % of the validation maps are within.
    """

    coefficients: NDArray
    scatter: float

    @classmethod
    def fit(cls, age_gyr: NDArray, log_ratio: NDArray) -> Self:
        """From predicted ages and log10 M/L of validation maps, shapes (n,)."""
        coefficients = np.polyfit(_log_age(age_gyr), log_ratio, DEGREE)
        away = np.abs(log_ratio - np.polyval(coefficients, _log_age(age_gyr)))
        return cls(coefficients, float(np.quantile(away, 0.95) / 2))

    def expected(self, age_gyr: ArrayLike) -> NDArray[np.float64]:
        """log10 M/L at ages [Gyr], which count as 0.1 to 14."""
        return np.polyval(self.coefficients, _log_age(age_gyr))


def log_light(summary: Summary) -> NDArray[np.float64]:
    """log10 of the luminosity in the field [Lsun in V] if it were at 1 kpc, of n maps."""
    return summary.appearance[:, 0] + np.log10(4 * np.pi)


def log_ratio(total_mass: ArrayLike, light_at_1_kpc: ArrayLike, distance_kpc: ArrayLike) -> NDArray[np.float64]:
    """log10 M/L from log10 of the mass [Msun], `log_light` and distances [kpc], shapes (n,)."""
    far = np.log10(np.maximum(np.asarray(distance_kpc, np.float64), 1e-3))
    return np.asarray(total_mass, np.float64) - np.asarray(light_at_1_kpc, np.float64) - 2 * far


def _log_age(age_gyr: ArrayLike) -> NDArray[np.float64]:
    return np.log10(np.clip(np.asarray(age_gyr, np.float64), YOUNGEST_GYR, OLDEST_GYR))
