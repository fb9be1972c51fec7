"""Coordinates of an image: where its middle is, and which way its pixels run."""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord

from reproduce.sky.settings import Camera
from reproduce.sky.wcs import camera_wcs, tangent_wcs
from reproduce.stars.photometry import flux_of_luminosity, luminosity_of_apparent, luminosity_of_flux

CENTRE = SkyCoord(199.112875, 17.70025, unit="deg")


def test_the_middle_is_the_centre_and_columns_run_west_rows_north() -> None:
    wcs = tangent_wcs((20, 31), 0.5, CENTRE)
    assert wcs.array_shape == (20, 31)
    assert wcs.pixel_to_world(15, 9.5).separation(CENTRE).arcsec == pytest.approx(0, abs=1e-6)
    for x, y, angle_deg in ((16, 9.5, 270), (15, 10.5, 0)):
        place = wcs.pixel_to_world(x, y)
        assert CENTRE.separation(place).arcsec == pytest.approx(0.5, rel=1e-6)
        turned = (CENTRE.position_angle(place) - angle_deg * units.deg).wrap_at("180d")
        assert turned.deg == pytest.approx(0, abs=1e-3)


def test_a_camera_has_its_field() -> None:
    camera = Camera(field_arcsec=40, pixels=160)
    wcs = camera_wcs(camera, CENTRE)
    left, right = wcs.pixel_to_world(-0.5, 79.5), wcs.pixel_to_world(159.5, 79.5)
    # the tangent plane and the sphere differ by (20 arcsec)² / 3 of it, 3e-9
    assert left.separation(right).arcsec == pytest.approx(40, rel=1e-7)


def test_flux_and_luminosity_belong_together() -> None:
    distance = np.array([0.01, 10.0, 80.0])
    np.testing.assert_allclose(luminosity_of_flux(flux_of_luminosity(3.0, distance), distance), 3.0, rtol=1e-14)
    # flux of a star of V = 20 mag is the same at any distance
    flux = [float(flux_of_luminosity(luminosity_of_apparent(20.0, float(d)), d)) for d in distance]
    np.testing.assert_allclose(flux, flux[0], rtol=1e-13)
