"""Masses that are drawn follow the same mass function as numbers that are integrated."""

import numpy as np
import pytest

from reproduce.stars.imf import kroupa_masses, kroupa_number_below


@pytest.mark.parametrize(("low", "high"), [(0.1, 50.0), (0.1, 0.4), (0.6, 9.0)])
def test_drawn_masses_follow_the_integral(low: float, high: float) -> None:
    n = 100_000
    masses = kroupa_masses(n, low, high, np.random.default_rng(1))
    places = np.geomspace(low, high, 9)
    below = kroupa_number_below(places)
    expected = (below - below[0]) / (below[-1] - below[0])
    found = [np.mean(masses <= place) for place in places]
    np.testing.assert_allclose(found, expected, atol=4 * 0.5 / np.sqrt(n))  # four binomial standard errors
