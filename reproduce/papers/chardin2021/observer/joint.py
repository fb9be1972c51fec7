"""The joint posterior of masses, M/L, ages and distances, for users: samples on demand, intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.learning.posterior import Mixture
from reproduce.papers.chardin2021.observer import frame
from reproduce.papers.chardin2021.observer.frame import PARAMETERS

Array = NDArray[np.float64]

NAMES = {"distance": "distance_kpc", "age": "age_gyr", "mass_to_light": "mass_to_light", "mass": "total_mass_msun"}


@dataclass(frozen=True)
class JointPosterior:
    """Posteriors of n maps.

    Attributes
    ----------
    mixture : Mixture
        Over θ (`frame`).
    """

    mixture: Mixture

    def __len__(self) -> int:
        return len(self.mixture)

    def sample(self, n_samples: int, seed: int = 0) -> dict[str, Array]:
        """Joint samples: ``distance_kpc``, ``age_gyr``, ``mass_to_light`` (V) and ``total_mass_msun`` in the field.

        Parameters
        ----------
        n_samples : int
            Of each map.
        seed : int
            The same seed gives the same samples.

        Returns
        -------
        dict of arrays, shape (n, n_samples)
            What stands at one place of all four belongs together.
        """
        drawn = frame.readable(self.mixture.sample(n_samples, np.random.default_rng(seed)))
        return {NAMES[name]: 10 ** drawn[..., k] for k, name in enumerate(PARAMETERS)}

    def quantiles(self, levels: ArrayLike) -> dict[str, Array]:
        """Quantiles of each parameter on its own, arrays of shape (q, n) by the names of `sample`."""
        found = frame.readable(self.mixture.quantiles(levels))
        return {NAMES[name]: 10 ** found[..., k] for k, name in enumerate(PARAMETERS)}
