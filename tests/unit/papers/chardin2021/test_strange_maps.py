"""Strange maps: every kind is a map, follows from its seed alone, and is what its name says."""

import numpy as np
import pytest

from reproduce.papers.chardin2021.networks.appearance import NAMES, appearance
from reproduce.papers.chardin2021.strange import damage, fields
from reproduce.papers.chardin2021.strange.kinds import ALL, TO_BUILD, TO_JUDGE, strange
from reproduce.papers.chardin2021.strange.start import Good, star_fluxes
from reproduce.sky.settings import Camera
from tests.support.network_maps import one_map

CAMERA = Camera()


@pytest.fixture(scope="module")
def flux() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.stack([one_map(rng, 8.0, distance, CAMERA.pixels)[0] for distance in (20.0, 60.0)])


@pytest.fixture(scope="module")
def maps(flux: np.ndarray) -> dict[str, np.ndarray]:
    return {name: strange(flux, CAMERA, name, seed=5) for name in ALL}


def good(flux: np.ndarray) -> Good:
    return Good(flux[0], flux[1], CAMERA)


def test_no_kind_both_builds_and_judges() -> None:
    assert not set(TO_BUILD) & set(TO_JUDGE)
    assert not {kind.__name__ for kind in TO_BUILD.values()} & {kind.__name__ for kind in TO_JUDGE.values()}
    assert all(kind.__doc__ for kind in ALL.values())


@pytest.mark.parametrize("name", ALL)
def test_every_kind_makes_maps_unlike_the_good_ones(name: str, maps: dict, flux: np.ndarray) -> None:
    made = maps[name]
    assert made.shape == flux.shape and made.dtype == np.float32
    assert np.isfinite(made).all() and (made > -15).all() and (made < 4).all()
    assert (np.abs(made - flux).max(axis=(1, 2)) > 0.05).all()


@pytest.mark.parametrize("name", ["spiral", "crowded field without a cluster"])
def test_a_map_follows_from_seed_kind_and_number(name: str, maps: dict, flux: np.ndarray) -> None:
    name = next(kind for kind in ALL if name in kind)
    alone = strange(flux, CAMERA, name, seed=5)
    np.testing.assert_array_equal(alone, maps[name])
    assert (strange(flux, CAMERA, name, seed=6) != alone).any()


def test_light_is_changed_by_what_the_name_says(flux: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    np.testing.assert_allclose(damage.ten_times_too_bright(good(flux), rng) - flux[0], 1, atol=1e-6)
    np.testing.assert_allclose(damage.hundred_times_too_faint(good(flux), rng) - flux[0], -2, atol=1e-6)
    flat = damage.saturated_tenth(good(flux), rng)
    assert np.mean(flat == flat.max()) == pytest.approx(0.1, abs=0.001)
    turned = damage.inverted(good(flux), rng)
    assert np.unravel_index(turned.argmin(), turned.shape) == np.unravel_index(flux[0].argmax(), turned.shape)
    np.testing.assert_array_equal(
        np.sort(damage.shuffled_pixels(good(flux), rng), axis=None), np.sort(flux[0], axis=None)
    )
    sky = 10.0 ** damage.sky_left_in(good(flux), rng) - 10.0 ** flux[0]
    assert sky.std() < 0.01 * sky.mean() and sky.mean() > 0.4 * (10.0 ** flux[0]).mean()


def test_a_tilted_map_is_highest_off_centre(flux: np.ndarray) -> None:
    seen = appearance(np.stack([damage.tilted(good(flux), np.random.default_rng(k)) for k in range(20)]))
    summit = seen[:, NAMES.index("summit")] * 20  # arcsec; the cluster itself is up to 5 arcsec off centre in each axis
    assert ((summit > 10 - 7.1) & (summit < 18 + 7.1)).all() and summit.mean() == pytest.approx(14, abs=2.5)


def test_two_clusters_have_the_light_of_both(flux: np.ndarray) -> None:
    both = 10.0 ** damage.two_clusters(good(flux), np.random.default_rng(1))
    # each has the light of the first; what leaves the field on one side is held at the edge on the other
    assert both.sum() == pytest.approx(2 * (10.0 ** flux[0]).sum(), rel=0.3)


def test_stars_of_a_field_are_scattered_evenly(flux: np.ndarray) -> None:
    one = good(flux)
    light = np.mean([10.0 ** fields.star_field(one, np.random.default_rng(k)) for k in range(100)], axis=0)
    quarters = light.reshape(2, 80, 2, 80).mean(axis=(1, 3))
    assert quarters.std() < 0.25 * quarters.mean()  # single bright stars scatter


def test_star_fluxes_have_their_slope() -> None:
    fluxes = star_fluxes(200_000, np.random.default_rng(2), slope=1.0)
    assert fluxes.min() >= 1 and fluxes.max() <= 1000
    assert np.mean(fluxes > 10) == pytest.approx(0.1, rel=0.05)
    assert np.mean(fluxes > 100) == pytest.approx(0.01, rel=0.15)
