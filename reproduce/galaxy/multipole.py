"""Gravity of many particles by a spherical-harmonic expansion about a centre, smooth and conserving.

With R_lm the regular solid harmonics, 1/|x - x'| = Σ_lm (l+m)! (l-m)! R_lm(x) R*_lm(x') / r_>^(2l+1) (Dehnen 2014). The
radial part is put on nodes: each particle shares its moments among three of them, with the weights w_k of a quadratic
spline in ln(1 + r/s), and the potential is read with the same weights. So the potential energy is a smooth function
W(x) of the places, and the acceleration is its exact gradient: energy and angular momentum about the centre are
conserved but for the time step, for any number of particles. The expansion stops at `ORDER` and is softened as
r_>² + ε²; a third of it is the node spacing at the centre.
"""

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reproduce.galaxy.units import G

Array = NDArray[np.float64]

ORDER = 4  # of the expansion; l = 0 … 4
TERMS = (ORDER + 1) * (ORDER + 2) // 2  # pairs (l, m) with m >= 0
SPACING = 0.1  # of the nodes in ln(1 + r/s)
SCALE_KPC = 1.0  # s
NODES = 84  # the last at 4.4 Mpc; what flies farther feels no force of the expansion
FACTORS = np.array([
    math.factorial(n + m) * math.factorial(n - m) * (2.0 if m else 1.0) for n in range(ORDER + 1) for m in range(n + 1)
])  # fmt: skip
DEGREE = np.array([n for n in range(ORDER + 1) for m in range(n + 1)])


@dataclass(frozen=True)
class Expansion:
    """The potential of one set of particles about one centre.

    Attributes
    ----------
    centre : (3,) float64
        Where it is expanded [kpc].
    real, imaginary : (nodes, terms) float64
        Potential coefficients on the nodes; the potential is Σ_k w_k(r) Σ_lm Re(R_lm) real - Im(R_lm) imaginary.
    """

    centre: Array
    real: Array
    imaginary: Array


def kernel(softening_kpc: float) -> Array:
    """1/r^(2l+1) on the nodes (nodes, terms), softened; divided by what the spline makes of it at a node."""
    nodes = SCALE_KPC * np.expm1(SPACING * np.arange(NODES))
    inverse = (nodes[:, None] ** 2 + softening_kpc**2) ** (-DEGREE[None, :] - 0.5)
    below = np.concatenate([inverse[1:2], inverse[:-1]])  # node -1 is node 1: functions are even in r
    above = np.concatenate([inverse[1:], inverse[-1:]])
    return inverse**2 / (0.75 * inverse + 0.125 * (below + above))


def expand(position: Array, mass: Array, centre: Array, inverse: Array) -> Expansion:
    """Expand the potential of particles about a centre.

    Parameters
    ----------
    position : (n, 3)
        Places [kpc].
    mass : (n,)
        Masses [Msun].
    centre : (3,)
        [kpc].
    inverse : (nodes, terms)
        From `kernel`.
    """
    real, imaginary = _moments(position, mass, centre)
    return Expansion(centre, _potential(real, inverse), _potential(imaginary, inverse))


def combine(expansions: list[Expansion], shares: list[float]) -> Expansion:
    """The sum of expansions about one centre, each with a factor."""
    real = sum(share * each.real for each, share in zip(expansions, shares, strict=True))
    imaginary = sum(share * each.imaginary for each, share in zip(expansions, shares, strict=True))
    return Expansion(expansions[0].centre, np.asarray(real), np.asarray(imaginary))


def _potential(moments: Array, inverse: Array) -> Array:
    """Potential on the nodes: inside a shell the moments beyond count with their own radius, outside with ours."""
    weighted = moments * inverse
    beyond = np.cumsum(weighted[::-1], axis=0)[::-1] - weighted
    return -G * FACTORS * (np.cumsum(moments, axis=0) * inverse + beyond)


def add_field(expansion: Expansion, position: Array, acceleration: Array, potential: Array) -> None:
    """Add the expansion's acceleration [(km/s)²/kpc] (n, 3) and potential [(km/s)²] (n,) at places (n, 3) in place."""
    _add_field(position, expansion.centre, expansion.real, expansion.imaginary, acceleration, potential)


@njit(cache=True, fastmath=True)
def _harmonics(x, y, z, re, im):
    """Fill `re` and `im` with R_lm(x, y, z) for l = n = 0 … ORDER and m = 0 … n."""
    r2 = x * x + y * y + z * z
    re[0] = 1.0
    im[0] = 0.0
    for n in range(1, ORDER + 1):
        row = n * (n + 1) // 2
        last = row - n
        for m in range(n - 1):
            older = last - (n - 1) + m
            scale = 1.0 / ((n + m) * (n - m))
            re[row + m] = ((2 * n - 1) * z * re[last + m] - r2 * re[older]) * scale
            im[row + m] = ((2 * n - 1) * z * im[last + m] - r2 * im[older]) * scale
        re[row + n - 1] = z * re[last + n - 1]
        im[row + n - 1] = z * im[last + n - 1]
        re[row + n] = (x * re[last + n - 1] - y * im[last + n - 1]) / (2 * n)
        im[row + n] = (x * im[last + n - 1] + y * re[last + n - 1]) / (2 * n)


@njit(cache=True, fastmath=True)
def _weights(r, weight, slope):
    """Fill the spline's weights on three nodes and their d/dr; return the first node (-1 stands for node 1)."""
    place = math.log1p(r / SCALE_KPC) / SPACING
    slope_place = 1.0 / (SPACING * (SCALE_KPC + r))
    k = int(place + 0.5)
    if k > NODES - 2:
        weight[0] = 0.0
        weight[1] = 0.0
        weight[2] = 1.0
        slope[:] = 0.0
        return NODES - 3
    d = place - k
    weight[0] = 0.5 * (0.5 - d) ** 2
    weight[1] = 0.75 - d * d
    weight[2] = 0.5 * (0.5 + d) ** 2
    slope[0] = -(0.5 - d) * slope_place
    slope[1] = -2 * d * slope_place
    slope[2] = (0.5 + d) * slope_place
    return k - 1


@njit(cache=True, fastmath=True)
def _moments(position, mass, centre):
    real = np.zeros((NODES, TERMS))
    imaginary = np.zeros((NODES, TERMS))
    re = np.empty(TERMS)
    im = np.empty(TERMS)
    weight = np.empty(3)
    slope = np.empty(3)
    for i in range(len(mass)):
        x = position[i, 0] - centre[0]
        y = position[i, 1] - centre[1]
        z = position[i, 2] - centre[2]
        first = _weights(math.sqrt(x * x + y * y + z * z), weight, slope)
        _harmonics(x, y, z, re, im)
        for j in range(3):
            k = abs(first + j)
            w = mass[i] * weight[j]
            for t in range(TERMS):
                real[k, t] += w * re[t]
                imaginary[k, t] -= w * im[t]
    return real, imaginary


@njit(cache=True, fastmath=True)
def _add_field(position, centre, real, imaginary, acceleration, potential):
    re = np.zeros(TERMS)
    im = np.zeros(TERMS)
    a = np.empty(TERMS)
    b = np.empty(TERMS)
    weight = np.empty(3)
    slope = np.empty(3)
    for i in range(len(position)):
        x = position[i, 0] - centre[0]
        y = position[i, 1] - centre[1]
        z = position[i, 2] - centre[2]
        r = math.sqrt(x * x + y * y + z * z)
        first = _weights(r, weight, slope)
        _harmonics(x, y, z, re, im)
        k0, k1, k2 = abs(first), first + 1, first + 2
        phi = 0.0
        radial = 0.0
        for t in range(TERMS):
            a[t] = weight[0] * real[k0, t] + weight[1] * real[k1, t] + weight[2] * real[k2, t]
            b[t] = weight[0] * imaginary[k0, t] + weight[1] * imaginary[k1, t] + weight[2] * imaginary[k2, t]
            da = slope[0] * real[k0, t] + slope[1] * real[k1, t] + slope[2] * real[k2, t]
            db = slope[0] * imaginary[k0, t] + slope[1] * imaginary[k1, t] + slope[2] * imaginary[k2, t]
            phi += a[t] * re[t] - b[t] * im[t]
            radial += da * re[t] - db * im[t]
        radial /= max(r, 1e-12)
        gx = radial * x
        gy = radial * y
        gz = radial * z
        # ∂R_lm: ∂z → R_(l-1)m, ∂x → ½ (R_(l-1)(m-1) - R_(l-1)(m+1)), ∂y → ½ i (their sum), R_l(-1) = -R*_l1.
        for n in range(1, ORDER + 1):
            row = n * (n + 1) // 2
            last = row - n
            gz += a[row] * re[last]
            if n > 1:
                gx -= a[row] * re[last + 1]
                gy -= a[row] * im[last + 1]
            for m in range(1, n + 1):
                low_re, low_im = re[last + m - 1], im[last + m - 1]
                high_re, high_im = 0.0, 0.0
                if m + 1 < n:
                    high_re, high_im = re[last + m + 1], im[last + m + 1]
                if m < n:
                    gz += a[row + m] * re[last + m] - b[row + m] * im[last + m]
                gx += 0.5 * (a[row + m] * (low_re - high_re) - b[row + m] * (low_im - high_im))
                gy -= 0.5 * (a[row + m] * (low_im + high_im) + b[row + m] * (low_re + high_re))
        acceleration[i, 0] -= gx
        acceleration[i, 1] -= gy
        acceleration[i, 2] -= gz
        potential[i] += phi
