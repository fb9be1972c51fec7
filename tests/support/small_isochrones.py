"""A coarse table of isochrones, made once a process."""

from functools import cache

import numpy as np

from reproduce.stars.isochrones import Isochrones, isochrones


@cache
def small_isochrones() -> Isochrones:
    """Solar metallicity, eight ages from 4 Myr to 12 Gyr."""
    return isochrones(feh=(0.0,), log_ages=np.array([6.6, 7.1, 7.6, 8.1, 8.6, 9.1, 9.6, 10.08]))
