"""The posterior's parameters, and the coordinates in which the networks answer.

The parameters θ are log10 of the distance [kpc]; the age as u, which is bounded (`reproduce.learning.prior`); log10 of
M/L and of the mass in the field [solar]. The networks answer in z, about standard normal whatever is known:

* the distance away from the one given, in its errors, or where none is given from the middle of the prior. So a network
  that has learnt nothing repeats what it was given, with its error, and one that has learnt something can only be
  narrower;
* u of the age, and log10 M/L in standard deviations;
* by how much the image has more or less light than the cluster (field stars, sky, noise), in standard deviations. The
  mass is not asked for: log M = log M/L + log(4π D² ΣF) + excess, so that mass and distance are tied as they must be.

θ = T z + b with a lower triangular T, so that a mixture of Gaussians in z is one in θ.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.learning.frame import Frame
from reproduce.learning.known import DEX, NUMBERS_EACH, Known, Limits
from reproduce.learning.prior import Uniform
from reproduce.papers.chardin2021.observer_settings import Views

Array = NDArray[np.float64]

QUANTITIES = ("distance", "metallicity", "seeing")
"""That may be known: log10 of the distance [kpc], [Fe/H], log10 of the seeing [arcsec]."""
NUMBERS = NUMBERS_EACH * len(QUANTITIES)
PARAMETERS = ("distance", "age", "mass_to_light", "mass")
DISTANCE, AGE, RATIO, MASS = range(len(PARAMETERS))
COORDINATES = ("distance", "age", "mass_to_light", "light")
AGES_GYR = (0.02, 14.5)
"""Of the prior, uniform in the logarithm; the library's snapshots lie between 0.03 and 14 Gyr."""
AGE_PRIOR = Uniform(*np.log10(AGES_GYR))
SPHERE = float(np.log10(4 * np.pi))


@dataclass(frozen=True)
class Scale:
    """Means and standard deviations over training views.

    Attributes
    ----------
    light, share : (mean, std)
        Of log10 F and of log10 of a pixel's share of the mass, over all pixels.
    ratio : (mean, std)
        Of log10 M/L.
    excess : (mean, std)
        Of log10 of the light of the cluster over that of the image.
    """

    light: tuple[float, float]
    share: tuple[float, float]
    ratio: tuple[float, float]
    excess: tuple[float, float]


def log_light(flux: ArrayLike) -> Array:
    """log10 of the light ΣF [Lsun kpc^-2] of maps (n, ny, nx) of log10 F, shape (n,)."""
    return np.log10((10 ** np.asarray(flux, np.float64)).sum(axis=(-2, -1)))


def parameters(distance_kpc: ArrayLike, age_gyr: ArrayLike, mass_msun: ArrayLike, luminosity_lsun: ArrayLike) -> Array:
    """θ of n clusters, shape (n, 4)."""
    distance, mass, light = (
        np.log10(np.asarray(one, np.float64)) for one in (distance_kpc, mass_msun, luminosity_lsun)
    )
    return np.stack([distance, AGE_PRIOR.normal(np.log10(age_gyr)), mass - light, mass], axis=-1)


def readable(theta: ArrayLike) -> Array:
    """θ, shape (..., 4), with log10 of the age [Gyr] in place of u."""
    values = np.array(theta, np.float64)
    values[..., AGE] = AGE_PRIOR.value(values[..., AGE])
    return values


def limits_of(views: Views) -> Limits:
    """Ranges of `QUANTITIES` and of their errors that views have."""
    distance, seeing = views.distances_kpc, (min(views.fwhm_arcsec), max(views.fwhm_arcsec))
    relative = tuple((low / DEX, high / DEX) for low, high in (views.distance_error, views.seeing_error))
    values = (_log(distance), views.metallicities, _log(seeing))
    return Limits(values, (relative[0], views.metallicity_error, relative[1]))


def _log(pair: tuple[float, float]) -> tuple[float, float]:
    return float(np.log10(pair[0])), float(np.log10(pair[1]))


def frame_of(log_light: Array, known: Known, scale: Scale, limits: Limits) -> Frame:
    """What ties z to θ, from the light (n,) of images and what is known of their distances."""
    n = len(log_light)
    centre, width = known.or_range(limits, 0)
    triangle, shift = np.zeros((n, len(PARAMETERS), len(PARAMETERS))), np.zeros((n, len(PARAMETERS)))
    triangle[:, DISTANCE, DISTANCE], shift[:, DISTANCE] = width, centre
    triangle[:, AGE, AGE] = 1
    triangle[:, RATIO, RATIO], shift[:, RATIO] = scale.ratio[1], scale.ratio[0]
    triangle[:, MASS, DISTANCE], triangle[:, MASS, RATIO] = 2 * width, scale.ratio[1]
    triangle[:, MASS, MASS] = scale.excess[1]
    shift[:, MASS] = scale.ratio[0] + 2 * centre + SPHERE + log_light + scale.excess[0]
    return Frame(triangle, shift)
