"""A contrast tells strange items from usual ones, also where only a product does."""

import numpy as np

from reproduce.learning.contrast import Contrast

N = 1_000


def usual(rng: np.random.Generator) -> np.ndarray:
    """Two numbers that go together, and one that says nothing."""
    numbers = rng.normal(size=(N, 3))
    numbers[:, 1] = numbers[:, 0] + 0.3 * numbers[:, 1]
    return numbers


def test_it_knows_the_kinds_it_was_fitted_with() -> None:
    rng = np.random.default_rng(1)
    apart = rng.normal(size=(400, 3))  # each number as usual, the two do not go together
    far = rng.normal(size=(400, 3)) + np.array([0, 0, 8])
    contrast = Contrast.fit(usual(rng), [apart, far])
    threshold = np.quantile(contrast.log_odds(usual(rng)), 0.99)
    assert np.mean(contrast.log_odds(usual(rng)) > threshold) < 0.03
    # of two that do not go together 59 % are further apart than 99 % of the usual: 2.58 times 0.3 against the root of 2
    assert np.mean(contrast.log_odds(rng.normal(size=(N, 3))) > threshold) > 0.35
    assert np.mean(contrast.log_odds(rng.normal(size=(N, 3)) + np.array([0, 0, 8])) > threshold) > 0.99


def test_numbers_of_any_size_have_finite_odds() -> None:
    rng = np.random.default_rng(2)
    contrast = Contrast.fit(usual(rng), [rng.normal(size=(50, 3)) + 3])
    assert np.isfinite(contrast.log_odds(np.array([[1e30, -1e30, 0.0]]))).all()


def test_a_number_that_never_changes_does_no_harm() -> None:
    rng = np.random.default_rng(3)
    numbers = usual(rng)
    numbers[:, 2] = 7.0
    assert np.isfinite(Contrast.fit(numbers, [numbers[:50] + 1]).log_odds(numbers)).all()
