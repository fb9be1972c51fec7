"""New places of stars on their orbits, and the velocities that go with them (Hénon 1971; Stodółkiewicz 1982).

As a function of u = 1/r the square of the radial velocity is concave, so an orbit's turning points are found by
bisection among the stars and then exactly.

Where memory is far away, time is spent waiting for it. So the bisections run among the first stars of blocks, which fit
into the cache, before they run within one block; and those of `BATCH` stars run side by side, a step of each in turn,
so that the processor waits for many at once.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reproduce.cluster import lookup
from reproduce.cluster.units import G

TRIES = 5_000  # of the rejection that places a star; with few tries nearly circular orbits would be biased
# The bound on the density of places holds at the turning points; between them it may be this much higher (Hénon).
MARGIN = 1.2
PARTS = 8  # of an orbit, for the envelope of that rejection
BATCH = 64  # stars whose turning points are sought together


class Places(NamedTuple):
    """New places of stars, in the order of their old ones.

    Attributes
    ----------
    r : (n,) float64
        New radii [pc]. A star that is not bound keeps its radius; it escapes in the next step.
    phi : (n,) float64
        The old potential at the new radii, own shell left out [pc²/Myr²]; of the moved stars alone.
    energy : (n,) float64
        Specific energies before the move [pc²/Myr²]; of the moved stars alone.
    """

    r: NDArray[np.float64]
    phi: NDArray[np.float64]
    energy: NDArray[np.float64]


class Batch(NamedTuple):
    """Some stars to be moved, and what their orbits need; `BATCH` places, of which the first are filled.

    Attributes
    ----------
    star, low, high, c_peri, c_apo : (BATCH,) int64
        Place in the order of radius, bounds of a bisection, numbers of stars inside the turning points.
    r, m, energy, momentum2 : (BATCH,) float64
        Radius [pc], mass [Msun], specific energy [pc²/Myr²], square of the specific angular momentum [pc⁴/Myr²].
    """

    star: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    c_peri: NDArray[np.int64]
    c_apo: NDArray[np.int64]
    r: NDArray[np.float64]
    m: NDArray[np.float64]
    energy: NDArray[np.float64]
    momentum2: NDArray[np.float64]


@njit(cache=True)
def _batch():
    return Batch(
        np.empty(BATCH, np.int64),
        np.empty(BATCH, np.int64),
        np.empty(BATCH, np.int64),
        np.empty(BATCH, np.int64),
        np.empty(BATCH, np.int64),
        np.empty(BATCH),
        np.empty(BATCH),
        np.empty(BATCH),
        np.empty(BATCH),
    )


@njit(cache=True, inline="always")
def _radial2(x, inside, outer, own_r, own_m, energy, momentum2):
    """Square of the radial velocity at radius x, where the potential's sums are `inside` and `outer`."""
    phi = -G * (inside / x + outer) + G * own_m / max(x, own_r)
    return 2 * (energy - phi) - momentum2 / (x * x)


@njit(cache=True)
def _bisect(batch, count, outwards, r, inside, outer):
    """Narrow `low` and `high` of each star of a batch to neighbours between which the sign of v_r² changes.

    Bounds are places in `r`, `inside` and `outer`, which may be those of all stars or of the first ones of blocks; they
    themselves are not looked at. `outwards`: v_r² >= 0 at `low` (an apocentre), else at `high`.
    """
    widest = 1
    for k in range(count):
        widest = max(widest, batch.high[k] - batch.low[k])
    while widest > 1:
        for k in range(count):
            low, high = batch.low[k], batch.high[k]
            j = max((low + high) // 2, 0)
            v2 = _radial2(r[j], inside[j], outer[j], batch.r[k], batch.m[k], batch.energy[k], batch.momentum2[k])
            raises = (v2 >= 0) == outwards
            narrow = high - low > 1
            batch.low[k] = j if narrow and raises else low
            batch.high[k] = j if narrow and not raises else high
        widest = (widest + 1) // 2


@njit(cache=True)
def _find_turning_points(batch, count, bodies, field, index):
    """Fill `c_peri` and `c_apo`: the first star outside a pericentre, and the first outside an apocentre."""
    edges, blocks = index.edges, len(index.radius)
    for k in range(count):  # among the first stars of blocks; the star's own place takes the part of the last one
        star = batch.star[k]
        own = lookup.block_of(star, edges)
        batch.low[k], batch.high[k] = -1, own if edges[own] == star else own + 1
        batch.c_apo[k] = own
    _bisect(batch, count, False, index.radius, index.inside, index.outer)
    for k in range(count):
        batch.low[k] = edges[batch.low[k]] if batch.low[k] >= 0 else -1
        batch.high[k] = min(edges[batch.high[k]], batch.star[k])
    _bisect(batch, count, False, bodies.r, field.inside, field.outer)
    for k in range(count):
        batch.c_peri[k] = batch.high[k]
        batch.low[k], batch.high[k] = batch.c_apo[k], blocks
    _bisect(batch, count, True, index.radius, index.inside, index.outer)
    for k in range(count):
        batch.low[k] = max(edges[batch.low[k]], batch.star[k])
        batch.high[k] = edges[batch.high[k]]
    _bisect(batch, count, True, bodies.r, field.inside, field.outer)
    for k in range(count):
        batch.c_apo[k] = batch.high[k]


@njit(cache=True)
def _turning_points(k, batch, r, field):
    """Pericentre and apocentre of star k of a batch, and d(v_r²)/dr there."""
    inside, outer = field.inside, field.outer
    own_r, own_m, energy, momentum2 = batch.r[k], batch.m[k], batch.energy[k], batch.momentum2[k]
    c_peri, c_apo = batch.c_peri[k], batch.c_apo[k]
    mass = G * inside[c_peri]
    constant = 2 * (energy + G * (outer[c_peri] - own_m / own_r))
    u = (mass + np.sqrt(max(mass * mass + momentum2 * constant, 0.0))) / momentum2
    peri = min(1 / u, r[c_peri])
    if c_peri > 0:
        peri = max(peri, r[c_peri - 1])
    slope_peri = 2 * momentum2 / peri**3 - 2 * mass / peri**2
    mass = G * (inside[c_apo] - own_m)
    constant = 2 * (energy + G * outer[c_apo])
    u = -constant / (mass + np.sqrt(max(mass * mass + momentum2 * constant, 0.0)))  # without cancellation
    apo = max(1 / u, r[c_apo - 1]) if u > 0 else np.inf
    if c_apo < len(r):
        apo = min(apo, r[c_apo])
    slope_apo = 2 * momentum2 / apo**3 - 2 * mass / apo**2
    return peri, apo, slope_peri, slope_apo


@njit(cache=True)
def _envelope(peri, width, c_peri, c_apo, chance, index, height):
    """Fill `height` with the largest P in each of `PARTS` equal parts of s, and return the sum.

    P falls outwards, so it is largest at the inner end. This spares most tries on an orbit from the core to the halo.
    """
    last = lookup.block_of(max(c_apo - 1, 0), index.edges)
    height[0] = chance[lookup.block_of(max(c_peri - 1, 0), index.edges)]
    total = height[0]
    even = chance[last] == height[0]
    for part in range(1, PARTS):
        height[part] = height[0]
        if not even:
            s = part / PARTS
            x = peri + width * s * s * (3 - 2 * s)
            height[part] = chance[min(lookup.block_at(x, index), last)]
        total += height[part]
    return total


@njit(cache=True)
def _draw(random, k, batch, chance, r, field, index, height):
    """A new radius of star k of a batch and the present potential there, own shell left out; 0 and 0 if it stays."""
    c_peri, c_apo = batch.c_peri[k], batch.c_apo[k]
    own_r, own_m, energy, momentum2 = batch.r[k], batch.m[k], batch.energy[k], batch.momentum2[k]
    peri, apo, slope_peri, slope_apo = _turning_points(k, batch, r, field)
    width = apo - peri
    if not (width > 1e-9 * apo and slope_peri > 0 and slope_apo < 0 and apo < np.inf):
        return 0.0, 0.0  # a circular orbit keeps its radius
    bound = MARGIN * np.sqrt(12 * width * max(1 / slope_peri, -1 / slope_apo))
    total = _envelope(peri, width, c_peri, c_apo, chance, index, height)
    for _ in range(TRIES):
        u = random.random() * total
        part = 0
        while part < PARTS - 1 and u >= height[part]:
            u -= height[part]
            part += 1
        s = (part + u / height[part]) / PARTS
        x = peri + width * s * s * (3 - 2 * s)
        b = lookup.block_at(x, index)
        c = min(lookup.stars_inside(x, b, r, index.edges), c_apo)
        if c - 1 < index.edges[b]:  # x has been rounded up to the first star beyond the apocentre, or is inside all
            b = lookup.block_of(max(c - 1, 0), index.edges)
        v2 = _radial2(x, field.inside[c], field.outer[c], own_r, own_m, energy, momentum2)
        if v2 <= 0:
            continue
        weight = chance[b] * 6 * width * s * (1 - s) / np.sqrt(v2)
        if random.random() * bound * height[part] < weight:
            return x, -G * (field.inside[c] / x + field.outer[c]) + G * own_m / max(x, own_r)
    return 0.0, 0.0


@njit(cache=True)
def draw_radii(random, visits, bodies, field, edges):
    """New radii of the stars that a step has chosen, drawn from the time that each spends there.

    With P(r) the chance that a star at r is moved in a step, the density of new places must be ∝ P(r) / v_r: where a
    star is rarely moved it stays longer. With x(s) = r_p + (r_a - r_p)(3 s² - 2 s³), P/v_r · dx/ds is finite at the
    turning points (Hénon 1971), and s is drawn by rejection.

    Parameters
    ----------
    random : Generator
        Source of all draws.
    visits : Visits
        P of each block, and the chosen stars.
    bodies : Bodies
        All stars, velocities as relaxation has left them.
    field : Potential
        Their potential.
    edges : (blocks + 1,) int
        First star of each block.

    Returns
    -------
    Places
    """
    r, vr, vt, m = bodies.r, bodies.vr, bodies.vt, bodies.m
    inside, outer = field.inside, field.outer
    n = len(r)
    places = Places(r.copy(), np.empty(n), np.empty(n))
    height = np.empty(PARTS)
    index = lookup.block_index(r, inside, outer, edges)
    batch = _batch()
    count = 0
    for i in range(n):
        if visits.chosen[i]:
            phi = -G * (inside[i] / r[i] + outer[i + 1])
            energy = 0.5 * (vr[i] * vr[i] + vt[i] * vt[i]) + phi
            momentum2 = (r[i] * vt[i]) ** 2
            places.phi[i], places.energy[i] = phi, energy
            if energy < 0 and momentum2 > 0:
                batch.star[count], batch.r[count], batch.m[count] = i, r[i], m[i]
                batch.energy[count], batch.momentum2[count] = energy, momentum2
                count += 1
        if count == BATCH or (i == n - 1 and count > 0):
            _find_turning_points(batch, count, bodies, field, index)
            for k in range(count):
                x, phi = _draw(random, k, batch, visits.chance, r, field, index, height)
                if x > 0:
                    places.r[batch.star[k]], places.phi[batch.star[k]] = x, phi
            count = 0
    return places


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
def numbers_inside(old_r, r):
    """How many of the radii `r` are at most each of `old_r`; both (n,) increase, so one pass finds them all."""
    n = len(old_r)
    result = np.empty(n, dtype=np.int64)
    c = 0
    for i in range(n):
        while c < n and r[c] <= old_r[i]:
            c += 1
        result[i] = c
    return result


@njit(cache=True)
def settle(random, order, chosen, old_r, places, bodies, field, deficit):
    """Velocities at the new radii in the new potential, conserving the cluster's energy (Stodółkiewicz 1982).

    A star's energy changes by half the sum of the changes of the potential at its old and its new place; summed over
    all stars this keeps the total exactly. Where that leaves less than the tangential kinetic energy, the rest is owed
    by the next star.

    Parameters
    ----------
    random : Generator
        Source of the signs of radial velocities.
    order : (n,) int
        Old number in the order of radius of each star, by its new number.
    chosen, old_r : (n,)
        In the old order: moved or not, old radius [pc].
    places : Places
        What `draw_radii` has found.
    bodies : Bodies
        All stars in their new order; velocities are changed.
    field : Potential
        The new potential.
    deficit : float
        Energy owed from before [Msun pc²/Myr²].

    Returns
    -------
    float
        Energy still owed.
    """
    r, vr, vt, m = bodies.r, bodies.vr, bodies.vt, bodies.m
    inside, outer = field.inside, field.outer
    now_inside = numbers_inside(old_r, r)
    for i in range(len(r)):
        k = order[i]
        if not chosen[k]:
            continue
        c = now_inside[k]
        new_phi_then = -G * (inside[c] / old_r[k] + outer[c]) + G * m[i] / max(old_r[k], r[i])
        new_phi = -G * (inside[i] / r[i] + outer[i + 1])
        old_phi_then = places.energy[k] - 0.5 * (vr[i] * vr[i] + vt[i] * vt[i])
        energy = places.energy[k] + 0.5 * (new_phi_then - old_phi_then + new_phi - places.phi[k])
        vt[i] *= old_r[k] / r[i]
        spare = m[i] * (energy - new_phi - 0.5 * vt[i] * vt[i]) - deficit
        deficit = max(-spare, 0.0)
        speed = np.sqrt(2 * max(spare, 0.0) / m[i])
        vr[i] = speed if random.random() < 0.5 else -speed
    return deficit
