"""How a luminosity map looks, in numbers that no network has a say in.

The first six are those of `FIRST_NAMES`, all that calibrations knew before; the others follow.
"""

from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

FIRST_NAMES = ("total", "offset", "extent", "faint", "bright", "roughness")
RINGS = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8)
"""Edges of the rings in which the profile is taken, in half sides of the field."""
BANDS = (1, 3, 5, 8, 12, 18, 40)
"""Edges of the bands of the power spectrum [cycles a side]; smoothing leaves e^-1 of the power at 6."""
PEAKS = 10
"""The brightest peaks that are looked at."""
NAMES = (
    *FIRST_NAMES,
    "middle",
    *(f"fall_{k}" for k in range(1, len(RINGS) - 1)),
    "scatter_inside",
    "scatter_outside",
    "skewness",
    "kurtosis",
    "one_sided",
    "two_sided",
    "direction",
    "tilt",
    "bend",
    "summit",
    *(f"power_{k}" for k in range(1, len(BANDS))),
    "brightest_hundredth",
    "gini",
    "plateau",
    "peaks",
    "peak_height",
    "peak_range",
    "peak_width",
    "peak_width_scatter",
    "peak_elongation",
)
# Roughness of a map without any structure [dex]; a floor for the logarithm.
SMOOTHEST = 1e-6
FARTHEST_SUMMIT = 2.0
FAINTEST_DEX = 3.0
"""Pixels are taken as no further below the median: holes in a map have numbers of any size."""


def appearance(flux: ArrayLike) -> Array:
    """Numbers of each map that the eight symmetries of the square leave alone.

    Parameters
    ----------
    flux : array, shape (n, ny, nx)
        log10(F / (Lsun kpc^-2)), finite.

    Returns
    -------
    array, shape (n, len(NAMES))
        In the order of `NAMES`:

        ``total``: log10 of the field's flux; ``offset``, ``extent``: distance of the light's centre from the field's,
        and rms distance of the light from the field's centre, both in half sides; ``faint``, ``bright``: median minus
        first percentile, and 99th percentile minus median, of the pixels [dex]; ``roughness``: log10 of the rms of the
        discrete Laplacian [dex], which seeing and smoothing lower and single bright stars raise.

        ``middle``: distance of the middle of the brighter half of the pixels, weighted with their height above the
        median [dex], from the field's, in half sides: a few bright stars move it less than the light's centre.
        ``fall_1`` …: how much the mean log10 F falls from each of the `RINGS` about this middle to the next [dex].

        Of what is left without the profile: ``scatter_inside``, ``scatter_outside`` of the third ring's inner edge:
        log10 of the standard deviation [dex]; ``skewness``, ``kurtosis``; ``one_sided``, ``two_sided``: amplitude of
        cos φ and of cos 2φ over the standard deviation; ``power_1`` …: log10 of the power in `BANDS` over all power.

        ``direction``: 0 if slopes of log10 F have all directions alike, 1 if all the same. ``tilt``, ``bend``: slope in
        the middle of the field, and curvature, of the parabola a + b x + c y + d (x² + y²) nearest to log10 F, with x
        and y in half sides [dex]; ``summit``: how far from the middle it is highest, in half sides, held at
        `FARTHEST_SUMMIT`.

        ``brightest_hundredth``: share of the light in the brightest hundredth of the pixels; ``gini``: Gini's
        coefficient of the light; ``plateau``: log10 of the number of pixels within 0.01 dex of the brightest.

        Of the local maxima above the median: ``peaks``: log10 of one more than their number; ``peak_height``,
        ``peak_range``: the brightest above the median, and the range of the `PEAKS` brightest [dex]; ``peak_width``:
        mean log10 of the widths of these, from the curvature at their tops [px]; ``peak_width_scatter``,
        ``peak_elongation``: its standard deviation, and their mean elongation [dex].
    """
    return np.array([_numbers(one) for one in np.asarray(flux, np.float64)])


def _numbers(flux: NDArray) -> list[float]:
    ny, nx = flux.shape
    y, x = _places(ny, nx)
    light = 10**flux
    low, median, high = np.percentile(flux, [1, 50, 99])
    offset, extent = _light(light, y, x)
    bounded = np.maximum(flux, median - FAINTEST_DEX)
    weight = np.maximum(bounded - median, 0) + SMOOTHEST
    y0, x0 = (float((weight * axis).sum() / weight.sum()) for axis in (y, x))
    radius = np.hypot(y - y0, x - x0)
    profile = _profile(bounded, radius)
    rest = bounded - np.interp(radius, (np.array(RINGS[:-1]) + RINGS[1:]) / 2, profile)
    inner, here = radius < RINGS[2], radius < RINGS[-1]
    whole = rest[here]
    away = (whole - whole.mean()) / max(whole.std(), SMOOTHEST)
    around = ((x - x0) + 1j * (y - y0))[here] / np.maximum(radius[here], SMOOTHEST)  # exp(iφ)
    return [
        np.log10(light.sum()),
        offset,
        extent,
        median - low,
        high - median,
        np.log10(max(np.sqrt(np.square(_laplacian(flux)).mean()), SMOOTHEST)),
        np.hypot(y0, x0),
        *(-np.diff(profile)),
        *(np.log10(max(part.std(), SMOOTHEST)) for part in (rest[inner], rest[here & ~inner])),
        float(np.cbrt(np.mean(away * away * away))),
        float(np.log(np.mean(np.square(away * away)) + SMOOTHEST)),
        *(abs(np.mean(away * around**m)) for m in (1, 2)),
        _direction(bounded),
        *parabola(bounded, y, x),
        *_power(rest),
        *_concentration(light),
        np.log10(np.sum(flux > flux.max() - 0.01)),
        *_peaks(bounded, median),
    ]


@lru_cache(maxsize=4)
def _places(ny: int, nx: int) -> tuple[Array, Array]:
    """Rows and columns of the pixels from the middle, in half sides."""
    y, x = np.indices((ny, nx), dtype=np.float64)
    return (y - (ny - 1) / 2) / (ny / 2), (x - (nx - 1) / 2) / (nx / 2)


def _light(light: NDArray, y: NDArray, x: NDArray) -> tuple[float, float]:
    total = light.sum()
    offset = np.hypot((light * x).sum(), (light * y).sum()) / total
    return float(offset), float(np.sqrt((light * (x**2 + y**2)).sum() / total))


def _profile(flux: NDArray, radius: NDArray) -> Array:
    """Mean in each ring, shape (rings,)."""
    ring = np.searchsorted(RINGS, radius.ravel(), side="right") - 1
    n = len(RINGS)
    counts = np.bincount(ring, minlength=n)[: n - 1]
    return np.bincount(ring, flux.ravel(), minlength=n)[: n - 1] / np.maximum(counts, 1)


def _laplacian(flux: NDArray) -> NDArray:
    inner = flux[1:-1, 1:-1]
    return flux[2:, 1:-1] + flux[:-2, 1:-1] + flux[1:-1, 2:] + flux[1:-1, :-2] - 4 * inner


def _direction(flux: NDArray) -> float:
    rows, columns = np.gradient(flux)
    xx, yy, xy = (columns**2).mean(), (rows**2).mean(), (rows * columns).mean()
    return float(np.hypot(xx - yy, 2 * xy) / (xx + yy + SMOOTHEST**2))


def parabola(flux: NDArray, y: NDArray, x: NDArray) -> tuple[float, float, float]:
    """``tilt``, ``bend`` and ``summit`` of `appearance` for one map, pixels at y and x in half sides."""
    bowl = x**2 + y**2
    bowl -= bowl.mean()  # on this grid the four functions are orthogonal
    tilt = np.hypot(*((axis * flux).sum() / (axis**2).sum() for axis in (x, y)))
    bend = float((bowl * flux).sum() / (bowl**2).sum())
    summit = min(tilt / (2 * -bend), FARTHEST_SUMMIT) if bend < 0 else FARTHEST_SUMMIT
    return float(tilt), bend, float(summit)


@lru_cache(maxsize=4)
def _bands(ny: int, nx: int) -> tuple[Array, NDArray[np.int64]]:
    """A window that falls to 0 at the edges, and each frequency's band, 0: below the first, last: beyond."""
    window = np.outer(np.hanning(ny), np.hanning(nx))
    k = np.hypot(np.fft.fftfreq(ny)[:, None] * ny, np.fft.fftfreq(nx)[None, :] * nx)
    return window, np.searchsorted(BANDS, k, side="right").ravel()


def _power(rest: NDArray) -> Array:
    window, band = _bands(*rest.shape)
    power = np.square(np.abs(np.fft.fft2((rest - rest.mean()) * window))).ravel()
    sums = np.bincount(band, power, minlength=len(BANDS) + 1)[1 : len(BANDS)]
    return np.log10(sums / (power.sum() + SMOOTHEST) + SMOOTHEST**2)


def _concentration(light: NDArray) -> tuple[float, float]:
    values = np.sort(light.ravel().astype(np.float32)).astype(np.float64)
    n, total = len(values), values.sum()
    gini = (2 * np.arange(1, n + 1) - n - 1) @ values / (n * total)
    return float(values[-(n // 100) :].sum() / total), float(gini)


def _peaks(flux: NDArray, median: float) -> list[float]:
    highest = (scipy.ndimage.maximum_filter(flux, 3) == flux) & (flux > median)
    rows, columns = (places + 1 for places in np.nonzero(highest[1:-1, 1:-1]))
    if len(rows) == 0:
        return [0.0, 0.0, 0.0, 2.0, 0.0, 0.0]
    brightest = np.argsort(-flux[rows, columns], kind="stable")[:PEAKS]
    r, c = rows[brightest], columns[brightest]
    here = flux[r, c]
    yy = 2 * here - flux[r + 1, c] - flux[r - 1, c]
    xx = 2 * here - flux[r, c + 1] - flux[r, c - 1]
    xy = (flux[r + 1, c + 1] + flux[r - 1, c - 1] - flux[r + 1, c - 1] - flux[r - 1, c + 1]) / 4
    half, split = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    least = 1e-5  # of a width of 200 pixels
    sharp, blunt = np.maximum(half + split, least), np.maximum(half - split, least)
    # ln F = -r²/2σ² at the top of a Gaussian, so that the curvature of log10 F is log10(e)/σ²
    widths = 0.5 * np.log10(np.log10(np.e) / np.sqrt(sharp * blunt))
    return [
        float(np.log10(1 + len(rows))),
        float(here[0] - median),
        float(here[0] - here[-1]),
        float(widths.mean()),
        float(widths.std()),
        float(np.mean(np.log10(sharp / blunt)) / 4),
    ]
