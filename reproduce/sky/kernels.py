"""The loops over stars, compiled: stars onto the sky and onto grids.

Sums run in the order of the stars in float64, so that a map does not depend on the number of threads or processes.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def project(position: NDArray, axes: NDArray, scale: float, u0: float, v0: float) -> tuple[NDArray, NDArray]:
    """Places of stars on the detector.

    Parameters
    ----------
    position : array, shape (n, 3)
        Positions [pc].
    axes : array, shape (2, 3)
        Unit vectors on the sky along the detector's columns and rows.
    scale : float
        Pixels per pc.
    u0, v0 : float
        Place of the cluster's centre [px]; pixel (row i, column j) covers v in [i, i + 1) and u in [j, j + 1).

    Returns
    -------
    u, v : array of float64, shape (n,)
        Column and row [px].
    """
    n = position.shape[0]
    u, v = np.empty(n), np.empty(n)
    for i in range(n):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        u[i] = u0 + scale * (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z)
        v[i] = v0 + scale * (axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z)
    return u, v


@njit(cache=True)
def bin_stars(u: NDArray, v: NDArray, weight: NDArray, pixels: int) -> NDArray:
    """Sum of the weights of the stars in each pixel, shape (pixels, pixels) float64: no blur, nothing from outside."""
    image = np.zeros((pixels, pixels))
    for i in range(u.size):
        if 0.0 <= u[i] < pixels and 0.0 <= v[i] < pixels:
            image[int(v[i]), int(u[i])] += weight[i]
    return image


@njit(cache=True)
def sum_inside(u: NDArray, v: NDArray, mass: NDArray, luminosity: NDArray, pixels: int) -> tuple[int, float, float]:
    """Number, mass and luminosity of the stars in the field."""
    n, total_mass, total_luminosity = 0, 0.0, 0.0
    for i in range(u.size):
        if 0.0 <= u[i] < pixels and 0.0 <= v[i] < pixels:
            n += 1
            total_mass += mass[i]
            total_luminosity += luminosity[i]
    return n, total_mass, total_luminosity


@njit(cache=True)
def spread_stars(u: NDArray, v: NDArray, weight: NDArray, offset: float, per_pixel: int, size: int) -> NDArray:
    """Stars as cubic B-splines (sum: weight) on the nodes of a fine periodic grid.

    Parameters
    ----------
    u, v, weight : array, shape (n,)
        Places [px] and weights.
    offset : float
        Pixels added to the places, so that the camera's surroundings start at 0; stars beyond the grid are left out.
    per_pixel : int
        Nodes per pixel. Node 0 lies in the middle of the first pixel.
    size : int
        Nodes a side.

    Returns
    -------
    array of float64, shape (size, size)
    """
    grid = np.zeros((size, size))
    wx, wy = np.empty(4), np.empty(4)
    for i in range(u.size):
        x, y = (u[i] + offset - 0.5) * per_pixel, (v[i] + offset - 0.5) * per_pixel
        if weight[i] == 0.0 or not (0.0 <= x < size and 0.0 <= y < size):
            continue
        ix, iy = int(x), int(y)
        _cubic(x - ix, wx)
        _cubic(y - iy, wy)
        at_edge = ix == 0 or iy == 0 or ix >= size - 2 or iy >= size - 2
        for j in range(4):
            share = weight[i] * wy[j]
            for k in range(4):
                row, column = iy + j - 1, ix + k - 1
                if at_edge:
                    row, column = row % size, column % size
                grid[row, column] += share * wx[k]
    return grid


@njit(cache=True)
def _cubic(t: float, w: NDArray) -> None:
    """Cubic B-spline weights at the nodes -1, 0, 1, 2 of a point at t in [0, 1)."""
    s = 1.0 - t
    w[0] = s * s * s / 6.0
    w[1] = (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0
    w[2] = (4.0 - 6.0 * s * s + 3.0 * s * s * s) / 6.0
    w[3] = t * t * t / 6.0
