"""The Monte Carlo dynamics against theory: equilibrium, adiabatic expansion, conservation, core collapse."""

import numpy as np
import pytest

from reproduce.cluster import orbits, relaxation
from reproduce.cluster.evolution import Cluster, Physics, advance, begin
from reproduce.cluster.initial import half_mass_radius, make_cluster
from reproduce.cluster.units import G
from reproduce.stars.imf import kroupa_masses
from reproduce.stars.stellar_evolution import evolution_schedule
from reproduce.stars.tracks import Tracks

NONE = np.array([])


def isolated(n: int, seed: int, **changes) -> tuple[Cluster, Physics]:
    """A Plummer sphere of equal masses, 1 Msun, 1 pc, without tide, evolution and heating."""
    stars = make_cluster(np.ones(n), "plummer", 1.5, 1.0, 20.0, np.random.default_rng(seed))
    settings = {"coulomb_gamma": 0.11, "step_floor_myr": 1e-9, "heating_constant": 0.0} | changes
    physics = Physics(None, None, NONE, NONE, **settings)
    return begin("test", seed, stars, physics), physics


def relaxation_time(n: int) -> float:
    """Half-mass relaxation time [Myr] of `isolated` (Spitzer 1987): 0.138 N r_h^{3/2} / (M G)^{1/2} / ln(0.11 N)."""
    return 0.138 * n / np.sqrt(G * n) / np.log(0.11 * n)


def lagrangian(cluster: Cluster, shares) -> np.ndarray:
    enclosed = np.cumsum(cluster.stars.m)
    return np.interp(np.asarray(shares) * enclosed[-1], enclosed, cluster.stars.r)


@pytest.mark.parametrize("profile", ["plummer", "king"])
def test_initial_state(profile):
    masses = kroupa_masses(20_000, 0.1, 50.0, np.random.default_rng(1))
    stars = make_cluster(masses, profile, 1.5, 3.2, 60.0, np.random.default_rng(2))
    energy, kinetic, potential = orbits.energies(stars.bodies, orbits.potential(stars.r, stars.m))
    assert -kinetic / potential == pytest.approx(0.5, rel=1e-9)  # scaled exactly
    assert half_mass_radius(stars) == pytest.approx(3.2, rel=1e-9)
    assert (energy < 0).all()
    # A correlation of two independent samples of n has the standard error 1/√n; 4 of them.
    assert abs(np.corrcoef(np.argsort(np.argsort(stars.m)), np.arange(20_000))[0, 1]) < 4 / np.sqrt(20_000)
    # Isotropy: 2 <v_r²> = <v_t²>, each known to √(2/n).
    assert np.mean(stars.vt**2) / (2 * np.mean(stars.vr**2)) == pytest.approx(1, abs=4 * np.sqrt(3 / 20_000))


def test_plummer_profile_and_kroupa_slopes():
    stars = make_cluster(np.ones(20_000), "plummer", 1.5, 1.305, 1e3, np.random.default_rng(3))
    expected = (1 + np.array([0.3, 1.0, 3.0]) ** -2.0) ** -1.5
    found = np.searchsorted(stars.r, [0.3, 1.0, 3.0]) / 20_000
    np.testing.assert_allclose(found, expected, atol=4 * 0.5 / np.sqrt(20_000))
    masses = kroupa_masses(200_000, 0.1, 50.0, np.random.default_rng(4))
    assert masses.mean() == pytest.approx(0.6103, rel=0.02)  # the integral; one standard error is 0.6 %
    assert np.mean(masses > 0.5) == pytest.approx(0.2706, abs=0.004)


def test_steps_follow_the_relaxation_time_and_fill_the_time_that_is_left():
    cluster, physics = isolated(4_000, 1, step_relaxation=0.05)
    found = cluster.relaxation_myr()
    expected = relaxation_time(4_000) * np.log(0.11 * 4_000) / np.log(0.02 * 4_000)  # Λ of two conventions
    assert found == pytest.approx(expected, rel=0.02)  # half of 4,000 stars: their radius is known to 1 / sqrt(N)
    end, steps = 0.5025 * found, []  # ten steps and a twentieth of one
    while cluster.time_myr < end:
        advance(cluster, physics, end)
        steps.append(cluster.last_dt)
    assert len(steps) in (9, 10) and max(steps) < 1.2 * 1.05 * 0.05 * found
    assert min(steps) > 0.8 * max(steps)  # none is what was left over


def test_without_scattering_nothing_changes():
    cluster, physics = isolated(4_000, 1, sweeps=0)
    shares = [0.1, 0.25, 0.5, 0.75]
    before = lagrangian(cluster, shares)
    end = 3 * relaxation_time(4_000)
    mean = np.zeros(4)
    count = 0
    while cluster.time_myr < end:
        advance(cluster, physics, end)
        if cluster.time_myr > 0.5 * end:
            mean += lagrangian(cluster, shares)
            count += 1
    # Sampling noise of a Lagrangian radius of 4,000 stars is 1 to 3 %.
    np.testing.assert_allclose(mean / count, before, rtol=0.04)
    assert abs(cluster.energy_error()) < 1e-4


@pytest.mark.parametrize(("total", "expected"), [(2.0, 5.0), (20.0, 5.0 - np.log(10)), (1800.0, 1.0)])
def test_logarithm_of_a_pair_falls_with_its_masses(total, expected):
    # Λ = b_max / (G (m1 + m2) / v²), here e⁵ where both have the mean mass of 1 Msun; never below a logarithm of 1.
    coulomb = relaxation.Coulomb(5.0, 2.0)
    assert relaxation._logarithm(coulomb, total) == pytest.approx(expected)
    assert relaxation._logarithm(relaxation.Coulomb(5.0, 0.0), total) == 5.0


@pytest.mark.parametrize("weight", [1.0, 30.0])
def test_a_pair_relaxes_at_the_rate_of_its_logarithm(weight):
    """Squared changes of velocity in one visit are in the ratio of the logarithms, where deflections are small."""
    n = 4_000
    stars = make_cluster(np.ones(n), "plummer", 1.5, 1.0, 20.0, np.random.default_rng(4))
    edges = relaxation.block_edges(n, 8)
    changes = []
    for coulomb in (relaxation.Coulomb(8.0, 2 / weight), relaxation.Coulomb(8.0, 0.0)):
        s = stars.copy()
        blocks = relaxation.local_state(s.bodies, edges, 32, 0.02, coulomb)._replace(dt=np.full(len(edges) - 1, 1e-6))
        relaxation.relax(np.random.default_rng(5), s.bodies, blocks, relaxation.Encounters(8, coulomb, 0.0), 1e-6)
        changes.append(np.mean((s.vr - stars.vr) ** 2))
    # The same random numbers, and sin(β/2) ∝ √ln Λ: what is left are terms of the order of the deflection squared.
    assert changes[0] / changes[1] == pytest.approx((8.0 - np.log(weight)) / 8.0, rel=1e-3)


def energy_spread(sweeps: int) -> float:
    """Variance of the change of the stars' energies within half a relaxation time."""
    cluster, physics = isolated(4_000, 2, sweeps=sweeps)

    def energies() -> np.ndarray:
        s = cluster.stars
        result = np.full(4_000, np.nan)
        result[s.star] = orbits.energies(s.bodies, orbits.potential(s.r, s.m))[0]
        return result

    before, end = energies(), 0.5 * relaxation_time(4_000)
    while cluster.time_myr < end:
        advance(cluster, physics, end)
    return float(np.nanvar(energies() - before))


def test_numerical_diffusion_is_below_two_percent_of_the_real_one():
    assert energy_spread(0) < 0.02 * energy_spread(8)


def shrinking(masses: np.ndarray, end_myr: float, left: float) -> Tracks:
    """Tracks on which every star loses mass linearly in time, to the share `left`."""
    n, rows = len(masses), 200
    time = np.tile(np.linspace(0, end_myr, rows), n).astype(np.float32)
    mass = np.outer(masses, np.linspace(1, left, rows)).ravel().astype(np.float32)
    one = np.ones(n * rows, np.float32)
    return Tracks(np.arange(n + 1) * rows, time, mass, one, one, np.zeros(n * rows, np.int8))


def test_slow_mass_loss_expands_as_one_over_mass():
    masses, end = np.full(2_000, 0.5), 400.0
    tracks = shrinking(masses, end, 0.5)
    times, response = evolution_schedule(tracks, end)
    physics = Physics(None, tracks, times, response, sweeps=0, heating_constant=0.0)
    cluster = begin("test", 1, make_cluster(masses, "plummer", 1.5, 1.0, 20.0, np.random.default_rng(1)), physics)
    product, count = 0.0, 0
    start = half_mass_radius(cluster.stars) * cluster.stars.m.sum()
    while cluster.time_myr < end:
        advance(cluster, physics, end)
        if cluster.time_myr > 0.9 * end:
            product += half_mass_radius(cluster.stars) * cluster.stars.m.sum()
            count += 1
    assert len(cluster.stars) == 2_000
    assert product / count == pytest.approx(start, rel=0.03)
    assert abs(cluster.energy_error()) < 2e-3


def collapse_time(n: int, seed: int, **changes) -> float:
    """Core collapse, the time [initial half-mass relaxation times] at which 0.5 % of the mass lies within 0.003 pc."""
    cluster, physics = isolated(n, seed, **changes)
    unit = relaxation_time(n)
    while lagrangian(cluster, [0.005])[0] > 3e-3 and cluster.time_myr < 25 * unit:
        advance(cluster, physics, 1e9)
        assert abs(cluster.energy_error()) < 1e-4
    return cluster.time_myr / unit


@pytest.fixture(scope="module")
def collapse() -> np.ndarray:
    return np.array([collapse_time(4_000, seed) for seed in range(1, 6)])


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_core_collapse(collapse):
    print("core collapse", np.round(collapse, 2), collapse.mean())
    # The literature's 15 to 18; the mean of five seeds has a standard error of about 0.6.
    assert 15 <= collapse.mean() <= 18.6


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("changes", [{"theta_max": 0.25}, {"sweeps": 16}])
def test_core_collapse_does_not_depend_on_steps(collapse, changes):
    times = np.array([collapse_time(4_000, seed, **changes) for seed in range(1, 6)])
    print(changes, np.round(times, 2), times.mean())
    # 5 %, and the standard errors of both means of five seeds.
    error = np.hypot(collapse.std(), times.std()) / np.sqrt(5)
    assert abs(times.mean() - collapse.mean()) < 0.05 * collapse.mean() + error
