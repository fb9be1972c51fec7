"""The potential as a table that is fast to evaluate, with its error measured against the quadrature.

In coordinates whose y and z are stretched by 1/√p and 1/√q of the flattest Gaussian, which are half way to making it
round, the stars' potential is Φ(0) + g ψ with g = r² / (r² + c²): the factor keeps the force exact near the centre,
where it is a small difference of potentials. ψ is smooth in s = ln r and, by the three mirror planes, in a = (x/r)²
and b = (z/r)². It is kept as a polynomial in 2a - 1 and 2b - 1 (as spherical harmonics of even order) whose
coefficients are quintic splines in s. Forces are its exact derivatives, so energy in the table's potential is
conserved whatever the table's error. Halo and black hole are added in closed form.
"""

from math import factorial
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.interpolate import make_interp_spline

from reproduce.galaxy.orbits.potential import G, GalaxyPotential
from reproduce.workflow.errors import InputError

KNOTS_PER_E_FOLD = 12
FIRST_KNOT = 3e-3
"""In units of the smallest axis of the smallest Gaussian; ψ is constant below, within the square of this."""
DIRECTIONS = 18
"""Gauss nodes in cos(theta) and in phi: enough for polynomials of the largest degree below."""
DEGREES = (0, 2, 4, 5, 6, 7, 8, 10, 12, 14)
CHECKED_POINTS = 1000


class ForceTable(NamedTuple):
    """What `acceleration` needs; a NamedTuple, since compiled code takes those.

    `coefficients` (knots - 1, terms, 6): quintics in s, highest power first; `degrees` (in b; in a, at most as large):
    the polynomial holds a^i b^j with i up to the second and i + j up to the first; `s_first`, `s_step`: knots in
    ln(r/pc); `centre`: potential of the stars there, (km/s)², and c² (pc²); `stretch` of y and z; `halo`: potential at
    its centre, scale radius; `hole`: G m, softening²; `error`: largest difference of the force from the quadrature's,
    relative to the force.
    """

    coefficients: np.ndarray
    degrees: tuple[int, int]
    s_first: float
    s_step: float
    centre: tuple[float, float]
    stretch: tuple[float, float]
    halo: tuple[float, float]
    hole: tuple[float, float]
    error: float


def tabulate(galaxy: GalaxyPotential, largest_radius_pc: float, tolerance: float = 1e-5) -> ForceTable:
    """A table of a galaxy's potential, from a small part of its smallest Gaussian to a radius.

    Parameters
    ----------
    galaxy : GalaxyPotential
    largest_radius_pc : float
        Orbits must stay inside.
    tolerance : float
        Largest error of the force, relative; the degree in the angles grows until it is reached.

    Returns
    -------
    ForceTable

    Raises
    ------
    InputError
        If even the highest degree does not reach the tolerance (very flat Gaussians).
    """
    s_first = np.log(FIRST_KNOT * galaxy.stars.sigma_pc.min() * galaxy.stars.q.min())
    s_last = np.log(largest_radius_pc) + 1  # a spline is worst in its last pieces
    s = np.linspace(s_first, s_last, int(np.ceil((s_last - s_first) * KNOTS_PER_E_FOLD)) + 1)
    direction = octant_directions()
    axes = np.sqrt([1.0, galaxy.stars.p.min(), galaxy.stars.q.min()])
    centre = (float(galaxy.stellar_potential(np.zeros(3))), float(galaxy.stars.sigma_pc.min() ** 2))
    factor = 1 / (1 + centre[1] * np.exp(-2 * s))
    potential = np.stack([galaxy.stellar_potential(np.exp(radius) * direction * axes) for radius in s])
    values = (potential - centre[0]) / factor[:, None]
    halo_centre = -4 * np.pi * G * galaxy.halo.density_msun_pc3 * galaxy.halo.scale_radius_pc**2
    table = ForceTable(
        coefficients=np.zeros((0, 0, 6)),
        degrees=(0, 0),
        s_first=float(s[0]),
        s_step=float(s[1] - s[0]),
        centre=centre,
        stretch=(float(1 / axes[1]), float(1 / axes[2])),
        halo=(float(halo_centre), float(galaxy.halo.scale_radius_pc)),
        hole=(float(G * galaxy.black_hole_msun), float(galaxy.softening_pc**2)),
        error=np.inf,
    )
    position, force = _reference(galaxy, s_first, np.log(largest_radius_pc))
    for degrees in sorted(_degrees(), key=n_terms):
        table = table._replace(coefficients=angular_coefficients(values, direction, s, degrees), degrees=degrees)
        ours = np.array([acceleration(table, *point)[1:] for point in position])
        error = float((np.linalg.norm(ours - force, axis=-1) / np.linalg.norm(force, axis=-1)).max())
        if error <= tolerance:
            return table._replace(error=error)
    raise InputError(
        f"potential: the table's force differs from the quadrature's by {error:.1e}, asked {tolerance:.0e}; "
        f"the flattest Gaussian has q = {galaxy.stars.q.min():.3f}: choose a rounder shape or a larger tolerance"
    )


def _degrees() -> list[tuple[int, int]]:
    """Degrees to try: a nearly axisymmetric galaxy needs few powers of a, a spherical one none of either."""
    return [(of_b, of_a) for of_b in DEGREES for of_a in sorted({0, 1, 2, 4, of_b}) if of_a <= of_b]


def n_terms(degrees: tuple[int, int]) -> int:
    """Number of terms of a polynomial of these degrees."""
    return sum(degrees[0] - i + 1 for i in range(degrees[1] + 1))


def octant_directions() -> np.ndarray:
    """Unit vectors in the octant, shape (m, 3)."""
    half_nodes = 0.5 * (1 + np.polynomial.legendre.leggauss(DIRECTIONS)[0])
    cos_theta, phi = (grid.ravel() for grid in np.meshgrid(half_nodes, half_nodes * np.pi / 2))
    sin_theta = np.sqrt(1 - cos_theta**2)
    return np.stack([sin_theta * np.cos(phi), sin_theta * np.sin(phi), cos_theta], axis=-1)


def angular_coefficients(
    values: np.ndarray, direction: np.ndarray, s: np.ndarray, degrees: tuple[int, int]
) -> np.ndarray:
    """Quintic coefficients, shape (knots - 1, terms, 6), highest power first, of ψ (knots, directions)."""
    a, b = 2 * direction[:, 0] ** 2 - 1, 2 * direction[:, 2] ** 2 - 1
    powers = [(i, j) for i in range(degrees[1], -1, -1) for j in range(degrees[0] - i, -1, -1)]
    design = np.stack([a**i * b**j for i, j in powers], axis=-1)
    terms = np.linalg.lstsq(design, values.T, rcond=None)[0].T  # (knots, terms)
    spline = make_interp_spline(s, terms, k=5)
    taylor = [spline(s[:-1], nu=power) / factorial(power) for power in range(5, -1, -1)]
    return np.ascontiguousarray(np.stack(taylor, axis=-1))


def _reference(galaxy: GalaxyPotential, s_first: float, s_last: float) -> tuple[np.ndarray, np.ndarray]:
    """Points between knots and nodes and the force there, shape (points, 3) each.

    The quadrature's force is a central difference of its potential (step 10⁻⁴ r, error about 10⁻⁸).
    """
    random = np.random.default_rng(1)
    direction = np.abs(random.normal(size=(CHECKED_POINTS, 3)))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    position = np.exp(random.uniform(s_first, s_last, CHECKED_POINTS))[:, None] * direction
    step = 1e-4 * np.linalg.norm(position, axis=-1)
    force = np.empty((CHECKED_POINTS, 3))
    for axis in range(3):
        move = np.zeros(3)
        move[axis] = 1.0
        ahead, behind = (galaxy.potential(position + sign * step[:, None] * move) for sign in (1, -1))
        force[:, axis] = -(ahead - behind) / (2 * step)
    return position, force


@njit(cache=True, fastmath={"contract"})
def acceleration(table, x, y, z):
    """Potential (km/s)² and acceleration (km/s)²/pc at a point (pc): four numbers."""
    stretch_y, stretch_z = table.stretch
    y_s, z_s = stretch_y * y, stretch_z * z
    r2 = x * x + y_s * y_s + z_s * z_s + 1e-300
    s = 0.5 * np.log(r2)
    place = max((s - table.s_first) / table.s_step, 0.0)
    piece = min(int(place), table.coefficients.shape[0] - 1)
    t = (place - piece) * table.s_step
    a, b = x * x / r2, z_s * z_s / r2
    u, w = 2.0 * a - 1.0, 2.0 * b - 1.0
    psi = psi_u = psi_w = psi_s = 0.0
    c = table.coefficients
    n = 0
    for i in range(table.degrees[1], -1, -1):  # Horner in u; inside, Horner in w; inside, Horner in s
        row = row_w = row_s = 0.0
        for _ in range(table.degrees[0] - i + 1):
            c0, c1, c2, c3, c4 = c[piece, n, 0], c[piece, n, 1], c[piece, n, 2], c[piece, n, 3], c[piece, n, 4]
            value = ((((c0 * t + c1) * t + c2) * t + c3) * t + c4) * t + c[piece, n, 5]
            slope = (((5.0 * c0 * t + 4.0 * c1) * t + 3.0 * c2) * t + 2.0 * c3) * t + c4
            row_w = row_w * w + row
            row = row * w + value
            row_s = row_s * w + slope
            n += 1
        psi_u = psi_u * u + psi
        psi = psi * u + row
        psi_w = psi_w * u + row_w
        psi_s = psi_s * u + row_s
    if place == 0.0:
        psi_s = 0.0
    inverse = 1.0 / (r2 + table.centre[1])
    factor = r2 * inverse  # and factor / r2 = inverse: no division by a small number
    phi = table.centre[0] + factor * psi
    along = inverse * (psi_s + 2.0 * (1.0 - factor) * psi - 4.0 * (a * psi_u + b * psi_w))
    ax = -x * (along + 4.0 * inverse * psi_u)
    ay = -stretch_y * y_s * along
    az = -stretch_z * z_s * (along + 4.0 * inverse * psi_w)
    r2 = x * x + y * y + z * z + 1e-300
    r = np.sqrt(r2)
    scaled = r / table.halo[1]
    log = np.log1p(scaled)
    softened2 = r2 + table.hole[1]
    hole = table.hole[0] / np.sqrt(softened2)
    phi += table.halo[0] * log / scaled - hole
    pull = table.halo[0] * (log - scaled / (1.0 + scaled)) / (scaled * r2) - hole / softened2
    return phi, ax + pull * x, ay + pull * y, az + pull * z
