"""Whether a map is one that the networks know.

Two scores, the larger of which counts. One tells how far a map is from the training maps
(`reproduce.learning.domain`), in what the first regressor sees and in how the map looks. The other tells good maps from
strange ones that were made by hand (`reproduce.learning.contrast`), in how the map looks and in what the networks say:
age, distance, mass, and M/L, which has to suit the age.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.contrast import Contrast
from reproduce.learning.domain import FALSE_ALARMS, Domain
from reproduce.papers.chardin2021.evaluation import mass_to_light
from reproduce.papers.chardin2021.networks.appearance import FIRST_NAMES, NAMES
from reproduce.papers.chardin2021.networks.prediction import Summary


@dataclass(frozen=True)
class MapDomain:
    """The place of the training maps among all maps.

    Attributes
    ----------
    near : Domain
        How far a map is from the training maps.
    contrast : Contrast or None
        What tells strange maps from good ones; none: a calibration from before there was any.
    thresholds : array, shape (2,)
        Of the score of `near`, and of ln(1 + odds) of `contrast`: above either a map is outside.
    names : tuple of str
        The numbers of `NAMES` that maps are looked at in.
    """

    near: Domain
    contrast: Contrast | None = None
    thresholds: NDArray = field(default_factory=lambda: np.ones(2))
    names: tuple[str, ...] = FIRST_NAMES

    @classmethod
    def fit(cls, training: Summary, validation: Summary, strange: Mapping[str, Summary]) -> Self:
        """From training maps, validation maps, for the thresholds, and strange maps of several kinds."""
        near = Domain.fit((training.features, training.appearance), (validation.features, validation.appearance))
        contrast = Contrast.fit(numbers(training), [numbers(one) for one in strange.values()])
        scores = cls(near, contrast, np.ones(2), NAMES)._scores(validation)
        each = np.quantile(scores, 1 - FALSE_ALARMS, axis=1)
        both = np.quantile((scores / each[:, None]).max(axis=0), 1 - FALSE_ALARMS)
        return cls(near, contrast, each * both, NAMES)

    def score(self, summary: Summary) -> NDArray[np.float64]:
        """Of n maps, shape (n,): above 1 a map is outside."""
        return (self._scores(summary) / self.thresholds[:, None]).max(axis=0)

    def _scores(self, summary: Summary) -> NDArray[np.float64]:
        """Shape (2, n)."""
        looks = summary.appearance[:, [NAMES.index(name) for name in self.names]]
        near = self.near.score(summary.features, looks)
        if self.contrast is None:
            return np.stack([near, np.zeros(len(near))])
        return np.stack([near, np.logaddexp(0, self.contrast.log_odds(numbers(summary)))])


def numbers(summary: Summary) -> NDArray[np.float64]:
    """How n maps look, and what the networks say of them, shape (n, d): age [Gyr], log10 of the distance [kpc], log10
    of the mass [Msun], log10 of M/L."""
    distance = np.maximum(summary.distance_kpc.astype(np.float64), 0.1)
    ratio = mass_to_light.log_ratio(summary.total_mass, mass_to_light.log_light(summary), distance)
    said = np.stack([summary.age_gyr, np.log10(distance), summary.total_mass, ratio], axis=-1)
    return np.concatenate([summary.appearance, np.nan_to_num(said, nan=0.0, posinf=1e3, neginf=-1e3)], axis=-1)
