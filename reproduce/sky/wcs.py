"""Coordinates of an image in the tangent plane: columns run west, rows north."""

from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from reproduce.sky.settings import Camera

NOWHERE = SkyCoord(0.0, 0.0, unit="deg")
"""Where images are put that have no place on the sky: RA = Dec = 0."""


def tangent_wcs(shape: tuple[int, int], scale_arcsec: float, centre: SkyCoord = NOWHERE) -> WCS:
    """Gnomonic projection about the middle of an image.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns, (ny, nx).
    scale_arcsec : float
        Side of a pixel [arcsec].
    centre : SkyCoord
        The image's middle.

    Returns
    -------
    WCS
        ICRS coordinates, with `array_shape`.
    """
    ny, nx = shape
    position = centre.icrs
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crpix = [(nx + 1) / 2, (ny + 1) / 2]
    wcs.wcs.cdelt = [-scale_arcsec / 3600, scale_arcsec / 3600]
    wcs.wcs.crval = [position.ra.deg, position.dec.deg]
    wcs.wcs.radesys = "ICRS"
    wcs.array_shape = (ny, nx)
    return wcs


def camera_wcs(camera: Camera, centre: SkyCoord = NOWHERE) -> WCS:
    """Coordinates of a camera's field about its middle."""
    return tangent_wcs((camera.pixels, camera.pixels), camera.field_arcsec / camera.pixels, centre)
