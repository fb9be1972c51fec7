"""Potential and orbits against theory: Poisson, harmonic oscillator, isochrone, spherical NFW, conserved integrals."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import erf

from reproduce.galaxy.orbits.force_table import (
    KNOTS_PER_E_FOLD,
    ForceTable,
    acceleration,
    angular_coefficients,
    octant_directions,
    tabulate,
)
from reproduce.galaxy.orbits.integration import integrate
from reproduce.galaxy.orbits.intrinsic import SpaceGrid, intrinsic_masses
from reproduce.galaxy.orbits.mge import TriaxialGaussians
from reproduce.galaxy.orbits.potential import G, GalaxyPotential, Halo, halo_of_mass
from reproduce.galaxy.orbits.recording import BOX, X_TUBE, Z_TUBE, family
from reproduce.galaxy.orbits.start_space import (
    StartGrid,
    circular_period,
    equipotential_radius,
    plane_crossings,
    start_space,
    thickness,
    thin_orbit_radius,
    thin_orbits,
)
from reproduce.workflow.errors import InputError

NO_HALO = Halo(0.0, 1.0)


def _galaxy(
    p: float, q: float, sigma: float = 1000.0, luminosity: float = 1e10, halo: Halo = NO_HALO
) -> GalaxyPotential:
    stars = TriaxialGaussians(np.array([luminosity]), np.array([sigma]), np.array([p]), np.array([q]))
    return GalaxyPotential(stars, 3.0, halo, 0.0, 1.0)


@pytest.fixture(scope="module")
def triaxial() -> GalaxyPotential:
    """Three Gaussians, a halo, a black hole."""
    stars = TriaxialGaussians(
        np.array([2e9, 5e9, 8e9]),
        np.array([100.0, 800.0, 4000.0]),
        np.array([0.95, 0.85, 0.8]),
        np.array([0.9, 0.6, 0.5]),
    )
    return GalaxyPotential(stars, 4.0, halo_of_mass(5e11, 9.0), 1e7, 0.5)


@pytest.fixture(scope="module")
def table(triaxial: GalaxyPotential) -> ForceTable:
    return tabulate(triaxial, 1e6)


def _spherical_table(potential: Callable[[np.ndarray], np.ndarray], centre: float, scale: float) -> ForceTable:
    """A table of a spherical potential that is harmonic at the centre."""
    s = np.linspace(np.log(1e-3 * scale), np.log(1e4 * scale), int(np.log(1e7) * KNOTS_PER_E_FOLD))
    factor = 1 / (1 + scale**2 * np.exp(-2 * s))
    values = np.broadcast_to(((potential(np.exp(s)) - centre) / factor)[:, None], (s.size, len(octant_directions())))
    return ForceTable(
        coefficients=angular_coefficients(values, octant_directions(), s, (0, 0)),
        degrees=(0, 0),
        s_first=float(s[0]),
        s_step=float(s[1] - s[0]),
        centre=(float(centre), float(scale**2)),
        stretch=(1.0, 1.0),
        halo=(0.0, 1.0),
        hole=(0.0, 1.0),
        error=0.0,
    )


def _follow(table: ForceTable, start: list[float], duration: float, n: int = 20_000, tolerance: float = 1e-11):
    samples = np.empty((n, 6))
    error, steps = integrate(table, np.array(start, float), duration, tolerance, samples)
    assert steps > 0
    return samples, error


def test_a_round_gaussian_has_the_potential_of_theory() -> None:
    """-G M erf(r / √2 σ) / r; quadrature of 64 nodes: rounding."""
    galaxy = _galaxy(1.0, 1.0)
    r = np.geomspace(1, 1e6, 50)
    exact = -G * galaxy.stellar_mass_msun * erf(r / (np.sqrt(2) * 1000)) / r
    assert galaxy.potential(r[:, None] * np.array([0.6, 0.0, 0.8])) == pytest.approx(exact, rel=1e-12)


def test_poisson(triaxial: GalaxyPotential) -> None:
    """The Laplacian of the stars' potential is 4πG times their density. Fourth-order differences, step 2 %: 1e-4."""
    for point in np.array([[300.0, 200.0, 100.0], [50.0, -2000.0, 900.0], [10.0, 20.0, 70.0]]):
        h = 0.02 * np.linalg.norm(point)
        laplacian = 0.0
        for axis in np.eye(3):
            values = triaxial.stellar_potential(point + h * np.arange(-2, 3)[:, None] * axis)
            laplacian += values @ np.array([-1, 16, -30, 16, -1]) / (12 * h**2)
        density = triaxial.mass_to_light * triaxial.stars.density(point)
        assert laplacian == pytest.approx(4 * np.pi * G * density, rel=1e-4)


def test_far_away_all_stars_are_a_point(triaxial: GalaxyPotential) -> None:
    """The quadrupole falls as (σ/r)²: 1e-4 at 200 σ."""
    far = triaxial.stellar_potential(np.array([5e5, 4e5, 4e5]))
    assert far == pytest.approx(-G * triaxial.stellar_mass_msun / np.linalg.norm([5e5, 4e5, 4e5]), rel=1e-4)


def test_the_halo_has_its_mass() -> None:
    """r² dΦ/dr / G at r_200 is M_200, and the mean density inside is 200 times the critical one of H = 70."""
    halo = halo_of_mass(1e12, 10.0)
    r200 = 10 * halo.scale_radius_pc
    slope = (halo.potential(r200 * 1.0001) - halo.potential(r200 * 0.9999)) / (0.0002 * r200)
    assert r200**2 * slope / G == pytest.approx(1e12, rel=1e-6)
    assert r200 == pytest.approx(206e3, rel=0.01)  # kpc: the well-known 206 (M / 1e12)^(1/3) for h = 0.7
    assert halo_of_mass(0.0, 10.0).potential(np.array([100.0])) == 0


def test_the_table_is_within_its_error(triaxial: GalaxyPotential, table: ForceTable) -> None:
    """At other points than those it was judged at; twice the error it states."""
    random = np.random.default_rng(7)
    position = random.normal(size=(300, 3)) * np.geomspace(3, 1e5, 300)[:, None]
    step = 1e-4 * np.linalg.norm(position, axis=1)
    assert 0 < table.error <= 1e-5
    for point, h in zip(position, step, strict=True):
        moves = h * np.eye(3)
        exact = -(triaxial.potential(point + moves) - triaxial.potential(point - moves)) / (2 * h)
        ours = acceleration(table, *point)
        assert np.linalg.norm(ours[1:] - exact) < 2 * table.error * np.linalg.norm(exact)
        assert ours[0] == pytest.approx(triaxial.potential(point), rel=1e-5)


def test_the_tables_force_is_the_slope_of_its_potential(table: ForceTable) -> None:
    """Across knots and the first one; central differences of step 1e-5 r round to 1e-7 or so of the largest term."""
    for r in (1e-3, 0.1, 1.0, 37.0, 2.5e3, 4e4):
        point = r * np.array([0.5, 0.6, 0.62])
        force = np.array(acceleration(table, *point)[1:])
        for axis in range(3):
            move = 1e-3 * r * np.eye(3)[axis]
            slope = (acceleration(table, *(point + move))[0] - acceleration(table, *(point - move))[0]) / (2e-3 * r)
            assert -slope == pytest.approx(force[axis], rel=2e-5, abs=1e-9 * abs(acceleration(table, *point)[0]) / r)


def test_too_flat_a_galaxy_is_refused() -> None:
    with pytest.raises(InputError, match="choose a rounder shape"):
        tabulate(_galaxy(0.9, 0.05), 1e5)


def test_harmonic_core() -> None:
    """Deep in a Gaussian's core orbits are harmonic along each axis, with the frequencies of a homogeneous ellipsoid.

    The core departs from it by (r/σ)², here 1e-6; frequencies are fitted to the samples.
    """
    galaxy = _galaxy(0.8, 0.6)
    table = tabulate(galaxy, 1e5, 3e-6)
    squared = []
    for axis in np.eye(3):
        potential = galaxy.potential(np.array([[0.0, 0, 0], 10.0 * axis]))
        squared.append(2 * (potential[1] - potential[0]) / 100)
    frequency = np.sqrt(squared)
    amplitude = np.array([1.0, 0.7, 0.4])
    samples, _ = _follow(table, [*amplitude, 0, 0, 0], 20 * 2 * np.pi / frequency[0])
    time = np.arange(len(samples)) / len(samples) * 20 * 2 * np.pi / frequency[0]
    assert samples[:, :3] == pytest.approx(amplitude * np.cos(frequency * time[:, None]), abs=2e-3)
    assert frequency[0] < frequency[1] < frequency[2]
    mean_density = galaxy.mass_to_light * galaxy.stars.density(np.zeros(3))
    assert (frequency**2).sum() == pytest.approx(4 * np.pi * G * mean_density, rel=1e-4)  # Poisson again
    assert family(samples) == BOX


def test_isochrone() -> None:
    """Hénon's isochrone: radial period 2πGM/(-2E)^1.5 whatever L, and the angle turned in it (Binney & Tremaine 2008,
    eqs 3.40 to 3.42). Apsides are read off 400 samples a period and their neighbours: 1e-4."""
    mass, b = 1e11, 500.0
    table = _spherical_table(lambda r: -G * mass / (b + np.sqrt(b**2 + r**2)), -G * mass / (2 * b), b)
    for speed in (150.0, 300.0):
        start = [2000.0, 0, 0, 0, speed * np.cos(0.4), speed * np.sin(0.4)]
        energy = acceleration(table, 2000.0, 0, 0)[0] + 0.5 * speed**2
        momentum = 2000.0 * speed
        period = 2 * np.pi * G * mass / (-2 * energy) ** 1.5
        turned = np.pi * (1 + momentum / np.sqrt(momentum**2 + 4 * G * mass * b))
        samples, error = _follow(table, start, 20.5 * period, 20_500)
        assert error < 1e-8
        radius = np.linalg.norm(samples[:, :3], axis=1)
        apsis = np.flatnonzero((radius[1:-1] > radius[:-2]) & (radius[1:-1] >= radius[2:])) + 1
        left, middle, right = radius[apsis - 1], radius[apsis], radius[apsis + 1]
        top = apsis + 0.5 * (left - right) / (left - 2 * middle + right)  # parabola
        assert np.diff(top).mean() * 20.5 * period / 20_500 == pytest.approx(period, rel=1e-4)
        angle = np.unwrap(np.arctan2(samples[:, 1] / np.cos(0.4), samples[:, 0]))
        at = np.interp(top, np.arange(len(angle)), angle)
        assert np.diff(at).mean() == pytest.approx(turned, rel=2e-4)
        cross = np.cross(samples[:, :3], samples[:, 3:])
        assert cross == pytest.approx(np.broadcast_to(cross[0], cross.shape), rel=1e-8, abs=1e-8 * momentum)


def test_spherical_nfw() -> None:
    """Radial period of an orbit in an NFW halo, by quadrature between its apsides: 2e-4."""
    halo = halo_of_mass(1e12, 10.0)
    galaxy = GalaxyPotential(_galaxy(1.0, 1.0).stars, 1e-9, halo, 0.0, 1.0)  # stars without weight
    table = tabulate(galaxy, 1e6)
    r0, speed = 8e3, 90.0
    energy, momentum = halo.potential(np.array(r0)) + 0.5 * speed**2, r0 * speed

    def radial2(r: float) -> float:
        return float(2 * (energy - halo.potential(np.array(r))) - (momentum / r) ** 2)

    peri = brentq(radial2, 1.0, 0.9 * r0)
    middle, half = 0.5 * (r0 + peri), 0.5 * (r0 - peri)
    period = 2 * quad(lambda u: half * np.cos(u) / np.sqrt(radial2(middle + half * np.sin(u))), -1.5705, 1.5705)[0]
    samples, error = _follow(table, [0, r0, 0, 0, 0, speed], 30.5 * period, 30_500)
    assert error < 1e-8
    radius = np.linalg.norm(samples[:, :3], axis=1)
    assert radius.min() == pytest.approx(peri, rel=1e-4)
    apsis = np.flatnonzero((radius[1:-1] > radius[:-2]) & (radius[1:-1] >= radius[2:])) + 1
    assert np.diff(apsis).mean() / 1000 == pytest.approx(1, rel=5e-4)


def test_circular_period() -> None:
    """Of a point mass, nearly: far outside a small Gaussian, T² = 4π² r³ / G M with E = -G M / 2r."""
    galaxy = _galaxy(1.0, 1.0, sigma=10.0)
    table = tabulate(galaxy, 1e6)
    mass, r = galaxy.stellar_mass_msun, 5e3
    assert circular_period(table, -G * mass / (2 * r)) == pytest.approx(
        2 * np.pi * np.sqrt(r**3 / (G * mass)), rel=1e-6
    )


def test_energy_holds_for_200_periods(table: ForceTable, triaxial: GalaxyPotential) -> None:
    """To 1e-5 in the table's potential, 2e-5 in the quadrature's by the table's error; boxes pass the black hole."""
    starts = start_space(table, StartGrid(2, 2, 1, np.log10(300), np.log10(8000)))
    for start, period in zip(
        np.concatenate([starts.tubes, starts.boxes]).reshape(-1, 6), np.tile(starts.period.ravel(), 2), strict=True
    ):
        samples, error = _follow(table, list(start), 200 * period, 2000, 1e-10)
        assert error < 1e-5
        energy = triaxial.potential(samples[::50, :3]) + 0.5 * (samples[::50, 3:] ** 2).sum(1)
        assert energy == pytest.approx(np.full(energy.size, energy[0]), rel=2e-5)


def test_angular_momentum_about_the_axis_of_an_axisymmetric_galaxy() -> None:
    table = tabulate(_galaxy(1.0, 0.6), 1e6)
    samples, _ = _follow(table, [1500.0, 0, 400.0, 0, 120.0, 30.0], 20.0 * 50)
    momentum = samples[:, 0] * samples[:, 4] - samples[:, 1] * samples[:, 3]
    assert momentum == pytest.approx(np.full(momentum.size, momentum[0]), rel=1e-7)
    assert family(samples) == Z_TUBE


def test_time_runs_backwards(table: ForceTable) -> None:
    """An orbit with its velocity turned at the end comes back to its start, a regular one to 1e-5 of its size."""
    start = [900.0, 0.0, 300.0, 0.0, 180.0, 0.0]
    samples, _ = _follow(table, start, 40.0, 400, 1e-12)
    back, _ = _follow(table, [*samples[-1, :3], *-samples[-1, 3:]], 40.0, 400, 1e-12)
    assert back[-1, :3] == pytest.approx(np.array(start[:3]), abs=0.01)


def test_families(table: ForceTable) -> None:
    """Started slowly beside the long axis: a box; fast about the short axis: a tube; about the long axis: a tube."""
    circular = np.sqrt(-acceleration(table, 2000.0, 0, 0)[1] * 2000.0)
    assert family(_follow(table, [2000.0, 0, 100.0, 0, circular, 0], 3000.0)[0]) == Z_TUBE
    about_x = np.sqrt(-acceleration(table, 0, 0, 2000.0)[3] * 2000.0)
    assert family(_follow(table, [200.0, 0, 2000.0, 0, about_x, 0], 3000.0)[0]) == X_TUBE
    assert family(_follow(table, [2000.0, 300, 100.0, 0, 0, 0], 3000.0)[0]) == BOX


def test_start_space_is_on_its_energies(table: ForceTable) -> None:
    """The energy of its radius on the long axis; tubes leave the (x, z) plane at right angles, boxes rest."""
    grid = StartGrid(3, 2, 2, 2.5, 3.5)
    starts = start_space(table, grid)
    assert starts.tubes.shape == starts.boxes.shape == (12, 1, 6)
    expected = np.repeat([acceleration(table, r, 0.0, 0.0)[0] for r in 10 ** np.array([2.5, 3.0, 3.5])], 4)
    for start, energy in zip(starts.tubes[:, 0], expected, strict=True):
        assert acceleration(table, *start[:3])[0] + 0.5 * start[4] ** 2 == pytest.approx(energy, rel=1e-12)
        assert start[1] == start[3] == start[5] == 0 < start[4]
    for start, energy in zip(starts.boxes[:, 0], expected, strict=True):
        assert acceleration(table, *start[:3])[0] == pytest.approx(energy, rel=1e-12)
        assert not start[3:].any() and (start[:3] > 0).all()
    assert (np.diff(starts.period.reshape(3, 4)[:, 0]) > 0).all()


def test_dithering_fills_the_cells_around_the_bundles(table: ForceTable) -> None:
    """27 starts a bundle, three energies each, whose middle one is the undithered bundle's."""
    plain = start_space(table, StartGrid(2, 2, 1, 2.8, 3.2))
    fine = start_space(table, StartGrid(2, 2, 1, 2.8, 3.2, dithering=3))
    assert fine.tubes.shape == (4, 27, 6)
    periods = [np.unique(bundle.round(6)) for bundle in fine.period]
    assert all(len(own) == 3 for own in periods)
    assert [own[1] for own in periods] == pytest.approx(plain.period[:, 0], rel=1e-5)
    azimuth = np.arctan2(fine.boxes[..., 1], fine.boxes[..., 0])
    assert azimuth.mean(axis=1) == pytest.approx(np.full(4, np.pi / 4), rel=1e-6)


def test_thin_orbits_between_the_nodes_of_a_dithered_grid(table: ForceTable) -> None:
    """Within 0.2 % of a search of its own: what a search itself scatters by, and less than a step between tubes."""
    grid = StartGrid(4, 4, 2, 2.4, 3.6, dithering=2)
    elevations = (np.arange(8)[::-1] + 0.5) / 8 * np.pi / 2
    parts = thin_orbits(table, grid, elevations)
    assert parts.shape == (8, 8)
    for i, log_radius in ((2, 2.4 + 0.4 - 0.1), (5, 2.4 + 0.8 + 0.1)):
        energy = acceleration(table, 10.0**log_radius, 0.0, 0.0)[0]
        for j in (2, 5):
            direction = np.array([np.cos(elevations[j]), 0.0, np.sin(elevations[j])])
            limit = equipotential_radius(table, direction, energy)
            assert parts[i, j] * limit == pytest.approx(thin_orbit_radius(table, energy, elevations[j]), rel=2e-3)


def test_the_thin_orbit_has_the_smallest_range_of_radii(table: ForceTable) -> None:
    """DYNAMITE's criterion, the range of radii at 400 crossings of the plane, is least where ours is.

    Not where tubes resonate, and a range needs hundreds of crossings to settle, a scatter 60. 0.1 %.
    """
    energy, angle = acceleration(table, 1000.0, 0.0, 0.0)[0], 0.5
    direction = np.array([np.cos(angle), 0.0, np.sin(angle)])
    thin = thin_orbit_radius(table, energy, angle)

    def width(radius: float) -> float:
        speed = np.sqrt(2 * (energy - acceleration(table, *(radius * direction))[0]))
        crossings = plane_crossings(table, np.array([*(radius * direction), 0.0, speed, 0.0]), 400)
        return float(np.ptp(np.hypot(crossings[:, 0], crossings[:, 1])))

    there, *aside = (width(thin * (1 + shift)) for shift in (0.0, -0.004, -0.001, 0.001, 0.004))
    assert there < min(aside)


def test_thin_orbit_of_a_sphere_is_a_circle() -> None:
    """In a sphere the thinnest tube of an energy is the circular orbit, and equipotentials are round."""
    table = tabulate(_galaxy(1.0, 1.0), 1e6)
    energy = acceleration(table, 1500.0, 0.0, 0.0)[0]
    radius = brentq(
        lambda r: acceleration(table, r, 0, 0)[0] - 0.5 * r * acceleration(table, r, 0, 0)[1] - energy, 1, 1500
    )
    for angle in (0.2, 1.2):
        assert thin_orbit_radius(table, energy, angle) == pytest.approx(radius, rel=1e-3)
        direction = np.array([np.cos(angle), 0.0, np.sin(angle)])
        assert equipotential_radius(table, direction, energy) == pytest.approx(1500, rel=1e-9)
        assert thickness(table, energy, direction, radius) < 1e-4
        assert thickness(table, energy, direction, 1.3 * radius) > 0.1


def test_intrinsic_masses_of_a_round_gaussian() -> None:
    """Solid angles times the mass inside a radius, erf(t) - 2t exp(-t²)/√π; all of it in sum."""
    grid = SpaceGrid(300.0, 3000.0, 5, 3, 2)
    masses = intrinsic_masses(_galaxy(1.0, 1.0).stars, grid)
    t = grid.radii_pc / (np.sqrt(2) * 1000)
    shells = np.diff(erf(t) - 2 * t * np.exp(-(t**2)) / np.sqrt(np.pi), prepend=0, append=1)
    angles = -np.diff(np.cos(np.linspace(0, np.pi / 2, 4)))
    assert masses == pytest.approx(shells[:, None, None] * angles[:, None] * np.full(2, 0.5), rel=1e-10)
    assert masses.sum() == pytest.approx(1, rel=1e-12)
