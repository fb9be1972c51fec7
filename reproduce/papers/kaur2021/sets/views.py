"""Views of simulated galaxies as a telescope might have them: a side, a choice of clusters, errors.

Every view is drawn from a generator of its own, so that training sees each galaxy from another side with other clusters
in every epoch (`reproduce.learning.stream`).
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from reproduce.learning.prior import Uniform
from reproduce.papers.kaur2021 import galaxies
from reproduce.papers.kaur2021.sets.clusters import Seen, rows
from reproduce.papers.kaur2021.settings import Sets

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Draw:
    """What a `Stream` draws items with: item n shows galaxy ``n % len(chosen)`` of those that are to be shown.

    Attributes
    ----------
    path : Path
        ``galaxies.h5``.
    chosen : tuple of (kind, place)
        Galaxies by their kind and place in the file.
    sets : Sets
        Settings.
    ends_msun : pair of float
        The prior of the dark mass [Msun].
    """

    path: Path
    chosen: tuple[tuple[str, int], ...]
    sets: Sets
    ends_msun: tuple[float, float]

    def __call__(self, generator: np.random.Generator, item: int) -> dict[str, NDArray[np.float32]]:
        """``clusters`` (size, columns, 1) and ``mass`` (1,), standard normal under the prior."""
        seen, mass = self.view(generator, item)
        normal = Uniform(*self.ends_msun).normal(mass)
        return {
            "clusters": rows(seen, self.sets.size)[..., None],
            "mass": np.array([normal], np.float32),
        }

    def view(self, generator: np.random.Generator, item: int) -> tuple[Seen, float]:
        """Clusters of a galaxy from one side, and its dark mass [Msun]."""
        kind, place = self.chosen[item % len(self.chosen)]
        sample = _sample(self.path, kind)
        seen = draw(sample.position_kpc[place], sample.velocity_kms[place], self.sets, generator)
        return seen, float(sample.halo_msun[place])


@functools.lru_cache(maxsize=4)
def _sample(path: Path, kind: str) -> galaxies.Sample:
    return galaxies.read(path, kind)


def draw(position_kpc: Array, velocity_kms: Array, sets: Sets, generator: np.random.Generator) -> Seen:
    """One view of a galaxy: from a random side, some of its clusters in a random field, with errors.

    Parameters
    ----------
    position_kpc, velocity_kms : (clusters, 3)
    sets : Sets
        Ranges of the field, of the number of clusters, of the errors.
    generator : numpy.random.Generator
    """
    turn = Rotation.random(rng=generator).as_matrix()
    mirror, reverse = generator.choice([-1.0, 1.0], 2)
    x, y = turn[0] @ position_kpc.T * mirror, turn[1] @ position_kpc.T
    radius = np.hypot(x, y)
    inner, outer = generator.uniform(*sets.inner_kpc), _log_uniform(sets.outer_kpc, generator)
    wanted = round(_log_uniform(sets.clusters, generator))
    inside = np.flatnonzero((radius > inner) & (radius < outer))
    if len(inside) < sets.clusters[0]:  # a field with fewer would not have been used: the nearest ones to it
        inside = np.argsort(np.abs(np.clip(radius, inner, outer) - radius))[: int(sets.clusters[0])]
    slope = generator.uniform(*sets.preference)
    chance = (1 + radius[inside] / sets.preference_kpc) ** slope
    order = np.argsort(generator.exponential(size=len(inside)) / chance)  # without repetition (Efraimidis & Spirakis)
    chosen = inside[order[:wanted]]
    speed = turn[2] @ velocity_kms[chosen].T * reverse
    error = np.zeros(len(chosen))
    if generator.random() < sets.with_errors:
        error = _log_uniform(sets.errors_kms, generator) * np.exp(generator.normal(0, 0.3, len(chosen)))
    stretch = np.exp(generator.normal(0, sets.distance_error)) if sets.distance_error else 1.0
    return Seen(x[chosen] * stretch, y[chosen] * stretch, speed + error * generator.standard_normal(len(chosen)), error)


def _log_uniform(ends: tuple[float, float], generator: np.random.Generator) -> float:
    return float(np.exp(generator.uniform(*np.log(ends))))
