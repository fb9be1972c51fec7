"""The floor under every method that sees N velocities along one line of sight: shot noise.

N Gaussian velocities know their dispersion to 1 / √(2N). Where a family of galaxies has one σ for each mass, that is an
error of d ln M / d ln σ times as much in the mass. Where all else is known, methods on galaxies that they have not seen
come about as near as this: outer clusters tell a little more of the mass than inner ones, which the formula leaves out.
Errors far below it need other masses, or the same clusters seen in training.
"""

import math

import numpy as np
from numpy.typing import NDArray

from reproduce.galaxy import spherical
from reproduce.galaxy.globular_clusters import density
from reproduce.galaxy.models import disc_galaxy, structure
from reproduce.papers.kaur2021 import labels
from reproduce.papers.kaur2021.metrics import NEAR
from reproduce.papers.kaur2021.settings import Galaxies

STEP = 0.05  # in ln M, of the difference that gives the slope


def mass_dispersion_slope(galaxies: Galaxies, halo_msun: float) -> float:
    """d ln M / d ln σ of the whole cluster system, in the family's middle."""
    sigma = [_dispersion(galaxies, halo_msun * math.exp(sign * STEP)) for sign in (-1, 1)]
    return 2 * STEP / math.log(sigma[1] / sigma[0])


def _dispersion(galaxies: Galaxies, halo_msun: float) -> float:
    """σ [km/s] of all clusters, by the Jeans equation for their own density."""
    galaxy = disc_galaxy(
        halo_msun,
        baryon_fraction=float(np.mean(galaxies.baryon_fraction)),
        bulge_to_disc=float(np.mean(galaxies.bulge_to_disc)),
        size_exponent=galaxies.size_exponent,
    )
    clusters = density(galaxy)
    weight = clusters * spherical.RADII**3
    sigma = spherical.dispersion(clusters, structure(galaxy).mass)
    return float(np.sqrt(np.sum(weight * sigma**2) / np.sum(weight)))


def floor(galaxies: Galaxies, halo_msun: NDArray[np.float64], n_clusters: int) -> dict[str, float]:
    """Errors that shot noise alone makes.

    Parameters
    ----------
    galaxies : Galaxies
        Settings of the simulated galaxies.
    halo_msun : (n,)
        True dark masses [Msun].
    n_clusters : int
        Velocities of each.

    Returns
    -------
    dict
        ``mae``, ``rmse`` of the label and ``within_5_percent``, as `metrics.measure` has them; ``relative``, the
        standard deviation of the relative error of the mass.

    Examples
    --------
    With more light galaxies the error of a label that is linear in the mass is smaller, the share within 5 % is not;
    1,000 clusters do both.

    >>> even, light = np.linspace(1e11, 2e12, 1001), np.geomspace(1e11, 2e12, 1001)
    >>> for masses, n_clusters in ((even, 200), (light, 200), (even, 1_000)):
    ...     found = floor(Galaxies(), masses, n_clusters)
    ...     print(f"{found['mae']:.2f} {found['within_5_percent']:.2f}")
    0.66 0.26
    0.40 0.26
    0.29 0.55
    """
    slope = mass_dispersion_slope(galaxies, float(np.mean(halo_msun)))
    relative = slope / math.sqrt(2 * n_clusters)
    low, high = galaxies.halo_msun
    unit = labels.HIGHEST / (high - low)
    return {
        "mae": float(unit * relative * math.sqrt(2 / math.pi) * np.mean(halo_msun)),
        "rmse": float(unit * relative * np.sqrt(np.mean(halo_msun**2))),
        "relative": relative,
        "within_5_percent": math.erf(NEAR / relative / math.sqrt(2)),
    }
