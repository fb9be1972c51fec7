"""Observational effects: each alone against what it should do."""

import numpy as np
import pytest
from pydantic import ValidationError

from reproduce.sky.effects import COUNT_SLOPE, expose, field_stars
from reproduce.sky.settings import Camera, Effects
from reproduce.stars.photometry import luminosity_of_apparent

CAMERA = Camera()
EMPTY = np.zeros((160, 160))
DISTANCE_KPC = 20.0


def seen(image: np.ndarray, seed: int = 1, **effects: float) -> np.ndarray:
    return expose(image, Effects(**effects), CAMERA, DISTANCE_KPC, np.random.default_rng(seed))


def test_magnitudes() -> None:
    assert luminosity_of_apparent(4.83, 0.01) == pytest.approx(1)  # the Sun at 10 pc
    assert luminosity_of_apparent(4.83 + 5, 0.1) == pytest.approx(1)


def test_without_effects_nothing_happens() -> None:
    assert np.array_equal(seen(EMPTY + 2.5), EMPTY + 2.5)


def test_photon_noise_has_the_variance_of_its_mean() -> None:
    electron = luminosity_of_apparent(28.0, DISTANCE_KPC)
    image = seen(EMPTY + 400 * electron, zero_point_mag=28.0) / electron
    n = image.size
    assert image.mean() == pytest.approx(400, abs=4 * 20 / np.sqrt(n))  # 4 sigma of the mean
    assert image.var() == pytest.approx(400, rel=4 * np.sqrt(2 / n))  # 4 sigma of the variance


def test_read_noise() -> None:
    electron = luminosity_of_apparent(28.0, DISTANCE_KPC)
    image = seen(EMPTY, zero_point_mag=28.0, read_noise_electrons=5.0) / electron
    assert image.std() == pytest.approx(5, rel=4 / np.sqrt(2 * image.size))
    assert abs(image.mean()) < 4 * 5 / np.sqrt(image.size)


def test_saturation_cuts_the_brightest() -> None:
    electron = luminosity_of_apparent(28.0, DISTANCE_KPC)
    image = EMPTY + 10 * electron
    image[3, 4] = 1e6 * electron
    cut = seen(image, zero_point_mag=28.0, saturation_electrons=5e4) / electron
    assert cut[3, 4] == pytest.approx(5e4) and np.delete(cut.ravel(), 3 * 160 + 4).max() < 100


def test_sky_left_over_has_its_surface_brightness() -> None:
    image = seen(EMPTY, sky_mag_arcsec2=21.0, sky_left=0.5)
    # half of 21 mag/arcsec2 on pixels of 1/16 arcsec2
    assert np.allclose(image, 0.5 * luminosity_of_apparent(21.0, DISTANCE_KPC) / 16)


def test_a_sky_that_is_subtracted_leaves_its_noise() -> None:
    electron = luminosity_of_apparent(28.0, DISTANCE_KPC)
    image = seen(EMPTY, zero_point_mag=28.0, sky_mag_arcsec2=21.0) / electron
    expected = 10 ** (0.4 * (28 - 21)) / 16
    assert abs(image.mean()) < 4 * np.sqrt(expected / image.size)
    assert image.var() == pytest.approx(expected, rel=4 * np.sqrt(2 / image.size))


def test_bad_pixels_read_zero() -> None:
    image = seen(EMPTY + 1.0, bad_pixels=0.05)
    assert set(np.unique(image)) == {0.0, 1.0}
    assert (image == 0).mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / image.size))  # binomial


def test_field_stars_have_their_number_places_and_magnitudes() -> None:
    effects = Effects(field_stars_per_arcmin2=2000.0, field_star_bright_mag=17.0, field_star_faint_mag=21.0)
    u, v, light = field_stars(effects, CAMERA, 40, DISTANCE_KPC, np.random.default_rng(2))
    expected = 2000 * (240 / 160 * 40 / 60) ** 2
    assert len(u) == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert u.min() >= -40 and v.max() <= 200 and u.mean() == pytest.approx(80, abs=4 * 240 / np.sqrt(12 * expected))
    magnitude = 17 - 2.5 * np.log10(light / luminosity_of_apparent(17.0, DISTANCE_KPC))
    assert magnitude.min() >= 17 - 1e-9 and magnitude.max() <= 21 + 1e-9
    share = np.mean(magnitude < 20)
    law = (10 ** (3 * COUNT_SLOPE) - 1) / (10 ** (4 * COUNT_SLOPE) - 1)
    assert share == pytest.approx(law, abs=4 * np.sqrt(law * (1 - law) / len(u)))


@pytest.mark.parametrize(
    "effects",
    [
        {"read_noise_electrons": 3.0},
        {"saturation_electrons": 1e5},
        {"sky_mag_arcsec2": 21.0},
        {"sky_left": 0.5},
        {"field_star_bright_mag": 23.0},
    ],
)
def test_settings_without_effect_are_refused(effects: dict) -> None:
    with pytest.raises(ValidationError):
        Effects(**effects)
