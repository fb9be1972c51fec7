"""Where a star cluster's centre is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from reproduce.workflow.errors import InputError

NEIGHBOURS = 6  # as Casertano & Hut (1985) recommend: few enough to be local, enough not to follow single pairs


@dataclass(frozen=True)
class DensityCentre:
    """Centre [pc], shape (3,), and the stars' densities [Msun/pc³], shape (n,), by which they were weighted."""

    position_pc: NDArray[np.float64]
    weight: NDArray[np.float64]


def density_centre(position_pc: NDArray, mass_msun: NDArray) -> DensityCentre:
    """Density centre of Casertano & Hut (1985, ApJ 298, 80).

    Parameters
    ----------
    position_pc : (n, 3)
        Positions [pc].
    mass_msun : (n,)
        Masses [Msun].

    Returns
    -------
    DensityCentre
        The density at a star is the mass of its five nearest neighbours over the volume that reaches to the sixth;
        neither the star itself nor the sixth counts, which makes the estimate unbiased.

    Raises
    ------
    InputError
        If there are too few stars for six neighbours.
    """
    if len(mass_msun) <= NEIGHBOURS:
        raise InputError(f"a density centre needs more than {NEIGHBOURS} stars, found {len(mass_msun)}; use mass")
    distance, neighbour = cKDTree(position_pc).query(position_pc, k=NEIGHBOURS + 1)  # the first is the star itself
    mass = np.asarray(mass_msun, dtype=np.float64)[neighbour[:, 1:NEIGHBOURS]].sum(axis=1)
    radius = distance[:, NEIGHBOURS]
    smallest = radius[radius > 0].min(initial=np.inf)
    volume = 4 / 3 * np.pi * np.maximum(radius, smallest if np.isfinite(smallest) else 1.0) ** 3
    density = mass / volume
    return DensityCentre(np.average(position_pc, axis=0, weights=density), density)
