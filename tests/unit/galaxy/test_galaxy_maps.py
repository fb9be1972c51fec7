"""Maps of V and σ from a few clusters whose places are known."""

import numpy as np
import pytest

from reproduce.galaxy.globular_clusters import ClusterSystem
from reproduce.galaxy.kinematics import Views, choose, make_maps, random_views
from reproduce.galaxy.settings import MapSettings
from reproduce.workflow.errors import InputError

GENERATOR = np.random.default_rng(3)


def seen(x, y, velocity):
    return Views(*(np.array([each], dtype=float) for each in (x, y, velocity)))


def test_cells_have_mean_and_dispersion_of_their_clusters():
    # A field of 10 kpc with 10 cells: cells are 1 kpc, the first from -5 to -4.
    views = seen([-4.5, -4.6, 0.2, 7.0], [-4.5, -4.4, 3.7, 0.0], [100.0, 140.0, -30.0, 500.0])
    maps = make_maps(views, 10.0, MapSettings(field_rd=1.0, smoothing_kpc=0), GENERATOR)
    assert maps.count.sum() == 3  # the last is outside
    assert maps.velocity_kms[0, 0, 0] == pytest.approx(120)
    assert maps.dispersion_kms[0, 0, 0] == pytest.approx(20)
    assert maps.velocity_kms[0, 8, 5] == pytest.approx(-30)  # row y, column x
    assert maps.dispersion_kms[0, 8, 5] == 0
    assert np.count_nonzero(maps.velocity_kms) == 2


def test_one_cluster_has_no_dispersion_where_two_are_needed():
    views = seen([0.5], [0.5], [80.0])
    maps = make_maps(views, 10.0, MapSettings(field_rd=1.0, smoothing_kpc=0, empty=50.0, least_for_sigma=2), GENERATOR)
    assert maps.velocity_kms[0, 5, 5] == pytest.approx(80)
    assert (maps.dispersion_kms == 50).all()
    assert np.count_nonzero(maps.velocity_kms == 50) == 99


def test_interpolation_goes_down_the_columns_and_then_across():
    views = seen([-4.5, -4.5, 4.5], [-4.5, 4.5, 0.5], [0.0, 90.0, 10.0])
    maps = make_maps(views, 10.0, MapSettings(field_rd=1.0, smoothing_kpc=0, empty="interpolate"), GENERATOR)
    np.testing.assert_allclose(maps.velocity_kms[0, :, 0], np.arange(10) * 10.0)
    np.testing.assert_allclose(maps.velocity_kms[0, :, 9], 10.0)
    np.testing.assert_allclose(maps.velocity_kms[0, 9], np.linspace(90, 10, 10))


@pytest.mark.parametrize("smooth", ["cells", "clusters"])
def test_smoothing_keeps_a_constant_field(smooth):
    place = GENERATOR.uniform(-5, 5, (2, 1, 300))
    views = Views(place[0], place[1], np.full((1, 300), 70.0))
    chosen = MapSettings(field_rd=1.0, smoothing_kpc=2.0, smooth=smooth, empty="ignore")
    maps = make_maps(views, 10.0, chosen, GENERATOR)
    np.testing.assert_allclose(maps.velocity_kms, 70.0, rtol=1e-12)
    # σ of equal velocities is 0; by E[v²] - E[v]² rounding leaves 70 km/s √(a few 1e-16), 2e-6 km/s.
    np.testing.assert_allclose(maps.dispersion_kms, 0.0, atol=1e-5)


def test_smoothing_is_a_gaussian_of_its_standard_deviation():
    views = seen([0.5], [0.5], [100.0])
    maps = make_maps(views, 10.0, MapSettings(field_rd=1.0, smoothing_kpc=1.5), GENERATOR)
    row = maps.velocity_kms[0, 5]
    kernel = np.exp(-0.5 * ((np.arange(10)[:, None] - np.arange(10)) / 1.5) ** 2)
    norm = kernel.sum(axis=1)
    np.testing.assert_allclose(row, 100 * kernel[5] * kernel[5, 5] / (norm * norm[5]), rtol=1e-12)


def test_empty_cells_do_not_count_when_they_are_ignored():
    views = seen([0.5], [0.5], [100.0])
    maps = make_maps(views, 10.0, MapSettings(field_rd=1.0, smoothing_kpc=1.5, empty="ignore"), GENERATOR)
    np.testing.assert_allclose(maps.velocity_kms, 100.0)


def test_noise_has_the_width_asked_for():
    views = Views(np.zeros((400, 3)), np.zeros((400, 3)), np.zeros((400, 3)))
    noisy = MapSettings(smoothing_kpc=0, pixel_noise_kms=5.0, empty=50.0)
    pixel = make_maps(views, 10.0, noisy, np.random.default_rng(1))
    # 40,000 pixels, of which 1 in 100 has clusters, know their standard deviation to 1/√80,000 = 0.35 %.
    empty = pixel.count == 0
    assert pixel.velocity_kms[empty].std() == pytest.approx(5.0, rel=0.015)
    assert pixel.dispersion_kms[empty].std() == pytest.approx(5.0, rel=0.015)
    assert pixel.dispersion_kms[~empty].min() == 0  # their σ is 0, and noise makes no negative one
    assert (pixel.dispersion_kms[~empty] == 0).mean() == pytest.approx(0.5, abs=0.1)  # 400 cells: 4 standard errors
    cluster = make_maps(views, 10.0, MapSettings(smoothing_kpc=0, velocity_error_kms=5.0), np.random.default_rng(1))
    # The mean of three clusters has 5/√3 km/s; 400 views know it to 1/√800 = 3.5 %.
    assert cluster.velocity_kms[:, 5, 5].std() == pytest.approx(5 / np.sqrt(3), rel=0.12)


def test_views_are_rotations_and_point_everywhere():
    clusters = ClusterSystem(np.array([[3.0, 0, 0], [0, 4.0, 0]]), np.array([[0, 0, 100.0], [0, 0, 100.0]]))
    views = random_views(clusters, 4_000, np.random.default_rng(2))
    # An isotropic direction's projection is uniform in -1..1: variance 1/3, known to 2/√(5 n) = 1.4 %.
    assert np.mean((views.velocity_kms[:, 0] / 100) ** 2) == pytest.approx(1 / 3, rel=0.06)
    assert np.mean(views.x_kpc[:, 0] ** 2) == pytest.approx(3, rel=0.06)
    np.testing.assert_array_equal(views.velocity_kms[:, 0], views.velocity_kms[:, 1])
    assert (np.hypot(views.x_kpc, views.y_kpc) <= np.array([3, 4]) + 1e-12).all()


def test_chosen_clusters_are_not_repeated():
    clusters = ClusterSystem(np.arange(30.0).reshape(10, 3), np.zeros((10, 3)))
    chosen = choose(clusters, 7, GENERATOR)
    assert len(np.unique(chosen.position_kpc[:, 0])) == 7
    with pytest.raises(InputError, match="at most the 10 clusters"):
        choose(clusters, 11, GENERATOR)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cells": 1},
        {"field_rd": 0.0},
        {"smooth": "pixels"},
        {"smooth": "clusters", "smoothing_kpc": 0.0},
        {"empty": "mean"},
        {"least_for_sigma": 0},
        {"pixel_noise_kms": -1.0},
    ],
)
def test_wrong_settings_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        MapSettings(**wrong)


def test_a_velocity_that_is_no_number_is_an_error():
    with pytest.raises(InputError, match="velocity_kms must be finite"):
        make_maps(seen([0.0], [0.0], [np.nan]), 10.0, MapSettings(), GENERATOR)
