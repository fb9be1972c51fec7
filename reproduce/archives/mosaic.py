"""One image out of several that each show a part of the field."""

from collections.abc import Sequence

import numpy as np
from astropy.wcs import WCS

from reproduce.archives.image import BandImage, Window, pixel_area_arcsec2, pixel_scale_arcsec


def join(images: Sequence[BandImage], window: Window) -> BandImage:
    """One image of a window; NaN where none of the images has anything to use.

    A single image, or a first one without a gap, is handed back as it is. Otherwise all are put on the first one's
    pixels, continued as far as the window needs, in units of its counts, and averaged where they overlap: flux per
    area of sky is conserved.

    Parameters
    ----------
    images : sequence of BandImage
        At least one; all of one band.
    window : Window
        What the result must show.
    """
    first = images[0]
    if len(images) == 1 or (_holds(first, window) and not first.bad.any()):
        return first
    from reproject import reproject_exact
    from reproject.mosaicking import reproject_and_coadd

    wcs, shape = _grid(first, window)
    area = pixel_area_arcsec2(wcs, shape[1] / 2, shape[0] / 2)
    layers, levels = [], []
    for image in images:
        own = pixel_area_arcsec2(image.wcs, *image.wcs.world_to_pixel(window.centre))
        count = 10 ** (-0.4 * (image.zero_point_ab - first.zero_point_ab))  # in counts of the first
        if image.saturation_counts is not None:
            levels.append(image.saturation_counts * count)
        layers.append((np.where(image.bad, np.nan, image.counts) * count * area / own, image.wcs))
    counts, _ = reproject_and_coadd(
        layers, wcs, shape_out=shape, reproject_function=reproject_exact, blank_pixel_value=np.nan
    )
    return BandImage(
        counts=counts,
        wcs=wcs,
        zero_point_ab=first.zero_point_ab,
        band=first.band,
        saturation_counts=min(levels, default=None),
        origin=f"mosaic of {len(images)} images, first {first.origin}",
    )


def _holds(image: BandImage, window: Window) -> bool:
    """Whether an image reaches as far as the window."""
    side = window.side_arcsec / pixel_scale_arcsec(image.wcs, *image.wcs.world_to_pixel(window.centre))
    x, y = image.wcs.world_to_pixel(window.centre)
    ny, nx = image.counts.shape
    return min(x, y, nx - 1 - x, ny - 1 - y) >= side / 2 - 1


def _grid(first: BandImage, window: Window) -> tuple[WCS, tuple[int, int]]:
    """The first image's pixels, continued over the window."""
    scale = pixel_scale_arcsec(first.wcs, *first.wcs.world_to_pixel(window.centre))
    half = int(np.ceil(window.side_arcsec / scale / 2))
    x, y = (round(float(value)) for value in first.wcs.world_to_pixel(window.centre))
    wcs = first.wcs.deepcopy()
    wcs.wcs.crpix = wcs.wcs.crpix - [x - half, y - half]
    return wcs, (2 * half, 2 * half)
