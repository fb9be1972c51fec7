"""Priors, bins, losses, layers, photometry, likelihoods and cells of the residual network's paper."""

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from paper_figures.bialopetravicius2019 import plane, tables
from reproduce.learning.posterior import MixtureLoss, n_numbers
from reproduce.papers.bialopetravicius2019 import baselines, claim, photometry
from reproduce.papers.bialopetravicius2019.labels import Priors, columns
from reproduce.papers.bialopetravicius2019.networks.architecture import build
from reproduce.papers.bialopetravicius2019.networks.binned import Binned
from reproduce.papers.bialopetravicius2019.networks.losses import BinsLoss, ThereLoss
from reproduce.papers.bialopetravicius2019.settings import PROFILES
from reproduce.sky.settings import DrawnClusters
from reproduce.workflow.profiles import SettingsError

EXPOSURE = (1360.0, 1900.0, 1700.0)


def test_parameters_and_their_normal_forms_are_inverse() -> None:
    priors = Priors.of(DrawnClusters(), 0.05)
    values = np.array([[6.7, 2.0, np.log10(0.3) + 1e-3, 0.01], [10.1, 4.5, np.log10(6.0) - 1e-3, 1.99]])
    normal = priors.normal(values)
    assert (np.abs(normal) < 4).all()  # no drawn cluster lies at the very end of a range, where u is clipped
    np.testing.assert_allclose(priors.value(normal), values, atol=1e-9)


def test_bins_of_equal_probability_are_the_prior_and_quantiles_invert_probabilities() -> None:
    even = Binned.of_network(np.zeros((3, 8)), 2)
    np.testing.assert_allclose(even.cumulative(np.full((3, 2), 0.3)), ndtr(0.3))
    generator = np.random.default_rng(1)
    one = Binned.of_network(generator.normal(size=(5, 40)), 2)
    for level in (0.05, 0.5, 0.9):
        np.testing.assert_allclose(one.cumulative(one.quantiles([level])[0]), level, atol=1e-9)


def test_losses_of_images_without_a_cluster_do_not_count() -> None:
    generator = np.random.default_rng(2)
    true = np.column_stack([generator.normal(size=(6, 4)), [1, 1, 0, 1, 0, 1]]).astype(np.float32)
    raw = generator.normal(size=(6, n_numbers(4, 3))).astype(np.float32)
    inner = MixtureLoss(4, 3)
    found = keras.ops.convert_to_numpy(ThereLoss(inner).call(true, raw))
    plain = keras.ops.convert_to_numpy(inner.call(true[:, :4], raw))
    np.testing.assert_allclose(found, plain * true[:, 4], rtol=1e-6)
    assert (found[[2, 4]] == 0).all()


def test_loss_of_bins_is_the_cross_entropy_of_the_right_bin() -> None:
    generator = np.random.default_rng(3)
    true, raw = generator.normal(size=(7, 2)).astype(np.float32), generator.normal(size=(7, 12)).astype(np.float32)
    answer = Binned.of_network(raw, 2).probability
    place = np.floor(ndtr(true) * 6).astype(int)
    expected = -np.log(np.take_along_axis(answer, place[..., None], -1)[..., 0]).sum(axis=1)
    loss = BinsLoss(2, 6)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(loss.call(true, raw)), expected, rtol=1e-4)
    assert np.isfinite(keras.ops.convert_to_numpy(loss.point(raw))).all()


@pytest.mark.parametrize(
    ("depth", "stem", "first_side"), [(18, "imagenet", 20), (18, "cifar", 40), (50, "imagenet", 20)]
)
def test_a_network_has_as_many_layers_as_its_name_says(depth: int, stem: str, first_side: int) -> None:
    network = build(80, depth=depth, width=4, dense=8, components=2, bins=6, stem=stem)
    assert network.get_layer("stage1_1_sum").output.shape[1] == first_side
    on_the_way = [one for one in network.layers if isinstance(one, keras.layers.Conv2D) and "around" not in one.name]
    assert len(on_the_way) + 1 == depth  # and one dense layer before the heads
    shapes = {name: head.shape for name, head in network.output.items()}
    assert shapes == {"cluster": (None, n_numbers(4, 2)), "bins": (None, 24), "there": (None, 1)}


def test_photometry_of_a_cluster_on_an_even_sky() -> None:
    """A Gaussian of known light and width, off the middle: half of its light lies within 1.1774 sigma."""
    generator = np.random.default_rng(4)
    y, x = np.indices((80, 80)) - 39.5
    sigma, light = 4.0, np.array([5.0, 40.0, 60.0])
    blob = np.exp(-((x - 1.5) ** 2 + (y + 1) ** 2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)
    images = 0.5 + light[:, None, None] * blob + 0.002 * generator.standard_normal((20, 3, 80, 80))
    found = photometry.measure(images, EXPOSURE)
    assert (found.signal_to_noise > 100).all()
    # The aperture, three times the radius of the best contrast, holds all of a Gaussian. The error of the sum over its
    # 2,100 pixels at most and of the sky's level in them is 0.002 · 2,100 · sqrt(1 / 2,100 + 1.6 / 2,070) = 0.15.
    np.testing.assert_allclose(found.rate[:, 1:], np.tile(light[1:], (20, 1)), atol=4 * 0.15)
    expected = np.sqrt((1.1774 * sigma) ** 2 - photometry.PSF_HALF_PX**2)
    np.testing.assert_allclose(found.half_px, expected, rtol=0.06)  # radii of the curve are 1 to 2 px apart
    empty = photometry.measure(0.5 + 0.01 * generator.standard_normal((50, 3, 80, 80)), EXPOSURE)
    assert np.median(empty.signal_to_noise) < 5


def test_a_likelihood_gives_back_the_posterior_of_a_linear_problem() -> None:
    """Magnitudes m = (p, p, p) with errors s, a flat prior of p: the posterior is a Gaussian of s / sqrt(3)."""
    prior = np.linspace(-5, 5, 20_001)[:, None]
    found = baselines.fit(np.full((1, 3), 0.7), np.full((1, 3), 0.3), np.repeat(prior, 3, axis=1), prior)
    expected = 0.7 + 0.3 / np.sqrt(3) * np.array([-1.96, -0.9945, 0, 0.9945, 1.96])
    np.testing.assert_allclose(found[:, 0, 0], expected, atol=10 / baselines.CELLS / 2)  # half a cell


def labelled(n: int, seed: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    ranges = {"log_age": (6.7, 9.477), "log_mass": (2.398, 3.602), "log_half_radius": (-0.5, 0.77), "a_v": (0, 2)}
    return {name: generator.uniform(*ends, n) for name, ends in ranges.items()}


def test_cells_of_the_claim_have_the_biases_that_were_put_in() -> None:
    labels = labelled(24_000, 5)
    true = columns(labels)
    noise = 0.1 * np.random.default_rng(6).standard_normal(true.shape)
    grid = claim.claim_grid(6.7)
    assert len(grid.log_age) == 7 and len(grid.log_mass) == 5
    biased = np.repeat((true + noise + [0.2, 0.0, 0.02, 0.0])[None], 5, axis=0)
    worse = np.repeat((true + 3 * noise)[None], 5, axis=0)
    cells = claim.cell_table({"network": biased, "photometry": worse}, labels, grid, 10)
    assert cells["n"].sum() == pytest.approx(2 * 4 * 24_000, rel=0.01)
    metrics = claim.in_cells(cells)
    assert metrics["disc.cells"] == 24
    # 560 clusters a cell at least: medians scatter by 0.005
    assert metrics["disc.network.age.worst_bias"] == pytest.approx(0.2, abs=0.03)
    assert metrics["disc.network.age.cells_within_bias"] == 0
    assert metrics["disc.network.size.cells_within_bias"] == 1
    assert metrics["disc.network.mass.cells_better"] == 1
    table = tables.claim(cells, claim.LIMITS, claim.SCATTERS)
    assert len(table) == 24 and not table["age_holds"].any() and table["size_holds"].all()
    aims = tables.aims(metrics, claim.LIMITS, claim.SCATTERS).set_index("aim")
    assert not aims.loc["age: largest |bias| of a cell [dex]", "reached"]
    assert aims.loc["size: largest |bias| of a cell [dex]", "reached"]


def test_the_range_without_bias_ends_where_the_bias_begins() -> None:
    generator = np.random.default_rng(7)
    n = 40_000
    labels = {
        "log_age": generator.uniform(6.7, 10.1, n),
        "log_mass": generator.uniform(2.0, 4.5, n),
        "log_half_radius": generator.uniform(-0.5, 0.77, n),
        "a_v": generator.uniform(0, 2, n),
    }
    true = columns(labels)
    answer = true + 0.1 * generator.standard_normal(true.shape)
    answer[:, 0] += 0.4 * (labels["log_age"] > 9.2)
    answer[:, 1] += 0.2 * (labels["log_mass"] < 2.398)
    grid = claim.whole_grid((6.7, 10.114), (2.0, 4.5))
    found = claim.reach(np.repeat(answer[None], 5, axis=0), labels, grid, 10)
    assert found["oldest_unbiased_gyr"] == pytest.approx(10**0.2)
    assert found["lightest_unbiased_msun"] == pytest.approx(250)
    assert found["heaviest_unbiased_msun"] > 20_000


def test_a_plane_is_drawn_with_the_claims_box() -> None:
    cell = {"age_low": 7.0, "age_high": 7.5, "mass_low": 2.4, "mass_high": 2.7, "bias": 0.1, "scatter": 0.2}
    rows = [{"parameter": one, **cell} for one in ("age", "mass", "size")]
    figure = plane.draw(pd.DataFrame(rows), (9.477, 2.398, 3.602), "synthetic")
    assert len(figure.axes[0].patches) == 2
    assert figure.axes[0].texts[0].get_text() == "0.10"


def test_all_profiles_are_whole_and_sizes_must_agree() -> None:
    for profile in PROFILES.names():
        assert PROFILES.load(profile).camera.pixels == 80
    with pytest.raises(SettingsError, match=r"camera.pixels=64 and clusters.pixels=80 differ"):
        PROFILES.load("smoke", ["camera.pixels=64"])
