"""The loops of the HST images over stars, over their transform and over noise, compiled."""

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
    for i in range(u.size):
        x, y = (u[i] + offset - 0.5) * per_pixel, (v[i] + offset - 0.5) * per_pixel
        if not (0.0 <= x < size - 1 and 0.0 <= y < size - 1):
            continue
        left, low = int(x), int(y)
        _cubic(x - left, wx)
        _cubic(y - low, wy)
        inside = 0 < left < size - 2 and 0 < low < size - 2
        for band in range(bands):
            for j in range(4):
                weight, row = wy[j] * flux[i, band], low - 1 + j
                if inside:
                    for k in range(4):
                        grid[band, row, left - 1 + k] += weight * wx[k]
                else:
                    for k in range(4):
                        grid[band, row % size, (left - 1 + k) % size] += weight * wx[k]
    return grid


@njit(cache=True)
def every_second(spectrum, transfer):
    """Half spectrum of a grid times a transfer function, folded: the half spectrum of every second row and column.

    Parameters
    ----------
    spectrum : array of complex64, shape (bands, 2 n, n + 1)
        Of real grids of 2 n by 2 n nodes, as `scipy.fft.rfft2` gives it.
    transfer : array of float32 or complex64, the same shape

    Returns
    -------
    array of complex64, shape (bands, n, n // 2 + 1)
        For `scipy.fft.irfft2`, which divides by n²: its image is that of the grid times four.
    """
    bands, n = spectrum.shape[0], spectrum.shape[2] - 1
    rows = np.empty((n, n + 1), dtype=np.complex64)
    folded = np.empty((bands, n, n // 2 + 1), dtype=np.complex64)
    for band in range(bands):
        for i in range(n):
            for j in range(n + 1):
                rows[i, j] = (
                    spectrum[band, i, j] * transfer[band, i, j] + spectrum[band, i + n, j] * transfer[band, i + n, j]
                )
        for i in range(n):
            for j in range(n // 2 + 1):  # column j - n is not stored: it is the conjugate of n - j in the row -i
                folded[band, i, j] = rows[i, j] + np.conj(rows[-i, n - j])
    return folded


@njit(cache=True)
def standard_normal(generator, n):
    """What ``generator.standard_normal(n, dtype=np.float32)`` gives, to the bit, in two thirds of the time."""
    return generator.standard_normal(n, dtype=np.float32)
