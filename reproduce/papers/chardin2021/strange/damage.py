"""Strange maps made of a good one: its light changed, its pixels moved, its image spoilt."""

import numpy as np
import scipy
from numpy.typing import NDArray

from reproduce.papers.chardin2021.networks.appearance import parabola
from reproduce.papers.chardin2021.strange.start import Good

Map = NDArray[np.float32]


def saturated(good: Good, rng: np.random.Generator) -> Map:
    """The brightest pixels, a twentieth to a fifth of all, flattened."""
    return np.minimum(good.flux, np.quantile(good.flux, 1 - rng.uniform(0.05, 0.2))).astype(np.float32)


def saturated_tenth(good: Good, rng: np.random.Generator) -> Map:
    """The brightest tenth of the pixels flattened."""
    return np.minimum(good.flux, np.quantile(good.flux, 0.9)).astype(np.float32)


def saturated_then_smoothed(good: Good, rng: np.random.Generator) -> Map:
    """The brightest tenth flattened and the map smoothed once more, by half as much."""
    light = np.minimum(good.light, np.quantile(good.light, 0.9))
    return good.logarithm(scipy.ndimage.gaussian_filter(light, good.camera.smoothing_pixels / 2, mode="reflect"))


def ten_times_too_bright(good: Good, rng: np.random.Generator) -> Map:
    """A zero point wrong by 2.5 mag."""
    return (good.flux + 1).astype(np.float32)


def ten_times_too_faint(good: Good, rng: np.random.Generator) -> Map:
    """A zero point wrong by 2.5 mag, the other way."""
    return (good.flux - 1).astype(np.float32)


def hundred_times_too_bright(good: Good, rng: np.random.Generator) -> Map:
    """A zero point wrong by 5 mag."""
    return (good.flux + 2).astype(np.float32)


def hundred_times_too_faint(good: Good, rng: np.random.Generator) -> Map:
    """A zero point wrong by 5 mag, the other way."""
    return (good.flux - 2).astype(np.float32)


def wrong_zero_point(good: Good, rng: np.random.Generator) -> Map:
    """A zero point wrong by 2 to 5 mag, either way."""
    return (good.flux + rng.choice([-1, 1]) * rng.uniform(0.8, 2)).astype(np.float32)


def sky_left_in(good: Good, rng: np.random.Generator) -> Map:
    """A sky that was not subtracted, at a fifth to five times the mean light of the field."""
    return good.logarithm(good.light + good.light.mean() * 10 ** rng.uniform(-0.7, 0.7))


def tilted(good: Good, rng: np.random.Generator) -> Map:
    """As if 10 to 18 arcsec off centre: log10 F tilted so that the parabola nearest to it is highest there."""
    y, x = (place / (good.camera.field_arcsec / 2) for place in good.places())
    _, bend, _ = parabola(good.flux, y, x)
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(10, 18) / (good.camera.field_arcsec / 2)
    return (good.flux - 2 * min(bend, -0.1) * far * (x * np.cos(angle) + y * np.sin(angle))).astype(np.float32)


def sky_taken_twice(good: Good, rng: np.random.Generator) -> Map:
    """Too much sky subtracted: the fainter half of the pixels or so is left empty."""
    return good.logarithm(good.light - np.quantile(good.light, rng.uniform(0.3, 0.7)))


def sloping_sky(good: Good, rng: np.random.Generator) -> Map:
    """A sky left in that grows from one side to the other to three to ten times the mean light."""
    y, x = good.places()
    angle = rng.uniform(0, 2 * np.pi)
    along = 0.5 + (x * np.cos(angle) + y * np.sin(angle)) / good.camera.field_arcsec / np.sqrt(2)
    return good.logarithm(good.light + good.light.mean() * rng.uniform(3, 10) * along)


def defocused(good: Good, rng: np.random.Generator) -> Map:
    """Every star a disc of 3 to 6 arcsec across."""
    y, x = good.places()
    disc = (np.hypot(y, x) < rng.uniform(1.5, 3)).astype(float)
    return good.logarithm(_convolved(good.light, disc))


def trailed(good: Good, rng: np.random.Generator) -> Map:
    """Every star a line of 4 to 10 arcsec: the telescope moved."""
    y, x = good.places()
    angle, half = rng.uniform(0, np.pi), rng.uniform(2, 5)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return good.logarithm(_convolved(good.light, ((np.abs(along) < half) & (np.abs(across) < 0.2)).astype(float)))


def double_image(good: Good, rng: np.random.Generator) -> Map:
    """The same image once more, moved by 4 to 10 arcsec."""
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(4, 10) / good.pixel_arcsec
    moved = scipy.ndimage.shift(good.light, (far * np.sin(angle), far * np.cos(angle)), order=1, mode="reflect")
    return good.logarithm((good.light + moved) / 2)


def two_clusters(good: Good, rng: np.random.Generator) -> Map:
    """Two clusters of like brightness 10 to 20 arcsec apart."""
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(5, 10) / good.pixel_arcsec
    step = np.array([far * np.sin(angle), far * np.cos(angle)])
    other = 10.0 ** good.other.astype(np.float64)
    other *= good.light.sum() / other.sum()
    one, two = (
        scipy.ndimage.shift(light, way * step, order=1, mode="nearest") for light, way in ((good.light, 1), (other, -1))
    )
    return good.logarithm(one + two)


def cosmic_rays(good: Good, rng: np.random.Generator) -> Map:
    """20 to 100 pixels as bright as the brightest of the map, not smoothed."""
    light = good.light
    n = int(rng.integers(20, 100))
    light[tuple(rng.integers(0, good.side, (2, n)))] += light.max() * 10 ** rng.uniform(-0.5, 0.5, n)
    return good.logarithm(light)


def noisy_pixels(good: Good, rng: np.random.Generator) -> Map:
    """Noise of a tenth to a half of its light in each pixel, not smoothed."""
    return good.logarithm(good.light * np.exp(rng.uniform(0.1, 0.5) * rng.standard_normal(good.flux.shape)))


def satellite_trail(good: Good, rng: np.random.Generator) -> Map:
    """A bright line across the field."""
    y, x = good.places()
    angle = rng.uniform(0, np.pi)
    across = y * np.cos(angle) - x * np.sin(angle) - rng.uniform(-8, 8)
    return good.logarithm(good.light + np.quantile(good.light, 0.99) * np.exp(-((across / 1.2) ** 2) / 2))


def bright_star(good: Good, rng: np.random.Generator) -> Map:
    """A star of the Galaxy that outshines the cluster ten to a hundred times, anywhere in the field."""
    light = np.zeros(good.flux.shape)
    light[tuple(rng.integers(0, good.side, 2))] = good.light.sum() * 10 ** rng.uniform(1, 2)
    return good.logarithm(good.light + good.seen(light, rng))


def edge_of_detector(good: Good, rng: np.random.Generator) -> Map:
    """A quarter to a half of the field, on one side, without light."""
    light = np.rot90(good.light, int(rng.integers(4))).copy()
    light[: int(good.side * rng.uniform(0.25, 0.5))] = 1e-3 * np.quantile(light, 0.01)
    return good.logarithm(light)


def stripes(good: Good, rng: np.random.Generator) -> Map:
    """Rows of different sensitivity, 4 to 16 pixels wide."""
    width = int(rng.integers(4, 17))
    gain = np.repeat(np.exp(rng.normal(0, rng.uniform(0.3, 1), good.side)), width)[: good.side]
    return good.logarithm(np.rot90(good.light, int(rng.integers(4))) * gain[:, None])


def inverted(good: Good, rng: np.random.Generator) -> Map:
    """Bright is dark, as in a negative."""
    return (good.flux.min() + good.flux.max() - good.flux).astype(np.float32)


def shuffled_pixels(good: Good, rng: np.random.Generator) -> Map:
    """The same pixels in any order."""
    return rng.permutation(good.flux.ravel()).reshape(good.flux.shape)


def shuffled_then_smoothed(good: Good, rng: np.random.Generator) -> Map:
    """The same light in any order of pixels, smoothed again."""
    return good.as_bright(good.smoothed(rng.permutation(good.light.ravel()).reshape(good.flux.shape)), rng)


def shuffled_tiles(good: Good, rng: np.random.Generator) -> Map:
    """16 tiles of the map in another order."""
    side = good.side // 4
    tiles = good.flux[: 4 * side, : 4 * side].reshape(4, side, 4, side).swapaxes(1, 2).reshape(16, side, side)
    found = good.flux.copy()
    found[: 4 * side, : 4 * side] = (
        rng.permutation(tiles).reshape(4, 4, side, side).swapaxes(1, 2).reshape(4 * side, 4 * side)
    )
    return found


def scrambled_phases(good: Good, rng: np.random.Generator) -> Map:
    """A map of the same power spectrum, its phases drawn: the same texture without a cluster."""
    mean = good.flux.mean()
    noise = np.fft.rfft2(rng.standard_normal(good.flux.shape))
    spectrum = np.abs(np.fft.rfft2(good.flux - mean)) * noise / np.abs(noise)
    return (mean + np.fft.irfft2(spectrum, good.flux.shape)).astype(np.float32)


def square_root(good: Good, rng: np.random.Generator) -> Map:
    """The square root of the light taken for the light, as in a picture that was stretched."""
    return good.as_bright(np.sqrt(good.light), rng)


def squared(good: Good, rng: np.random.Generator) -> Map:
    """The square of the light taken for the light."""
    return good.as_bright(good.light**2, rng)


def stretched(good: Good, rng: np.random.Generator) -> Map:
    """One axis two to three times as long as the other."""
    return good.as_bright(_zoomed(np.rot90(good.light, int(rng.integers(2))), rng.uniform(2, 3), 1.0), rng)


def enlarged(good: Good, rng: np.random.Generator) -> Map:
    """A wrong pixel scale: the middle of the map two to four times as large."""
    zoom = rng.uniform(2, 4)
    return good.logarithm(_zoomed(good.light, zoom, zoom))


def shrunk(good: Good, rng: np.random.Generator) -> Map:
    """A wrong pixel scale: the map two to four times smaller, its edges mirrored."""
    zoom = 1 / rng.uniform(2, 4)
    return good.logarithm(_zoomed(good.light, zoom, zoom))


def _zoomed(light: NDArray, rows: float, columns: float) -> NDArray[np.float64]:
    """Light about the middle of the map, drawn larger by these factors, the same in all per area of the sky."""
    middle = (np.array(light.shape) - 1) / 2
    matrix = np.array([1 / rows, 1 / columns])
    found = scipy.ndimage.affine_transform(light, matrix, middle - matrix * middle, order=1, mode="mirror")
    return found / (rows * columns)


def _convolved(light: NDArray, kernel: NDArray) -> NDArray[np.float64]:
    """Light convolved with a kernel as large as the map, which is mirrored at its edges."""
    reach = light.shape[0] // 4
    padded = np.pad(light, reach, mode="symmetric")
    found = scipy.signal.fftconvolve(padded, kernel / kernel.sum(), mode="same")[reach:-reach, reach:-reach]
    return np.maximum(found, 1e-6 * light.min())
