"""How a map looks: against numbers worked out by hand, and against maps made for one number each."""

import itertools

import numpy as np
import pytest

from reproduce.papers.chardin2021.networks.appearance import FIRST_NAMES, NAMES, RINGS, SMOOTHEST, appearance

SIDE = 40


def blob(x: float, y: float, sigma: float = 4.0) -> np.ndarray:
    """log10 of a Gaussian of total 100 on a background of almost nothing; x and y in half sides from the centre."""
    c = (np.arange(SIDE) - (SIDE - 1) / 2) / (SIDE / 2)
    dy, dx = np.meshgrid(c - y, c - x, indexing="ij")
    light = np.exp(-(dx**2 + dy**2) / 2 / (sigma / (SIDE / 2)) ** 2)
    return np.log10(100 * light / light.sum() + 1e-12)


def test_numbers_of_a_gaussian() -> None:
    assert NAMES[:6] == FIRST_NAMES  # calibrations of earlier versions know these alone
    total, offset, extent, *_ = appearance(blob(0.3, -0.4)[None])[0]
    assert total == pytest.approx(2)
    assert offset == pytest.approx(0.5, rel=0.01)  # the wings that leave the field: 3 sigma away
    assert extent == pytest.approx(np.sqrt(0.5**2 + 2 * 0.2**2), rel=0.02)


def test_symmetries_change_nothing_and_brightness_only_the_total() -> None:
    seen = blob(0.2, 0.1) + np.random.default_rng(0).normal(0, 0.01, (SIDE, SIDE))
    turned = np.stack([np.rot90(view, k) for view in (seen, seen.T) for k in range(4)])
    np.testing.assert_allclose(appearance(turned), np.repeat(appearance(seen[None]), 8, axis=0), rtol=1e-8, atol=1e-8)
    change = appearance(seen[None] + 1) - appearance(seen[None])
    np.testing.assert_allclose(change, [[1, *np.zeros(len(NAMES) - 1)]], atol=1e-6)


def looks(flux: np.ndarray) -> dict[str, float]:
    """Numbers of one map by name."""
    return dict(zip(NAMES, appearance(flux[None])[0], strict=True))


def scene(*stars: tuple[float, float, float], sigma: float = 4.0, side: int = 160) -> np.ndarray:
    """log10 of stars on an even sky of 1e-4: row and column [px] and brightness of each."""
    y, x = np.indices((side, side))
    light = sum(top * np.exp(-((y - r) ** 2 + (x - c) ** 2) / 2 / sigma**2) for r, c, top in stars)
    return np.log10(light + 1e-4)


def test_profile_of_a_cone() -> None:
    y, x = np.indices((160, 160)) - 79.5
    cone = looks(-5 - 2 * np.hypot(y, x) / 80)
    steps = np.diff([2 / 3 * (b**3 - a**3) / (b**2 - a**2) for a, b in itertools.pairwise(RINGS)])
    found = [cone[f"fall_{k}"] for k in range(1, len(RINGS) - 1)]
    np.testing.assert_allclose(found, 2 * steps, atol=0.01)  # mean radius of a ring, times the slope
    assert cone["middle"] == pytest.approx(0, abs=1e-6)
    assert cone["direction"] == pytest.approx(0, abs=1e-6)


def test_peaks_of_stars() -> None:
    places = [(40, 40), (40, 120), (120, 40), (120, 120)]
    stars = looks(scene(*((r, c, 1.0) for r, c in places[:3]), (120, 120, 10.0)))
    assert 10 ** stars["peaks"] == pytest.approx(5, rel=1e-6)
    assert 10 ** stars["peak_width"] == pytest.approx(4, rel=0.02)
    assert stars["peak_range"] == pytest.approx(1, abs=0.01)
    assert stars["peak_height"] == pytest.approx(5, abs=0.01)
    assert stars["peak_width_scatter"] < 0.01 and stars["peak_elongation"] < 0.01
    wide = looks(scene(*((r, c, 1.0) for r, c in places), sigma=8.0))
    assert 10 ** wide["peak_width"] == pytest.approx(8, rel=0.02)


def test_parabola_of_a_parabola() -> None:
    y, x = (np.indices((160, 160)) - 79.5) / 80
    hill = looks(-5 - 0.5 * ((x - 0.6) ** 2 + (y + 0.8) ** 2))
    assert hill["summit"] == pytest.approx(1, rel=1e-6) and hill["bend"] == pytest.approx(-0.5, rel=1e-6)
    assert hill["tilt"] == pytest.approx(2 * 0.5, rel=1e-6)
    assert looks(-5 + 0.5 * (x**2 + y**2))["summit"] == 2  # a valley has no summit


def test_directions() -> None:
    y, x = np.indices((160, 160)) / 160
    slope = looks(-5 + 0.5 * (x + y))
    assert slope["direction"] == pytest.approx(1, abs=1e-6)
    assert slope["one_sided"] > 0.5 and slope["one_sided"] > 3 * slope["two_sided"]
    long = np.log10(np.exp(-(((x - 0.5) / 0.4) ** 2) - ((y - 0.5) / 0.1) ** 2) + 1e-3)
    assert looks(long)["two_sided"] > 5 * looks(long)["one_sided"]
    round_one = looks(scene((80, 80, 1.0)))
    assert max(round_one["one_sided"], round_one["two_sided"], round_one["direction"]) < 0.05


def test_flattened_and_concentrated_light() -> None:
    field = scene(*((r, c, 1.0) for r in (30, 80, 130) for c in (30, 80, 130)))
    flat = np.minimum(field, np.quantile(field, 0.9))
    assert 10 ** looks(flat)["plateau"] == pytest.approx(0.1 * field.size, rel=0.05)
    assert looks(flat)["brightest_hundredth"] < looks(field)["brightest_hundredth"]
    assert looks(np.full((160, 160), -5.0))["gini"] == pytest.approx(0, abs=1e-4)
    assert looks(scene((80, 80, 1e6)))["gini"] > 0.95


def test_power_lies_in_the_band_of_a_wave() -> None:
    y, _ = np.indices((160, 160)) / 160
    wave = looks(-5 + 0.1 * np.sin(2 * np.pi * 10 * y))  # ten waves a side: the fourth band, from 8 to 12
    assert wave["power_4"] > -0.1
    assert max(wave[f"power_{k}"] for k in (1, 2, 6)) < -1


def test_skewness_has_the_sign_of_the_exceptions() -> None:
    stars = looks(scene(*((r, c, 1.0) for r in (30, 80, 130) for c in (40, 110))))
    assert stars["skewness"] > 0.5 and stars["kurtosis"] > np.log(3)
    rng = np.random.default_rng(0)
    noise = looks(rng.normal(-5, 0.1, (160, 160)))
    assert noise["skewness"] == pytest.approx(0, abs=0.5) and noise["kurtosis"] == pytest.approx(np.log(3), abs=0.1)


def test_an_even_map_has_finite_numbers() -> None:
    assert np.isfinite(appearance(np.full((1, 160, 160), -5.0))).all()
    even = dict(zip(NAMES, appearance(np.full((1, SIDE, SIDE), -5.0))[0], strict=True))
    assert (even["offset"], even["bright"]) == (pytest.approx(0, abs=1e-12), 0)
    assert even["roughness"] == np.log10(SMOOTHEST)
