"""Mixtures as posteriors: densities, samples, quantiles, and the checks of calibration, where the answer is known."""

import keras
import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from reproduce.learning import calibration
from reproduce.learning.posterior import Mixture, MixtureLoss, n_numbers
from reproduce.learning.prior import Uniform


def raw(n: int, parameters: int, components: int, seed: int = 1) -> np.ndarray:
    """Answers of a network that has learnt nothing."""
    return np.random.default_rng(seed).normal(size=(n, n_numbers(parameters, components)))


@pytest.mark.parametrize("parameters", [1, 2, 3])
def test_loss_is_the_density_of_the_covariances(parameters: int) -> None:
    """Against scipy's multivariate normal with the covariance (AᵀA)⁻¹ of each component; the loss has float32."""
    answers = raw(5, parameters, 4)
    true = np.random.default_rng(2).normal(size=(5, parameters))
    mixture = Mixture.of_network(answers, parameters)
    density = np.zeros(5)
    for n, k in np.ndindex(mixture.weights.shape):
        triangle = mixture.triangles[n, k]
        np.testing.assert_array_equal(triangle, np.tril(triangle))
        covariance = np.linalg.inv(triangle.T @ triangle)
        density[n] += mixture.weights[n, k] * multivariate_normal.pdf(true[n], mixture.means[n, k], covariance)
        np.testing.assert_allclose(mixture.spreads()[n, k], np.sqrt(np.diag(covariance)))
    np.testing.assert_allclose(mixture.log_density(true), np.log(density))
    loss = MixtureLoss(parameters, 4)
    given = [keras.ops.convert_to_tensor(values.astype(np.float32)) for values in (true, answers)]
    np.testing.assert_allclose(loss.call(*given), -np.log(density), rtol=2e-4, atol=2e-4)
    np.testing.assert_allclose(loss.point(given[1]), mixture.mean(), atol=1e-4)


def test_samples_quantiles_and_probabilities_belong_together() -> None:
    """40,000 samples know a mean to sigma/200 and a share to 0.25 %; five of these."""
    mixture = Mixture.of_network(raw(3, 2, 3), 2)
    samples = mixture.sample(40_000, np.random.default_rng(3))
    spread = samples.std(axis=1)
    np.testing.assert_array_less(np.abs(samples.mean(axis=1) - mixture.mean()), 5 * spread / 200)
    quantiles = mixture.quantiles([0.1, 0.5, 0.9])
    for level, values in zip((0.1, 0.5, 0.9), quantiles, strict=True):
        np.testing.assert_allclose(mixture.cumulative(values), level, atol=1e-9)
        np.testing.assert_allclose((samples < values[:, None]).mean(axis=1), level, atol=5 * 0.0025)
    low, high = mixture.intervals([0.8])
    np.testing.assert_allclose(low[0], quantiles[0])
    np.testing.assert_allclose(high[0], quantiles[2])
    # joint: correlations, not the parameters one by one
    expected = np.einsum("nk,nki,nkj->nij", mixture.weights, mixture.means, mixture.means)
    expected += np.einsum("nk,nkij->nij", mixture.weights, np.linalg.inv(
        np.swapaxes(mixture.triangles, -1, -2) @ mixture.triangles
    ))  # fmt: skip
    found = np.einsum("nsi,nsj->nij", samples, samples) / 40_000
    np.testing.assert_allclose(found, expected, rtol=0.05, atol=0.05)


def test_one_component_is_a_normal_distribution() -> None:
    mixture = Mixture(np.ones((1, 1)), np.full((1, 1, 1), 2.0), np.full((1, 1, 1, 1), 4.0))
    np.testing.assert_allclose(mixture.quantiles([0.025, 0.975])[:, 0, 0], norm.ppf([0.025, 0.975], 2, 0.25))


def test_an_ensemble_is_the_mean_of_its_members() -> None:
    members = [Mixture.of_network(raw(4, 1, 2, seed), 1) for seed in (1, 2)]
    joined = Mixture.joined(members)
    np.testing.assert_allclose(joined.mean(), (members[0].mean() + members[1].mean()) / 2)
    np.testing.assert_allclose(joined.weights.sum(axis=1), 1)


def test_answers_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 6 numbers for 2 parameters, found 13"):
        Mixture.of_network(np.zeros((1, 13)), 2)


def test_uniform_parameters_become_normal_and_come_back() -> None:
    prior = Uniform(2.0, 6.0)
    np.testing.assert_allclose(prior.value(prior.normal([2.5, 4.0, 5.9])), [2.5, 4.0, 5.9])
    assert prior.normal(4.0) == 0
    assert np.isfinite(prior.normal([2.0, 6.0])).all()


def posterior(n: int, width: float = 1.0, correlation: float = 0.0) -> tuple[Mixture, np.ndarray]:
    """Posteriors N(m, C) of two parameters and truths drawn from them; `width` makes the claimed ones too wide.

    With `correlation` the truths are correlated, the claimed posteriors not.
    """
    generator = np.random.default_rng(4)
    means = generator.normal(size=(n, 1, 2))
    true = means[:, 0] + generator.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], n)
    return Mixture(np.ones((n, 1)), means, np.broadcast_to(np.eye(2) / width, (n, 1, 2, 2))), true


def checked(claimed: Mixture, true: np.ndarray) -> dict[str, float]:
    numbers = {"levels": (0.68, 0.95), "n_samples": 200, "bootstrap": 200, "seed": 1}
    return calibration.check(claimed, true, np.arange(len(true)), **numbers)


def test_a_right_posterior_passes_every_check() -> None:
    """2,000 truths know a share of 68 % to 1 %: four of these; p-values are above 0.01 but by bad luck of 1 %."""
    found = checked(*posterior(2_000))
    for after in ("", "_2"):
        assert found[f"coverage_68{after}"] == pytest.approx(68, abs=4)
        assert found[f"coverage_95{after}"] == pytest.approx(95, abs=2)
        assert found[f"coverage_68_low{after}"] < found[f"coverage_68{after}"] < found[f"coverage_68_high{after}"]
        assert found[f"sbc_p{after}"] > 0.01
    assert found["tarp_p"] > 0.01


def test_a_wide_posterior_is_seen_by_every_check() -> None:
    found = checked(*posterior(2_000, width=2.0))
    assert found["coverage_68"] == pytest.approx(100 * (2 * norm.cdf(2 * norm.ppf(0.84)) - 1), abs=2)
    assert found["sbc_p"] < 1e-6
    assert found["tarp_p"] < 1e-6


def test_a_wrong_correlation_is_seen_by_tarp_alone() -> None:
    found = checked(*posterior(2_000, correlation=0.95))
    assert found["coverage_68"] == pytest.approx(68, abs=4)
    assert found["sbc_p"] > 0.01
    assert found["tarp_p"] < 1e-3


def test_intervals_that_are_too_wide_are_taken_in() -> None:
    """Of posteriors twice too wide the interval of 38 % holds 68 %; the levels found hold their shares of others."""
    claimed, true = posterior(4_000, width=2.0)
    below = claimed.cumulative(true)[:, 0]
    levels = calibration.conformal_levels(below[:2_000], [0.68, 0.95])
    assert levels[0] == pytest.approx(2 * norm.cdf(norm.ppf(0.84) / 2) - 1, abs=0.04)
    for level, claimed_level in zip((0.68, 0.95), levels, strict=True):
        held = 2 * np.abs(below[2_000:] - 0.5) <= claimed_level
        assert held.mean() == pytest.approx(level, abs=0.04)  # 2,000 items on either side: 1.5 % at 68 %


def test_views_of_one_object_are_no_independent_tests() -> None:
    claimed, true = posterior(40)
    many = Mixture(*(np.repeat(each, 50, axis=0) for each in (claimed.weights, claimed.means, claimed.triangles)))
    group = np.repeat(np.arange(40), 50)
    (share,) = calibration.coverage(many.cumulative(np.repeat(true, 50, axis=0))[:, 0], [0.68], group, 500, 1)
    # 40 groups know a share of 68 % to 7.4 %; 2,000 items would know it to 1 %.
    assert share.high - share.low > 0.2
