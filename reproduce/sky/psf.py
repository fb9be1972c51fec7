"""Point-spread functions, by their Fourier transforms.

All frequencies are in cycles per arcsec, all radii in arcsec; every function integrates to one over the plane, so that
its transform is 1 at frequency 0.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from scipy.special import gamma, kv

from reproduce.workflow.errors import InputError


class Psf(Protocol):
    """What the camera asks of a point-spread function. It must be hashable: the camera keeps its transform."""

    def __hash__(self) -> int: ...

    def transfer(self, fx: NDArray, fy: NDArray) -> NDArray:
        """Fourier transform at the frequencies (fx, fy) [1/arcsec], broadcast against each other."""
        ...

    def radius(self, fraction: float) -> float:
        """Radius [arcsec] that holds this fraction of the light."""
        ...


@dataclass(frozen=True)
class Moffat:
    """Moffat (1969) function, I ∝ (1 + r²/α²)^-β (paper Sect. 2.2: β = 2.5, Trujillo et al. 2001).

    Attributes
    ----------
    fwhm_arcsec : float
        Full width at half maximum [arcsec], more than 0.
    beta : float
        β, more than 1.
    """

    fwhm_arcsec: float
    beta: float = 2.5

    def __post_init__(self) -> None:
        _check_fwhm(self.fwhm_arcsec)
        if not 1 < self.beta < np.inf:
            raise InputError(f"PSF: Moffat β is {self.beta}, expected more than 1 (its light is infinite below)")

    @property
    def alpha(self) -> float:
        """Scale radius α [arcsec]."""
        return self.fwhm_arcsec / (2 * np.sqrt(2 ** (1 / self.beta) - 1))

    def transfer(self, fx: NDArray, fy: NDArray) -> NDArray:
        """2^(2-β) / Γ(β-1) · x^(β-1) K_(β-1)(x) with x = 2π α f; for β = 2.5 it is (1 + x) e^-x."""
        x = 2 * np.pi * self.alpha * np.hypot(fx, fy)
        nu = self.beta - 1
        with np.errstate(invalid="ignore"):  # 0 · inf at frequency 0, where the limit is 1
            values = 2 ** (1 - nu) / gamma(nu) * x**nu * kv(nu, x)
        return np.where(x == 0, 1.0, values)

    def encircled(self, radius_arcsec: NDArray | float) -> NDArray:
        """Fraction of the light inside a radius: 1 - (1 + r²/α²)^(1-β)."""
        return 1 - (1 + (np.asarray(radius_arcsec) / self.alpha) ** 2) ** (1 - self.beta)

    def radius(self, fraction: float) -> float:
        return float(self.alpha * np.sqrt((1 - fraction) ** (1 / (1 - self.beta)) - 1))


@dataclass(frozen=True)
class Gaussian:
    """Gaussian function of a full width at half maximum [arcsec]."""

    fwhm_arcsec: float

    def __post_init__(self) -> None:
        _check_fwhm(self.fwhm_arcsec)

    @property
    def sigma(self) -> float:
        """Standard deviation in each axis [arcsec]."""
        return self.fwhm_arcsec / np.sqrt(8 * np.log(2))

    def transfer(self, fx: NDArray, fy: NDArray) -> NDArray:
        return np.exp(-2 * (np.pi * self.sigma * np.hypot(fx, fy)) ** 2)

    def encircled(self, radius_arcsec: NDArray | float) -> NDArray:
        """Fraction of the light inside a radius."""
        return 1 - np.exp(-0.5 * (np.asarray(radius_arcsec) / self.sigma) ** 2)

    def radius(self, fraction: float) -> float:
        return float(self.sigma * np.sqrt(-2 * np.log(1 - fraction)))


@dataclass(frozen=True, eq=False)
class ImagePsf:
    """A measured function: an image of a point source, linear between its pixels.

    Attributes
    ----------
    values : array, shape (ny, nx)
        Image [any unit]; it is normalised to a sum of one. Its light must be centred on its middle, which for an even
        side lies between two pixels. A point source's image in pixels of a finite size already holds the blur of these
        pixels; they should therefore be small beside the camera's.
    scale_arcsec : float
        Side of its pixels [arcsec].
    """

    values: NDArray
    scale_arcsec: float

    def __post_init__(self) -> None:
        if not 0 < self.scale_arcsec < np.inf:
            raise InputError(f"PSF image: pixel scale is {self.scale_arcsec} arcsec, expected more than 0")
        if self.values.ndim != 2 or not np.isfinite(self.values).all() or not self.values.sum() > 0:
            raise InputError(
                f"PSF image: expected a two-dimensional image of finite values with a positive sum, found shape "
                f"{self.values.shape}, sum {self.values.sum():.3g}; cut out and clean one star"
            )

    @classmethod
    def from_fits(cls, path: Path | str, scale_arcsec: float) -> Self:
        """The primary image of a FITS file."""
        try:
            values = fits.getdata(path, 0)
        except (OSError, IndexError, TypeError) as error:
            raise InputError(f"{path}: no FITS image of a PSF in its primary HDU ({error})") from None
        return cls(np.asarray(values, dtype=np.float64), scale_arcsec)

    @cached_property
    def _places(self) -> tuple[NDArray, NDArray]:
        ny, nx = self.values.shape
        return (np.arange(ny) - (ny - 1) / 2) * self.scale_arcsec, (np.arange(nx) - (nx - 1) / 2) * self.scale_arcsec

    def transfer(self, fx: NDArray, fy: NDArray) -> NDArray:
        """Separable Fourier sum at (fy, fx) given as a column and a row, times the linear interpolation's sinc²."""
        y, x = self._places
        fx, fy = np.ravel(fx), np.ravel(fy)
        rows = np.exp(-2j * np.pi * np.outer(fy, y)) @ (self.values / self.values.sum())
        smooth = np.outer(np.sinc(fy * self.scale_arcsec) ** 2, np.sinc(fx * self.scale_arcsec) ** 2)
        return (rows @ np.exp(-2j * np.pi * np.outer(x, fx))) * smooth

    def radius(self, fraction: float) -> float:
        y, x = self._places
        distance = np.hypot(y[:, None], x).ravel()
        order = np.argsort(distance)
        inside = np.cumsum(self.values.ravel()[order]) / self.values.sum()
        return float(distance[order][min(np.searchsorted(inside, fraction), distance.size - 1)])


def _check_fwhm(fwhm_arcsec: float) -> None:
    if not 0 < fwhm_arcsec < np.inf:
        raise InputError(f"PSF: full width at half maximum is {fwhm_arcsec} arcsec, expected more than 0")
