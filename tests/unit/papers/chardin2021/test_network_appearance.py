"""How a map looks: against numbers worked out by hand."""

import numpy as np
import pytest

from reproduce.papers.chardin2021.networks.appearance import NAMES, SMOOTHEST, appearance

SIDE = 40


def blob(x: float, y: float, sigma: float = 4.0) -> np.ndarray:
    """log10 of a Gaussian of total 100 on a background of almost nothing; x and y in half sides from the centre."""
    c = (np.arange(SIDE) - (SIDE - 1) / 2) / (SIDE / 2)
    dy, dx = np.meshgrid(c - y, c - x, indexing="ij")
    light = np.exp(-(dx**2 + dy**2) / 2 / (sigma / (SIDE / 2)) ** 2)
    return np.log10(100 * light / light.sum() + 1e-12)


def test_numbers_of_a_gaussian() -> None:
    total, offset, extent, *_ = appearance(blob(0.3, -0.4)[None])[0]
    assert total == pytest.approx(2)
    assert offset == pytest.approx(0.5, rel=0.01)  # the wings that leave the field: 3 sigma away
    assert extent == pytest.approx(np.sqrt(0.5**2 + 2 * 0.2**2), rel=0.02)


def test_symmetries_change_nothing_and_brightness_only_the_total() -> None:
    seen = blob(0.2, 0.1) + np.random.default_rng(0).normal(0, 0.01, (SIDE, SIDE))
    turned = np.stack([np.rot90(view, k) for view in (seen, seen.T) for k in range(4)])
    np.testing.assert_allclose(appearance(turned), np.repeat(appearance(seen[None]), 8, axis=0), rtol=1e-9)
    change = appearance(seen[None] + 1) - appearance(seen[None])
    np.testing.assert_allclose(change, [[1, 0, 0, 0, 0, 0]], atol=1e-9)


def test_an_even_map_has_finite_numbers() -> None:
    even = dict(zip(NAMES, appearance(np.full((1, SIDE, SIDE), -5.0))[0], strict=True))
    assert (even["offset"], even["bright"]) == (pytest.approx(0, abs=1e-12), 0)
    assert even["roughness"] == np.log10(SMOOTHEST)
