"""Heating by black holes, and what it costs them."""

import numpy as np
import pytest

from reproduce.cluster import black_holes, relaxation, simulate
from reproduce.cluster.evolution import advance, begin
from reproduce.cluster.initial import Stars, make_cluster
from reproduce.cluster.settings import ClusterSettings


def stars(n: int) -> Stars:
    return make_cluster(np.full(n, 10.0), "plummer", 1.5, 1.0, 20.0, np.random.default_rng(1))


def kinetic(s: Stars) -> float:
    return float(0.5 * np.sum(s.m * (s.vr**2 + s.vt**2)))


def test_heat_is_what_the_black_holes_gain_and_others_do_not():
    s = stars(400)
    holes = np.arange(0, 400, 5)
    before, total = s.copy(), kinetic(s)
    heat = black_holes.heat(holes, s.bodies, 1.0, 90.0)
    assert heat > 0
    assert kinetic(s) - total == pytest.approx(heat, rel=1e-9)
    others = np.setdiff1d(np.arange(400), holes)
    np.testing.assert_array_equal(s.vr[others], before.vr[others])
    assert black_holes.heat(holes, before.copy().bodies, 0.5, 90.0) == pytest.approx(heat / 2, rel=0.02)  # few capped
    assert black_holes.heat(holes[:2], before.bodies, 1.0, 90.0) == 0  # three bodies make a binary


def test_the_heaviest_of_the_innermost_is_thrown_out():
    masses = np.array([5.0, 9.0, 30.0, 7.0, 8.0, 6.0, 12.0, 40.0])
    assert black_holes.to_be_ejected(np.array([1, 3, 4, 5, 6, 7]), masses) == 6  # the seventh is not among five


def test_the_square_of_a_density_has_no_bias():
    """k stars within the radius of the (k + 1)th of a uniform sphere: the mean of (k - 1)(k - 2) / V² is n²."""
    rng = np.random.default_rng(1)
    k, n = 6, 1.0
    volume = rng.exponential(1 / n, (40_000, k)).sum(axis=1)  # Poisson: volumes between neighbours are exponential
    estimate = (k - 1) * (k - 2) / volume**2
    assert estimate.mean() == pytest.approx(n**2, abs=4 * estimate.std() / np.sqrt(len(estimate)))


def test_mean_masses_are_those_of_the_local_state():
    s = make_cluster(
        np.random.default_rng(1).uniform(0.1, 2, 3_000), "plummer", 1.5, 1.0, 20.0, np.random.default_rng(1)
    )
    edges = relaxation.block_edges(3_000, 5)
    blocks = relaxation.local_state(s.bodies, edges, 32, 0.5, 4.0)
    np.testing.assert_allclose(relaxation.mean_masses(s.m, edges, 32), blocks.mass, rtol=1e-9)


@pytest.fixture(scope="module")
def evolved():
    settings = ClusterSettings(
        n_stars=6_000, half_mass_radius_pc=1.0, snapshots=1, kicks="fallback", remnant_kick_kms=265.0,
        stellar_recipe="fryer2012", imf_low_msun=0.08, imf_high_msun=150.0,
    )  # fmt: skip
    initial, physics = simulate.prepare("holes", settings)
    cluster = begin("holes", 1, initial, physics)
    counts = []
    for stop in (20.0, 100.0, 400.0):
        while cluster.time_myr < stop and advance(cluster, physics, stop):
            pass
        counts.append(len(cluster.holes(physics)))
    return cluster, physics, counts


def test_black_holes_stay_heat_the_cluster_and_leave(evolved):
    cluster, physics, counts = evolved
    born = physics.tracks.at(np.arange(6_000), 400.0)["stellar_type"] == black_holes.BLACK_HOLE
    kept = counts[0] / born.sum()
    assert 0.2 < kept < 1  # those without a kick stay, and neutron stars' kicks do not
    assert counts[2] < counts[0]
    assert cluster.booked["heating"] > 0
    assert abs(cluster.energy_error()) < 1e-9


def test_neutron_stars_leave_and_black_holes_without_kick_do_not(evolved):
    cluster, physics, _ = evolved
    now = physics.tracks.at(cluster.stars.star, cluster.time_myr)["stellar_type"]
    late = physics.tracks.at(np.arange(6_000), cluster.time_myr)["stellar_type"]
    # 265 km/s against an escape speed of some 10 km/s keeps fewer than one in a thousand.
    assert (now == 13).sum() <= 1 < (late == 13).sum()
    shares = physics.kick_share[late == black_holes.BLACK_HOLE]
    assert (shares == 0).any() and ((shares >= 0) & (shares <= 1)).all()
