"""The seven scalars that the network says, and the coordinates of its answers.

Ellipticity e and position angle are said as (e cos 2 angle, e sin 2 angle), which have no jump and ask for no angle
where e = 0. The posterior is one of θ: log10 of the distance, of the mass and of the luminosity, and for the others u,
standard normal under a uniform prior (`reproduce.learning.prior.Uniform`), so that no answer lies outside of their
ranges. The network answers in z (`reproduce.learning.frame`): by how many of its errors the distance lies away from the
one that is told, or where none is, by how many standard deviations from the middle of the range; and mass and
luminosity as they would be at the middle distance, to which the distance adds two dex for each of its own. So a network
that has learnt nothing repeats the distance that it is told, and an error of the distance is in the mass as it must be.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.frame import Frame
from reproduce.learning.known import DEX, Known, Limits
from reproduce.learning.prior import Uniform
from reproduce.papers.magron2026.settings import Ranges, Views

PARAMETERS = ("distance_kpc", "log_age", "feh", "log_mass", "log_luminosity", "e_cos", "e_sin")
DISTANCE = PARAMETERS.index("distance_kpc")
AS_THE_DISTANCE_SQUARED = tuple(PARAMETERS.index(name) for name in ("log_mass", "log_luminosity"))
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
    """Ranges of the parameters, and of what is told.

    Attributes
    ----------
    ranges : tuple of Uniform
        In the order of `PARAMETERS`; mass and luminosity, which have no edge, are answered in units of theirs.
    given_error : (low, high)
        Relative errors of distances that are told.
    """

    ranges: tuple[Uniform, ...]
    given_error: tuple[float, float]

    @classmethod
    def of(cls, views: Views, ranges: Ranges) -> "Priors":
        """From what is drawn."""
        flattest = WIDER * (1 - views.axis_ratio[0])
        ends = (views.distance_kpc, ranges.log_age, ranges.feh, ranges.log_mass, ranges.log_luminosity)
        return cls((*(Uniform(*pair) for pair in ends), *[Uniform(-flattest, flattest)] * 2), views.given_error)

    @property
    def limits(self) -> Limits:
        """Of what is told: log10 of the distance, and its error in dex."""
        distance = self.ranges[DISTANCE]
        low, high = self.given_error
        ends = float(np.log10(distance.low)), float(np.log10(distance.high))
        return Limits((ends,), ((low / DEX, high / DEX),))

    def theta(self, values: Array) -> Array:
        """θ of parameters, both (..., 7)."""
        found = [one.normal(values[..., k]) for k, one in enumerate(self.ranges)]
        found[DISTANCE] = np.log10(values[..., DISTANCE])
        for k in AS_THE_DISTANCE_SQUARED:
            found[k] = values[..., k]
        return np.stack(found, axis=-1)

    def value(self, theta: Array) -> Array:
        """Parameters of θ, both (..., 7)."""
        found = [one.value(theta[..., k]) for k, one in enumerate(self.ranges)]
        found[DISTANCE] = 10 ** theta[..., DISTANCE]
        for k in AS_THE_DISTANCE_SQUARED:
            found[k] = theta[..., k]
        return np.stack(found, axis=-1)

    def frame(self, given: NDArray) -> Frame:
        """What ties z to θ, of what n networks' inputs say of the distance, shape (n, 3)."""
        limits = self.limits
        centre, width = Known.of_numbers(given, limits).or_range(limits, 0)
        n, d = len(centre), len(PARAMETERS)
        triangle, shift = np.tile(np.eye(d), (n, 1, 1)), np.zeros((n, d))
        triangle[:, DISTANCE, DISTANCE], shift[:, DISTANCE] = width, centre
        for k in AS_THE_DISTANCE_SQUARED:
            low, high = self.ranges[k].low, self.ranges[k].high
            triangle[:, k, DISTANCE], triangle[:, k, k] = 2 * width, (high - low) / np.sqrt(12)
            shift[:, k] = (low + high) / 2 + 2 * (centre - np.mean(limits.values[0]))
        return Frame(triangle, shift)

    def cell_area(self, distance_kpc: Array) -> Array:
        """Of cells at some distances, over those at the middle distance: masses of the map are said of the latter, so
        that they ask for M/L alone."""
        return (np.asarray(distance_kpc, np.float64) / 10 ** np.mean(self.limits.values[0])) ** 2

    def told(self, distance_kpc: Array, relative_error: Array) -> Known:
        """Distances (n,) that are told with their errors; NaN in either: not known."""
        errors = np.asarray(relative_error, np.float64) / DEX
        return Known(np.log10(distance_kpc)[:, None], errors[:, None]).within(self.limits)


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
