"""Velocities in the energies' own scale, and a process for each energy, on things whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from reproduce.galaxy.orbits.losvd import hermite_basis
from reproduce.galaxy.orbits.potential import G
from reproduce.papers.skusa2023.emulator import process
from reproduce.papers.skusa2023.emulator.design import Libraries
from reproduce.papers.skusa2023.emulator.methods import Method
from reproduce.papers.skusa2023.emulator.velocities import Frame, Scales, stretch, stretched

EDGES = np.linspace(-900, 900, 122)
CENTRES = 0.5 * (EDGES[1:] + EDGES[:-1])


def _line(mean: float, dispersion: float) -> np.ndarray:
    values = np.exp(-0.5 * ((CENTRES - mean) / dispersion) ** 2)
    return values / values.sum()


@pytest.mark.parametrize("factor", [0.7, 1.0, 1.07, 1.4])
def test_a_stretch_keeps_the_first_three_moments(factor: float) -> None:
    """Of a line well inside the bins; to the rounding of float32."""
    line = _line(60, 110)
    made = stretch(len(CENTRES), factor) @ line
    for power in range(4):
        expected = (line * (factor * CENTRES) ** power).sum()
        assert (made * CENTRES**power).sum() == pytest.approx(expected, rel=2e-6, abs=2e-6 * 400**power)


def test_a_stretch_gives_the_line_that_is_wider() -> None:
    """h1 to h4 of a stretched line about another mean and dispersion are those of the line made wide at once.

    Lagrange's cubic misses a term of the fourth order in the bin's width over the line's: (15 / 100)⁴ / 24, 2 × 10⁻⁵;
    ten times that is allowed. A shift by one bin would be 0.05.
    """
    basis = hermite_basis(EDGES, np.array([150.0]), np.array([140.0]))[0]
    made, truth = stretch(len(CENTRES), 1.25) @ _line(100, 100), _line(125, 125)
    assert made @ basis == pytest.approx(truth @ basis, abs=2e-4)


def test_no_mass_is_lost_and_the_ends_keep_what_is_outside() -> None:
    line = np.full(len(CENTRES), 1 / len(CENTRES))
    for factor in (0.6, 1.7):
        assert (stretch(len(CENTRES), factor) @ line).sum() == pytest.approx(1, abs=1e-6)
    matrix = stretch(len(CENTRES), 0.6).toarray()
    assert matrix[0, 0] == matrix[-1, -1] == 1
    assert (stretch(len(CENTRES), 1.7).toarray()[0] > 0).sum() > 20


def _libraries(speeds: np.ndarray) -> Libraries:
    """Two energies, a tube and a box of each; lines whose width and mean go with the energy's speed (n, 2)."""
    histogram = np.empty((len(speeds), 4, len(CENTRES), 1), np.float32)
    for k, row in enumerate(speeds):
        for orbit, speed in enumerate((*row, *row)):
            histogram[k, orbit, :, 0] = _line(0.5 * speed, 0.6 * speed)
    return Libraries(
        parameters=np.zeros((len(speeds), 4)),
        histogram=histogram,
        intrinsic=np.ones((len(speeds), 4, 1, 1, 1), np.float32),
        velocity_edges_kms=EDGES,
        n_tubes=4,
        mass_to_light=5.0,
    )


def test_lines_that_differ_in_speed_alone_are_one_after_the_stretch() -> None:
    """And their mean is then right where the mean at fixed velocities is not: what the frame is for.

    Judged by h1 to h4, as everywhere: single bins get more or less as new places fall on them.
    """
    speeds = np.array([[200.0, 150.0], [200.0, 250.0]])
    energies = np.array([0, 1, 0, 1])
    libraries = _libraries(speeds)
    common = np.sqrt(speeds[0] * speeds[1])
    own = stretched(libraries, common / speeds, energies)
    basis = hermite_basis(EDGES, np.array([80.0]), np.array([140.0]))[0]

    def h(histogram: np.ndarray) -> np.ndarray:
        return np.einsum("ovk,vm->om", histogram, basis)

    truth = h(_libraries(common[None]).histogram[0])
    assert h(own.histogram[0]) == pytest.approx(truth, abs=2e-4)
    assert h(own.histogram.mean(axis=0)) == pytest.approx(truth, abs=2e-4)
    assert np.abs(h(libraries.histogram.mean(axis=0)) - truth).max() > 1e-2
    back = stretched(own, speeds / common, energies)
    assert h(back.histogram[1]) == pytest.approx(h(libraries.histogram[1]), abs=2e-4)


def _constant(value: float) -> "np.polynomial.Chebyshev":
    return np.polynomial.Chebyshev([value])


def test_speeds_of_a_point_mass_and_shares() -> None:
    """Without stars, a hole alone: v_E² = 2 G m (4 - 1) / r; half stars, half hole: a share of a half."""
    radius, hole = 100.0, 1e8
    pull = G * hole / (0.6 * radius)
    alone = Scales(np.array([radius]), (_constant(0.0), _constant(0.0)), 1e-6, 1e-3)
    asked = np.array([[0.5, -6.0, 1.0, 8.0]])
    assert alone.speeds(asked)[0, 0] == pytest.approx(np.sqrt(6 * G * hole / radius), rel=1e-5)
    both = replace(alone, stars=(_constant(0.0), _constant(pull)))
    q, halo, concentration, root = both.coordinates(asked)[0, 0]
    assert (q, concentration) == (0.5, 1.0)
    assert halo == pytest.approx(0, abs=1e-6)
    assert root**2 == pytest.approx(0.5, rel=1e-5)


def test_kriging_returns_what_it_was_given_and_keeps_mass() -> None:
    """Next to no noise at libraries that lie apart by two lengths: unit vectors; anywhere, weights that sum to one."""
    random = np.random.default_rng(1)
    places = 2 * np.indices((4, 5)).reshape(2, -1).T.astype(float)
    fitted = np.array([0.0, 0.0, -9.0])
    assert process.kriging(places, places, fitted) == pytest.approx(np.eye(20), abs=1e-3)
    far = process.kriging(places, np.array([[50.0, 50.0]]), fitted)
    assert far.sum() == pytest.approx(1)
    assert process.kriging(places, random.normal(size=(5, 2)), fitted).sum(axis=1) == pytest.approx(np.ones(5))


def test_the_likelihood_finds_which_coordinate_matters() -> None:
    """Values that turn with the first coordinate alone, and noise of a tenth: a long length for the second, the noise
    of a hundredth within a factor of three."""
    random = np.random.default_rng(2)
    places = random.uniform(-1.7, 1.7, size=(40, 2))
    noise = 0.1 * random.normal(size=(1, 40, 60))
    values = np.sin(1.5 * places[:, 0])[:, None] * random.normal(size=60) + noise[0]
    products = process.gram({"h1": values[:, None]}, np.array([True]))
    fitted = process.most_likely(places, products)
    assert fitted[1] > fitted[0] + 1
    amplitude = values.var(axis=0).mean() - 0.01
    assert np.exp(fitted[2]) * max(amplitude, 0.1) == pytest.approx(0.01, rel=2)


def test_each_group_has_its_own_weights() -> None:
    libraries = _libraries(np.array([[200.0, 150.0], [200.0, 250.0]]))
    share = np.zeros((1, 4, 2))
    share[0, :, 0] = [1, 0, 1, 0]
    share[0, :, 1] = [0, 1, 0, 1]
    frame = Frame(None, np.array([1.0, 1.0]), np.array([0, 1, 0, 1]))  # type: ignore[arg-type]
    made = Method(frame, libraries, lambda _: share, scaled=False)(np.zeros((1, 4)))
    for orbit, source in enumerate((0, 1, 0, 1)):
        assert (made.histogram[0, orbit] == libraries.histogram[source, orbit]).all()
