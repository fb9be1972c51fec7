"""Radial profiles of mass and of mass over light, from maps in cells."""

import numpy as np
from numpy.typing import NDArray

from reproduce.sky.camera import ARCSEC_PER_RADIAN
from reproduce.sky.hst import EXTINCTION
from reproduce.sky.settings import HstCamera
from reproduce.stars import bands
from reproduce.stars.photometry import distance_modulus

EDGES_PC = np.array([0.0, 0.8, 1.6, 2.4, 3.2, 4.4, 5.6, 7.2, 9.0, 11.0])
"""Edges of the rings [pc]; a cell is 0.76 pc at M31's distance."""
BAND = 2  # F814W, in which dust and hot stars matter least
SUN_K, SUN_LOGG = 5772.0, 4.438

Array = NDArray[np.float64]


def solar_magnitude() -> float:
    """Absolute Vega magnitude of the Sun in F814W, from the package's own tables."""
    return float(bands.absolute_magnitudes(1.0, SUN_K, SUN_LOGG, 0.0)[0, BAND])


def luminosity(rate: NDArray, camera: HstCamera, distance_kpc: float, a_v: float) -> Array:
    """Luminosities in F814W [Lsun of that band] of electrons a second behind extinction."""
    dimming = distance_modulus(distance_kpc) + a_v * list(EXTINCTION.values())[BAND]
    zero = camera.zero_point_vega[BAND]
    return np.asarray(rate * 10 ** (-0.4 * (zero - dimming - solar_magnitude())))


def radii_pc(side: int, cell: int, column: float, row: float, camera: HstCamera, distance_kpc: float) -> Array:
    """Distance of the middles of cells (side, side) from a place [px], in pc."""
    middle = (np.arange(side) + 0.5) * cell
    away = np.hypot(middle[None, :] - column, middle[:, None] - row)
    return np.asarray(away * camera.pixel_arcsec / ARCSEC_PER_RADIAN * distance_kpc * 1e3)


def rings(values: NDArray, radius: Array, edges: Array = EDGES_PC) -> Array:
    """Sum of the values of cells (my, mx) in rings, shape (rings,); NaN of rings without cells."""
    place = np.digitize(radius.ravel(), edges) - 1
    inside = (place >= 0) & (place < len(edges) - 1)
    sums = np.bincount(place[inside], weights=np.ravel(values)[inside], minlength=len(edges) - 1)
    counts = np.bincount(place[inside], minlength=len(edges) - 1)
    return np.where(counts > 0, sums, np.nan)


def areas(radius: Array, cell_pc2: float, edges: Array = EDGES_PC) -> Array:
    """Area of the cells in rings [pc²]."""
    return rings(np.full(radius.shape, cell_pc2), radius, edges)
