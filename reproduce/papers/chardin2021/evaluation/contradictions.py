"""Where what a user gives contradicts what the networks find: one line each."""

import numpy as np
from numpy.typing import NDArray

from reproduce.papers.chardin2021.evaluation import mass_to_light
from reproduce.papers.chardin2021.evaluation.mass_to_light import MassToLight
from reproduce.papers.chardin2021.networks.prediction import Summary

SIGMAS = 3.0
"""What is further apart contradicts."""
POSSIBLE_RATIO = (0.05, 10.0)
"""M/L_V [Msun/Lsun] that no cluster of single stars between 0.05 and 14 Gyr is outside; for networks whose calibration
does not know what M/L an age has."""


def lines(
    prediction: Summary,
    distance_sigma_kpc: NDArray,
    given_kpc: NDArray,
    given_error_kpc: NDArray,
    ratio: MassToLight | None,
) -> list[list[str]]:
    """What contradicts in each map.

    Parameters
    ----------
    prediction : Summary
        Of n maps.
    distance_sigma_kpc : array, shape (n,)
        Error of the predicted distances [kpc].
    given_kpc, given_error_kpc : array, shape (n,)
        Distances that the user gives, NaN where none, and their errors [kpc].
    ratio : MassToLight or None
        M/L of an age; none: only what is impossible at any age contradicts.

    Returns
    -------
    list of n lists of str
    """
    known = np.isfinite(given_kpc)
    apart = np.abs(prediction.distance_kpc - given_kpc) / np.hypot(distance_sigma_kpc, given_error_kpc)
    distance = np.where(known, given_kpc, prediction.distance_kpc)
    error = np.where(known, given_error_kpc, distance_sigma_kpc)
    ratio_error = 2 * error / np.maximum(distance, 1e-3) / np.log(10)  # dex: light goes as the distance squared
    log_ratio = mass_to_light.log_ratio(prediction.total_mass, mass_to_light.log_light(prediction), distance)
    found: list[list[str]] = [[] for _ in known]
    for k, told in enumerate(found):
        if known[k] and not apart[k] <= SIGMAS:
            told.append(
                f"the distance given, {given_kpc[k]:.3g} kpc, contradicts the predicted one, "
                f"{prediction.distance_kpc[k]:.3g} ± {distance_sigma_kpc[k]:.2g} kpc ({apart[k]:.1f} sigma): look at "
                "the distance and at the zero point"
            )
        if impossible := _impossible(float(prediction.age_gyr[k]), float(log_ratio[k]), float(ratio_error[k]), ratio):
            at = "the distance given" if known[k] else "the predicted distance"
            told.append(f"M/L of {10 ** log_ratio[k]:.2g} at {at} contradicts {impossible}: look at the zero point")
    return found


def _impossible(age_gyr: float, log_ratio: float, error: float, ratio: MassToLight | None) -> str:
    """What log10 M/L, with an error [dex], contradicts; nothing if it can be."""
    if ratio is not None:
        middle, reach = float(ratio.expected(age_gyr)), SIGMAS * float(np.hypot(ratio.scatter, error))
        if not abs(log_ratio - middle) <= reach:
            ends = f"{10 ** (middle - reach):.2g} to {10 ** (middle + reach):.2g}"
            return f"the predicted age, at which it is {10**middle:.2g} ({ends})"
    low, high = np.log10(POSSIBLE_RATIO)
    if not low - SIGMAS * error <= log_ratio <= high + SIGMAS * error:
        low, high = POSSIBLE_RATIO
        return f"every cluster of stars, in which it is {low:g} to {high:g}"
    return ""
