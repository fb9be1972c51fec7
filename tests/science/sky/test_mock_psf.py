"""Point-spread functions: transforms against integrals, images of a star against encircled energy."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from scipy.integrate import quad
from scipy.special import j0

from reproduce.sky.camera import light_image
from reproduce.sky.psf import Gaussian, ImagePsf, Moffat
from reproduce.sky.settings import Camera
from reproduce.workflow.errors import InputError

FINE = Camera(field_arcsec=40.0, pixels=640)  # pixels of 1/16 arcsec, so that pixel shapes do not matter


@pytest.mark.parametrize("beta", [1.5, 2.5, 4.765])
def test_moffat_transform_is_the_hankel_transform_of_its_profile(beta: float) -> None:
    psf = Moffat(1.0, beta)
    for frequency in (0.05, 0.3, 1.0):
        wave = 2 * np.pi * frequency

        def profile(r: float, wave: float = wave) -> float:
            shape = (beta - 1) / (np.pi * psf.alpha**2) * (1 + (r / psf.alpha) ** 2) ** -beta
            return 2 * np.pi * r * shape * j0(wave * r)

        # whole oscillations up to 400 arcsec; the rest is below the amplitude of the last, which for β = 1.5 is 1e-4
        value = sum(quad(profile, low, low + 4)[0] for low in range(0, 400, 4))
        assert psf.transfer(np.array(frequency), np.array(0.0)) == pytest.approx(value, abs=3e-4)


def test_moffat_two_and_a_half_has_a_closed_form() -> None:
    psf = Moffat(0.8, 2.5)
    f = np.linspace(0, 3, 50)
    x = 2 * np.pi * psf.alpha * f
    assert np.allclose(psf.transfer(f, np.zeros_like(f)), (1 + x) * np.exp(-x), atol=1e-12)


@pytest.mark.parametrize("psf", [Moffat(0.5), Moffat(1.5), Moffat(1.0, 4.0), Gaussian(1.0)], ids=str)
def test_a_star_has_the_analytic_encircled_energy(psf: Moffat | Gaussian) -> None:
    image = light_image(np.array([320.0]), np.array([320.0]), np.ones(1), FINE, psf)
    scale = FINE.field_arcsec / FINE.pixels
    y, x = (np.mgrid[: FINE.pixels, : FINE.pixels] + 0.5 - 320) * scale
    for radius in (0.5 * psf.fwhm_arcsec, psf.fwhm_arcsec, 3 * psf.fwhm_arcsec, 8 * psf.fwhm_arcsec):
        inside = np.clip((radius - np.hypot(x, y)) / scale + 0.5, 0, 1)  # pixels on the rim count by their part inside
        # a thousandth wraps from beyond the surroundings (camera.PSF_FRACTION); pixels of 1/8 FWHM blur as much again
        assert (image * inside).sum() == pytest.approx(psf.encircled(radius), abs=2e-3)


@pytest.mark.parametrize("psf", [Moffat(0.7), Moffat(1.0, 3.5), Gaussian(1.2)], ids=str)
def test_half_the_light_level_is_at_half_the_fwhm(psf: Moffat | Gaussian) -> None:
    image = light_image(np.array([320.5]), np.array([320.5]), np.ones(1), FINE, psf)
    row = image[320] / image[320, 320]
    place = np.interp(-0.5, -row[320:400], np.arange(80)) * FINE.field_arcsec / FINE.pixels
    # averaging over pixels of 0.0625 arcsec adds a variance of scale²/12 an axis: 0.4 % of that of the narrowest core
    # if it were a Gaussian, and so 0.2 % of its width; a Moffat's core is more peaked
    assert place == pytest.approx(psf.fwhm_arcsec / 2, rel=1e-2)


def test_radius_inverts_encircled_energy() -> None:
    for psf in (Moffat(1.0), Moffat(0.6, 4.0), Gaussian(1.0)):
        assert psf.encircled(psf.radius(0.9)) == pytest.approx(0.9)


def test_an_image_of_a_gaussian_acts_as_the_gaussian(tmp_path: Path) -> None:
    scale = 0.05
    y, x = (np.mgrid[:121, :121] - 60) * scale
    fits.PrimaryHDU(np.exp(-0.5 * (x**2 + y**2) / Gaussian(1.0).sigma ** 2)).writeto(tmp_path / "psf.fits")
    measured = ImagePsf.from_fits(tmp_path / "psf.fits", scale)
    camera, star = Camera(), (np.array([70.3]), np.array([90.8]), np.ones(1))
    ours, analytic = (light_image(*star, camera, psf) for psf in (measured, Gaussian(1.0)))
    # linear interpolation between samples adds a variance of scale²/6 an axis: 0.23 % of this Gaussian's
    assert np.abs(ours - analytic).max() < 0.004 * analytic.max()
    assert measured.radius(0.9) == pytest.approx(Gaussian(1.0).radius(0.9), abs=scale)


def test_an_image_that_is_not_symmetric_keeps_its_orientation() -> None:
    values = np.zeros((9, 9))
    values[4, 8] = 1.0  # all light four samples to the right: columns grow by 4 x 0.25 arcsec = 4 pixels
    image = light_image(np.array([80.5]), np.array([60.5]), np.ones(1), Camera(), ImagePsf(values, 0.25))
    assert np.unravel_index(image.argmax(), image.shape) == (60, 84)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Moffat(0.0),
        lambda: Moffat(1.0, 1.0),
        lambda: Gaussian(-1.0),
        lambda: ImagePsf(np.zeros((5, 5)), 0.1),
        lambda: ImagePsf(np.ones((5, 5)), 0.0),
        lambda: ImagePsf(np.ones(5), 0.1),
    ],
)
def test_impossible_functions_are_refused(make: object) -> None:
    with pytest.raises(InputError, match="PSF"):
        make()  # type: ignore[operator]


def test_a_file_without_an_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "psf.fits").write_text("no")
    with pytest.raises(InputError, match="no FITS image"):
        ImagePsf.from_fits(tmp_path / "psf.fits", 0.1)
