"""Moments of a network's own maps: those of an elliptical Gaussian in a Gaussian window are known."""

import numpy as np
import pytest
from keras import ops

from reproduce.papers.magron2026.networks.architecture import WINDOWS, Moments
from reproduce.papers.magron2026.pixels import FLUX_SCALE, LEAST_SAID_MSUN, MASS_MEAN, MASS_STD

SIDE = 32


def gaussian(axes: tuple[float, float], angle_deg: float, centre: tuple[float, float]) -> np.ndarray:
    """An elliptical Gaussian of 1 in its middle, (SIDE, SIDE); its long axis turned from columns to rows."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    along, across = c * (x - centre[0]) + s * (y - centre[1]), -s * (x - centre[0]) + c * (y - centre[1])
    return np.exp(-((along / axes[0]) ** 2 + (across / axes[1]) ** 2) / 2)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 150.0])
def test_they_are_those_of_a_gaussian(angle: float) -> None:
    image = 1e3 * gaussian((3.0, 2.0), angle, (0.7, -0.4))
    bands = np.repeat((np.arcsinh(image) / FLUX_SCALE)[None, ..., None], 3, axis=-1)
    mass = ((np.log10(image + LEAST_SAID_MSUN) - MASS_MEAN) / MASS_STD)[None, ..., None]
    found = ops.convert_to_numpy(Moments()([bands.astype(np.float32), mass.astype(np.float32)]))[0]
    found = found.reshape(len(WINDOWS), 4, 4)  # window, number, map
    for k, part in enumerate(WINDOWS):
        a, b = (1 / (1 / axis**2 + (part / SIDE) ** 2) for axis in (3.0, 2.0))  # variances in the window
        shape = (a - b) / (a + b)
        # sampled in cells and cut at the edges: 1 % of the ellipticity
        np.testing.assert_allclose(found[k, 0], shape * np.cos(2 * np.radians(angle)), atol=0.01 * shape)
        np.testing.assert_allclose(found[k, 1], shape * np.sin(2 * np.radians(angle)), atol=0.01 * shape)
        np.testing.assert_allclose(found[k, 2], np.log(a + b), atol=0.01)
        np.testing.assert_allclose(found[k, 3], np.log(1e3 * 2 * np.pi * 6.0 * np.sqrt(a * b) / 6.0), atol=0.01)


def test_empty_maps_and_those_of_a_network_that_has_just_begun_are_finite() -> None:
    rng = np.random.default_rng(1)
    for scale in (0.0, 1.0, 1e3):
        bands, mass = (scale * rng.standard_normal((2, SIDE, SIDE, n)).astype(np.float32) for n in (3, 1))
        assert np.isfinite(ops.convert_to_numpy(Moments()([bands, mass]))).all()
