"""Aperture photometry and half-light radii from the curve of growth: what a cluster's image says without a network.

The sky is that of a ring around the cluster. The aperture is three times the radius at which the cluster
stands out best over the noise; half of the light in it lies within the half-light radius, from which the width of the
point-spread function is taken in quadrature. What a method of this kind misses, light outside the aperture and stars of
the field, is corrected by artificial clusters, as is usual (`baselines`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RADII_PX = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 18.0, 22.0, 26.0])
RING_PX = (28.0, 38.0)
PARTS = 8  # of the ring
SEARCH_PX, FARTHEST_PX = 8.0, 3.0
"""A centre is the centroid of the light within the first, at most the second from the image's middle."""
APERTURE = 3.0
"""The aperture's radius over that at which the cluster stands out best."""
SMALLEST_PX = 3.0
PSF_HALF_PX = 1.2  # half of a star's light lies within this radius in F475W and F814W
LEAST_HALF_PX = 0.3

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Photometry of n images in three bands.

    Attributes
    ----------
    rate, error : (n, 3)
        Light in the aperture [electrons/s], and its error by the scatter of the sky.
    aperture_px, half_px : (n,)
        Radii of the aperture and of half of the light in it, without the point-spread function's [px].
    signal_to_noise : (n,)
        Of F475W and F814W together, where it is best.
    """

    rate: Array
    error: Array
    aperture_px: Array
    half_px: Array
    signal_to_noise: Array


def measure(images: NDArray, exposure_s: tuple[float, float, float]) -> Measured:
    """Measure images (n, 3, ny, nx) [electrons/s]; `exposure_s` is for the photon noise."""
    rows = [_one(image.astype(np.float64), np.array(exposure_s)) for image in images]
    return Measured(*(np.array(column) for column in zip(*rows, strict=True)))


def _one(image: Array, time: Array) -> tuple[Array, Array, float, float, float]:
    side = image.shape[-1]
    y, x = np.indices((side, side)) - (side - 1) / 2
    level, spread = _sky(image, x, y)
    net = image - level[:, None, None]
    seen = (net / spread[:, None, None])[1:].sum(axis=0)  # F475W and F814W in their noise
    dx, dy = _centroid(seen, x, y)
    away = np.hypot(x - dx, y - dy)
    within = np.clip(RADII_PX[:, None] - away.ravel() + 0.5, 0, 1)
    growth = within @ net.reshape(3, -1).T  # (radii, 3)
    pixels = within.sum(axis=1)
    total = growth[:, 1:] @ (1 / spread[1:])
    noise = np.sqrt(2 * pixels + np.maximum(growth[:, 1:] @ (1 / (time[1:] * spread[1:] ** 2)), 0))
    best = int(np.argmax(total / noise))
    aperture = float(np.clip(APERTURE * RADII_PX[best], SMALLEST_PX, RADII_PX[-1]))
    rate = np.array([np.interp(aperture, RADII_PX, growth[:, band]) for band in range(3)])
    count = float(np.interp(aperture, RADII_PX, pixels))
    error = np.sqrt(count * spread**2 + np.maximum(rate, 0) / time)
    curve = np.maximum.accumulate(np.concatenate([[0.0], total]))
    half = 0.5 * float(np.interp(aperture, RADII_PX, total))
    radius = float(np.interp(half, curve, np.concatenate([[0.0], RADII_PX]))) if half > 0 else LEAST_HALF_PX
    inner = np.sqrt(max(radius**2 - PSF_HALF_PX**2, LEAST_HALF_PX**2))
    return rate, error, aperture, float(inner), float(total[best] / noise[best])


def _sky(image: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Level of the sky and noise of a pixel, both (3,): the median of the means of the ring's parts, and what they
    scatter, which has the light of the field's stars, many pixels wide, as the scatter of pixels has not."""
    away = np.hypot(x, y)
    ring = (away >= RING_PX[0]) & (away <= RING_PX[1])
    part = np.floor((np.arctan2(y, x)[ring] / (2 * np.pi) + 0.5) * PARTS).astype(int) % PARTS
    count = np.bincount(part, minlength=PARTS)
    values = image[:, ring]
    means = np.stack([np.bincount(part, band, PARTS) for band in values]) / count
    noise = np.sqrt(np.maximum(count.mean() * means.var(axis=1, ddof=1), values.var(axis=1)))
    return np.median(means, axis=1), np.maximum(noise, 1e-6)


def _centroid(seen: Array, x: Array, y: Array) -> tuple[float, float]:
    weight = np.where(np.hypot(x, y) <= SEARCH_PX, np.maximum(seen, 0), 0)
    total = weight.sum()
    if total <= 0:
        return 0.0, 0.0
    dx, dy = (float((weight * place).sum() / total) for place in (x, y))
    scale = min(1.0, FARTHEST_PX / max(np.hypot(dx, dy), 1e-9))
    return dx * scale, dy * scale
