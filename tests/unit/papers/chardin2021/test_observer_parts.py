"""What networks are told, the coordinates of their answers, and which clusters they learn from."""

import numpy as np
import pytest
from pydantic import ValidationError

from reproduce.cluster.settings import Library
from reproduce.learning.known import DEX, Known, drawn_errors
from reproduce.learning.mixtures import moved, take
from reproduce.learning.posterior import Mixture, n_numbers
from reproduce.papers.chardin2021.observer import calibrate, evaluation, frame
from reproduce.papers.chardin2021.observer.clusters import split
from reproduce.papers.chardin2021.observer.frame import AGE, DISTANCE, MASS, NUMBERS, RATIO, Scale, frame_of, limits_of
from reproduce.papers.chardin2021.observer_settings import Views
from reproduce.workflow.errors import InputError

LIMITS = limits_of(Views())
SCALE = Scale(light=(-6.0, 1.0), share=(-5.0, 1.0), ratio=(0.1, 0.4), excess=(-0.02, 0.05))


def test_what_is_not_known_leaves_no_trace() -> None:
    hidden = Known(np.array([[np.nan, np.nan, np.nan]]), np.array([[0.1, 0.2, np.nan]]))
    np.testing.assert_array_equal(hidden.numbers(LIMITS), np.zeros((1, NUMBERS)))
    assert not Known.of_numbers(hidden.numbers(LIMITS), LIMITS).is_known.any()


def test_numbers_lie_between_minus_one_and_one_within_the_limits() -> None:
    for end, sign in ((0, -1), (1, 1)):
        values = np.array([[one[end] for one in LIMITS.values]])
        errors = np.array([[one[end] for one in LIMITS.errors]])
        numbers = Known(values, errors).numbers(LIMITS)
        np.testing.assert_allclose(numbers[0], [1, 1, 1] + [sign] * 6, atol=1e-6)
        back = Known.of_numbers(numbers, LIMITS)
        np.testing.assert_allclose(np.concatenate([back.values, back.errors]), np.concatenate([values, errors]), 1e-5)


def test_errors_beyond_the_training_are_not_used_and_small_ones_are_the_smallest() -> None:
    values = np.array([[1.2, -1.5, 0.0]])
    told = Known(values, np.array([[0.9 / DEX, 0.0, 0.02]])).within(LIMITS)
    assert not told.is_known[0, 0]
    assert told.errors[0, 1] == LIMITS.errors[1][0] and told.errors[0, 2] == 0.02


def test_shown_values_scatter_by_their_errors() -> None:
    truth = np.tile([1.2, -1.5, 0.0], (20_000, 1))
    known = Known.measured(truth, np.array([0.05, 0.2, np.nan]), np.random.default_rng(1))
    np.testing.assert_allclose((known.values - truth)[:, :2].std(axis=0), [0.05, 0.2], rtol=0.03)
    assert not known.is_known[:, 2].any()
    drawn = np.concatenate([drawn_errors(0.4, LIMITS, np.random.default_rng([2, k])) for k in range(4_000)])
    assert abs(np.isnan(drawn).mean() - 0.4) < 0.02
    for errors, (low, high) in zip(drawn.T, LIMITS.errors, strict=True):
        shown = errors[np.isfinite(errors)]
        assert low <= shown.min() < 1.1 * low and 0.9 * high < shown.max() <= high


def test_a_network_that_says_nothing_repeats_the_given_distance() -> None:
    known = Known(np.array([[np.log10(16.0), np.nan, np.nan]] * 2), np.array([[0.03 / DEX, np.nan, np.nan]] * 2))
    known.values[1, 0] = np.nan
    found = frame_of(np.array([0.3, 0.3]), known, SCALE, LIMITS)
    assert found.shift[0, DISTANCE] == pytest.approx(np.log10(16))
    assert found.triangle[0, DISTANCE, DISTANCE] == pytest.approx(0.03 / DEX)
    # without it: mean and standard deviation of the prior, even in the logarithm between 2 and 150 kpc
    assert found.shift[1, DISTANCE] == pytest.approx(np.log10(np.sqrt(2 * 150)))
    assert found.triangle[1, DISTANCE, DISTANCE] == pytest.approx(np.log10(75) / np.sqrt(12))


def test_mass_follows_from_ratio_distance_and_light() -> None:
    rng = np.random.default_rng(3)
    n = 6
    distance, light, excess = rng.uniform(2, 150, n), rng.uniform(3, 6, n), rng.normal(0, 0.1, n)
    ratio = rng.uniform(-0.5, 0.5, n)
    theta = frame.parameters(distance, rng.uniform(0.05, 14, n), 10 ** (light + ratio), 10**light)
    seen = light - excess - np.log10(4 * np.pi) - 2 * np.log10(distance)
    z = frame_of(seen, Known.nothing(n, 3), SCALE, LIMITS).coordinates(theta)
    np.testing.assert_allclose(z[:, RATIO], (ratio - 0.1) / 0.4, atol=1e-9)
    np.testing.assert_allclose(z[:, MASS], (excess + 0.02) / 0.05, atol=1e-9)
    np.testing.assert_allclose(z[:, AGE], theta[:, AGE])


def test_mass_and_distance_hang_together_in_every_sample() -> None:
    """Whatever the networks say of z, log M - log M/L - 2 log D spreads as the excess of light alone."""
    raw = np.random.default_rng(4).normal(0, 0.5, (3, n_numbers(4, 2)))
    frames = frame_of(np.zeros(3), Known.nothing(3, 3), SCALE, LIMITS)
    samples = moved(Mixture.of_network(raw, 4), frames.triangle, frames.shift).sample(2_000, np.random.default_rng(5))
    tied = samples[..., MASS] - samples[..., RATIO] - 2 * samples[..., DISTANCE]
    assert (tied.std(axis=1) < 4 * SCALE.excess[1]).all()
    assert (samples[..., MASS].std(axis=1) > 0.5).all()


def test_errors_are_those_of_the_medians() -> None:
    theta = frame.parameters(np.array([10.0, 50.0]), np.array([1.0, 10.0]), np.array([1e4, 1e5]), np.array([1e4, 5e4]))
    shift = np.zeros(4)
    shift[[MASS, DISTANCE]] = np.log10(1.2), np.log10(1.1)
    posterior = Mixture(np.ones((2, 1)), (theta + shift)[:, None], np.broadcast_to(50 * np.eye(4), (2, 1, 4, 4)))
    known = Known(np.array([[1.02, np.nan, np.nan], [np.nan] * 3]), np.array([[0.02, np.nan, np.nan], [np.nan] * 3]))
    found = evaluation.errors(posterior, known, theta)
    assert found["mass_error_percent"] == pytest.approx(20, abs=0.1)
    assert found["mass_to_light_error_percent"] == pytest.approx(0, abs=0.1)
    assert found["told_distance_error_percent"] == pytest.approx(10, abs=0.1)
    assert found["given_distance_error_percent"] == pytest.approx(100 * (10**0.02 - 1), abs=0.1)
    assert found["age_young_error_percent"] == pytest.approx(0, abs=0.1)
    assert found["age_old_mae_gyr"] == pytest.approx(0, abs=0.01)


def test_cells_with_few_views_are_left_out() -> None:
    n = 30
    labels = {"mass_msun": np.r_[np.full(25, 1e4), np.full(5, 1e6)], "age_gyr": np.full(n, 0.5)}
    below = np.tile(np.linspace(0.01, 0.99, n)[:, None], (1, 4))
    rows = evaluation.plane(below, labels)
    assert {row["n"] for row in rows} == {25} and len(rows) == 4


def test_ages_come_back_and_stay_below_the_prior() -> None:
    ages = np.array([0.03, 1.0, 14.0])
    theta = frame.parameters(np.ones(3), ages, np.ones(3), np.ones(3))
    np.testing.assert_allclose(10 ** frame.readable(theta)[:, AGE], ages, rtol=1e-9)
    assert 10 ** frame.readable(np.array([0, 9.0, 0, 0]))[AGE] <= frame.AGES_GYR[1]


def test_no_cluster_is_both_learnt_from_and_tested() -> None:
    found = split(Library(clusters=32), 4, (), ())
    assert found.test == tuple(f"L{k:02d}" for k in range(8))
    assert (len(found.validation), len(found.train)) == (4, 20)
    assert len(set(found.every)) == 32
    again = split(Library(clusters=32), 0, (), ())
    assert again.validation == again.train and len(again.train) == 24
    own = split(Library(), 4, ("A", "B"), ("C",))
    assert own.train == own.validation == ("A", "B") and own.test == ("C",)
    with pytest.raises(InputError, match="none left"):
        split(Library(clusters=10, large=0), 2, (), ())


def test_posteriors_that_are_too_sure_are_widened_and_others_left() -> None:
    rng = np.random.default_rng(6)
    n = 2_000
    claimed = np.array([0.5, 1.0, 1.0, 2.0])  # of errors that are 1
    triangles = np.broadcast_to(np.diag(1 / claimed), (n, 1, 4, 4))
    said = Mixture(np.ones((n, 1)), rng.normal(size=(n, 1, 4)), triangles)
    factors = calibrate.best_factors(said, said.means[:, 0] + rng.normal(size=(n, 4)))
    np.testing.assert_allclose(factors, [2, 1, 1, 1], rtol=0.05)
    np.testing.assert_array_equal(calibrate.best_factors(take(said, slice(0, 0)), np.zeros((0, 4))), np.ones(4))


def test_ranges_must_increase() -> None:
    with pytest.raises(ValidationError, match="must increase"):
        Views(distances_kpc=(150, 2))
