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
def near(
    position: NDArray,
    mass: NDArray,
    luminosity: NDArray,
    axes: NDArray,
    scale: float,
    u0: float,
    v0: float,
    low: float,
    high: float,
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Stars whose column and row lie between two limits [px], in their order; the others as in `project`.

    Parameters
    ----------
    position, mass, luminosity : array, shape (n, 3), (n,), (n,)
        Of all stars.
    axes, scale, u0, v0
        As in `project`.
    low, high : float
        The limits; `high` is beyond.

    Returns
    -------
    u, v, mass, luminosity : array of float64, shape (m,)
        Of the stars between.
    """
    n = position.shape[0]
    u, v, m, light = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    k = 0
    for i in range(n):
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        u[k] = u0 + scale * (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z)
        v[k] = v0 + scale * (axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z)
        m[k], light[k] = mass[i], luminosity[i]
        k += (low <= u[k]) & (u[k] < high) & (low <= v[k]) & (v[k] < high)  # no branch to be guessed wrong
    return u[:k], v[:k], m[:k], light[:k]


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
        if 0 < ix < size - 2 and 0 < iy < size - 2:
            for j in range(4):
                share = weight[i] * wy[j]
                row = grid[iy + j - 1]
                for k in range(4):
                    row[ix + k - 1] += share * wx[k]
        else:
            for j in range(4):
                share = weight[i] * wy[j]
                for k in range(4):
                    grid[(iy + j - 1) % size, (ix + k - 1) % size] += share * wx[k]
    return grid


@njit(cache=True)
def _cubic(t: float, w: NDArray) -> None:
    """Cubic B-spline weights at the nodes -1, 0, 1, 2 of a point at t in [0, 1)."""
    s = 1.0 - t
    w[0] = s * s * s / 6.0
    w[1] = (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0
    w[2] = (4.0 - 6.0 * s * s + 3.0 * s * s * s) / 6.0
    w[3] = t * t * t / 6.0


@njit(cache=True)
def correlate(image: NDArray, kernel: NDArray) -> NDArray:
    """Sum of rows around each row with the weights of a kernel, the image mirrored at its edges (d c b a | a b c d).

    Parameters
    ----------
    image : array of float64, shape (ny, nx)
    kernel : array, shape (2 reach + 1,)

    Returns
    -------
    array of float64, shape (ny, nx)
    """
    ny, nx = image.shape
    reach = kernel.size // 2
    found = np.zeros((ny, nx))
    for row in range(ny):
        for k in range(kernel.size):
            place = (row + k - reach) % (2 * ny)
            if place >= ny:
                place = 2 * ny - 1 - place
            weight = kernel[k]
            for column in range(nx):
                found[row, column] += weight * image[place, column]
    return found
