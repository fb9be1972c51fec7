"""Whether a map is one that the networks know.

Three scores, the largest of which counts. Two tell how far a map is from the training maps
(`reproduce.learning.domain`), in what the first regressor sees and in how the map looks: in six numbers, and in all of
them, among which what is odd in one or two alone would be lost. The third tells good maps from strange ones that were
made by hand (`reproduce.learning.contrast`), in how the map looks, how bright it is beside others that look so, and in
what the networks say: age, distance, mass, and M/L, which has to suit the age.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.contrast import Contrast, standardised
from reproduce.learning.domain import Domain, thresholds
from reproduce.papers.chardin2021.evaluation import mass_to_light
from reproduce.papers.chardin2021.networks.appearance import FIRST_NAMES, NAMES
from reproduce.papers.chardin2021.networks.prediction import Summary

FIRST = len(FIRST_NAMES)
# Share of the validation maps that are called outside.
FALSE_ALARMS = 0.02
RIDGE = 10.0  # beside the sum over the training maps: against numbers that go together


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
    z = standardised(looks, mean, std)
    z[:, 0] = 1.0
    return z


@dataclass(frozen=True)
class MapDomain:
    """The place of the training maps among all maps.

    Attributes
    ----------
    near : Domain
        How far a map is from the training maps, in the numbers of `FIRST_NAMES`.
    near_in_all : Domain or None
        The same in all of `NAMES`.
    contrast : Contrast or None
        What tells strange maps from good ones.
    brightness : Brightness or None
        One of the numbers that the contrast looks at.
    thresholds : array, shape (3,)
        Of the scores of both `near`, and of ln(1 + odds) of `contrast`: above any a map is outside.

    A calibration from before there were any has `near` alone.
    """

    near: Domain
    near_in_all: Domain | None = None
    contrast: Contrast | None = None
    brightness: Brightness | None = None
    thresholds: NDArray = field(default_factory=lambda: np.ones(3))

    @classmethod
    def fit(cls, training: Summary, validation: Summary, strange: Mapping[str, Summary]) -> Self:
        """From training maps, validation maps, for the thresholds, and strange maps of several kinds."""
        near, near_in_all = (
            Domain.fit(*((one.features, one.appearance[:, :numbers]) for one in (training, validation)))
            for numbers in (FIRST, len(NAMES))
        )
        brightness = Brightness.fit(training.appearance)
        usual, *unusual = (described(one, brightness) for one in (training, *strange.values()))
        contrast = Contrast.fit(usual, unusual)
        scores = cls(near, near_in_all, contrast, brightness)._scores(validation)
        return cls(near, near_in_all, contrast, brightness, thresholds(scores, FALSE_ALARMS))

    def score(self, summary: Summary) -> NDArray[np.float64]:
        """Of n maps, shape (n,): above 1 a map is outside."""
        return (self._scores(summary) / self.thresholds[:, None]).max(axis=0)

    def _scores(self, summary: Summary) -> NDArray[np.float64]:
        """Shape (3, n)."""
        near = self.near.score(summary.features, summary.appearance[:, :FIRST])
        if self.near_in_all is None or self.contrast is None or self.brightness is None:
            return np.stack([near, np.zeros(len(near)), np.zeros(len(near))])
        in_all = self.near_in_all.score(summary.features, summary.appearance)
        odds = self.contrast.log_odds(described(summary, self.brightness))
        return np.stack([near, in_all, np.logaddexp(0, odds)])


def described(summary: Summary, brightness: Brightness) -> NDArray[np.float64]:
    """How n maps look, and what the networks say of them, shape (n, d): appearance; excess of brightness [dex]; age
    [Gyr], log10 of the distance [kpc], log10 of the mass [Msun], log10 of M/L."""
    distance = np.maximum(summary.distance_kpc.astype(np.float64), 0.1)
    ratio = mass_to_light.log_ratio(summary.total_mass, mass_to_light.log_light(summary), distance)
    excess = brightness.excess(summary.appearance)
    said = np.stack([excess, summary.age_gyr, np.log10(distance), summary.total_mass, ratio], axis=-1)
    return np.concatenate([summary.appearance, np.nan_to_num(said, nan=0.0, posinf=1e3, neginf=-1e3)], axis=-1)
