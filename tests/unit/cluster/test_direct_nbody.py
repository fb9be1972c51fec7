"""The direct N-body code of the benchmarks, against theory."""

import numpy as np
import pytest

from benchmarks import direct_nbody
from reproduce.cluster.initial import make_cluster
from reproduce.cluster.units import G


def test_a_binary_keeps_its_orbit():
    """Two solar masses, 1 pc apart at the mean, eccentricity 0.5, for ten periods."""
    r = 1.5
    speed = np.sqrt(2 * G * (2 / r - 1))
    x = np.array([[r / 2, -r / 2], [0, 0], [0, 0]])
    v = np.array([[0, 0], [speed / 2, -speed / 2], [0, 0]])
    zero = np.zeros((3, 2))
    p = direct_nbody.Particles(x, v, zero, zero.copy(), np.ones(2), np.zeros(2), np.zeros(2))
    before, period = direct_nbody.energy(p, 1e-6), 2 * np.pi / np.sqrt(2 * G)
    assert before == pytest.approx(-G / 2, rel=1e-6)  # -G m1 m2 / 2a
    longest = 2.0**-4
    direct_nbody.integrate(p, round(10 * period / longest) * longest, 1e-6, longest)
    # The fourth-order scheme at η = 0.02 loses about 1e-6 of the energy an orbit at this eccentricity.
    assert direct_nbody.energy(p, 1e-6) == pytest.approx(before, rel=5e-5)
    assert np.linalg.norm(p.x[:, 0] - p.x[:, 1]) == pytest.approx(r, rel=0.01)  # at the apocentre again


def test_a_plummer_sphere_stays_and_keeps_its_energy():
    stars = make_cluster(np.ones(300), "plummer", 1.5, 1.0, 10.0, np.random.default_rng(1))
    p = direct_nbody.particles(stars, np.random.default_rng(2))
    before = direct_nbody.energy(p, 1e-3)
    direct_nbody.integrate(p, 5.0, 1e-3, 2.0**-4)  # six crossing times, far less than a relaxation time
    assert direct_nbody.energy(p, 1e-3) == pytest.approx(before, rel=1e-4)
    state = direct_nbody.bound_state(p)
    assert state["n"] >= 297
    assert state["r50_pc"] == pytest.approx(1.0, abs=0.12)  # a half-mass radius of 300 stars is known to 6 %: two of it
