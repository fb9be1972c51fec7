"""How a luminosity map looks, in six numbers that no network has a say in."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

NAMES = ("total", "offset", "extent", "faint", "bright", "roughness")
# Roughness of a map without any structure [dex]; a floor for the logarithm.
SMOOTHEST = 1e-6


def appearance(flux: ArrayLike) -> NDArray[np.float64]:
    """Six numbers of each map that the eight symmetries of the square leave alone.

    Parameters
    ----------
    flux : array, shape (n, ny, nx)
        log10(F / (Lsun kpc^-2)), finite.

    Returns
    -------
    array, shape (n, 6)
        In the order of `NAMES`: log10 of the field's flux; distance of the light's centre from the field's, and rms
        distance of the light from the field's centre, both in half sides of the field; median minus first percentile,
        and 99th percentile minus median, of the pixels [dex]; log10 of the rms of the discrete Laplacian [dex], which
        seeing and smoothing lower and single bright stars raise.
    """
    maps = np.asarray(flux, np.float64)
    n, ny, nx = maps.shape
    light = 10**maps
    total = light.sum(axis=(1, 2))
    y, x = ((np.arange(side) - (side - 1) / 2) / (side / 2) for side in (ny, nx))
    columns, rows = light.sum(axis=1), light.sum(axis=2)
    offset = np.hypot(columns @ x, rows @ y) / total
    extent = np.sqrt((columns @ x**2 + rows @ y**2) / total)
    low, middle, high = np.percentile(maps.reshape(n, -1), [1, 50, 99], axis=1)
    inner = maps[:, 1:-1, 1:-1]
    laplacian = maps[:, 2:, 1:-1] + maps[:, :-2, 1:-1] + maps[:, 1:-1, 2:] + maps[:, 1:-1, :-2] - 4 * inner
    rough = np.log10(np.maximum(np.sqrt(np.square(laplacian).mean(axis=(1, 2))), SMOOTHEST))
    return np.stack([np.log10(total), offset, extent, middle - low, high - middle, rough], axis=-1)
