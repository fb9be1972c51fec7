"""An image put on another grid of pixels, with flux conserved."""

import warnings

import numpy as np
from astropy.convolution import Gaussian2DKernel, interpolate_replace_nans
from astropy.coordinates import SkyCoord
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales, wcs_to_celestial_frame
from numpy.typing import NDArray

from reproduce.archives.image import BandImage, Window, pixel_area_arcsec2, pixel_scale_arcsec
from reproduce.workflow.errors import InputError

MARGIN_PIXELS = 12
"""Pixels of the image kept around the field: the reach of the kernel that fills masked pixels."""
FILL_SIGMA_PIXELS = 2.0
"""Standard deviation of the Gaussian weights with which a masked pixel is filled from its neighbours: about a PSF of
PS1."""
FULL_COVERAGE = 0.999
"""A grid pixel covered by less than this is not in the image; the overlaps of neighbours add up to one within 1e-8."""


def to_grid(image: BandImage, grid: WCS, largest_masked: float = 0.1) -> tuple[NDArray[np.float64], float]:
    """Light of an image on a grid of square pixels.

    Parameters
    ----------
    image : BandImage
        Of any pixel scale and orientation.
    grid : WCS
        Coordinates of the grid, in degrees: a projection about its middle, with its `array_shape` (ny, nx).
    largest_masked : float
        Largest fraction of the field that may be masked or missing.

    Returns
    -------
    light : array of float64, shape (ny, nx)
        10^(-0.4 AB) of each pixel; the total of the field is that of the image.
    masked : float
        Fraction of the field that was masked and is filled from its neighbours.

    Raises
    ------
    InputError
        If the image does not cover the field, or too much of it is masked.
    """
    from reproject import reproject_exact

    ny, nx = shape = grid.array_shape
    centre = SkyCoord(*grid.wcs.crval, unit="deg", frame=wcs_to_celestial_frame(grid))
    sides = proj_plane_pixel_scales(grid) * 3600 * (nx, ny)
    part = _around_the_field(image, centre, float(sides.max()))
    bad = part.bad
    counts, covered = reproject_exact((_filled(part.counts, bad), part.wcs), grid, shape_out=shape)
    if (covered < FULL_COVERAGE).any():
        place = centre.to_string("decimal", precision=5)
        raise InputError(
            f"{image.origin}: covers {100 * np.mean(covered >= FULL_COVERAGE):.0f} % of the field of "
            f"{sides.max():g} arcsec around {place} deg, expected all of it; give a larger image, or one of this place"
        )
    masked = 0.0
    if bad.any():
        masked = float(np.mean(reproject_exact((bad.astype(np.float64), part.wcs), grid, shape_out=shape)[0]))
    if masked > largest_masked:
        raise InputError(
            f"{image.origin}: {100 * masked:.1f} % of the field is masked or missing, at most "
            f"{100 * largest_masked:g} % is filled in; use another image, or raise observe.largest_masked"
        )
    own = pixel_area_arcsec2(image.wcs, *image.wcs.world_to_pixel(centre))
    ratio = pixel_area_arcsec2(grid, (nx - 1) / 2, (ny - 1) / 2) / own
    return counts * ratio * 10 ** (-0.4 * image.zero_point_ab), masked


def _around_the_field(image: BandImage, centre: SkyCoord, field_arcsec: float) -> BandImage:
    """The part of an image that holds the field and a margin."""
    scale = pixel_scale_arcsec(image.wcs, *image.wcs.world_to_pixel(centre))
    side = field_arcsec + 2 * MARGIN_PIXELS * scale if np.isfinite(scale) else field_arcsec
    return image.part(Window(centre, side))


def _filled(counts: NDArray, bad: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Counts with bad pixels filled from their neighbours; from the median where no neighbour is good."""
    if not bad.any():
        return counts
    values = np.where(bad, np.nan, counts)
    median = float(np.nanmedian(values)) if not bad.all() else np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyUserWarning)  # a gap wider than the kernel: the median fills it
        filled = interpolate_replace_nans(values, Gaussian2DKernel(FILL_SIGMA_PIXELS), boundary="extend")
    return np.where(np.isfinite(filled), filled, median)
