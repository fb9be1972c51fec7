"""One orbit's record: its histogram of position and velocity on the sky, its mass in space, its angular momentum.

Compiled; `library` is what calls it. An orbit stands for its eight mirror images. A mirror image is an orbit of the
same potential; mirrored in an odd number of planes, a tube turns the other way, so it is run backwards in time as
well.
"""

import numpy as np
from numba import njit

X_TUBE, Y_TUBE, Z_TUBE, BOX = 1, 2, 3, 4
"""Families: which component of the angular momentum never changes its sign."""


@njit(cache=True)
def family(samples):
    """X_TUBE, Y_TUBE or Z_TUBE if that component of the angular momentum keeps its sign in all samples, or BOX."""
    positive, negative = np.zeros(3, np.bool_), np.zeros(3, np.bool_)
    for i in range(samples.shape[0]):
        for k in range(3):
            a, b = (k + 1) % 3, (k + 2) % 3
            momentum = samples[i, a] * samples[i, 3 + b] - samples[i, b] * samples[i, 3 + a]
            if momentum > 0.0:
                positive[k] = True
            elif momentum < 0.0:
                negative[k] = True
    for k, name in ((2, Z_TUBE), (0, X_TUBE), (1, Y_TUBE)):
        if positive[k] != negative[k]:
            return name
    return BOX


@njit(cache=True)
def record_sky(samples, kind, sky, pixels, bin_of_pixel, offsets, first, velocity, histogram):
    """Add the eight images of an orbit's samples to a histogram.

    Parameters
    ----------
    samples : array of shape (n, 6)
        pc and km/s.
    kind : int
        The orbit's family.
    sky : array of shape (3, 3)
        Rows: major axis and minor axis (arcsec per pc), line of sight away from the observer (unit vector).
    pixels : array of shape (2, 3)
        Pixel coordinates (x, y) are pixels[:, 0] + pixels[:, 1:] @ (major, minor).
    bin_of_pixel : integer array of shape (ny, nx)
        0 for none.
    offsets : array of shape (m, 2)
        Random offsets (arcsec) along major and minor axis by the point spread function, taken in turn, again and again.
    first : int
        The offset to begin with.
    velocity : tuple of two floats
        First edge (km/s), bins per km/s. What is outside goes into the first or last bin.
    histogram : integer array of shape (velocities, apertures)
        Positive velocities are receding.

    Returns
    -------
    int
        The next offset: the orbits of a bundle must not share theirs, or their noise would not average out.
    """
    ny, nx = bin_of_pixel.shape
    n_velocities = histogram.shape[0]
    next_offset, n_offsets = first, offsets.shape[0]
    for i in range(samples.shape[0]):
        for image in range(8):
            sx = 1.0 - 2.0 * (image & 1)
            sy = 1.0 - 2.0 * ((image >> 1) & 1)
            sz = 1.0 - 2.0 * ((image >> 2) & 1)
            turn = 1.0
            if kind == X_TUBE:
                turn = sy * sz
            elif kind == Y_TUBE:
                turn = sx * sz
            elif kind == Z_TUBE:
                turn = sx * sy
            x, y, z = sx * samples[i, 0], sy * samples[i, 1], sz * samples[i, 2]
            major = sky[0, 0] * x + sky[0, 1] * y + sky[0, 2] * z + offsets[next_offset, 0]
            minor = sky[1, 0] * x + sky[1, 1] * y + sky[1, 2] * z + offsets[next_offset, 1]
            next_offset = next_offset + 1 if next_offset + 1 < n_offsets else 0
            column = np.floor(pixels[0, 0] + pixels[0, 1] * major + pixels[0, 2] * minor)
            row = np.floor(pixels[1, 0] + pixels[1, 1] * major + pixels[1, 2] * minor)
            if column < 0 or row < 0 or column >= nx or row >= ny:
                continue
            aperture = bin_of_pixel[int(row), int(column)]
            if aperture == 0:
                continue
            v = turn * (
                sky[2, 0] * sx * samples[i, 3] + sky[2, 1] * sy * samples[i, 4] + sky[2, 2] * sz * samples[i, 5]
            )
            place = int(np.floor((v - velocity[0]) * velocity[1]))
            histogram[min(max(place, 0), n_velocities - 1), aperture - 1] += 1
    return next_offset


@njit(cache=True)
def record_space(samples, radii, masses):
    """Count samples (n, 6), folded to one octant, in the cells of `masses` (radii, thetas, phis); `radii`: edges."""
    _, n_theta, n_phi = masses.shape
    for i in range(samples.shape[0]):
        x, y, z = abs(samples[i, 0]), abs(samples[i, 1]), abs(samples[i, 2])
        flat = np.sqrt(x * x + y * y)
        shell = np.searchsorted(radii, np.sqrt(flat * flat + z * z), side="right")
        theta = min(int(np.arctan2(flat, z) * (2.0 / np.pi) * n_theta), n_theta - 1)
        phi = min(int(np.arctan2(y, x) * (2.0 / np.pi) * n_phi), n_phi - 1)
        masses[shell, theta, phi] += 1.0


@njit(cache=True)
def moments(samples):
    """Means over samples (n, 6) of angular momentum (x, y, z; pc km/s), radius (pc), v² (km²/s²); shape (5,)."""
    total = np.zeros(5)
    for i in range(samples.shape[0]):
        x, y, z, vx, vy, vz = samples[i]
        total[0] += y * vz - z * vy
        total[1] += z * vx - x * vz
        total[2] += x * vy - y * vx
        total[3] += np.sqrt(x * x + y * y + z * z)
        total[4] += vx * vx + vy * vy + vz * vz
    return total / samples.shape[0]
