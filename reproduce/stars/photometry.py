"""Luminosities in a photometric band: from bolometric luminosities and temperatures, from magnitudes, from flux."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.workflow.errors import InputError

M_BOL_SUN = 4.75
"""Bolometric magnitude of 1 Lsun, as in NBODY6. Reed's own BC(5772 K) = -0.180 and M_V,sun = 4.83 would ask for 4.65,
which makes every star 0.04 dex brighter. 4.75 is kept because the authors' stars come from NBODY6 (docs/mock.md has
both means of log10 F beside the published one)."""

DARK_TYPES = (13, 14, 15)
"""Neutron stars, black holes and stars that left nothing (Hurley et al. 2000): they emit nothing in any optical band.
The luminosities that SSE gives them are placeholders, and a correction fitted to stars says nothing of them."""

RAYLEIGH_JEANS = -7.5
"""Change of a bolometric correction per dex of temperature when the band lies in the Rayleigh-Jeans tail: at a given
radius the band's luminosity grows as T and the bolometric one as T^4, so BC = -2.5 log10 T^3 + constant."""


@dataclass(frozen=True)
class Band:
    """A photometric band: all that is needed to weigh a star's light in it.

    Attributes
    ----------
    name : str
        The band.
    coefficients : tuple of float
        Of the bolometric correction BC = M_bol - M_band as a polynomial in log10(T_eff / K) - 4, highest power first.
    range_k : tuple of float
        Lowest and highest T_eff [K] at which the polynomial is used. Below, BC keeps the value at the lowest; above, it
        follows the Rayleigh-Jeans tail from the value at the highest.
    solar_magnitude : float
        Absolute magnitude of the Sun in the band; luminosities are in units of the Sun's in the same band.
    """

    name: str
    coefficients: tuple[float, ...]
    range_k: tuple[float, float]
    solar_magnitude: float


V = Band("V", (-8.499, 13.421, -8.131, -3.901, -0.438), (3000.0, 50_000.0), 4.83)
"""Johnson V: Reed (1998, JRASC 92, 36), eq. 5, in log10 T - 4 (Giersz & Heggie 2003), as the paper's Sect. 2.1 uses it.

Below 3,000 K the quartic falls by another 1.9 mag to 2,500 K, faster than any measured giant, and would all but remove
the brightest cool giants; cool white dwarfs are faint either way. Above 50,000 K (hot white dwarfs, post-AGB stars) the
quartic stays within 0.7 mag of the Rayleigh-Jeans tail up to 100,000 K and turns away beyond, so the tail is used."""


def bolometric_correction(temperature_k: ArrayLike, band: Band = V) -> NDArray[np.float64]:
    """Bolometric correction BC = M_bol - M_band.

    Parameters
    ----------
    temperature_k : array_like
        Effective temperature [K], more than 0.
    band : Band
        The band.

    Returns
    -------
    array of float64
        BC [mag], of the same shape.
    """
    x = np.log10(np.asarray(temperature_k, dtype=np.float64)) - 4
    low, high = np.log10(band.range_k) - 4
    inside = np.polyval(band.coefficients, np.clip(x, low, high))
    return inside + RAYLEIGH_JEANS * np.maximum(x - high, 0)


def band_luminosity(
    luminosity_lsun: ArrayLike, temperature_k: ArrayLike, stellar_type: ArrayLike, band: Band = V
) -> NDArray[np.float64]:
    """Luminosity of each star in a band, in units of the Sun's in that band.

    Parameters
    ----------
    luminosity_lsun, temperature_k : array_like, shape (n,)
        Bolometric luminosity [Lsun] and effective temperature [K].
    stellar_type : array_like, shape (n,)
        Hurley et al. (2000) types; those of `DARK_TYPES` emit nothing.
    band : Band
        The band.

    Returns
    -------
    array of float64, shape (n,)
        10^(-0.4 (M_band - M_band,sun)) with M_band = M_bol,sun - 2.5 log10(L / Lsun) - BC.

    Raises
    ------
    InputError
        If a luminosity is negative or not finite, or a star that shines has no temperature.
    """
    luminosity = np.asarray(luminosity_lsun, dtype=np.float64)
    temperature = np.asarray(temperature_k, dtype=np.float64)
    if bad := np.count_nonzero(~(np.isfinite(luminosity) & (luminosity >= 0))):
        raise InputError(
            f"luminosities must be finite and not negative; found {bad} of {luminosity.size} that are not; mend the "
            "snapshot or make it again"
        )
    shines = (luminosity > 0) & ~np.isin(stellar_type, DARK_TYPES)
    if bad := np.count_nonzero(~(np.isfinite(temperature[shines]) & (temperature[shines] > 0))):
        raise InputError(
            f"stars that shine must have a temperature above 0 K; found {bad} that have not; mend the snapshot or make "
            "it again"
        )
    result = np.zeros(luminosity.shape)
    offset = bolometric_correction(temperature[shines], band) + band.solar_magnitude - M_BOL_SUN
    result[shines] = luminosity[shines] * 10 ** (0.4 * offset)
    return result


def distance_modulus(distance_kpc: ArrayLike) -> NDArray[np.float64]:
    """m - M = 5 log10(D / 10 pc) [mag], without extinction, of distances [kpc]."""
    return 5 * np.log10(np.asarray(distance_kpc, dtype=np.float64) * 100)


def luminosity_of_magnitude(absolute_magnitude: ArrayLike, band: Band = V) -> NDArray[np.float64]:
    """Luminosity [Lsun in the band] of absolute magnitudes.

    >>> round(float(luminosity_of_magnitude(-0.17)), 6)
    100.0
    """
    return 10 ** (-0.4 * (np.asarray(absolute_magnitude, dtype=np.float64) - band.solar_magnitude))


def luminosity_of_apparent(magnitude: ArrayLike, distance_kpc: float, band: Band = V) -> NDArray[np.float64]:
    """Luminosity [Lsun in the band] that has an apparent magnitude, free of extinction, at a distance [kpc]."""
    return luminosity_of_magnitude(np.asarray(magnitude, dtype=np.float64) - distance_modulus(distance_kpc), band)


def flux_of_luminosity(luminosity: NDArray, distance_kpc: ArrayLike) -> NDArray:
    """F = L / (4π D²) [Lsun kpc^-2] from L [Lsun]."""
    return luminosity / _sphere_kpc2(distance_kpc)


def luminosity_of_flux(flux: NDArray, distance_kpc: ArrayLike) -> NDArray:
    """L = 4π D² F [Lsun] from F [Lsun kpc^-2]."""
    return _sphere_kpc2(distance_kpc) * flux


def _sphere_kpc2(distance_kpc: ArrayLike) -> NDArray[np.float64]:
    """Area of the sphere over which the light of a star has spread [kpc²]."""
    return 4 * np.pi * np.square(np.asarray(distance_kpc, dtype=np.float64))
