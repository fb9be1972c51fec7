"""The loop of the HST images over stars, compiled."""

import numpy as np
from numba import njit

from reproduce.sky.kernels import _cubic


@njit(cache=True)
def spread_bands(u, v, flux, offset, per_pixel, size):
    """Stars as cubic B-splines (sum: flux) on the nodes of a fine periodic grid, all bands at once.

    Parameters
    ----------
    u, v : array, shape (n,)
        Places [px].
    flux : array of float32, shape (n, bands)
        Fluxes.
    offset : float
        Pixels added to the places, so that the surroundings start at 0; stars beyond the grid are left out.
    per_pixel, size : int
        Nodes in a pixel and on a side of the grid. The middle of pixel (0, 0) is a node.

    Returns
    -------
    array of float32, shape (bands, size, size)
    """
    bands = flux.shape[1]
    grid = np.zeros((bands, size, size), dtype=np.float32)
    wx, wy = np.empty(4, dtype=np.float32), np.empty(4, dtype=np.float32)
    columns = np.empty(4, dtype=np.int64)
    for i in range(u.size):
        x, y = (u[i] + offset - 0.5) * per_pixel, (v[i] + offset - 0.5) * per_pixel
        if not (0.0 <= x < size - 1 and 0.0 <= y < size - 1):
            continue
        left, low = int(x), int(y)
        _cubic(x - left, wx)
        _cubic(y - low, wy)
        for k in range(4):
            columns[k] = (left - 1 + k) % size
        for j in range(4):
            row = (low - 1 + j) % size
            for band in range(bands):
                weight = wy[j] * flux[i, band]
                for k in range(4):
                    grid[band, row, columns[k]] += weight * wx[k]
    return grid
