"""The seven scalars that the network says, and the transform of each.

Ellipticity e and position angle θ are said as (e cos 2θ, e sin 2θ), which have no jump and ask for no angle where
e = 0. A network says u, standard normal under a uniform prior (`reproduce.learning.prior.Uniform`), so that no answer
lies outside of the ranges.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.prior import Uniform
from reproduce.papers.magron2026.settings import Ranges, Views

PARAMETERS = ("distance_kpc", "log_age", "feh", "log_mass", "log_luminosity", "e_cos", "e_sin")
DISTANCE = PARAMETERS.index("distance_kpc")
NAMES = {
    "distance_kpc": "distance",
    "log_age": "age",
    "feh": "feh",
    "log_mass": "mass",
    "log_luminosity": "luminosity",
    "e_cos": "e_cos",
    "e_sin": "e_sin",
}
"""Of the parameters in metrics."""
WIDER = 1.05  # ellipticities of a range this much wider than the largest that is drawn

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Priors:
    """The ranges of the parameters, in the order of `PARAMETERS`.

    Attributes
    ----------
    ranges : tuple of Uniform
    """

    ranges: tuple[Uniform, ...]

    @classmethod
    def of(cls, views: Views, ranges: Ranges) -> "Priors":
        """From what is drawn."""
        flattest = WIDER * (1 - views.axis_ratio[0])
        ends = (views.distance_kpc, ranges.log_age, ranges.feh, ranges.log_mass, ranges.log_luminosity)
        return cls((*(Uniform(*pair) for pair in ends), *[Uniform(-flattest, flattest)] * 2))

    def normal(self, values: Array) -> Array:
        """u of parameters, both (..., 7)."""
        return np.stack([one.normal(values[..., k]) for k, one in enumerate(self.ranges)], axis=-1)

    def value(self, normal: Array) -> Array:
        """Parameters of u, both (..., 7)."""
        return np.stack([one.value(normal[..., k]) for k, one in enumerate(self.ranges)], axis=-1)

    def given(self, distance_kpc: Array, told: NDArray[np.bool_]) -> NDArray[np.float32]:
        """What a network is told of distances (n,): whether, and u of it (0 where not), shape (n, 2)."""
        normal = self.ranges[DISTANCE].normal(distance_kpc)
        return np.stack([told, np.where(told, normal, 0.0)], axis=-1).astype(np.float32)


def columns(labels: Mapping[str, NDArray]) -> Array:
    """The seven parameters of labels side by side, shape (n, 7)."""
    return np.stack([np.asarray(labels[name], np.float64) for name in PARAMETERS], axis=-1)


def components(ellipticity: Array, angle_deg: Array) -> tuple[Array, Array]:
    """(e cos 2θ, e sin 2θ) of ellipticities and position angles [deg]."""
    twice = 2 * np.radians(angle_deg)
    return ellipticity * np.cos(twice), ellipticity * np.sin(twice)


def shape(e_cos: Array, e_sin: Array) -> tuple[Array, Array]:
    """Ellipticities and position angles, 0 to 180 [deg]: the inverse of `components`."""
    return np.hypot(e_cos, e_sin), np.degrees(np.arctan2(e_sin, e_cos)) / 2 % 180


def angle_difference(one_deg: Array, other_deg: Array) -> Array:
    """Differences of position angles, -90 to 90 [deg]: an axis has no head."""
    return (np.asarray(one_deg) - np.asarray(other_deg) + 90) % 180 - 90
