"""The metrics' arithmetic against sums done by hand."""

import numpy as np
import pytest

from reproduce.learning import bins
from reproduce.papers.chardin2021.evaluation import profiles
from reproduce.papers.chardin2021.evaluation.metrics import PIXEL_EDGES, Labels, Scores
from reproduce.papers.chardin2021.evaluation.test_set import choose_examples


def test_bin_numbers_match_numpy():
    edges = np.linspace(-2, 1, 50)
    values = np.random.default_rng(0).uniform(-2.5, 1.5, 10_000)
    expected = np.where((values < -2) | (values > 1), -1, np.digitize(values, edges) - 1)
    np.testing.assert_array_equal(bins.bin_numbers(edges, values), expected)
    assert bins.bin_numbers(edges, np.array([-2.0, 1.0, np.nan])).tolist() == [0, 48, -1]


def test_mean_over_filled_bins_counts_every_bin_once():
    errors = bins.BinnedErrors(np.linspace(0, 3, 4), n_maps=2)
    errors.add(
        np.arange(2), np.array([[0.5, 0.6, 2.5], [0.1, 9.0, np.nan]]), np.array([[1.0, 3.0, 10.0], [2.0, 5.0, 5.0]])
    )
    np.testing.assert_array_equal(errors.means(), [2.0, np.nan, 10.0])
    assert bins.mean_over_bins(errors, None).value == 6.0
    assert errors.outside_percent == pytest.approx(100 * 2 / 6)


def test_bootstrap_draws_whole_snapshots():
    snapshot = np.repeat(np.arange(50), 4)
    weights = bins.bootstrap_weights(snapshot, 30, seed=1)
    assert weights.shape == (30, 200)
    assert (weights.sum(axis=1) == 200).all()
    assert (weights.reshape(30, 50, 4) == weights.reshape(30, 50, 4)[:, :, :1]).all()
    assert bins.bootstrap_weights(snapshot, 0, seed=1) is None


def test_bootstrap_interval_is_the_standard_error():
    """For a plain mean of independent snapshots, half the 68 % interval is sigma / sqrt(n)."""
    rng = np.random.default_rng(2)
    values = rng.normal(5, 2, 400)
    errors = bins.BinnedErrors(np.array([0.0, 1.0]), n_maps=400)
    errors.add(np.arange(400), np.full((400, 1), 0.5), values[:, None])
    found = bins.mean_over_bins(errors, bins.bootstrap_weights(np.arange(400), 2000, seed=3))
    # 2,000 samples give the width to 1 / sqrt(2 * 2000) = 1.6 %; three of those
    assert (found.high - found.low) / 2 == pytest.approx(values.std() / 20, rel=0.05)
    assert found.low < found.value < found.high


def test_residuals_along_both_axes():
    histogram = bins.ResidualHistogram(np.linspace(0, 2, 3))
    histogram.add(np.array([0.5, 0.5, 1.5]), np.array([0.75, 1.25, 1.5]))
    table = histogram.histogram()
    assert table["count"].tolist() == [1, 1, 0, 1]
    assert table.query("true_low == 0 and predicted_low == 1")["count"].item() == 1
    found = histogram.residuals().set_index(["binned_by", "low"])
    assert found.loc[("true", 0.0), "mean"] == pytest.approx(0.5)
    assert found.loc[("true", 0.0), "std"] == pytest.approx(0.25)
    assert found.loc[("predicted", 1.0), "mean"] == pytest.approx(0.375)
    assert found.loc[("predicted", 1.0), "mae"] == pytest.approx(0.375)
    assert found.loc[("predicted", 0.0), "n"] == 1


@pytest.fixture
def scored():
    """Eight maps of 5 x 5 px whose prediction is the truth plus noise, scored in two batches."""
    rng = np.random.default_rng(4)
    labels = Labels(np.repeat([2.0, 4.0, 9.0, 12.0], 2), np.tile([15.0, 60.0], 4), np.repeat([0, 1, 2, 3], 2))
    mass = rng.uniform(1.2, 2.0, (8, 5, 5))
    predicted = mass - 2 + rng.normal(0, 0.1, mass.shape)
    flux = rng.normal(-6, 0.1, mass.shape)
    age, distance = labels.age_gyr + rng.normal(0, 1, 8), labels.distance_kpc + rng.normal(0, 3, 8)
    scores = Scores(labels)
    for rows in (slice(0, 5), slice(5, 8)):
        scores.add(rows, flux[rows], mass[rows] - 2, predicted[rows], age[rows], distance[rows])
    return scores, labels, mass - 2, predicted, flux, age, distance


def test_pixel_errors_of_both_conventions(scored):
    scores, _, mass, predicted, *_ = scored
    found = scores.metrics(0, 0)
    true, guess, place = 10 ** mass.ravel(), 10 ** predicted.ravel(), np.digitize(predicted.ravel(), PIXEL_EDGES) - 1
    centre = (PIXEL_EDGES[:-1] + PIXEL_EDGES[1:]) / 2
    released, equation2 = [], []
    for b in np.unique(place):
        here = place == b
        released.append(np.mean(100 * np.abs(true[here] - 10 ** centre[b]) / true[here]))
        equation2.append(np.mean(100 * np.abs(guess[here] - true[here]) / guess[here]))
    assert found["pixel_error_percent"] == pytest.approx(np.mean(released))
    assert found["pixel_error_percent_max"] == pytest.approx(np.max(released))
    assert found["pixel_error_percent_eq2"] == pytest.approx(np.mean(equation2))
    high = centre[np.unique(place)] >= -1
    assert found["pixel_error_no_low_percent"] == pytest.approx(np.mean(np.asarray(released)[high]))
    residual = predicted - mass
    r2 = 1 - np.sum(residual**2) / np.sum((mass - mass.mean()) ** 2)
    assert found["test_r2_encoder_decoder"] == pytest.approx(r2)


def test_totals_ages_and_distances(scored):
    scores, labels, mass, predicted, flux, age, distance = scored
    found = scores.metrics(0, 0)
    total, guess = (10**mass).sum((1, 2)), (10**predicted).sum((1, 2))
    assert found["total_mass_error_map_percent"] == pytest.approx(np.mean(100 * np.abs(guess / total - 1)))
    assert found["total_mass_bias_percent"] == pytest.approx(np.mean(100 * (guess / total - 1)))
    light = (10**flux).sum((1, 2)) * 4 * np.pi * labels.distance_kpc**2
    np.testing.assert_allclose(scores.per_map["luminosity"], light)
    assert found["age_mae_map_gyr"] == pytest.approx(np.mean(np.abs(age - labels.age_gyr)))
    near = distance[labels.distance_kpc == 15]
    assert found["distance_mean_15_kpc"] == pytest.approx(near.mean())
    assert found["distance_std_15_kpc"] == pytest.approx(near.std())
    assert found["distance_mae_15_kpc"] == pytest.approx(np.abs(near - 15).mean())
    assert not any(name.endswith(("_low", "_high")) for name in found)
    assert {"age_mae_gyr_low", "distance_std_60_kpc_high"} <= set(scores.metrics(50, 0))


def test_tables_hold_every_map(scored):
    scores, *_ = scored
    groups = scores.groups().set_index("group")
    assert groups.loc["distance_kpc", "n"].sum() == 8
    assert groups.loc["age_gyr", "n"].sum() == 8
    distances = scores.distances()
    assert (distances["density"] * (distances["high"] - distances["low"])).sum() == pytest.approx(2)
    assert scores.histograms()["pixel_mass"].counts.sum() == 8 * 25


def test_examples_show_each_distance_once_and_different_ages():
    age = np.repeat(np.linspace(0.1, 14, 40), 4)
    distance = np.tile([15.0, 30.0, 60.0, 80.0], 40)
    labels = Labels(age, distance, np.repeat(np.arange(40), 4))
    rows = choose_examples(labels, seed=1)
    assert sorted(distance[rows]) == [15, 30, 60, 80]
    assert sorted(np.digitize(age[rows], [3.6, 7.1, 10.6])) == [0, 1, 2, 3]


def test_radial_profile_of_a_known_map():
    side = (np.arange(160) - 79.5) * 0.25
    radius = np.hypot(side[None, :] - 3, side[:, None] + 2)
    means = profiles.radial_means(radius, (3.0, -2.0), 40.0)
    # Rings lie within the field for r < 17 arcsec; the mean radius of a ring [a, b] is 2/3 (b^3 - a^3) / (b^2 - a^2).
    edges = np.arange(14) * 1.2
    expected = 2 / 3 * (edges[1:] ** 3 - edges[:-1] ** 3) / (edges[1:] ** 2 - edges[:-1] ** 2)
    np.testing.assert_allclose(means[:13], expected, atol=0.25 / 2)  # half a pixel
