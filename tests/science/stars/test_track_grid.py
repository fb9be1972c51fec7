"""Tracks interpolated between those of close masses against tracks of their own."""

import numpy as np
import pytest

from reproduce.stars import track_grid
from reproduce.stars.imf import kroupa_masses
from reproduce.stars.photometry import band_luminosity
from reproduce.stars.stellar_evolution import stellar_tracks
from reproduce.stars.tracks import Tracks

SPACING = 1e-3
N = 1_500


@pytest.fixture(scope="module")
def both() -> tuple[Tracks, Tracks]:
    """Stars between 1.0 and 1.05 Msun, some at the mass of those that die now, and some of all kinds."""
    rng = np.random.default_rng(1)
    masses = np.concatenate([rng.uniform(1.0, 1.05, N // 3), rng.uniform(0.3, 0.35, N // 3)])
    masses = np.concatenate([masses, kroupa_masses(N - len(masses), 0.08, 150.0, rng)])
    return stellar_tracks(masses, 0.002, recipe="fryer2012"), stellar_tracks(
        masses, 0.002, recipe="fryer2012", spacing=SPACING
    )


def test_mass_type_and_light_are_those_of_own_tracks(both):
    own, between = both
    stars = np.arange(N)
    for age in (10.0, 300.0, 3_000.0, 5_500.0, 6_200.0, 12_000.0):
        a, b = own.at(stars, age), between.at(stars, age)
        # A life of 6 Gyr is known to 2e-6 (an eighth of spacing² times the curvature of ln t): some thousand years, in
        # which at most one star of those here changes its type.
        assert (a["stellar_type"] != b["stellar_type"]).sum() <= 1
        assert b["mass_msun"].sum() == pytest.approx(a["mass_msun"].sum(), rel=1e-5)
        lights = [band_luminosity(x["luminosity_lsun"], x["temperature_k"], x["stellar_type"]) for x in (a, b)]
        np.testing.assert_allclose(np.sum(lights[1]), np.sum(lights[0]), rtol=5e-3)
        calm = (a["stellar_type"] <= 1) & (b["stellar_type"] <= 1)
        # Rows are thinned to 0.4 %, each track's own.
        np.testing.assert_allclose(b["luminosity_lsun"][calm], a["luminosity_lsun"][calm], rtol=0.009)


def test_stars_are_interpolated_where_they_can_be_and_die_one_by_one(both):
    own, between = both
    evolved = slice(0, N // 3)
    same = [
        np.array_equal(own.at([i], 5_900.0)["luminosity_lsun"], between.at([i], 5_900.0)["luminosity_lsun"])
        for i in range(N // 3)
    ]
    assert np.mean(same) < 0.5  # or nothing would be tested
    ends = between.time_myr[between.offset[1:] - 2][evolved]  # the row before the last, of the white dwarf
    assert len(np.unique(ends)) > 0.99 * N // 3


def test_heavy_stars_and_lonely_ones_have_tracks_of_their_own():
    number, may = track_grid.intervals(np.array([20.0, 20.0001, 20.0002, 1.0001, 1.0002, 1.0003, 2.0]), SPACING)
    assert may.tolist() == [False, False, False, True, True, True, False]
    assert number[3] == number[4] == number[5] == 0


def test_tracks_of_other_phases_are_not_matched():
    rows = np.array([[0.0, 1, 1, 1, 1], [10.0, 1, 1, 2, 2], [10.0, 11, 0.5, 1, 0.01], [90.0, 11, 0.5, 0.1, 0.01]])
    keep = np.ones(len(rows), dtype=bool)
    assert track_grid.match(rows, rows, keep) is not None
    assert track_grid.match(rows, rows[:2], keep) is None
    brighter = rows * np.array([1, 1, 1, 1.5, 1])
    assert track_grid.match(rows, brighter, keep) is None
    later = rows * np.array([1.02, 1, 1, 1.02, 1])
    middle = track_grid.between(track_grid.match(rows, later, keep), (1.0, 1.2), np.array([1.1]))
    np.testing.assert_allclose(middle[:, 0], 1.01 * rows[:, 0], rtol=1e-6)
    np.testing.assert_allclose(middle[:, 3], np.sqrt(1.02) * rows[:, 3], rtol=1e-6)
