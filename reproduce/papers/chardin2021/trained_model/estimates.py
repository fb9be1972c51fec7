"""What trained networks say of maps, in a table and in words."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.stars.photometry import luminosity_of_flux

if TYPE_CHECKING:
    import pandas as pd

    from reproduce.papers.chardin2021.observer.joint import JointPosterior

OUTSIDE = (
    "unlike the training maps (domain score {score:.2f}): outside what the networks know; do not trust the numbers, "
    "which have no intervals"
)


def none_if_nan(value: Any) -> Any:
    """A value of `Estimates.table` as JSON can hold it: it has no word for NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value


@dataclass(frozen=True)
class Estimates:
    """What an ensemble says of n maps.

    Attributes
    ----------
    mass : array, shape (n, ny, nx), float32
        log10(M / Msun) of each pixel.
    table : DataFrame
        One row a map. ``in_domain``: whether the networks know such maps, that is whether the ``domain_score`` is at
        most 1 and the distance above 0; ``total_mass_msun`` (in the field of view), ``age_gyr``, ``distance_kpc``, each
        followed by the bounds of its 68 % and 95 % intervals, ``…_low68``, ``…_high68``, ``…_low95``, ``…_high95``,
        which are NaN outside the domain, where nothing is known of the error; ``luminosity_lsun`` (V) and
        ``mass_to_light`` in the field at the distance given, else at the predicted one.
    notes : tuple of n tuples of str
        What has to be known before the numbers of a map are used: first that it is outside the domain, then where the
        distance given or the M/L contradicts what is found. Empty where nothing is to be said.
    posterior : JointPosterior or None
        Joint posterior of mass, M/L, age and distance, of networks that are told what is known; none: of the paper's
        kind.
    """

    mass: NDArray
    table: "pd.DataFrame"
    notes: tuple[tuple[str, ...], ...]
    posterior: "JointPosterior | None" = None


def luminosity_in_field(flux: ArrayLike, distance_kpc: ArrayLike) -> NDArray[np.float64]:
    """L = 4 π D² ΣF of maps (n, ny, nx) of log10(F / (Lsun kpc^-2)), at distances (n,) [kpc]: shape (n,) [Lsun]."""
    total = (10 ** np.asarray(flux, np.float64)).sum(axis=(-2, -1))
    return luminosity_of_flux(total, distance_kpc)
