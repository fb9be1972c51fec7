"""Two-body relaxation of neighbours, with a time step that grows outwards (Hénon 1971; Freitag & Benz 2001).

The stars, in order of radius, are cut into blocks of `BLOCK`. Each block has its own time step, a given fraction of the
local relaxation time; in a base step of length dt a block is relaxed with probability P = dt / dt_block, and then for
dt_block. The envelope, where nothing happens for a Gyr, is thus rarely touched.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reproduce.cluster.units import G

FEWEST_NEIGHBOURS = 4  # on each side, in the innermost averages
BLOCK = 16  # stars; even, so that all of a full block find partners
LEAST_LOGARITHM = 1.0  # of Λ, in clusters of few stars and between heavy ones
MOST_HEAT = 0.1  # largest heating of a star in one visit, as a share of the local mean kinetic energy


class Blocks(NamedTuple):
    """Blocks of neighbouring stars, and the averages around their middles.

    Attributes
    ----------
    edges : (blocks + 1,) int64
        First star of each block, and the number of stars.
    density, mass, variance, dt : (blocks,) float64
        Number density [pc⁻³], mean mass [Msun], mean square velocity [pc²/Myr²] and time step [Myr].
    """

    edges: NDArray[np.int64]
    density: NDArray[np.float64]
    mass: NDArray[np.float64]
    variance: NDArray[np.float64]
    dt: NDArray[np.float64]


class Coulomb(NamedTuple):
    """The Coulomb logarithm of a pair of stars.

    Λ is the largest impact parameter over that which turns a pair by 90 degrees, b = G (m₁ + m₂) / v², so it falls with
    the masses of the pair: Λ = γ N · 2 <m> / (m₁ + m₂). Where all masses are equal this is γ N, and γ = 0.11 (Giersz &
    Heggie 1994). One logarithm for all pairs needs another γ for each mass function: 0.015 where the heaviest star is
    37 times as massive as the lightest (Giersz & Heggie 1996).

    Attributes
    ----------
    logarithm : float
        ln(γ N).
    pair_msun : float
        2 <m> [Msun], or 0 where the logarithm is the same for all pairs.
    """

    logarithm: float
    pair_msun: float


class Encounters(NamedTuple):
    """How blocks are relaxed; see `settings.Simulate` for `sweeps` and `heating_constant`."""

    sweeps: int
    coulomb: Coulomb
    heating_constant: float


class Visits(NamedTuple):
    """Which stars a step has relaxed.

    Attributes
    ----------
    chance : (blocks,) float64
        Probability P with which each block was chosen.
    chosen : (n,) bool
        Stars of the chosen blocks.
    heat : float
        Energy given by three-body binaries [Msun pc²/Myr²].
    saturated : float
        Share of the encounters that would have been deflected by more than 180 degrees.
    """

    chance: NDArray[np.float64]
    chosen: NDArray[np.bool_]
    heat: float
    saturated: float


@njit(cache=True)
def block_edges(n, offset):
    """Boundaries of blocks: `offset` (0 to BLOCK - 1) shifts them from step to step, ends shorter than 4 are merged."""
    edges = np.empty(n // BLOCK + 3, dtype=np.int64)
    edges[0] = 0
    k = 0
    for edge in range(offset if offset >= 4 else offset + BLOCK, n - 3, BLOCK):
        k += 1
        edges[k] = edge
    edges[k + 1] = n
    return edges[: k + 2]


@njit(cache=True)
def _logarithm(coulomb, total):
    """ln Λ of two stars whose masses are `total` together [Msun]."""
    if coulomb.pair_msun > 0:
        return max(coulomb.logarithm + np.log(coulomb.pair_msun / total), LEAST_LOGARITHM)
    return coulomb.logarithm


@njit(cache=True)
def local_state(bodies, edges, window, theta_max, coulomb):
    """Number density, mean masses, velocity dispersion and time step of each block.

    Averages are over `window` neighbours on each side of the block's middle, near the centre over as many as half of
    the stars inside it, so that the cusp of a collapsed core is not smeared out. k - 1 stars in the volume that k gaps
    between stars fill is the density without bias. The time step is the one in which the
    typical deflection is `theta_max`,

        dt = (2 θ_max / π)² T_rel,   T_rel = π / (32 ln Λ G²) <v_rel²>^{3/2} / (n <(m₁ + m₂)²>)

    (Freitag & Benz 2001), ln Λ that of the root mean square of m₁ + m₂, lowered where needed to increase outwards.

    Parameters
    ----------
    bodies : Bodies
        Stars in order of radius.
    edges : (blocks + 1,) int
        First star of each block.

    Returns
    -------
    Blocks
    """
    r, vr, vt, m = bodies.r, bodies.vr, bodies.vt, bodies.m
    n = len(r)
    sum_m = np.zeros(n + 1)
    sum_m2 = np.zeros(n + 1)
    sum_v2 = np.zeros(n + 1)
    for i in range(n):
        sum_m[i + 1] = sum_m[i] + m[i]
        sum_m2[i + 1] = sum_m2[i] + m[i] * m[i]
        sum_v2[i + 1] = sum_v2[i] + vr[i] * vr[i] + vt[i] * vt[i]
    blocks = len(edges) - 1
    density = np.empty(blocks)
    mass = np.empty(blocks)
    variance = np.empty(blocks)
    dt = np.empty(blocks)
    factor = (theta_max / (0.5 * np.pi)) ** 2 * np.pi / (32 * coulomb.logarithm * G * G)
    for b in range(blocks):
        low, high = _neighbours(b, edges, window)
        count = high - low
        inner = r[low] if low > 0 else 0.0
        density[b] = (count - 1) / (4 / 3 * np.pi * (r[high] ** 3 - inner**3))
        mass[b] = (sum_m[high] - sum_m[low]) / count
        mean_m2 = (sum_m2[high] - sum_m2[low]) / count
        variance[b] = (sum_v2[high] - sum_v2[low]) / count
        total2 = 2 * (mean_m2 + mass[b] ** 2)
        dt[b] = factor * (2 * variance[b]) ** 1.5 / (density[b] * total2)
        dt[b] *= coulomb.logarithm / _logarithm(coulomb, np.sqrt(total2))
    for b in range(blocks - 2, -1, -1):
        dt[b] = min(dt[b], dt[b + 1])
    return Blocks(edges, density, mass, variance, dt)


@njit(cache=True)
def _neighbours(b, edges, window):
    """First and last of the stars over which averages of block b go."""
    middle = (edges[b] + edges[b + 1]) // 2
    side = min(window, max(middle // 2, FEWEST_NEIGHBOURS))
    return max(middle - side, 0), min(middle + side, edges[-1] - 1)


@njit(cache=True)
def mean_masses(m, edges, window):
    """Mean mass of each block [Msun] as in `local_state`, from other masses than the stars have."""
    sums = np.concatenate((np.zeros(1), np.cumsum(m)))
    mass = np.empty(len(edges) - 1)
    for b in range(len(mass)):
        low, high = _neighbours(b, edges, window)
        mass[b] = (sums[high] - sums[low]) / (high - low)
    return mass


@njit(cache=True)
def relax(random, bodies, blocks, encounters, dt_base):
    """Relax and heat a random choice of blocks for `dt_base` [Myr] on average; velocities are changed.

    Returns
    -------
    Visits
    """
    vr, vt, m = bodies.vr, bodies.vt, bodies.m
    edges, density, dt, sweeps = blocks.edges, blocks.density, blocks.dt, encounters.sweeps
    count = len(dt)
    chance = np.empty(count)
    chosen = np.zeros(edges[count], dtype=np.bool_)
    heat = 0.0
    scattered = 0
    saturated = 0
    for b in range(count):
        own_dt = max(dt[b], dt_base)
        chance[b] = dt_base / own_dt
        if chance[b] < 1.0 and random.random() >= chance[b]:
            continue
        first, last = edges[b], edges[b + 1]
        chosen[first:last] = True
        strength = 2 * np.pi * G * G * density[b] * encounters.coulomb.logarithm * own_dt / max(sweeps, 1)
        slots = (last - first) + (last - first) % 2  # with an odd number, the partner of the last slot sits out
        for sweep in range(sweeps):
            for pair in range(slots // 2):
                i = first + _slot(pair, sweep, slots)
                j = first + _slot(slots - 1 - pair, sweep, slots)
                if i < last and j < last:
                    scattered += 1
                    ratio = _logarithm(encounters.coulomb, m[i] + m[j]) / encounters.coulomb.logarithm
                    saturated += _scatter(random, i, j, vr, vt, m, strength * ratio)
        heat += _heat(b, bodies, blocks, own_dt, encounters.heating_constant)
    return Visits(chance, chosen, heat, saturated / max(scattered, 1))


@njit(cache=True)
def _slot(position, sweep, slots):
    """Round-robin tournament: slot 0 stays, the others turn; all pairs meet within slots - 1 sweeps."""
    if position == 0:
        return 0
    return (position - 1 + sweep) % (slots - 1) + 1


@njit(cache=True)
def _scatter(random, i, j, vr, vt, m, strength):
    """Turn the relative velocity w of two stars by β about a random axis, sin²(β/2) = strength (m₁ + m₂)² / w³.

    Hénon (1971). Momentum and kinetic energy are conserved. Returns whether β was limited to 180 degrees.
    """
    total = m[i] + m[j]
    angle = 2 * np.pi * random.random()
    ty, tz = vt[j] * np.cos(angle), vt[j] * np.sin(angle)  # the tangential velocities enclose a random angle
    wx, wy, wz = vr[j] - vr[i], ty - vt[i], tz
    across = np.sqrt(wy * wy + wz * wz)
    w = np.sqrt(wx * wx + across * across)
    if w < 1e-12:
        return False
    half = strength * total * total / (w * w * w)
    limited = half > 1.0
    half = min(half, 1.0)
    cos_b = 1 - 2 * half
    sin_b = 2 * np.sqrt(half * (1 - half))
    psi = 2 * np.pi * random.random()
    along_a, along_b = sin_b * np.cos(psi), sin_b * np.sin(psi)
    if across > 1e-12 * w:
        ax, ay, az = across, -wx * wy / across, -wx * wz / across
        by, bz = -w * wz / across, w * wy / across
    else:
        ax, ay, az = 0.0, w, 0.0
        by, bz = 0.0, w
    dx = (cos_b - 1) * wx + along_a * ax
    dy = (cos_b - 1) * wy + along_a * ay + along_b * by
    dz = (cos_b - 1) * wz + along_a * az + along_b * bz
    fi, fj = -m[j] / total, m[i] / total
    y, z = vt[i] + fi * dy, fi * dz
    vr[i] += fi * dx
    vt[i] = np.sqrt(y * y + z * z)
    y, z = ty + fj * dy, tz + fj * dz
    vr[j] += fj * dx
    vt[j] = np.sqrt(y * y + z * z)
    return limited


@njit(cache=True)
def _heat(b, bodies, blocks, dt, constant):
    """Heating of block b by binaries that form and harden in three-body encounters (Statler, Ostriker & Cohn 1987).

    ε = C G⁵ m³ ρ² σ⁻⁷ per unit mass and time, with σ the one-dimensional dispersion. Each star of the block gets it as
    kinetic energy along its motion. Returns the energy given.
    """
    vr, vt, m = bodies.vr, bodies.vt, bodies.m
    variance = blocks.variance[b]
    sigma2 = variance / 3
    gain = constant * G**5 * blocks.mass[b] ** 5 * blocks.density[b] ** 2 * sigma2**-3.5 * dt
    gain = min(gain, MOST_HEAT * 0.5 * variance)
    if gain < 1e-9 * variance:
        return 0.0
    total = 0.0
    for i in range(blocks.edges[b], blocks.edges[b + 1]):
        v2 = vr[i] * vr[i] + vt[i] * vt[i]
        if v2 > 1e-6 * variance:
            stretch = np.sqrt(1 + 2 * gain / v2)
            vr[i] *= stretch
            vt[i] *= stretch
            total += m[i] * gain
    return total
