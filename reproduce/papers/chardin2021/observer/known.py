"""What is known of a cluster beside its image: distance, [Fe/H] and seeing, each with its error, or nothing."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.papers.chardin2021.observer_settings import Views

Array = NDArray[np.float64]

QUANTITIES = ("distance", "metallicity", "seeing")
NUMBERS = 3 * len(QUANTITIES)
"""That a network sees: of each quantity whether it is known, its value and its error."""
DEX = float(np.log(10))
"""A small relative error is this many times one in dex."""


@dataclass(frozen=True)
class Limits:
    """Ranges of values and of errors that networks are trained with, each (low, high) by `QUANTITIES`, in the units of
    `Known`."""

    values: tuple[tuple[float, float], ...]
    errors: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, views: Views) -> Self:
        """From the settings."""
        distance, seeing = views.distances_kpc, (min(views.fwhm_arcsec), max(views.fwhm_arcsec))
        relative = tuple((low / DEX, high / DEX) for low, high in (views.distance_error, views.seeing_error))
        values = (_log(distance), views.metallicities, _log(seeing))
        return cls(values, (relative[0], (views.metallicity_error[0], views.metallicity_error[1]), relative[1]))


def _log(pair: tuple[float, float]) -> tuple[float, float]:
    return float(np.log10(pair[0])), float(np.log10(pair[1]))


@dataclass(frozen=True)
class Known:
    """What is known of n clusters; NaN: not known.

    Attributes
    ----------
    values, errors : array, shape (n, 3)
        log10 of the distance [kpc], [Fe/H], log10 of the seeing [arcsec]; their standard deviations [dex].
    """

    values: Array
    errors: Array

    @classmethod
    def nothing(cls, n: int) -> Self:
        """Of n clusters of which nothing is known."""
        return cls(*np.full((2, n, len(QUANTITIES)), np.nan))

    @classmethod
    def measured(cls, truth: ArrayLike, errors: ArrayLike, generator: np.random.Generator) -> Self:
        """Values that scatter about the truth by their errors.

        Parameters
        ----------
        truth, errors : array, shape (n, 3)
            NaN in either: not known.
        generator : Generator
        """
        truth, errors = np.asarray(truth, np.float64), np.asarray(errors, np.float64)
        values = truth + errors * generator.standard_normal(truth.shape)
        return cls(values, np.where(np.isnan(values), np.nan, errors))

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Shape (n, 3)."""
        return np.isfinite(self.values) & np.isfinite(self.errors)

    def take(self, rows: slice | NDArray) -> Self:
        """Of some of the clusters."""
        return type(self)(self.values[rows], self.errors[rows])

    def within(self, limits: Limits) -> Self:
        """The same for networks trained within limits: errors smaller than any that they were trained with count as
        the smallest; a value with an error larger than all of them counts as not known."""
        low, high = (np.array([one[end] for one in limits.errors]) for end in (0, 1))
        far = self.errors > high * (1 + 1e-9)
        return type(self)(np.where(far, np.nan, self.values), np.where(far, np.nan, np.maximum(self.errors, low)))

    def numbers(self, limits: Limits) -> NDArray[np.float32]:
        """What a network sees, shape (n, `NUMBERS`): known or not (1 or 0), and where known the value and the logarithm
        of the error, each from -1 to 1 within the limits; 0 where not."""
        there = self.is_known
        value = _share(self.values, np.array(limits.values))
        error = _share(np.log(np.where(there, self.errors, 1.0)), np.log(np.array(limits.errors)))
        parts = [there, np.where(there, value, 0.0), np.where(there, error, 0.0)]
        return np.concatenate(parts, axis=1).astype(np.float32)


def _share(values: Array, limits: Array) -> Array:
    """-1 at the lower, 1 at the upper limit; values (n, 3), limits (3, 2)."""
    return (2 * values - limits.sum(axis=1)) / (limits[:, 1] - limits[:, 0])


def drawn_errors(views: Views, limits: Limits, generator: np.random.Generator) -> Array:
    """Errors of one cluster's quantities as a training view has them, shape (1, 3); NaN: hidden."""
    low, high = np.log(np.array(limits.errors)).T
    errors = np.exp(low + generator.random(len(QUANTITIES)) * (high - low))
    return np.where(generator.random(len(QUANTITIES)) < views.hidden, np.nan, errors)[None]
