"""Black holes that stay in a cluster: heating by their binaries, and the ejections that pay for it.

They sink to the centre and form a small system of their own, whose binaries heat it and, through it, the cluster. The
smooth three-body heating of `relaxation` takes averages over neighbours of all kinds, which among a few dozen black
holes means nothing, and it goes on for ever. Here black holes are heated by neighbouring black holes alone, and each
unit of heat is paid for: a binary that gives it away hardens until it and its partners are thrown out.

How much a binary gives before that follows from two numbers. A cluster in balance makes energy at the rate
ζ |E| / t_rh (Hénon 1975; ζ = 0.1, Gieles, Heggie & Zhao 2011), whatever makes it, and then loses black holes at the
rate β M / t_rh (Breen & Heggie 2013; β = 0.0028, Antonini & Gieles 2020). So a black hole of mass m leaves for every
(ζ / β) |E| m / M of heat. Neither number was fitted to runs of this code.
"""

import numpy as np
from numba import njit

from reproduce.cluster.relaxation import MOST_HEAT
from reproduce.cluster.units import G

BLACK_HOLE = 14  # SSE's type
LEAST_MSUN = 2.5  # no black hole of SSE is lighter
FEWEST = 4  # with fewer there is no system of black holes, only stars among others
NEIGHBOURS = 6  # on each side, in averages over black holes
ENERGY_OVER_MASS = 0.1 / 0.0028  # ζ / β
INNERMOST = 5  # of these the most massive is thrown out: binaries exchange light members for heavy ones


@njit(cache=True)
def heat(holes, bodies, dt, constant):
    """Heat black holes by their three-body binaries for `dt` [Myr]; their velocities are changed.

    ε = C G⁵ m³ ρ² σ⁻⁷ per unit mass and time, as in `relaxation`, from averages over neighbouring black holes. For the
    square of the density of k stars in a volume V, (k - 1)(k - 2) / V² has no bias.

    Parameters
    ----------
    holes : (k,) int
        Black holes among `bodies`, in order of radius.
    bodies : Bodies
        All stars.
    dt : float
        Time [Myr].
    constant : float
        C.

    Returns
    -------
    float
        Energy given [Msun pc²/Myr²].
    """
    r, vr, vt, m = bodies.r, bodies.vr, bodies.vt, bodies.m
    total = 0.0
    gains = np.zeros(len(holes))
    for k in range(len(holes)):
        low = max(k - NEIGHBOURS, 0)
        high = min(k + NEIGHBOURS, len(holes) - 1)
        count = high - low
        inner = r[holes[low]] if low > 0 else 0.0
        volume = 4 / 3 * np.pi * (r[holes[high]] ** 3 - inner**3)
        mass, variance = 0.0, 0.0
        for j in range(low, high):
            i = holes[j]
            mass += m[i] / count
            variance += (vr[i] * vr[i] + vt[i] * vt[i]) / count
        density2 = (count - 1) * (count - 2) / volume**2
        gain = constant * G**5 * mass**5 * density2 * (variance / 3) ** -3.5 * dt
        gains[k] = min(gain, MOST_HEAT * 0.5 * variance)
    for k in range(len(holes)):
        i = holes[k]
        v2 = vr[i] * vr[i] + vt[i] * vt[i]
        if gains[k] > 0 and v2 > 0:
            stretch = np.sqrt(1 + 2 * gains[k] / v2)
            vr[i] *= stretch
            vt[i] *= stretch
            total += m[i] * gains[k]
    return total


def to_be_ejected(holes: np.ndarray, mass_msun: np.ndarray) -> int:
    """The black hole that leaves next: the most massive of the innermost ones.

    Parameters
    ----------
    holes : (k,) int
        Black holes in order of radius.
    mass_msun : (n,)
        Masses of all stars.
    """
    inner = holes[:INNERMOST]
    return int(inner[np.argmax(mass_msun[inner])])
