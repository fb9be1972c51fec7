"""The light of a galaxy: deprojection, apertures, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from reproduce.galaxy.orbits.galaxy_model import galaxy_model
from reproduce.galaxy.orbits.mge import ObservedGaussians, ViewingAngles, deproject, viewing_angles
from reproduce.galaxy.orbits.observation import Apertures, PointSpread, VelocityBins, projected_masses
from reproduce.papers.skusa2023 import ngc6278
from reproduce.workflow.errors import InputError


def test_viewing_angles_of_the_thesis() -> None:
    angles = viewing_angles(0.99, 0.54, 0.9999, 0.55097)
    assert (round(angles.theta_deg, 2), round(angles.phi_deg, 2), round(angles.psi_deg, 2)) == (82.44, 84.25, 90.02)


def test_total_light_of_the_thesis() -> None:
    """1.625e10 Lsun in its Table 2.1, four digits."""
    assert ngc6278.model().potential.stars.luminosity.sum() == pytest.approx(1.625e10, rel=5e-4)


@pytest.mark.parametrize("twist", [0.0, 3.0])
def test_what_is_deprojected_looks_like_what_was_seen(twist: float) -> None:
    """Positions drawn from the triaxial Gaussian have, on the sky, the observed ellipse."""
    light = ObservedGaussians(np.array([100.0]), np.array([2.0]), np.array([0.7]), np.array([twist]))
    angles = ViewingAngles(60.0, 50.0, 100.0)
    stars = deproject(light, angles, 10.0)
    axes = stars.sigma_pc[0] * np.array([1.0, stars.p[0], stars.q[0]])
    sky = angles.sky_axes()[:2]
    ellipse = (sky * axes**2) @ sky.T
    turn = np.radians(twist)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    assert ellipse == pytest.approx(turned @ np.diag([20.0**2, 14.0**2]) @ turned.T, rel=1e-12, abs=1e-9)
    assert stars.q[0] < stars.p[0] < 1


def test_axes_of_the_sky_are_orthonormal() -> None:
    axes = ViewingAngles(33.0, 71.0, 95.0).sky_axes()
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-14)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"q": 0.56}, "no line of sight shows that ellipse"),
        ({"p": 0.5}, "expected 0 < q < p < 1"),
        ({"u": 0.6}, "no line of sight shows that ellipse"),
        ({"distance_mpc": 0.0}, "expected both above 0"),
        ({"mass_to_light": -1.0}, "expected both above 0"),
        ({"black_hole_msun": -1.0}, "black hole >= 0"),
        ({"halo_concentration": 0.0}, "concentration > 0"),
    ],
)
def test_shapes_that_cannot_be(change: dict[str, float], says: str) -> None:
    with pytest.raises(InputError, match=says) as error:
        galaxy_model(ngc6278.LIGHT, replace(ngc6278.PARAMETERS, **change))
    assert "\n" not in str(error.value)


def test_a_gaussian_that_cannot_be_deprojected_is_named() -> None:
    flat = ObservedGaussians(np.full(2, 10.0), np.array([1.0, 3.0]), np.array([0.8, 0.3]), np.zeros(2))
    with pytest.raises(InputError, match=r"Gaussian 2 .*cannot be deprojected"):
        deproject(flat, viewing_angles(0.95, 0.7, 0.97, 0.8), 10.0)


def test_along_a_principal_plane_one_axis_stays_unseen() -> None:
    with pytest.raises(InputError, match="principal plane"):
        deproject(ngc6278.LIGHT, ViewingAngles(90.0, 40.0, 90.0), 10.0)


@pytest.mark.parametrize(("column", "value"), [(0, -1.0), (1, 0.0), (2, 1.2), (2, np.nan), (3, np.inf)])
def test_gaussians_that_cannot_be(column: int, value: float) -> None:
    columns = [np.array([5.0, 6.0]), np.array([1.0, 2.0]), np.array([0.5, 0.6]), np.zeros(2)]
    columns[column][1] = value
    with pytest.raises(InputError, match="Gaussian 2 has"):
        ObservedGaussians(*columns)


def test_light_of_a_round_gaussian_in_square_apertures() -> None:
    """Blurred, it is a Gaussian of the summed variances: products of error functions. 8 × 8 points a pixel: 2e-3."""
    light = ObservedGaussians(np.array([1.0]), np.array([3.0]), np.array([1.0]), np.array([0.0]))
    apertures = Apertures((-4.0, -4.0), (8.0, 8.0), 27.0, np.arange(1, 17).reshape(4, 4))
    part = np.diff(norm.cdf(np.arange(-4, 5, 2), scale=5.0))
    ours = projected_masses(light, Apertures((-4.0, -4.0), (8.0, 8.0), 0.0, apertures.bin_of_pixel), _spread(4.0))
    assert ours == pytest.approx(np.outer(part, part).ravel(), rel=2e-3)
    assert projected_masses(light, apertures, _spread(4.0)).sum() == pytest.approx(ours.sum(), rel=1e-3)  # round


def test_offsets_have_the_blur_asked_for() -> None:
    """A sum of two Gaussians; the standard error of a variance of 200,000 draws of such kurtosis is below 0.5 %."""
    spread = PointSpread(np.array([1.0, 3.0]), np.array([0.75, 0.25]))
    offsets = spread.offsets(200_000, np.random.default_rng(5))
    assert offsets.var(axis=0) == pytest.approx([3.0, 3.0], rel=0.02)
    assert abs(np.corrcoef(offsets.T)[0, 1]) < 0.01


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Apertures((0.0, 0.0), (1.0, 1.0), 0.0, np.array([[1, 3]])), "without gaps"),
        (lambda: Apertures((0.0, 0.0), (1.0, 1.0), 0.0, np.array([[0, 0]])), "no pixel is in any bin"),
        (lambda: Apertures((0.0, 0.0), (1.0, 1.0), 0.0, np.array([[0.5, 1.0]])), "whole numbers"),
        (lambda: Apertures((0.0, 0.0), (0.0, 1.0), 0.0, np.array([[1]])), "size above 0"),
        (lambda: PointSpread(np.array([1.0, 2.0]), np.array([1.0, 1.0])), "summing to 1"),
        (lambda: PointSpread(np.array([-1.0]), np.array([1.0])), "above 0"),
        (lambda: VelocityBins(1000.0, 20), "odd number"),
    ],
)
def test_instruments_that_cannot_be(make, says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()


def _spread(sigma: float) -> PointSpread:
    return PointSpread(np.array([sigma]), np.array([1.0]))
