"""What a network reads of an image and is to say of a cluster's light and mass; no Keras.

Fluxes become asinh magnitudes (Lupton, Gunn & Szalay 1999, AJ 118, 1406), which are linear in the noise and logarithmic
in the light: m = ZP - 2.5 / ln 10 · [asinh(F / 2b) + ln b], b being the noise of an empty pixel.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from reproduce.sky.settings import HstCamera

LEVEL = 0.1
"""This quantile of each band is subtracted before a network sees it: real images may keep a sky level of their own."""
PAIRS = ((0, 1), (1, 2), (0, 2))
"""Bands of the three colours, F336W - F475W, F475W - F814W, F336W - F814W; a CMD has the magnitude of the second."""
COLOURS_MAG = (-4.5, 6.5)
"""Colours of the CMDs; pixels beyond count in the last bins."""
MAGNITUDES_MAG = (-12.5, 1.5)
"""Magnitudes of the CMDs less that of no light."""
CMD_BINS = 24
FLUX_SCALE = 3.0
"""By which ln-fluxes are divided for a network."""
MASS_FLOOR_MSUN = 0.1
"""Smaller masses of a cell are raised to it before log10."""
LEAST_SAID_MSUN = 0.04
"""And of a cell at the middle distance, as a network says it: such a cell has 0.1 Msun at M31's distance, and more than
that farther away, where `floors` counts all smaller masses as such."""
MASS_SMOOTHING_CELLS = 1.0
"""Standard deviation of the Gaussian that smooths the mass map, that of π-DOC (4 px): a few stars are no field."""
MASS_MEAN, MASS_STD = 0.5, 1.0  # by which log10 of masses is standardised

Array = NDArray[np.float64]


def noise(camera: HstCamera) -> Array:
    """Noise of an empty pixel in each band [electrons/s], shape (3,)."""
    time = np.array(camera.exposure_s)
    read = np.array(camera.read_noise_electrons) ** 2 * np.array(camera.exposures)
    return np.asarray(np.sqrt(np.array(camera.sky_electrons_s) * time + read) / time)


def softened(rate: NDArray, camera: HstCamera, side: int = 1) -> NDArray[np.float32]:
    """asinh(F / 2b) of light in cells.

    Parameters
    ----------
    rate : array, shape (..., 3, ny, nx)
        Electrons a second of a cell.
    camera : HstCamera
    side : int
        Pixels a side of a cell.
    """
    twice = (2 * side * noise(camera)).astype(np.float32)[:, None, None]
    return np.arcsinh(np.asarray(rate, np.float32) / twice)


def hardened(soft: NDArray, camera: HstCamera, side: int = 1) -> Array:
    """Electrons a second: the inverse of `softened`, shape (..., 3, ny, nx)."""
    return np.asarray(2 * side * noise(camera)[:, None, None] * np.sinh(np.asarray(soft, np.float64)))


def darkest(camera: HstCamera) -> Array:
    """asinh magnitude of no light in each band [Vega mag], shape (3,)."""
    return np.asarray(np.array(camera.zero_point_vega) - 2.5 * np.log10(noise(camera)))


def without_level(rate: NDArray) -> NDArray[np.float32]:
    """An image (3, ny, nx) less the `LEVEL` quantile of each band."""
    flat = rate.reshape(3, -1)
    place = int(LEVEL * flat.shape[1])
    level = np.partition(flat, place, axis=1)[:, place]
    return np.asarray(rate - level[:, None, None], np.float32)


def cmds(soft: NDArray, camera: HstCamera) -> NDArray[np.float32]:
    """Colour-magnitude diagrams of the pixels: counts, rows from bright to faint, columns from blue to red.

    Parameters
    ----------
    soft : array, shape (3, ny, nx)
        `softened` pixels.

    Returns
    -------
    array of float32, shape (CMD_BINS, CMD_BINS, 3)
        Each diagram's sum is the number of pixels.
    """
    per_mag = 2.5 / np.log(10)
    zero = darkest(camera)
    fainter = -per_mag * soft.reshape(3, -1)  # than no light [mag]
    found = []
    for blue, red in PAIRS:
        row = _bin(fainter[red], MAGNITUDES_MAG)
        column = _bin(fainter[blue] - fainter[red] + float(zero[blue] - zero[red]), COLOURS_MAG)
        counts = np.bincount(row * CMD_BINS + column, minlength=CMD_BINS**2)
        found.append(counts.reshape(CMD_BINS, CMD_BINS))
    return np.stack(found, axis=-1).astype(np.float32)


def _bin(values: NDArray, ends: tuple[float, float]) -> NDArray[np.int64]:
    low, high = ends
    place = np.floor((values - low) * (CMD_BINS / (high - low)))
    return np.clip(place, 0, CMD_BINS - 1).astype(np.int64)


def seen(rate: NDArray, camera: HstCamera) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What a network reads of an image (3, ny, nx) [electrons/s]: log-fluxes (ny, nx, 3), CMDs (bins, bins, 3)."""
    soft = softened(without_level(rate), camera)
    image = np.ascontiguousarray(np.moveaxis(soft, 0, -1)) / np.float32(FLUX_SCALE)
    return image, np.log1p(cmds(soft, camera))


def cells(pixels: NDArray, side: int) -> NDArray:
    """Sums over cells of side x side pixels, (..., ny, nx) to (..., ny / side, nx / side)."""
    *before, ny, nx = pixels.shape
    return pixels.reshape(*before, ny // side, side, nx // side, side).sum(axis=(-3, -1))


def bands_target(light: NDArray, camera: HstCamera, side: int) -> NDArray[np.float32]:
    """The denoised bands as a network says them: light of cells (3, my, mx) [electrons/s] to (my, mx, 3)."""
    soft = softened(light, camera, side)
    return np.ascontiguousarray(np.moveaxis(soft, 0, -1)) / np.float32(FLUX_SCALE)


def bands_of(target: NDArray, camera: HstCamera, side: int) -> Array:
    """Electrons a second of cells (n, 3, my, mx): the inverse of `bands_target` for n items."""
    return hardened(np.moveaxis(target, -1, 1) * FLUX_SCALE, camera, side)


def smoothed(mass: NDArray) -> Array:
    """Masses of cells (my, mx) [Msun], smoothed; the sum is kept."""
    return np.asarray(gaussian_filter(np.asarray(mass, np.float64), MASS_SMOOTHING_CELLS, mode="reflect"))


def mass_target(mass: NDArray) -> NDArray[np.float32]:
    """The mass map as a network says it: smoothed masses of cells at the middle distance (my, mx) [Msun] to the same
    shape."""
    return ((np.log10(np.maximum(mass, LEAST_SAID_MSUN)) - MASS_MEAN) / MASS_STD).astype(np.float32)


def floors(cell_area: NDArray) -> Array:
    """Masses of cells [Msun] below which nothing is compared, of images (n,) whose cells have an area (n,) in units of
    that at the middle distance, shape (n, 1, 1)."""
    return np.maximum(MASS_FLOOR_MSUN, LEAST_SAID_MSUN * np.asarray(cell_area))[:, None, None]


def mass_of(target: NDArray) -> Array:
    """log10 of the masses of cells at the middle distance [Msun]: the inverse of `mass_target`."""
    return np.asarray(target, np.float64) * MASS_STD + MASS_MEAN
