"""What is true of a mock observation, to stand beside what the networks make of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from reproduce.sky.map_files import read_maps
from reproduce.sky.settings import Camera
from reproduce.workflow.errors import InputError


@dataclass(frozen=True)
class Truth:
    """The cluster of a mock observation.

    Attributes
    ----------
    mass : array of float32, shape (ny, nx), or None
        True mass map, log10(M / Msun), on the grid of the prediction; None if the observation has another grid.
    total_mass_msun, luminosity_lsun : float
        Mass [Msun] and luminosity [Lsun] in the field.
    age_gyr, distance_kpc : float
        Age [Gyr] and distance [kpc].
    """

    mass: NDArray[np.float32] | None
    total_mass_msun: float
    luminosity_lsun: float
    age_gyr: float
    distance_kpc: float


def read(path: Path, camera: Camera | None = None) -> Truth | None:
    """The truth in a file of `reproduce.sky.map_files`; None for any other image.

    Parameters
    ----------
    path : path
    camera : Camera, optional
        Of the prediction; the paper's if left out.
    """
    camera = camera or Camera()
    try:
        with fits.open(path) as file:
            if "CAMERA" not in file[0].header or "MASS" not in file:
                return None
        maps = read_maps(path)
    except (OSError, InputError):
        return None
    same = (maps.camera.pixels, maps.camera.field_arcsec) == (camera.pixels, camera.field_arcsec)
    if not same:
        return Truth(None, maps.mass_msun, maps.luminosity_lsun, maps.age_gyr, maps.view.distance_kpc)
    total = float(np.sum(10.0 ** maps.mass.astype(np.float64)))  # summed as the prediction's
    return Truth(maps.mass, total, maps.luminosity_lsun, maps.age_gyr, maps.view.distance_kpc)


def beside(truth: Truth, row: dict[str, Any], mass: NDArray) -> dict[str, float]:
    """True values, and how far the predicted ones are from them.

    Parameters
    ----------
    truth : Truth
    row : dict
        With the predicted ``total_mass_msun``, ``age_gyr`` and ``distance_kpc``.
    mass : array, shape (ny, nx)
        Predicted mass map, log10(M / Msun).

    Returns
    -------
    dict
        ``total_mass_msun``, ``mass_to_light``, ``age_gyr``, ``distance_kpc`` as they are; the differences predicted
        minus true ``total_mass_error_dex``, ``age_error_gyr``, ``distance_error_kpc``; and, with a true map, the mean
        absolute difference of log10 M over the pixels ``pixel_error_dex``.
    """
    found = {
        "total_mass_msun": truth.total_mass_msun,
        "mass_to_light": truth.total_mass_msun / truth.luminosity_lsun,
        "age_gyr": truth.age_gyr,
        "distance_kpc": truth.distance_kpc,
        "total_mass_error_dex": float(np.log10(row["total_mass_msun"] / truth.total_mass_msun)),
        "age_error_gyr": row["age_gyr"] - truth.age_gyr,
        "distance_error_kpc": row["distance_kpc"] - truth.distance_kpc,
    }
    if truth.mass is not None:
        found["pixel_error_dex"] = float(np.mean(np.abs(mass - truth.mass), dtype=np.float64))
    return found
