"""Mixtures in other coordinates, against their own samples and densities."""

import numpy as np
import pytest

from reproduce.learning.mixtures import moved, stacked, take, widened
from reproduce.learning.posterior import Mixture, n_numbers

N, D, K = 5, 4, 3


@pytest.fixture(scope="module")
def mixture() -> Mixture:
    raw = np.random.default_rng(3).normal(0, 0.7, (N, n_numbers(D, K)))
    return Mixture.of_network(raw, D)


def _triangles(rng: np.random.Generator) -> np.ndarray:
    found = np.tril(rng.normal(size=(N, D, D)))
    found[:, np.arange(D), np.arange(D)] = rng.uniform(0.3, 3, (N, D))
    return found


def test_density_follows_the_change_of_variables(mixture: Mixture) -> None:
    rng = np.random.default_rng(4)
    triangle, shift, z = _triangles(rng), rng.normal(size=(N, D)), rng.normal(size=(N, D))
    theta = np.einsum("nij,nj->ni", triangle, z) + shift
    log_determinant = np.log(np.diagonal(triangle, axis1=1, axis2=2)).sum(axis=1)
    found = moved(mixture, triangle, shift).log_density(theta)
    np.testing.assert_allclose(found, mixture.log_density(z) - log_determinant, rtol=1e-10)


def test_samples_are_moved_with_it(mixture: Mixture) -> None:
    rng = np.random.default_rng(5)
    triangle, shift = _triangles(rng), rng.normal(size=(N, D))
    one = moved(mixture, triangle, shift).sample(300, np.random.default_rng(6))
    other = np.einsum("nij,nsj->nsi", triangle, mixture.sample(300, np.random.default_rng(6))) + shift[:, None]
    np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)


def test_widened_keeps_the_mean_and_what_goes_with_what(mixture: Mixture) -> None:
    factors = np.random.default_rng(7).uniform(0.5, 2, (N, D))
    wide = widened(mixture, factors)
    np.testing.assert_allclose(wide.mean(), mixture.mean(), atol=1e-12)
    low, high = mixture.intervals([0.68])
    wide_low, wide_high = wide.intervals([0.68])
    np.testing.assert_allclose(wide_high - wide_low, factors * (high - low), rtol=1e-8)
    samples = [one.sample(4_000, np.random.default_rng(8))[0] for one in (mixture, wide)]
    np.testing.assert_allclose(*(np.corrcoef(some.T) for some in samples), atol=1e-8)


def test_taken_apart_and_put_together(mixture: Mixture) -> None:
    again = stacked([take(mixture, slice(0, 2)), take(mixture, np.array([2, 3, 4]))])
    np.testing.assert_array_equal(again.means, mixture.means)
    np.testing.assert_array_equal(again.triangles, mixture.triangles)
