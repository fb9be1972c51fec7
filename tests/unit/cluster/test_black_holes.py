"""Binaries of black holes: what an encounter conserves, what it frees, and what a cluster does with them."""

import copy

import numpy as np
import pytest

from reproduce.cluster import black_holes, relaxation, simulate
from reproduce.cluster.black_holes import Pair, System
from reproduce.cluster.checkpoint import Checkpoint, Course, State
from reproduce.cluster.evolution import advance, begin
from reproduce.cluster.initial import Stars, make_cluster
from reproduce.cluster.settings import ClusterSettings
from reproduce.cluster.units import G


def stars(n: int, radius_pc: float = 1.0) -> Stars:
    return make_cluster(np.full(n, 10.0), "plummer", 1.5, radius_pc, 20 * radius_pc, np.random.default_rng(1))


def test_recoil_conserves_momentum_and_frees_the_energy():
    rng = np.random.default_rng(1)
    before, after, release = (20.0, 8.0), (18.0, 10.0), 50.0
    radial, change = [], []
    for _ in range(4_000):
        (r1, t1), (r2, t2) = black_holes.recoil(rng, ((1.0, 2.0), (-3.0, 1.0)), before, after, release)
        new = 0.5 * after[0] * (r1**2 + t1**2) + 0.5 * after[1] * (r2**2 + t2**2)
        change.append(new - 0.5 * before[0] * 5 - 0.5 * before[1] * 10)
        radial.append(after[0] * r1 + after[1] * r2)
    np.testing.assert_allclose(radial, before[0] * 1.0 - before[1] * 3.0, atol=1e-9)  # the radial part is a vector's
    # Exchange changes the kinetic energy of the centre of mass's frame only through what is freed.
    np.testing.assert_allclose(change, release, rtol=1e-9)


def test_hardening_has_the_mean_of_its_distribution():
    rng = np.random.default_rng(1)
    drawn = np.array([black_holes.hardening(rng) for _ in range(20_000)])
    # Of density 3.5 (1 + Δ)^-4.5: mean 1/2.5, variance 3.5/1.5 - 1.4² = 0.373.
    assert drawn.mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.373 / len(drawn)))


def test_the_lightest_of_three_is_left_over():
    pair = Pair(7, 8, 30.0, 10.0, 5.0)
    assert pair.met_by(9, 20.0, 6.0) == (Pair(7, 9, 30.0, 20.0, 6.0), 8, 10.0)
    assert pair.met_by(9, 5.0, 6.0) == (Pair(7, 8, 30.0, 10.0, 6.0), 9, 5.0)
    assert pair.semi_major_axis_pc == pytest.approx(G * 300 / 10)


def test_gravitational_waves_merge_as_peters_says():
    """Two of 30 Msun 0.1 au apart: Peters's (1964) Eq. 5.10 in SI units."""
    au_pc = 1 / 206_264.806
    pair = Pair(1, 2, 30.0, 30.0, G * 900 / (2 * 0.1 * au_pc))
    g, c, sun, au, year = 6.674e-11, 2.998e8, 1.989e30, 1.496e11, 3.156e7
    expected = 5 / 256 * c**5 * (0.1 * au) ** 4 / (g**3 * 30 * 30 * 60 * sun**3) / (1e6 * year)
    assert pair.merges_within(0.0) == pytest.approx(expected, rel=0.01)
    assert pair.merges_within(0.9) == pytest.approx(expected * 0.19**3.5, rel=0.01)


def test_the_square_of_a_density_has_no_bias():
    """k stars within the radius of the (k + 1)th of a uniform sphere: the mean of (k - 1)(k - 2) / V² is n²."""
    rng = np.random.default_rng(1)
    k, n = 6, 1.0
    volume = rng.exponential(1 / n, (40_000, k)).sum(axis=1)  # Poisson: volumes between neighbours are exponential
    estimate = (k - 1) * (k - 2) / volume**2
    assert estimate.mean() == pytest.approx(n**2, abs=4 * estimate.std() / np.sqrt(len(estimate)))


def test_a_step_of_a_dense_system_keeps_mass_order_and_every_star():
    """Many steps of black holes alone: each star is in one place or in one pair, until a merger takes a pair away."""
    s, pairs, rng = stars(60, 0.02), {}, np.random.default_rng(1)
    formed = 0
    for _ in range(30):
        system = System(rng, s.copy(), np.arange(len(s)), pairs)
        s, pairs = system.carry_out(system.due(0.5)), system.pairs
        formed = max(formed, len(pairs))
        hidden = [pair.second for pair in pairs.values()]
        present = np.sort(np.concatenate([s.star, hidden]))
        assert len(np.unique(present)) == len(present)
        assert (np.diff(s.r) >= 0).all()
        masses = dict(zip(s.star.tolist(), s.m.tolist(), strict=True))
        assert all(masses[star] == pytest.approx(pair.mass_msun) for star, pair in pairs.items())
        assert s.m.sum() == pytest.approx(10.0 * len(present))
    assert formed > 0


def test_two_binaries_break_the_softer_one():
    s = stars(40, 0.05)
    hard, soft = Pair(int(s.star[0]), 100, 10.0, 10.0, 1e5), Pair(int(s.star[1]), 101, 10.0, 10.0, 1e3)
    s.m[:2] = 20.0
    broken = False
    for seed in range(40):
        system = System(np.random.default_rng(seed), s.copy(), np.arange(len(s)), {hard.first: hard, soft.first: soft})
        after = system.carry_out(system.due(1e9))
        if soft.first in after.star and 101 in after.star and hard.first in system.pairs:
            broken = True
            assert system.pairs[hard.first].binding >= hard.binding + soft.binding
    assert broken


def test_mean_masses_are_those_of_the_local_state():
    s = make_cluster(
        np.random.default_rng(1).uniform(0.1, 2, 3_000), "plummer", 1.5, 1.0, 20.0, np.random.default_rng(1)
    )
    edges = relaxation.block_edges(3_000, 5)
    blocks = relaxation.local_state(s.bodies, edges, 32, 0.5, relaxation.Coulomb(4.0, 0.0))
    np.testing.assert_allclose(relaxation.mean_masses(s.m, edges, 32), blocks.mass, rtol=1e-9)


@pytest.fixture(scope="module")
def evolved():
    settings = ClusterSettings(
        n_stars=6_000, half_mass_radius_pc=1.0, snapshots=1, kicks="fallback", remnant_kick_kms=265.0,
        stellar_recipe="fryer2012", imf_low_msun=0.08, imf_high_msun=150.0,
    )  # fmt: skip
    initial, physics = simulate.prepare("holes", settings)
    cluster = begin("holes", 1, initial, physics)
    counts, paired = [], None
    for stop in (20.0, 100.0, 300.0):
        while cluster.time_myr < stop and advance(cluster, physics, stop):
            if cluster.pairs and paired is None:
                paired = copy.deepcopy(cluster)
        counts.append(len(cluster.holes(physics)) + len(cluster.pairs))
    return cluster, physics, counts, paired


def test_black_holes_stay_heat_the_cluster_and_leave(evolved):
    cluster, physics, counts, _ = evolved
    born = physics.tracks.at(np.arange(6_000), 400.0)["stellar_type"] == black_holes.BLACK_HOLE
    kept = counts[0] / born.sum()
    assert 0.2 < kept < 1  # those without a kick stay, and neutron stars' kicks do not
    assert counts[2] < counts[0]
    assert cluster.booked["heating"] > 0
    assert abs(cluster.energy_error()) < 1e-9


def test_a_state_with_a_binary_is_read_back_and_goes_on_with_the_same_bits(evolved, tmp_path):
    _, physics, _, paired = evolved
    assert paired is not None, "no binary formed"
    apart = paired.all_stars()
    assert len(apart) == len(paired.stars) + len(paired.pairs)
    assert apart.m.sum() == pytest.approx(paired.stars.m.sum(), rel=1e-12)
    store = Checkpoint(tmp_path, "x")
    store.save(State(paired, [], Course(1.0)))
    again = store.load().cluster
    end = paired.time_myr + 20
    for one in (paired, again):
        while one.time_myr < end and advance(one, physics, end):
            pass
    assert again.pairs == paired.pairs
    np.testing.assert_array_equal(again.stars.r, paired.stars.r)


def test_neutron_stars_leave_and_black_holes_without_kick_do_not(evolved):
    cluster, physics, _, _ = evolved
    now = physics.tracks.at(cluster.stars.star, cluster.time_myr)["stellar_type"]
    late = physics.tracks.at(np.arange(6_000), cluster.time_myr)["stellar_type"]
    # 265 km/s against an escape speed of some 10 km/s keeps fewer than one in a thousand.
    assert (now == 13).sum() <= 1 < (late == 13).sum()
    shares = physics.kick_share[late == black_holes.BLACK_HOLE]
    assert (shares == 0).any() and ((shares >= 0) & (shares <= 1)).all()


def test_two_that_hold_each_other_at_the_centre_are_one_body():
    s = stars(40)
    s.r[:2] = 1e-5, 2e-5
    s.m[:2] = 30.0
    system = System(np.random.default_rng(1), s.copy(), np.arange(10), {}, 1.0)
    assert system.due(0.0) == [black_holes.CENTRE]
    after = system.carry_out([black_holes.CENTRE])
    (pair,) = system.pairs.values()
    assert len(after) == 39 and after.m[0] == 60.0
    assert pair.binding == pytest.approx(G * 900 / (2 * 2e-5))
    assert System(np.random.default_rng(1), s.copy(), np.arange(10), {}).due(0.0) == []  # unless told of the cluster


def test_a_binary_throws_out_the_star_that_sits_on_it():
    s = stars(40)
    s.r[:2] = 1e-5, 2e-5
    s.m[:2] = 60.0, 0.5
    pair = Pair(int(s.star[0]), 100, 30.0, 30.0, 2e4)
    system = System(np.random.default_rng(1), s.copy(), np.array([0]), {pair.first: pair}, 1.0)
    assert system.due(1.0) == [black_holes.CENTRE]
    before = 0.5 * s.m[1] * (s.vr[1] ** 2 + s.vt[1] ** 2)
    after = system.carry_out([black_holes.CENTRE])
    freed = system.pairs[pair.first].binding - pair.binding
    assert freed > 0 and 0.5 * after.m[1] * (after.vr[1] ** 2 + after.vt[1] ** 2) > before
