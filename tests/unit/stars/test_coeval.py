"""Drawn stars: their mass, and their places in EFF and King profiles."""

import numpy as np
import pytest

from reproduce.stars import coeval
from reproduce.stars.king import King
from reproduce.workflow.errors import InputError
from tests.support.small_isochrones import small_isochrones


def test_masses_scatter_about_the_one_asked_for_and_add_up() -> None:
    """The spread of 60 clusters of 1,000 Msun: a few massive stars; the mean within 4 standard errors."""
    one = small_isochrones().at(0, 3)
    drawn = [coeval.draw(one, 1_000.0, np.random.default_rng(seed)) for seed in range(60)]
    born = np.array([cluster.born_msun for cluster in drawn])
    assert abs(born.mean() - 1_000) < 4 * born.std() / np.sqrt(60)
    assert born.std() > 20
    for cluster in drawn[:5]:
        assert cluster.count @ one.initial_msun == pytest.approx(cluster.born_msun)
        assert cluster.count @ one.mass_msun == pytest.approx(cluster.left_msun)
        assert cluster.left_msun < cluster.born_msun


def test_faint_stars_share_places_in_rich_clusters_and_bright_ones_never() -> None:
    one = small_isochrones().at(0, 7)
    cluster = coeval.draw(one, 10**4.5, np.random.default_rng(1))
    faint = one.magnitude[:, -1] > coeval.FAINT_MAG
    np.testing.assert_array_equal(cluster.places[~faint], cluster.count[~faint])
    assert cluster.places[faint].sum() < 1.5 * coeval.MOST_FAINT < cluster.count[faint].sum()
    assert ((cluster.places == 0) == (cluster.count == 0)).all()
    np.testing.assert_allclose(cluster.number * cluster.places, cluster.count)


@pytest.mark.parametrize("gamma", [2.2, 3.0, 4.0])
def test_eff_profile_has_its_slope_and_half_light_radius(gamma: float) -> None:
    radius = coeval.eff_radii(np.linspace(0, 1, 2_001), gamma, 2.5)
    assert radius[1_000] == pytest.approx(2.5)
    a = radius[-1] / coeval.EFF_CUT
    density = np.diff(np.linspace(0, 1, 2_001)) / np.diff(radius**2)
    inner, outer = (np.interp(r, (radius[1:] + radius[:-1]) / 2, density) for r in (0.2 * a, 3 * a))
    assert inner / outer == pytest.approx((10 / 1.04) ** (gamma / 2), rel=0.05)


def test_king_profile_is_the_models() -> None:
    radius = coeval.king_radii(np.linspace(0, 1, 1_001), 6.0, 1.5)
    assert radius[500] == pytest.approx(1.5, rel=2e-3)
    model = King.make(6.0)
    assert radius[-1] / 1.5 == pytest.approx(model.radius[-1] / model.half_light_radius, rel=1e-3)
    half = model.half_light_radius
    assert np.interp(0.5 * 1.5, radius, np.linspace(0, 1, 1_001)) == pytest.approx(
        model.light_within(0.5 * half), abs=2e-3
    )


def test_radii_of_a_king_profile_are_interpolated_in_the_right_quantile() -> None:
    """np.interp's, to rounding: radii reach 20 half-light radii."""
    share = np.append(np.random.default_rng(2).random(20_000), [0.0, 1e-9, 1 - 1e-12, 1.0])
    for potential in (3.0, 9.0):
        shares, radii, _ = coeval._king_quantiles(potential)
        np.testing.assert_allclose(coeval.king_radii(share, potential, 1.0), np.interp(share, shares, radii), atol=1e-7)


def test_bad_masses_and_profiles_are_one_clear_line() -> None:
    with pytest.raises(InputError, match="mass is 0 Msun"):
        coeval.draw(small_isochrones().at(0, 3), 0, np.random.default_rng(0))
    with pytest.raises(InputError, match="gamma is 2, expected more than 2"):
        coeval.eff_radii(np.array([0.5]), 2, 1.0)
