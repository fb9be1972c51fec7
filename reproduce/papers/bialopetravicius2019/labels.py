"""What the networks say of a cluster: log age, log mass, log half-light radius, A_V; and the transform of each.

A network says u, which is standard normal under the prior that training clusters are drawn from
(`reproduce.learning.prior.Uniform`), so that no answer lies outside of it. Ages are drawn from isochrones a step
apart; within the step the label is spread evenly, because a density at the nodes alone would have no end. The mass is
that of the stars that were drawn, which scatters about the one asked for: its range is wider by what that scatters.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.prior import Uniform
from reproduce.sky.settings import DrawnClusters

PARAMETERS = ("log_age", "log_mass", "log_half_radius", "a_v")
NAMES = {"log_age": "age", "log_mass": "mass", "log_half_radius": "size", "a_v": "a_v"}
"""Of the parameters in metrics."""
MASS_MARGINS = (0.35, 0.15)
"""dex; the mass of 165 stars drawn for 100 Msun scatters by 0.13 dex, towards large masses by a single star of 100."""

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
    def of(cls, clusters: DrawnClusters, log_age_step: float) -> "Priors":
        """From what is drawn and the isochrones' step."""
        half = log_age_step / 2
        return cls(
            (
                Uniform(clusters.log_age[0] - half, clusters.log_age[1] + half),
                Uniform(clusters.log_mass[0] - MASS_MARGINS[0], clusters.log_mass[1] + MASS_MARGINS[1]),
                Uniform(*(float(np.log10(end)) for end in clusters.half_radius_pc)),
                Uniform(*clusters.a_v),
            )
        )

    def normal(self, values: Array) -> Array:
        """u of parameters, both (..., 4)."""
        return np.stack([one.normal(values[..., k]) for k, one in enumerate(self.ranges)], axis=-1)

    def value(self, normal: Array) -> Array:
        """Parameters of u, both (..., 4)."""
        return np.stack([one.value(normal[..., k]) for k, one in enumerate(self.ranges)], axis=-1)


def columns(labels: Mapping[str, NDArray]) -> Array:
    """The four parameters of labels side by side, shape (n, 4)."""
    return np.stack([np.asarray(labels[name], np.float64) for name in PARAMETERS], axis=-1)
