"""What is known of an object beside its image: some quantities, each with its error, or nothing. Without Keras, for
processes that draw."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

NUMBERS_EACH = 3
"""That a network sees of a quantity: whether it is known, its value and its error."""
DEX = float(np.log(10))
"""A small relative error is this many times one in dex."""


@dataclass(frozen=True)
class Limits:
    """Ranges of values and of errors that networks are trained with.

    Attributes
    ----------
    values, errors : tuple of (low, high)
        Of each quantity, in the units of `Known`.
    """

    values: tuple[tuple[float, float], ...]
    errors: tuple[tuple[float, float], ...]

    def __len__(self) -> int:
        """Number of quantities, q."""
        return len(self.values)


@dataclass(frozen=True)
class Known:
    """What is known of n objects; NaN: not known.

    Attributes
    ----------
    values, errors : array, shape (n, q)
        Of each quantity the value and its standard deviation, of what spans decades in log10 and dex.
    """

    values: Array
    errors: Array

    @classmethod
    def nothing(cls, n: int, quantities: int) -> Self:
        """Of n objects of which nothing is known."""
        return cls(*np.full((2, n, quantities), np.nan))

    @classmethod
    def measured(cls, truth: ArrayLike, errors: ArrayLike, generator: np.random.Generator) -> Self:
        """Values that scatter about the truth by their errors.

        Parameters
        ----------
        truth, errors : array, shape (n, q)
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
        """Shape (n, q)."""
        return np.isfinite(self.values) & np.isfinite(self.errors)

    def take(self, rows: slice | NDArray) -> Self:
        """Of some of the objects."""
        return type(self)(self.values[rows], self.errors[rows])

    def within(self, limits: Limits) -> Self:
        """The same for networks trained within limits: errors smaller than any that they were trained with count as
        the smallest; a value with an error larger than all of them counts as not known."""
        low, high = (np.array([one[end] for one in limits.errors]) for end in (0, 1))
        far = self.errors > high * (1 + 1e-9)
        return type(self)(np.where(far, np.nan, self.values), np.where(far, np.nan, np.maximum(self.errors, low)))

    def numbers(self, limits: Limits) -> NDArray[np.float32]:
        """What a network sees, shape (n, 3 q): known or not (1 or 0), and where known the value and the logarithm
        of the error, each from -1 to 1 within the limits; 0 where not."""
        there = self.is_known
        value = _share(self.values, np.array(limits.values))
        error = _share(np.log(np.where(there, self.errors, 1.0)), np.log(np.array(limits.errors)))
        parts = [there, np.where(there, value, 0.0), np.where(there, error, 0.0)]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def or_range(self, limits: Limits, quantity: int) -> tuple[Array, Array]:
        """One quantity's values and standard deviations, (n,) each; where it is not known, the middle of its range
        within the limits and the standard deviation of a uniform one."""
        low, high = limits.values[quantity]
        given = self.is_known[:, quantity]
        centre = np.where(given, self.values[:, quantity], (low + high) / 2)
        return centre, np.where(given, self.errors[:, quantity], (high - low) / np.sqrt(12))

    @classmethod
    def of_numbers(cls, numbers: ArrayLike, limits: Limits) -> Self:
        """What a network was told: the inverse of `numbers`, to the rounding of float32."""
        there, value, error = np.split(np.asarray(numbers, np.float64), NUMBERS_EACH, axis=1)
        values = _value(value, np.array(limits.values))
        errors = np.exp(_value(error, np.log(np.array(limits.errors))))
        return cls(np.where(there > 0, values, np.nan), np.where(there > 0, errors, np.nan))


def _value(share: Array, limits: Array) -> Array:
    """The inverse of `_share`."""
    return (share * (limits[:, 1] - limits[:, 0]) + limits.sum(axis=1)) / 2


def _share(values: Array, limits: Array) -> Array:
    """-1 at the lower, 1 at the upper limit; values (n, q), limits (q, 2)."""
    return (2 * values - limits.sum(axis=1)) / (limits[:, 1] - limits[:, 0])


def drawn_errors(hidden: float, limits: Limits, generator: np.random.Generator) -> Array:
    """Errors of one object's quantities as a training item has them, log-uniform within the limits, shape (1, q); NaN,
    for a share of them: hidden."""
    low, high = np.log(np.array(limits.errors)).T
    errors = np.exp(low + generator.random(len(limits)) * (high - low))
    return np.where(generator.random(len(limits)) < hidden, np.nan, errors)[None]
