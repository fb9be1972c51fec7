"""Radial profiles of mass and mass-to-light ratio (paper Sect. 4.1.4, eq. 3)."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.stars.photometry import luminosity_of_flux

N_BINS = 25
WIDTH_ARCSEC = 1.2  # the paper's bins


def radial_means(values: NDArray, centre_arcsec: tuple[float, float], field_arcsec: float) -> NDArray:
    """Mean of a map in 25 rings of 1.2 arcsec, NaN where a ring holds no pixel.

    Parameters
    ----------
    values : array, shape (ny, nx)
        Linear values.
    centre_arcsec
        Centre of the rings in columns and rows, from the middle of the field.
    field_arcsec
        Side of the field.

    Returns
    -------
    array, shape (25,)
    """
    ny, nx = values.shape
    x = (np.arange(nx) - (nx - 1) / 2) * field_arcsec / nx - centre_arcsec[0]
    y = (np.arange(ny) - (ny - 1) / 2) * field_arcsec / ny - centre_arcsec[1]
    ring = (np.hypot(x[None, :], y[:, None]) / WIDTH_ARCSEC).astype(np.int64)
    inside = ring < N_BINS
    sums = np.bincount(ring[inside], values[inside], N_BINS)
    counts = np.bincount(ring[inside], minlength=N_BINS)
    return np.divide(sums, counts, out=np.full(N_BINS, np.nan), where=counts > 0)


def table(
    flux: NDArray,
    mass: NDArray,
    predicted: NDArray,
    distance_kpc: float,
    centre_arcsec: tuple[float, float],
    field_arcsec: float,
) -> pd.DataFrame:
    """True and predicted profiles of one map.

    Parameters
    ----------
    flux, mass, predicted : array, shape (ny, nx)
        log10 of the flux [Lsun kpc^-2], of the true and of the predicted mass [Msun].
    distance_kpc
        True distance, which turns flux into luminosity.

    Returns
    -------
    DataFrame
        ``r_arcsec``, mean mass of a pixel ``mass_msun mass_predicted_msun`` and ``mass_to_light
        mass_to_light_predicted`` [Msun/Lsun].
    """
    light = luminosity_of_flux(10 ** flux.astype(np.float64), distance_kpc)
    means = [radial_means(x, centre_arcsec, field_arcsec) for x in (light, 10.0**mass, 10.0**predicted)]
    return pd.DataFrame(
        {
            "r_arcsec": (np.arange(N_BINS) + 0.5) * WIDTH_ARCSEC,
            "mass_msun": means[1],
            "mass_predicted_msun": means[2],
            "mass_to_light": means[1] / means[0],
            "mass_to_light_predicted": means[2] / means[0],
        }
    )
