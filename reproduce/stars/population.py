"""An old stellar population born at once: how many stars of which light, from our stellar tracks."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproduce.stars import photometry
from reproduce.stars.imf import kroupa_number_below
from reproduce.workflow.errors import InputError

Array = NDArray[np.float64]

SOLAR_METALLICITY = 0.02  # Z of the Sun in SSE (Hurley, Pols & Tout 2000)
MASS_LIMITS_MSUN = (0.1, 8.0)  # stars born above have long been neutron stars and black holes, which are dark
WHITE_DWARF, MAIN_SEQUENCE = 10, 1  # in SSE's types: the first of one kind, the last of the other
_COARSE, _FINE = 400, 1_000  # masses along the whole range, and where stars have left the main sequence


@dataclass(frozen=True)
class Population:
    """Kinds of stars, one initial mass each.

    Attributes
    ----------
    number : array, shape (k,)
        Stars of each kind in a population of one solar luminosity in V.
    luminosity : array, shape (k,)
        V-band luminosity of one star of each kind [Lsun in V].
    temperature_k : array, shape (k,)
        Effective temperature [K]; 0 for what does not shine.
    """

    number: Array
    luminosity: Array
    temperature_k: Array


def make_population(feh: float, age_gyr: float, cache: Path | None = None) -> Population:
    """A population with the Kroupa (2001) mass function.

    Stars between the main sequence and the white dwarfs give most of the light and span a few hundredths of a solar
    mass, so the masses are laid densely there.

    Parameters
    ----------
    feh : float
        [Fe/H]; Z = 0.02 · 10^[Fe/H], held within SSE's range of 0.0001 to 0.03.
    age_gyr : float
        Age, 1 to 14.5 Gyr.
    cache : Path, optional
        Folder that keeps stellar tracks.

    Raises
    ------
    InputError
        If the age is outside the range.
    """
    if not 1 <= age_gyr <= 14.5:
        raise InputError(f"population: age is {age_gyr:g} Gyr, expected 1 to 14.5; mend the target's age")
    metallicity = float(np.clip(SOLAR_METALLICITY * 10**feh, 1e-4, 0.03))
    coarse = np.geomspace(*MASS_LIMITS_MSUN, _COARSE)
    kind = _state(coarse, metallicity, age_gyr, cache)["stellar_type"]
    left = coarse[np.flatnonzero(kind <= MAIN_SEQUENCE)[-1]], coarse[np.argmax(kind >= WHITE_DWARF)]
    masses = np.unique(np.concatenate([coarse, np.linspace(*left, _FINE)]))
    state = _state(masses, metallicity, age_gyr, cache)
    light = photometry.band_luminosity(state["luminosity_lsun"], state["temperature_k"], state["stellar_type"])
    number = np.diff(kroupa_number_below(np.concatenate([masses[:1], (masses[1:] + masses[:-1]) / 2, masses[-1:]])))
    return Population(number / np.sum(number * light), light, state["temperature_k"].astype(np.float64))


def _state(masses: Array, metallicity: float, age_gyr: float, cache: Path | None) -> dict[str, NDArray]:
    from reproduce.stars.stellar_evolution import stellar_tracks

    return stellar_tracks(masses, metallicity, cache).at(np.arange(len(masses)), 1e3 * age_gyr)
