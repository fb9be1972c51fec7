"""What an image warns of: saturated stars, a sky that was subtracted too much."""

import numpy as np
from astropy.stats import sigma_clipped_stats
from numpy.typing import NDArray

from reproduce.archives.image import BandImage

SATURATION_MAGNITUDE = 14.0
"""PS1's stacks saturate at 12 to 14 mag, the earlier the better the seeing (Magnier et al. 2013, Waters et al. 2020);
used where the header gives no level."""
PEAK_FRACTION = 0.03
"""Light of a star that falls on its brightest pixel of 0.25 arcsec in PS1's seeing of 1.1 arcsec (Moffat, β = 2.5)."""
NEAR_SATURATION = 0.9
TILES = 4
DEEP = 5.0
"""A part of the image counts as too dark when its median is this many standard errors below zero: the lowest of 16
parts lies 1.8 below by chance."""
WORTH_SAYING = 0.01
"""Smallest fraction of the field's light that a fault of the sky must make up to be told."""


def saturation(image: BandImage, field: NDArray[np.bool_] | None = None) -> str | None:
    """A warning if pixels are at or near saturation.

    Parameters
    ----------
    image : BandImage
        The image.
    field : array of bool, shape (ny, nx), optional
        Where to look; everywhere if left out.
    """
    level, told = image.saturation_counts, "the header's level"
    if level is None or not np.isfinite(level) or level <= 0:
        level = PEAK_FRACTION * 10 ** (-0.4 * (SATURATION_MAGNITUDE - image.zero_point_ab))
        told = f"the peak of a star of {SATURATION_MAGNITUDE:g} mag"
    usable = ~image.bad if field is None else ~image.bad & field
    count = int(np.count_nonzero(image.counts[usable] >= NEAR_SATURATION * level))
    if not count:
        return None
    return (
        f"{image.band}: {count} pixels reach {NEAR_SATURATION:.0%} of {told}; the light of their stars, and the "
        "colour there, may be too low"
    )


def sky(image: BandImage, light_counts: float, field_pixels: float) -> str | None:
    """A warning if the sky was subtracted too much: the faintest of 16 parts of the image lies below zero.

    A sky subtracted too little cannot be told from a cluster that fills the image, and is not looked for.

    Parameters
    ----------
    image : BandImage
        The image.
    light_counts : float
        Counts of the field.
    field_pixels : float
        Pixels of the image that the field has.
    """
    values = np.where(image.bad, np.nan, image.counts)
    lowest, error = np.inf, np.inf
    for rows in np.array_split(np.arange(values.shape[0]), TILES):
        for columns in np.array_split(np.arange(values.shape[1]), TILES):
            tile = values[np.ix_(rows, columns)]
            tile = tile[np.isfinite(tile)]
            if tile.size < 25:  # too few for a median with an error
                continue
            _, median, deviation = sigma_clipped_stats(tile, sigma=3.0)
            if median < lowest:
                lowest, error = float(median), 1.25 * float(deviation) / np.sqrt(tile.size)
    missing = -lowest * field_pixels / light_counts if light_counts > 0 else np.inf
    if lowest >= -DEEP * error or missing < WORTH_SAYING:
        return None
    return (
        f"{image.band}: the sky was subtracted too much, by at least {-lowest:.3g} counts a pixel; the field lacks "
        f"about {100 * missing:.0f} % of its light"
    )
