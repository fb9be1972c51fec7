"""The potential of spherical shells, and new places of stars on their orbits (Hénon 1971).

Between two neighbouring stars the potential is -G (M/r + S), M the mass inside and S the sum of m/r outside. As a
function of u = 1/r the square of the radial velocity is concave, so an orbit's turning points are found by bisection
among the stars and then exactly. A star does not feel its own shell.
"""

import numpy as np
from numba import njit

from reproduce.cluster.units import G

TRIES = 5_000  # of the rejection that places a star; with few tries nearly circular orbits would be biased
# The bound on the density of places holds at the turning points; between them it may be this much higher (Hénon).
MARGIN = 1.2
PARTS = 8  # of an orbit, for the envelope of that rejection


@njit(cache=True)
def potential(r, m):
    """Mass inside and outer sum: the potential at radius x with c stars inside is -G (inside[c]/x + outer[c]).

    Returns
    -------
    inside, outer : (n + 1,)
        Mass of the first c stars [Msun], and Σ m/r over the others [Msun/pc].
    """
    n = len(r)
    inside = np.zeros(n + 1)
    outer = np.zeros(n + 1)
    for i in range(n):
        inside[i + 1] = inside[i] + m[i]
    for i in range(n - 1, -1, -1):
        outer[i] = outer[i + 1] + m[i] / r[i]
    return inside, outer


@njit(cache=True)
def energies(r, vr, vt, m, inside, outer):
    """Specific energy of each star, and the cluster's kinetic and potential energy.

    Returns
    -------
    energy : (n,)
        ½ v² + Φ [pc²/Myr²], own shell left out.
    kinetic, binding : float
        Total kinetic and (negative) potential energy [Msun pc²/Myr²].
    """
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
def reaching(r, vt, m, energy, inside, outer, jacobi):
    """Stars on orbits that reach beyond the radius `jacobi`."""
    n = len(r)
    gone = np.zeros(n, dtype=np.bool_)
    c = np.searchsorted(r, jacobi)
    phi = -G * (inside[c] / jacobi + outer[c])
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


@njit(cache=True)
def _radial2(x, c, own_r, own_m, energy, momentum2, inside, outer):
    """Square of the radial velocity at radius x with c stars inside, for a star of given energy and J²."""
    phi = -G * (inside[c] / x + outer[c]) + G * own_m / max(x, own_r)
    return 2 * (energy - phi) - momentum2 / (x * x)


@njit(cache=True)
def _turning_points(i, r, m, energy, momentum2, inside, outer):
    """Pericentre and apocentre of star i, the numbers of stars inside them, and d(v_r²)/dr there."""
    low, high = -1, i  # the first star at which v_r² >= 0
    while high - low > 1:
        j = (low + high) // 2
        if _radial2(r[j], j, r[i], m[i], energy, momentum2, inside, outer) >= 0:
            high = j
        else:
            low = j
    c_peri = high
    mass = G * inside[c_peri]
    constant = 2 * (energy + G * (outer[c_peri] - m[i] / r[i]))
    u = (mass + np.sqrt(max(mass * mass + momentum2 * constant, 0.0))) / momentum2
    peri = min(1 / u, r[c_peri])
    if c_peri > 0:
        peri = max(peri, r[c_peri - 1])
    slope_peri = 2 * momentum2 / peri**3 - 2 * mass / peri**2
    low, high = i, len(r)  # the last star at which v_r² >= 0
    while high - low > 1:
        j = (low + high) // 2
        if _radial2(r[j], j, r[i], m[i], energy, momentum2, inside, outer) >= 0:
            low = j
        else:
            high = j
    c_apo = low + 1
    mass = G * (inside[c_apo] - m[i])
    constant = 2 * (energy + G * outer[c_apo])
    u = -constant / (mass + np.sqrt(max(mass * mass + momentum2 * constant, 0.0)))  # without cancellation
    apo = max(1 / u, r[low]) if u > 0 else np.inf
    if c_apo < len(r):
        apo = min(apo, r[c_apo])
    slope_apo = 2 * momentum2 / apo**3 - 2 * mass / apo**2
    return peri, apo, c_peri, c_apo, slope_peri, slope_apo


@njit(cache=True)
def _envelope(peri, width, c_peri, c_apo, r, star_chance, height):
    """Fill `height` with the largest P in each of `PARTS` equal parts of s, and return the sum.

    P falls outwards, so it is largest at the inner end. This spares most tries on an orbit from the core to the halo.
    """
    height[0] = star_chance[max(c_peri - 1, 0)]
    total = height[0]
    even = star_chance[max(c_apo - 1, 0)] == height[0]
    for part in range(1, PARTS):
        height[part] = height[0]
        if not even:
            s = part / PARTS
            x = peri + width * s * s * (3 - 2 * s)
            c = c_peri + np.searchsorted(r[c_peri:c_apo], x, side="right")
            height[part] = star_chance[max(c - 1, 0)]
        total += height[part]
    return total


@njit(cache=True)
def draw_radii(random, chosen, star_chance, r, vt, m, energy, inside, outer):
    """New radii of the chosen stars, drawn from the time that each spends there.

    With P(r) the chance that a star at r is moved in a step, the density of new places must be ∝ P(r) / v_r: where a
    star is rarely moved it stays longer. With x(s) = r_p + (r_a - r_p)(3 s² - 2 s³), P/v_r · dx/ds is finite at the
    turning points (Hénon 1971), and s is drawn by rejection.

    Parameters
    ----------
    chosen : (n,) bool
    star_chance : (n,)
        P at each star.
    energy : (n,)
        Specific energies. A star that is not bound keeps its radius; it escapes in the next step.

    Returns
    -------
    new_r : (n,)
        New radii, in the old order.
    new_phi : (n,)
        The old potential at the new radii, own shell left out.
    """
    n = len(r)
    new_r = r.copy()
    new_phi = np.empty(n)
    height = np.empty(PARTS)
    for i in range(n):
        if not chosen[i]:
            continue
        new_phi[i] = -G * (inside[i] / r[i] + outer[i + 1])
        momentum2 = (r[i] * vt[i]) ** 2
        if energy[i] >= 0 or momentum2 <= 0:
            continue
        peri, apo, c_peri, c_apo, slope_peri, slope_apo = _turning_points(i, r, m, energy[i], momentum2, inside, outer)
        width = apo - peri
        if not (width > 1e-9 * apo and slope_peri > 0 and slope_apo < 0 and apo < np.inf):
            continue  # a circular orbit keeps its radius
        bound = MARGIN * np.sqrt(12 * width * max(1 / slope_peri, -1 / slope_apo))
        total = _envelope(peri, width, c_peri, c_apo, r, star_chance, height)
        for _ in range(TRIES):
            u = random.random() * total
            part = 0
            while part < PARTS - 1 and u >= height[part]:
                u -= height[part]
                part += 1
            s = (part + u / height[part]) / PARTS
            x = peri + width * s * s * (3 - 2 * s)
            c = c_peri + np.searchsorted(r[c_peri:c_apo], x, side="right")
            v2 = _radial2(x, c, r[i], m[i], energy[i], momentum2, inside, outer)
            if v2 <= 0:
                continue
            weight = star_chance[max(c - 1, 0)] * 6 * width * s * (1 - s) / np.sqrt(v2)
            if random.random() * bound * height[part] < weight:
                new_r[i] = x
                new_phi[i] = -G * (inside[c] / x + outer[c]) + G * m[i] / max(x, r[i])
                break
    return new_r, new_phi


@njit(cache=True)
def reorder(chosen, new_r):
    """Order of the stars by their new radii: the unmoved are sorted already, so only the moved are, and merged in."""
    n = len(new_r)
    moved = np.flatnonzero(chosen)
    moved = moved[np.argsort(new_r[moved], kind="mergesort")]
    order = np.empty(n, dtype=np.int64)
    k = 0
    i = 0
    for place in range(n):
        while i < n and chosen[i]:
            i += 1
        if k < len(moved) and (i >= n or new_r[moved[k]] < new_r[i]):
            order[place] = moved[k]
            k += 1
        else:
            order[place] = i
            i += 1
    return order


@njit(cache=True)
def settle(random, chosen, old_r, old_phi_there, old_energy, r, vr, vt, m, inside, outer, deficit):
    """Velocities at the new radii in the new potential, conserving the cluster's energy (Stodółkiewicz 1982).

    A star's energy changes by half the sum of the changes of the potential at its old and its new place; summed over
    all stars this keeps the total exactly. Where that leaves less than the tangential kinetic energy, the rest is owed
    by the next star.

    Parameters
    ----------
    chosen, old_r, old_phi_there, old_energy : (n,)
        In the new order: moved or not, old radius, old potential at the new radius, energy before the move.
    r, vr, vt, m, inside, outer
        The new state; `vr` and `vt` are changed.
    deficit : float
        Energy owed from before [Msun pc²/Myr²].

    Returns
    -------
    float
        Energy still owed.
    """
    for i in range(len(r)):
        if not chosen[i]:
            continue
        c = np.searchsorted(r, old_r[i], side="right")
        new_phi_then = -G * (inside[c] / old_r[i] + outer[c]) + G * m[i] / max(old_r[i], r[i])
        new_phi = -G * (inside[i] / r[i] + outer[i + 1])
        old_phi_then = old_energy[i] - 0.5 * (vr[i] * vr[i] + vt[i] * vt[i])
        energy = old_energy[i] + 0.5 * (new_phi_then - old_phi_then + new_phi - old_phi_there[i])
        vt[i] *= old_r[i] / r[i]
        spare = m[i] * (energy - new_phi - 0.5 * vt[i] * vt[i]) - deficit
        deficit = max(-spare, 0.0)
        speed = np.sqrt(2 * max(spare, 0.0) / m[i])
        vr[i] = speed if random.random() < 0.5 else -speed
    return deficit
