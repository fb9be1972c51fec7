"""V luminosities against Reed (1998) and against physics outside its range."""

import numpy as np
import pytest

from reproduce.stars.photometry import RAYLEIGH_JEANS, band_luminosity, bolometric_correction


def test_the_sun() -> None:
    assert bolometric_correction(5772) == pytest.approx(-0.180, abs=5e-4)  # as quoted, to its last digit
    # zero points 4.75 and 4.83: the Sun is 10^(0.4 (0.08 - 0.180)) of one V-band solar luminosity
    assert band_luminosity([1.0], [5772], [1])[0] == pytest.approx(10 ** (0.4 * (0.08 - 0.180)), rel=1e-3)


def test_the_correction_is_highest_near_7000_kelvin() -> None:
    temperature = np.geomspace(3000, 50_000, 2000)
    assert 6500 < temperature[np.argmax(bolometric_correction(temperature))] < 7500


@pytest.mark.parametrize("temperature", [3000.0, 50_000.0])
def test_continuous_at_both_ends_of_the_range(temperature: float) -> None:
    below, above = bolometric_correction([temperature * (1 - 1e-9), temperature * (1 + 1e-9)])
    assert below == pytest.approx(above, abs=1e-6)


def test_cool_stars_keep_the_correction_at_3000_kelvin() -> None:
    assert bolometric_correction(2000) == pytest.approx(bolometric_correction(3000))


def test_hot_stars_follow_the_rayleigh_jeans_tail_of_a_black_body() -> None:
    """The V part of a black body's light, by Planck's law at 551 nm, against the tail; both relative to 50,000 K."""
    temperature = np.array([50_000.0, 70_000.0, 100_000.0, 150_000.0])
    planck = 1 / np.expm1(0.0143878 / (551e-9 * temperature)) / temperature**4
    expected = 2.5 * np.log10(planck / planck[0])
    found = bolometric_correction(temperature)
    # a black body of 50,000 K is not wholly in the tail: it grows by 11 % more by 150,000 K
    assert np.allclose(found - found[0], expected, atol=0.26)
    assert np.all(found[1:] - found[0] < expected[1:])
    assert (found[-1] - found[0]) / np.log10(3) == pytest.approx(RAYLEIGH_JEANS)


def test_remnants() -> None:
    light = band_luminosity([1.0] * 5, [20_000.0] * 5, [10, 12, 13, 14, 15])
    assert (light[:2] > 0).all() and (light[2:] == 0).all()
