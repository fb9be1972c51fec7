"""Point-spread functions of Hubble's cameras: diffraction by its pupil, a halo, and the blur of pointing and detector.

The telescope's pupil (2.4 m, a third of it obscured, four vanes) gives the core, its rings and the spikes, averaged
over the band's wavelengths. Scattered light and the mirror's figure put a share of the light into a halo, a Moffat
function; pointing, charge diffusion and drizzling blur by a Gaussian. These three numbers a band are fitted to
TinyTim's encircled energies and to the widths of PHAT's stars (benchmarks/hst_psf.py; docs/hst.md has the
comparison).
"""

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, optimize, special

from reproduce.sky.psf import Gaussian, Moffat

DIAMETER_M = 2.4
OBSCURATION = 0.33  # of the diameter, by the secondary mirror
VANE = 0.011  # half the width of a vane, of the pupil's radius
ARCSEC_PER_RADIAN = 180 * 3600 / np.pi
HALO_BETA = 1.5
"""Moffat β of the halo: its light falls as r^-3, like that of the diffraction rings."""
WAVELENGTHS = 7  # across a band
_PUPIL = 512  # nodes across twice the pupil
_FREQUENCIES = 2_000  # of the azimuthal mean


@dataclass(frozen=True)
class HstPsf:
    """One band's function.

    Attributes
    ----------
    wavelength_nm, width_nm : float
        Pivot wavelength and full width of the band [nm].
    halo : float
        Share of the light in the halo.
    halo_fwhm_arcsec : float
        Full width at half maximum of the halo [arcsec].
    blur_fwhm_arcsec : float
        Full width at half maximum of the Gaussian blur, pixel not included [arcsec].
    """

    wavelength_nm: float
    width_nm: float
    halo: float
    halo_fwhm_arcsec: float
    blur_fwhm_arcsec: float

    def transfer(self, fx: NDArray, fy: NDArray) -> NDArray:
        """Fourier transform at the frequencies (fx, fy) [1/arcsec], broadcast against each other."""
        halo = Moffat(self.halo_fwhm_arcsec, HALO_BETA).transfer(fx, fy)
        blur = Gaussian(self.blur_fwhm_arcsec).transfer(fx, fy)
        return self._diffraction(fx, fy) * (1 - self.halo + self.halo * halo) * blur

    def _diffraction(self, fx: NDArray, fy: NDArray) -> NDArray:
        """Mean over the band of the pupil's autocorrelation at the shift λ f."""
        offsets = (np.arange(WAVELENGTHS) + 0.5) / WAVELENGTHS - 0.5
        total = np.zeros(np.broadcast(fx, fy).shape)
        for wavelength in (self.wavelength_nm + self.width_nm * offsets) * 1e-9:
            nodes = wavelength * ARCSEC_PER_RADIAN / DIAMETER_M * _PUPIL / 2
            places = [np.broadcast_to(f * nodes, np.broadcast(fx, fy).shape) + _PUPIL / 2 for f in (fy, fx)]
            total += ndimage.map_coordinates(_autocorrelation(), places, order=1, mode="constant")
        return total / WAVELENGTHS

    @cached_property
    def _mean_transfer(self) -> tuple[NDArray, NDArray]:
        """Frequencies [1/arcsec] up to where diffraction ends, and the azimuthal mean of the transform there."""
        highest = DIAMETER_M / ((self.wavelength_nm - self.width_nm / 2) * 1e-9) / ARCSEC_PER_RADIAN
        f = (np.arange(_FREQUENCIES) + 0.5) * highest / _FREQUENCIES
        angle = (np.arange(64) + 0.5) / 64 * np.pi
        return f, self.transfer(f[:, None] * np.cos(angle), f[:, None] * np.sin(angle)).mean(axis=1)

    def encircled(self, radius_arcsec: NDArray | float, pixel_arcsec: float = 0.0) -> NDArray:
        """Fraction of the light inside a radius, seen through square pixels if given: 2π R ∫ T(f) J1(2π R f) df."""
        f, mean = self._mean_transfer
        pixel = (
            np.sinc(f * pixel_arcsec / np.sqrt(2)) ** 2 if pixel_arcsec else 1.0
        )  # at 45°: near the mean over angles
        radius = np.asarray(radius_arcsec, dtype=np.float64)[..., None]
        return np.sum(2 * np.pi * radius * special.j1(2 * np.pi * radius * f) * mean * pixel, axis=-1) * (f[1] - f[0])

    def fwhm(self, pixel_arcsec: float = 0.0) -> float:
        """Full width at half maximum [arcsec] of the azimuthal mean, seen through square pixels if given."""
        f, mean = self._mean_transfer
        weight = mean * f * (np.sinc(f * pixel_arcsec / np.sqrt(2)) ** 2 if pixel_arcsec else 1.0)
        peak = weight.sum()
        return 2 * float(
            optimize.brentq(lambda r: np.sum(weight * special.j0(2 * np.pi * r * f)) / peak - 0.5, 1e-3, 0.5)
        )

    def radius(self, fraction: float) -> float:
        """Radius [arcsec] that holds this fraction of the light, up to 4 arcsec."""
        return _radius(self, fraction)


@lru_cache(maxsize=32)
def _radius(psf: HstPsf, fraction: float) -> float:
    return float(optimize.brentq(lambda r: float(psf.encircled(r)) - fraction, 1e-3, 4.0))


@cache
def _autocorrelation() -> NDArray[np.float64]:
    """Of the pupil, 1 in the middle; `_PUPIL` nodes span two diameters."""
    place = (np.arange(_PUPIL) - _PUPIL / 2) / (_PUPIL / 4)  # in radii of the pupil, -2 to 2
    y, x = place[:, None], place[None, :]
    r = np.hypot(x, y)
    vanes = np.minimum(np.abs(x - y), np.abs(x + y)) < VANE * np.sqrt(2)
    pupil = ((r < 1) & (r > OBSCURATION) & ~vanes).astype(np.float64)
    power = np.abs(fft.fft2(pupil)) ** 2
    result = fft.fftshift(fft.ifft2(power).real)
    return result / result[_PUPIL // 2, _PUPIL // 2]


PSFS = {
    "F336W": HstPsf(335.5, 51.0, halo=0.178, halo_fwhm_arcsec=0.193, blur_fwhm_arcsec=0.0566),
    "F475W": HstPsf(474.7, 145.0, halo=0.082, halo_fwhm_arcsec=0.372, blur_fwhm_arcsec=0.0711),
    "F814W": HstPsf(804.5, 251.0, halo=0.074, halo_fwhm_arcsec=0.15, blur_fwhm_arcsec=0.0615),
}
"""WFC3/UVIS F336W, ACS/WFC F475W and F814W: pivot wavelengths and widths as in the handbooks, the rest fitted."""
