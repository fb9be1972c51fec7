"""The potential of spherical shells, the energies of stars in it, and who reaches the edge (Hénon 1971).

Between two neighbouring stars the potential is -G (M/r + S), M the mass inside and S the sum of m/r outside. A star
does not feel its own shell.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reproduce.cluster.units import G


class Bodies(NamedTuple):
    """Stars in order of radius.

    Attributes
    ----------
    r, vr, vt, m : (n,) float64
        Radius [pc], radial and tangential velocity [pc/Myr], mass [Msun].
    """

    r: NDArray[np.float64]
    vr: NDArray[np.float64]
    vt: NDArray[np.float64]
    m: NDArray[np.float64]


class Potential(NamedTuple):
    """The potential at radius x with c stars inside is -G (inside[c]/x + outer[c]).

    Attributes
    ----------
    inside, outer : (n + 1,) float64
        Mass of the first c stars [Msun], and Σ m/r over the others [Msun/pc].
    """

    inside: NDArray[np.float64]
    outer: NDArray[np.float64]


@njit(cache=True)
def potential(r, m):
    """The `Potential` of shells of mass m (n,) [Msun] at radii r (n,) [pc] that increase."""
    n = len(r)
    inside = np.empty(n + 1)
    outer = np.empty(n + 1)
    inside[0] = 0.0
    outer[n] = 0.0
    for i in range(n):
        inside[i + 1] = inside[i] + m[i]
    for i in range(n - 1, -1, -1):
        outer[i] = outer[i + 1] + m[i] / r[i]
    return Potential(inside, outer)


@njit(cache=True)
def energies(bodies, field):
    """Specific energy of each star in the potential `field`, and the cluster's kinetic and potential energy.

    Returns
    -------
    energy : (n,)
        ½ v² + Φ [pc²/Myr²], own shell left out.
    kinetic, binding : float
        Total kinetic and (negative) potential energy [Msun pc²/Myr²].
    """
    r, vr, vt, m = bodies.r, bodies.vr, bodies.vt, bodies.m
    inside, outer = field.inside, field.outer
    n = len(r)
    energy = np.empty(n)
    kinetic = 0.0
    binding = 0.0
    for i in range(n):
        half_v2 = 0.5 * (vr[i] * vr[i] + vt[i] * vt[i])
        phi = -G * (inside[i] / r[i] + outer[i + 1])
        energy[i] = half_v2 + phi
        kinetic += m[i] * half_v2
        binding += 0.5 * m[i] * phi
    return energy, kinetic, binding


@njit(cache=True)
def reaching(bodies, energy, field, jacobi):
    """Stars on orbits that reach beyond the radius `jacobi`."""
    r, vt, m = bodies.r, bodies.vt, bodies.m
    n = len(r)
    gone = np.zeros(n, dtype=np.bool_)
    c = np.searchsorted(r, jacobi)
    phi = -G * (field.inside[c] / jacobi + field.outer[c])
    for i in range(n):
        radial2 = 2 * (energy[i] - phi - G * m[i] / max(jacobi, r[i])) - (r[i] * vt[i] / jacobi) ** 2
        gone[i] = r[i] > jacobi or radial2 >= 0
    return gone


@njit(cache=True)
def leaving_late(random, energy, saddle, chances):
    """Stars above the saddle's energy that find the way out, with probability 1 - exp(-`chances` (1 - E/E_saddle)²)."""
    gone = np.zeros(len(energy), dtype=np.bool_)
    for i in range(len(energy)):
        if energy[i] > saddle:
            excess = 1 - energy[i] / saddle
            gone[i] = energy[i] >= 0 or random.random() < 1 - np.exp(-chances * excess * excess)
    return gone
