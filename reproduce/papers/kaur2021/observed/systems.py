"""From places on the sky to kpc about a galaxy's centre."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from numpy.typing import NDArray

from reproduce.papers.kaur2021.sets.clusters import Seen, checked

USUAL_ERROR_KMS = 15.0
"""Error of a velocity where the catalogue has none: "10-15 km/s" in the abstract of Forbes et al. (2017)."""
FARTHEST_DEG = 5.0  # from the galaxy's centre; no cluster of a galaxy outside the Local Group is farther

Array = NDArray[np.float64]


def project(ra_deg: Array, dec_deg: Array, centre: tuple[float, float], distance_mpc: float) -> tuple[Array, Array]:
    """Places x (to the east) and y (to the north) [kpc] about a centre (ra, dec) [deg].

    The sky is taken as flat at the galaxy's distance: 0.1 % at a degree from its centre.
    """
    middle = SkyCoord(*centre, unit=u.deg)
    east, north = middle.spherical_offsets_to(SkyCoord(ra_deg, dec_deg, unit=u.deg))
    kpc = distance_mpc * 1_000
    return np.asarray(east.rad * kpc, np.float64), np.asarray(north.rad * kpc, np.float64)


def unproject(x_kpc: Array, y_kpc: Array, centre: tuple[float, float], distance_mpc: float) -> tuple[Array, Array]:
    """Right ascension and declination [deg] of places: the inverse of `project`."""
    kpc = distance_mpc * 1_000
    place = SkyCoord(*centre, unit=u.deg).spherical_offsets_by(x_kpc / kpc * u.rad, y_kpc / kpc * u.rad)
    return np.asarray(place.ra.deg), np.asarray(place.dec.deg)


def system(galaxy: Table.Row, clusters: Table) -> Seen:
    """Clusters of one galaxy of a catalogue, velocities relative to the galaxy's.

    Parameters
    ----------
    galaxy : Row
        With ``galaxy``, ``ra``, ``dec``, ``distance_mpc``, ``velocity_kms``.
    clusters : Table
        Of all galaxies, with ``galaxy``, ``ra``, ``dec``, ``velocity_kms``, ``error_kms``.
    """
    own = clusters[np.asarray(clusters["galaxy"]) == galaxy["galaxy"]]
    centre = float(galaxy["ra"]), float(galaxy["dec"])
    x, y = project(np.asarray(own["ra"]), np.asarray(own["dec"]), centre, float(galaxy["distance_mpc"]))
    error = np.asarray(own["error_kms"], np.float64)
    error = np.where(np.isfinite(error), error, USUAL_ERROR_KMS)
    velocity = np.asarray(own["velocity_kms"], np.float64) - float(galaxy["velocity_kms"])
    return checked(x, y, velocity, error, str(galaxy["galaxy"]))
