"""Whether a map is one that the networks know.

Two scores, the larger of which counts. One tells how far a map is from the training maps
(`reproduce.learning.domain`), in what the first regressor sees and in how the map looks. The other tells good maps from
strange ones that were made by hand (`reproduce.learning.contrast`), in how the map looks, how bright it is beside
others that look so, and in what the networks say: age, distance, mass, and M/L, which has to suit the age.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.contrast import Contrast
from reproduce.learning.domain import Domain
from reproduce.papers.chardin2021.evaluation import mass_to_light
from reproduce.papers.chardin2021.networks.appearance import FIRST_NAMES, NAMES
from reproduce.papers.chardin2021.networks.prediction import Summary

# Share of the validation maps that are called outside.
FALSE_ALARMS = 0.02
RIDGE = 10.0  # beside the sum over the training maps: against numbers that go together
FARTHEST = 6.0  # standard deviations from the mean that a number counts at most


@dataclass(frozen=True)
class Brightness:
    """How bright training maps are that look like a map: the total, linear in all other numbers of its appearance.

    Attributes
    ----------
    mean, std : array, shape (d,)
        Of the training maps' appearance, the total first.
    coefficients : array, shape (d,)
        Of 1 and the standardised other numbers [dex].
    """

    mean: NDArray
    std: NDArray
    coefficients: NDArray

    @classmethod
    def fit(cls, looks: NDArray) -> Self:
        """From the appearance of training maps, shape (n, d)."""
        mean, std = looks.mean(axis=0), looks.std(axis=0)
        std = np.where(std > 0, std, 1.0)
        terms = _terms(looks, mean, std)
        normal = terms.T @ terms + RIDGE * np.eye(terms.shape[1])
        return cls(mean, std, np.linalg.solve(normal, terms.T @ looks[:, 0]))

    def excess(self, looks: NDArray) -> NDArray[np.float64]:
        """How much brighter maps are than training maps that look so [dex], shape (n,)."""
        return looks[:, 0] - _terms(looks, self.mean, self.std) @ self.coefficients


def _terms(looks: NDArray, mean: NDArray, std: NDArray) -> NDArray[np.float64]:
    """1 and the standardised numbers but the first, shape (n, d)."""
    z = np.clip((looks - mean) / std, -FARTHEST, FARTHEST)
    z[:, 0] = 1.0
    return z


@dataclass(frozen=True)
class MapDomain:
    """The place of the training maps among all maps.

    Attributes
    ----------
    near : Domain
        How far a map is from the training maps.
    contrast : Contrast or None
        What tells strange maps from good ones; none: a calibration from before there was any.
    brightness : Brightness or None
        One of the numbers that the contrast looks at; none where that is none.
    thresholds : array, shape (2,)
        Of the score of `near`, and of ln(1 + odds) of `contrast`: above either a map is outside.
    names : tuple of str
        The numbers of `NAMES` that maps are looked at in.
    """

    near: Domain
    contrast: Contrast | None = None
    brightness: Brightness | None = None
    thresholds: NDArray = field(default_factory=lambda: np.ones(2))
    names: tuple[str, ...] = FIRST_NAMES

    @classmethod
    def fit(cls, training: Summary, validation: Summary, strange: Mapping[str, Summary]) -> Self:
        """From training maps, validation maps, for the thresholds, and strange maps of several kinds."""
        near = Domain.fit((training.features, training.appearance), (validation.features, validation.appearance))
        brightness = Brightness.fit(training.appearance)
        usual, *unusual = (numbers(one, brightness) for one in (training, *strange.values()))
        contrast = Contrast.fit(usual, unusual)
        scores = cls(near, contrast, brightness, np.ones(2), NAMES)._scores(validation)
        each = np.quantile(scores, 1 - FALSE_ALARMS, axis=1)
        both = np.quantile((scores / each[:, None]).max(axis=0), 1 - FALSE_ALARMS)
        return cls(near, contrast, brightness, each * both, NAMES)

    def score(self, summary: Summary) -> NDArray[np.float64]:
        """Of n maps, shape (n,): above 1 a map is outside."""
        return (self._scores(summary) / self.thresholds[:, None]).max(axis=0)

    def _scores(self, summary: Summary) -> NDArray[np.float64]:
        """Shape (2, n)."""
        looks = summary.appearance[:, [NAMES.index(name) for name in self.names]]
        near = self.near.score(summary.features, looks)
        if self.contrast is None or self.brightness is None:
            return np.stack([near, np.zeros(len(near))])
        return np.stack([near, np.logaddexp(0, self.contrast.log_odds(numbers(summary, self.brightness)))])


def numbers(summary: Summary, brightness: Brightness) -> NDArray[np.float64]:
    """How n maps look, and what the networks say of them, shape (n, d): appearance; excess of brightness [dex]; age
    [Gyr], log10 of the distance [kpc], log10 of the mass [Msun], log10 of M/L."""
    distance = np.maximum(summary.distance_kpc.astype(np.float64), 0.1)
    ratio = mass_to_light.log_ratio(summary.total_mass, mass_to_light.log_light(summary), distance)
    excess = brightness.excess(summary.appearance)
    said = np.stack([excess, summary.age_gyr, np.log10(distance), summary.total_mass, ratio], axis=-1)
    return np.concatenate([summary.appearance, np.nan_to_num(said, nan=0.0, posinf=1e3, neginf=-1e3)], axis=-1)
