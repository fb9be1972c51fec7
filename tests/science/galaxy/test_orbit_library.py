"""A library as a whole: symmetry, conservation, rescaling, recovery of a known galaxy, and DYNAMITE's own library."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from reproduce.galaxy.orbits import synthetic
from reproduce.galaxy.orbits.force_table import tabulate
from reproduce.galaxy.orbits.galaxy_model import GalaxyModel, galaxy_model
from reproduce.galaxy.orbits.intrinsic import intrinsic_masses
from reproduce.galaxy.orbits.library import (
    TABLE_REACH,
    Integration,
    OrbitLibrary,
    observe_bundle,
    orbit_library,
)
from reproduce.galaxy.orbits.library_files import Order, make_all, read_library
from reproduce.galaxy.orbits.losvd import Kinematics, coefficient_maps, velocity_range
from reproduce.galaxy.orbits.observation import Apertures, Observation, PointSpread, VelocityBins, projected_masses
from reproduce.galaxy.orbits.recording import BOX, Z_TUBE
from reproduce.galaxy.orbits.start_space import start_space
from reproduce.galaxy.orbits.weights import MassErrors, solve_weights, weight_problem
from reproduce.papers.skusa2023 import ngc6278
from reproduce.papers.skusa2023.dynamite import distance, maps, reference
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import InProcess
from tests.support.places import shared_data

SHORT = Integration(periods=60, samples=3000)
SHARP = PointSpread(np.array([1e-9]), np.array([1.0]))


def coarse_apertures() -> Apertures:
    """48 square apertures of 6 arcsec along the instrument's axes."""
    numbers = np.arange(1, 49).reshape(6, 8).repeat(6, axis=0).repeat(6, axis=1)
    return Apertures((-24.0, -18.0), (48.0, 36.0), ngc6278.MANIFEST["field"]["angle_deg"], numbers)


@pytest.fixture(scope="module")
def galaxy() -> GalaxyModel:
    return ngc6278.model()


@pytest.fixture(scope="module")
def observation(galaxy: GalaxyModel) -> Observation:
    return ngc6278.observation(galaxy, coarse_apertures())


def _library(galaxy: GalaxyModel, observation: Observation, seed: int = 1, **changes: int) -> OrbitLibrary:
    start = ngc6278.start_grid(galaxy, **changes)
    return orbit_library(
        galaxy=galaxy.potential,
        observation=observation,
        start=start,
        space=ngc6278.space_grid(ngc6278.start_grid(galaxy)),
        integration=SHORT,
        seed=seed,
    )


@pytest.fixture(scope="module")
def library(galaxy: GalaxyModel, observation: Observation) -> OrbitLibrary:
    return _library(galaxy, observation, n_energy=6, n_i2=3, n_i3=2)


def test_masses_and_reversals(library: OrbitLibrary) -> None:
    assert library.histogram.shape == (3 * 36, 267, 48)
    assert library.intrinsic.reshape(108, -1).sum(1) == pytest.approx(np.ones(108), rel=1e-5)
    projected = library.projected.sum(1)
    assert projected.max() <= 1 + 1e-6 and projected[:12] == pytest.approx(np.ones(12), abs=0.02)  # inside the field
    tubes = library.histogram[:72]
    assert (tubes[::2] == tubes[1::2, ::-1]).all()
    assert (library.circularity[:72:2] == -library.circularity[1:72:2]).all()
    assert library.energy_error.max() <= SHORT.energy_error
    assert (np.abs(library.circularity).max(axis=1) <= 1).all()
    assert set(library.family[72:]) == {BOX}
    assert (library.circularity[72:] == 0).all()
    z_tubes = library.family[:72:2] == Z_TUBE
    assert z_tubes.sum() > 20 and (library.circularity[:72:2][z_tubes, 2] > 0).all()


def test_tubes_are_ordered_from_the_short_axis_and_from_the_thin_orbit(library: OrbitLibrary) -> None:
    """An orbit from near the plane turns faster about the short axis than one from near the pole; a thin one too."""
    circularity = library.circularity[:72:2, 2].reshape(6, 3, 2)[3:]
    assert (circularity[:, 2] > circularity[:, 0]).all()
    assert (circularity[:, 2, 0] > circularity[:, 2, 1]).all()


def test_eight_images_look_the_same_from_both_sides(galaxy: GalaxyModel, observation: Observation) -> None:
    """Seen sharply, each aperture and the one opposite hold mirrored histograms, up to points on a pixel's edge."""
    library = _library(galaxy, replace(observation, point_spread=SHARP), n_energy=2, n_i2=2, n_i3=1)
    grid = library.histogram.reshape(12, 267, 6, 8)
    assert np.abs(grid - grid[:, ::-1, ::-1, ::-1]).sum() < 1e-3 * grid.sum()


def test_velocities_of_an_orbit_in_a_harmonic_core() -> None:
    """A box deep in the core of the inner Gaussian has <v²> = ω²A²/2 along each axis; seen, the sum of their parts.

    The core is harmonic to (r/σ)² = 0.1 %; 10,000 samples of 100 periods average to 1 %.
    """
    no_hole = replace(ngc6278.PARAMETERS, black_hole_msun=0.0, halo_fraction=0.0)
    galaxy = galaxy_model(ngc6278.LIGHT, no_hole)
    observation = ngc6278.observation(galaxy, coarse_apertures())
    observation = replace(observation, velocities=VelocityBins(40.0, 201))
    table = tabulate(galaxy.potential, 1e5)
    amplitude = np.array([1.8, 1.4, 1.6])
    moved = galaxy.potential.potential(np.vstack([np.zeros(3), np.eye(3)]))
    frequency2 = 2 * (moved[1:] - moved[0])
    record = observe_bundle(
        table=table,
        starts=np.array([[*amplitude, 0, 0, 0]]),
        periods=np.array([2 * np.pi / np.sqrt(frequency2[0])]),
        observation=observation,
        space=ngc6278.space_grid(ngc6278.start_grid(galaxy)),
        integration=Integration(periods=100, samples=10_000),
        seed=(1,),
    )
    losvd = record.histogram.sum(axis=1)
    centres = observation.velocities.centres_kms
    expected = (observation.angles.sky_axes()[2] ** 2 * frequency2 * amplitude**2 / 2).sum()
    assert losvd @ centres**2 / losvd.sum() == pytest.approx(expected, rel=0.01)


def test_the_same_call_gives_the_same_library_and_another_seed_another(
    galaxy: GalaxyModel, observation: Observation
) -> None:
    """Another seed moves points by the blur alone: masses in space stay, those in apertures move by their noise."""
    first, again, other = (_library(galaxy, observation, seed, n_energy=2, n_i2=1, n_i3=1) for seed in (1, 1, 2))
    assert (first.histogram == again.histogram).all()
    assert (first.histogram != other.histogram).any()
    assert (first.intrinsic == other.intrinsic).all()


def test_rescaling_is_exact(galaxy: GalaxyModel, observation: Observation) -> None:
    """A library made at twice the M/L (halo and hole scaled too) is the first one with velocities √2 as large.

    Histograms of another bin width differ by their sampling, so means and dispersions are compared: 1 %.
    """
    doubled = replace(galaxy, potential=galaxy.potential.scaled(2 * galaxy.potential.mass_to_light))
    grid = {"n_energy": 2, "n_i2": 2, "n_i3": 1}
    first, second = _library(galaxy, observation, **grid), _library(doubled, observation, **grid)
    assert second.intrinsic == pytest.approx(first.intrinsic, abs=0.02)

    def spread(library: OrbitLibrary, edges: np.ndarray) -> np.ndarray:
        centres = 0.5 * (edges[1:] + edges[:-1])
        losvd = library.histogram.sum(axis=2)[::2]
        return np.sqrt(losvd @ centres**2 / losvd.sum(axis=1))

    tubes = slice(0, 4)
    ours = spread(first, first.velocities_at(doubled.potential.mass_to_light))
    assert spread(second, second.velocity_edges_kms)[tubes] == pytest.approx(ours[tubes], rel=0.01)


def test_dithered_bundles_are_smoother(galaxy: GalaxyModel, observation: Observation) -> None:
    """27 orbits a bundle fill more cells of space than one does."""
    plain = _library(galaxy, observation, n_energy=2, n_i2=1, n_i3=1)
    dithered = _library(galaxy, observation, n_energy=2, n_i2=1, n_i3=1, dithering=3)
    assert dithered.histogram.shape == plain.histogram.shape
    assert dithered.intrinsic.reshape(6, -1).sum(axis=1) == pytest.approx(np.ones(6), rel=1e-5)
    assert ((dithered.intrinsic > 0).sum() > 1.2 * (plain.intrinsic > 0).sum()).all()


def test_the_noise_of_the_blur_averages_over_a_bundle(galaxy: GalaxyModel, observation: Observation) -> None:
    """The same orbit eight times in a bundle has the noise of eight times the samples: 1/√8 of one orbit's."""
    start = ngc6278.start_grid(galaxy)
    table = tabulate(galaxy.potential, TABLE_REACH * 10**start.log_radius_last)
    orbit = start_space(table, replace(start, n_energy=1, n_i2=1, n_i3=1, log_radius_first=3.2))

    def noise(copies: int) -> float:
        seen = [
            observe_bundle(
                table=table,
                starts=np.repeat(orbit.tubes[0], copies, axis=0),
                periods=np.repeat(orbit.period[0], copies),
                observation=observation,
                space=ngc6278.space_grid(start),
                integration=Integration(periods=20, samples=1500),
                seed=(seed,),
            ).histogram.sum(axis=0)
            for seed in range(30)
        ]
        return float(np.sqrt(np.var(seen, axis=0, ddof=1).sum()))

    assert noise(8) == pytest.approx(noise(1) / np.sqrt(8), rel=0.25)  # 30 draws of a few dozen apertures


def test_libraries_made_side_by_side_are_kept_and_read_back(
    galaxy: GalaxyModel, observation: Observation, tmp_path: Path
) -> None:
    start = ngc6278.start_grid(galaxy, n_energy=2, n_i2=1, n_i3=1)
    space = ngc6278.space_grid(ngc6278.start_grid(galaxy))
    orders = [Order(tmp_path / f"{seed}.npz", galaxy, observation, start, space, SHORT, seed) for seed in (1, 2)]
    make_all(orders, InProcess(), lambda fraction, text: None)
    made, expected = read_library(orders[0].path), _library(galaxy, observation, 1, n_energy=2, n_i2=1, n_i3=1)
    for field in fields(OrbitLibrary):
        assert np.array_equal(getattr(made, field.name), getattr(expected, field.name)), field.name
    before = orders[0].path.stat().st_mtime_ns
    orders[1].path.unlink()
    make_all(orders, InProcess(), lambda fraction, text: None)  # goes on with what is missing
    assert orders[0].path.stat().st_mtime_ns == before and orders[1].path.exists()
    orders[1].path.write_bytes(b"damaged")
    with pytest.raises(InputError, match="not a readable orbit library"):
        read_library(orders[1].path)


def test_an_energy_that_cannot_be_held_is_an_error(galaxy: GalaxyModel, observation: Observation) -> None:
    with pytest.raises(InputError, match="its energy changes by"):
        orbit_library(
            galaxy=galaxy.potential,
            observation=observation,
            start=ngc6278.start_grid(galaxy, n_energy=1, n_i2=1, n_i3=1),
            space=ngc6278.space_grid(ngc6278.start_grid(galaxy)),
            integration=Integration(periods=20, samples=10, energy_error=1e-17),
            seed=1,
        )


def test_the_mass_to_light_of_a_synthetic_galaxy_is_recovered(
    galaxy: GalaxyModel, observation: Observation, library: OrbitLibrary
) -> None:
    """Known weights, known M/L of 6, noise: the fit finds it within the range of Δχ² < √(2 n) about its best, which a
    chi² of n kinematic rows scatters by, and the truth fits as well as chi² must."""
    space = ngc6278.space_grid(ngc6278.start_grid(galaxy))
    intrinsic = intrinsic_masses(galaxy.potential.stars, space)
    projected = projected_masses(ngc6278.LIGHT, observation.apertures, ngc6278.SPREAD)
    ones = np.ones(48)
    blank = Kinematics(0 * ones, ones, 200 * ones, ones, 0 * ones, ones, 0 * ones, ones)
    arguments = {"library": library, "intrinsic": intrinsic, "projected": projected, "errors": MassErrors()}
    masses = weight_problem(**arguments, coefficients=maps(library, blank), kinematics=blank)
    weights = synthetic.known_weights(library, masses, prograde=0.8)
    made = synthetic.observe(
        library=library,
        weights=weights,
        mass_to_light=6.0,
        projected=weights @ library.projected,
        best_signal_to_noise=150.0,
        seed=3,
    )
    # The weighted library's own masses: the small library cannot make the galaxy's exactly.
    arguments |= {
        "intrinsic": np.maximum(np.tensordot(weights, library.intrinsic, 1), 1e-9),
        "projected": weights @ library.projected,
    }
    ratios = np.arange(5.0, 7.01, 0.1)
    chi2 = []
    for coefficients in coefficient_maps(library, made.kinematics, ratios):
        problem = weight_problem(**arguments, coefficients=coefficients, kinematics=made.kinematics)
        chi2.append(problem.chi2(solve_weights(problem)))
    n = 4 * 48
    assert ratios[np.argmin(chi2)] == pytest.approx(6.0, abs=0.3)
    assert chi2[10] - min(chi2) < np.sqrt(2 * n)
    assert chi2[10] < n + 4 * np.sqrt(2 * n)
    assert chi2[0] - min(chi2) > np.sqrt(2 * n) < chi2[-1] - min(chi2)


def test_masses_of_the_galaxy_are_dynamites(galaxy: GalaxyModel) -> None:
    """Cells: the same integral (1e-10). Apertures: DYNAMITE integrates more coarsely; the issue asks for 2 %."""
    theirs = reference(shared_data("ngc6278"))
    space = ngc6278.space_grid(ngc6278.start_grid(galaxy))
    assert intrinsic_masses(galaxy.potential.stars, space) == pytest.approx(theirs.intrinsic, rel=1e-10)
    projected = projected_masses(ngc6278.LIGHT, theirs.apertures, ngc6278.SPREAD)
    assert projected == pytest.approx(theirs.projected, rel=0.02)
    assert velocity_range(theirs.kinematics) == pytest.approx(ngc6278.VELOCITIES.width_kms, rel=0.05)


def test_chi2_of_dynamites_histograms_is_the_least_to_1e_6() -> None:
    """By duality: with the gradient g at the weights w, no weights of total mass m have a chi² lower by more than
    g·w - m min(g, 0). The total mass is held to 0.1 %, so m is at most 1.1. And a fit needs no zero point of V here:
    the file is point-symmetric."""
    theirs = reference(shared_data("ngc6278"))
    ratio = np.array([5.9])
    problem = weight_problem(
        library=theirs.library,
        coefficients=next(coefficient_maps(theirs.library, theirs.kinematics, ratio)),
        intrinsic=theirs.intrinsic,
        projected=theirs.projected,
        kinematics=theirs.kinematics,
        errors=MassErrors(),
    )
    weights = solve_weights(problem)
    chi2 = problem.chi2(weights)
    gradient = 2 * problem.matrix.T @ (problem.matrix @ weights - problem.target)
    gap = gradient @ weights - 1.1 * min(gradient.min(), 0.0)
    assert abs(gap) < 1e-6 * chi2
    assert chi2 == pytest.approx(24808, rel=1e-3)
    bins = theirs.apertures
    x, y = (bins.sum_over_pixels(axis[..., 0]) / np.bincount(bins.bin_of_pixel.ravel())[1:] for axis in bins.points(1))
    distance_, opposite = cKDTree(np.column_stack([x, y])).query(-np.column_stack([x, y]))
    odd = 0.5 * (theirs.kinematics.mean_kms + theirs.kinematics.mean_kms[opposite])[distance_ < 1]
    assert abs(np.median(odd)) < 0.1


def test_regular_orbits_are_dynamites(galaxy: GalaxyModel) -> None:
    """The second tube (in I3) of each energy at 45°: h1 to h4 within 5 %, masses within 2 %, over all of them."""
    theirs = reference(shared_data("ngc6278"))
    start = ngc6278.start_grid(galaxy)
    table = tabulate(galaxy.potential, TABLE_REACH * 10**start.log_radius_last)
    starts = start_space(table, start)
    chosen = np.arange(6) * 20 + 9
    records = [
        observe_bundle(
            table=table,
            starts=starts.tubes[k],
            periods=starts.period[k],
            observation=ngc6278.observation(galaxy, theirs.apertures),
            space=ngc6278.space_grid(start),
            integration=Integration(),
            seed=(1, int(k)),
        )
        for k in chosen
    ]
    ours = replace(theirs.library, histogram=np.stack([record.histogram for record in records]))
    same = replace(theirs.library, histogram=theirs.library.histogram[2 * chosen])
    h_ours, h_theirs = maps(ours, theirs.kinematics), maps(same, theirs.kinematics)
    for m in range(4):
        assert distance(h_ours[..., m], h_theirs[..., m]) < 0.05
    assert distance(ours.projected, same.projected) < 0.02
    cells = np.stack([record.intrinsic for record in records])
    assert distance(cells, theirs.library.intrinsic[2 * chosen]) < 0.02


@pytest.mark.slow
def test_a_whole_library_is_dynamites(galaxy: GalaxyModel) -> None:
    """Tubes within 5 %, but for the few that a start moved by 0.1 % of its radius changes by more.

    Boxes within 20 %, and not twice as far as they are from themselves under another tolerance: chaos.
    """
    from benchmarks.orbit_library import compare

    row = compare(reference(shared_data("ngc6278")))
    assert max(row["tubes_h"]) < 0.05
    assert row["fragile_tubes"] <= 30  # no more than the row next to the equipotential
    assert row["intrinsic_steady_tubes"] < 2 * row["intrinsic_steady_tubes_moved"]
    assert max(row["boxes_h"]) < 0.2
    assert max(row["boxes_h"]) < 2 * max(row["boxes_h_reseeded"])
    assert row["projected_tubes"] < 0.02
