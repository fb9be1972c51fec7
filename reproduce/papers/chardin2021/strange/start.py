"""What a strange map starts from, and how one is finished.

Cheap to import, so that `status` can count the kinds: the camera, and the parts of SciPy, are loaded by the first map.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from reproduce.sky.settings import Camera

Array = NDArray[np.float64]
SEEING_ARCSEC = (0.5, 1.5)
"""Range of the seeing of what has a point-spread function."""
FAINTER_DEX, BRIGHTER_DEX = -0.3, 0.3
"""How much fainter or brighter than the good map it starts from a map of nothing may be."""


@dataclass(frozen=True)
class Good:
    """A good map that a strange one is made of, or whose brightness it takes.

    Attributes
    ----------
    flux : array, shape (ny, nx)
        log10(F / (Lsun kpc^-2)).
    other : array, shape (ny, nx)
        Of another cluster, or of the same from elsewhere.
    camera : Camera
        Grid, smoothing and floor of both.
    """

    flux: NDArray
    other: NDArray
    camera: Camera

    @property
    def light(self) -> Array:
        """F of each pixel [Lsun kpc^-2]."""
        return 10.0 ** self.flux.astype(np.float64)

    @property
    def side(self) -> int:
        """Side of the map [px]."""
        return self.flux.shape[0]

    @property
    def pixel_arcsec(self) -> float:
        """Side of a pixel."""
        return self.camera.field_arcsec / self.camera.pixels

    def smoothed(self, light: NDArray) -> Array:
        """Light smoothed as the camera does."""
        from reproduce.sky import camera as instrument

        return instrument.smooth(light, self.camera.smoothing_pixels)

    def seen(self, light: NDArray, rng: np.random.Generator) -> Array:
        """Light blurred by a seeing that is drawn, and smoothed."""
        fwhm_pixels = rng.uniform(*SEEING_ARCSEC) / self.pixel_arcsec
        return self.smoothed(scipy.ndimage.gaussian_filter(light, fwhm_pixels / 2.355, mode="reflect"))

    def as_bright(self, light: NDArray, rng: np.random.Generator) -> NDArray[np.float32]:
        """Light, made about as bright in all as the good map, as log10 F."""
        factor = 10 ** rng.uniform(FAINTER_DEX, BRIGHTER_DEX) * self.light.sum() / light.sum()
        return self.logarithm(light * factor)

    def logarithm(self, light: NDArray) -> NDArray[np.float32]:
        """log10 of light, no pixel below the camera's floor."""
        from reproduce.sky import camera as instrument

        return instrument.log10_with_floor(light, self.camera.flux_floor)

    def places(self) -> tuple[Array, Array]:
        """Rows and columns of the pixels from the middle of the field [arcsec], each of shape (ny, nx)."""
        y, x = (np.indices((self.side, self.side)) - (self.side - 1) / 2) * self.pixel_arcsec
        return y, x


def star_fluxes(n: int, rng: np.random.Generator, slope: float, decades: float = 3.0) -> Array:
    """Fluxes of n stars, N(> F) ∝ F^-slope over some decades, the faintest 1."""
    share = rng.random(n)
    return (1 - share * (1 - 10 ** (-slope * decades))) ** (-1 / slope)


def stars(good: Good, fluxes: NDArray, rng: np.random.Generator) -> Array:
    """Light of stars scattered evenly over the field, not yet blurred."""
    light = np.zeros((good.side, good.side))
    rows, columns = rng.integers(0, good.side, (2, len(fluxes)))
    np.add.at(light, (rows, columns), fluxes)
    return light


def random_field(side: int, slope: float, rng: np.random.Generator) -> Array:
    """Gaussian random field of variance 1 with the power spectrum k^slope, shape (side, side)."""
    k = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None, :])
    k[0, 0] = np.inf
    found = np.fft.ifft2(np.fft.fft2(rng.standard_normal((side, side))) * k ** (slope / 2)).real
    return found / found.std()
