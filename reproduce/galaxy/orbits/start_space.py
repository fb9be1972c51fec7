"""Where the orbits of a library start: a regular grid in energy and in two more integrals.

Tubes start perpendicular to the (x, z) plane, between the thin orbit and the equipotential of their energy; boxes
start at rest on the equipotential (Schwarzschild 1993, ApJ 409, 563; van den Bosch et al. 2008, section 4.2).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.interpolate import make_interp_spline
from scipy.optimize import minimize_scalar

from reproduce.galaxy.orbits.force_table import ForceTable, acceleration
from reproduce.galaxy.orbits.integration import (
    EXTENDED,
    GROW,
    SAFETY,
    SHRINK,
    STAGES,
    dense_polynomial,
    derivative,
    evaluate_dense,
    step,
)
from reproduce.workflow.errors import InputError

CROSSINGS = 60
"""Of the (x, z) plane, by which an orbit's thickness is judged."""
THICKNESS_TOLERANCE = 1e-8
TRIED_RADII = np.linspace(0.3, 0.98, 18)
"""Of the equipotential: where the thin orbit is looked for before the search is refined."""
TRIED_NEAR = np.linspace(-0.1, 0.1, 6)
"""The same about the thin orbit of a neighbouring angle."""


@dataclass(frozen=True)
class StartGrid:
    """Numbers of energies and of the two other integrals; decimal logarithms of the first and last radius (pc) on the
    long axis whose potential is an energy; `dithering` starts in each dimension that are bundled into one orbit.

    `margin` is the room kept at the thin orbit and at the equipotential, in steps between neighbouring tubes. A tenth
    is measured from the intrinsic masses of a library by DYNAMITE, whose tubes it meets to about 0.2 % of their
    radius.
    """

    n_energy: int
    n_i2: int
    n_i3: int
    log_radius_first: float
    log_radius_last: float
    dithering: int = 1
    margin: float = 0.1

    def __post_init__(self) -> None:
        numbers = (self.n_energy, self.n_i2, self.n_i3, self.dithering)
        if min(numbers) < 1 or not self.log_radius_first < self.log_radius_last:
            raise InputError(
                f"orbit grid: n_energy, n_i2, n_i3, dithering = {numbers} and log radii {self.log_radius_first:g}, "
                f"{self.log_radius_last:g}; expected numbers of at least 1 and radii that grow"
            )

    @property
    def n_bundles(self) -> int:
        """Bundles in the tube grid, and as many in the box grid."""
        return self.n_energy * self.n_i2 * self.n_i3


@dataclass(frozen=True)
class StartSpace:
    """Start points (pc, km/s) of `tubes` and of `boxes`, shape (bundles, dithering³, 6), sorted by energy, then angle,
    then the third integral; `period` of the circular orbit of each one's energy, pc/(km/s), shape (bundles,
    dithering³)."""

    tubes: np.ndarray
    boxes: np.ndarray
    period: np.ndarray


def start_space(table: ForceTable, grid: StartGrid) -> StartSpace:
    """All start points of a library.

    Parameters
    ----------
    table : ForceTable
        Reaching well beyond the grid's last radius.
    grid : StartGrid

    Returns
    -------
    StartSpace

    Notes
    -----
    Angles are cell centres, polar angles from the short axis on: no orbit starts on an axis. Radii of tubes are even,
    from close to the thin orbit to close to the equipotential. Energies of the bundles include both ends; with
    dithering the d energies of a bundle are spread over its cell; thin orbits are interpolated (`thin_orbits`).
    """
    d = grid.dithering
    tubes, boxes, periods = [], [], []
    elevations = (np.arange(grid.n_i2 * d)[::-1] + 0.5) / (grid.n_i2 * d) * np.pi / 2
    azimuths = (np.arange(grid.n_i3 * d) + 0.5) / (grid.n_i3 * d) * np.pi / 2
    parts = _parts(grid)
    thin_part = thin_orbits(table, grid, elevations) if d > 1 else None
    for i, log_radius in enumerate(_log_radii(grid)):
        energy = acceleration(table, 10.0**log_radius, 0.0, 0.0)[0]
        periods.append(circular_period(table, energy))
        for j, angle in enumerate(elevations):
            plane = np.array([np.cos(angle), 0.0, np.sin(angle)])
            limit = equipotential_radius(table, plane, energy)
            thin = thin_orbit_radius(table, energy, angle) if thin_part is None else thin_part[i, j] * limit
            for radius in thin + (limit - thin) * parts:
                position = radius * plane
                speed2 = 2 * (energy - acceleration(table, *position)[0])
                tubes.append([*position, 0.0, np.sqrt(max(speed2, 0.0)), 0.0])
            for azimuth in azimuths:
                out = np.array([np.cos(angle) * np.cos(azimuth), np.cos(angle) * np.sin(azimuth), np.sin(angle)])
                boxes.append([*(equipotential_radius(table, out, energy) * out), 0.0, 0.0, 0.0])
    period = np.repeat(periods, grid.n_i2 * d * grid.n_i3 * d)
    return StartSpace(_bundled(np.array(tubes), grid), _bundled(np.array(boxes), grid), _bundled(period, grid))


def thin_orbits(table: ForceTable, grid: StartGrid, elevations: np.ndarray) -> np.ndarray:
    """Radii of thin orbits over those of the equipotential, shape (n_energy d, n_i2 d), interpolated in the angle.

    They change slowly with the angle (not with the energy): each energy is searched at two angles more than the
    undithered grid has, one after the other near the last, and a cubic spline goes between.
    """
    nodes = np.linspace(elevations[-1], elevations[0], grid.n_i2 + 2)
    found = np.empty((grid.n_energy * grid.dithering, nodes.size))
    for i, log_radius in enumerate(_log_radii(grid)):
        energy = acceleration(table, 10.0**log_radius, 0.0, 0.0)[0]
        near = None
        for j, angle in enumerate(nodes):
            limit = equipotential_radius(table, np.array([np.cos(angle), 0.0, np.sin(angle)]), energy)
            near = found[i, j] = thin_orbit_radius(table, energy, angle, near) / limit
    spline = make_interp_spline(nodes, found, k=min(3, nodes.size - 1), axis=1)
    return np.asarray(spline(elevations))


def _parts(grid: StartGrid) -> np.ndarray:
    """Where tubes start between thin orbit (0) and equipotential (1), shape (n_i3 d,)."""
    number = grid.n_i3 * grid.dithering
    return (np.arange(number) + grid.margin) / (number - 1 + 2 * grid.margin)


def _log_radii(grid: StartGrid) -> np.ndarray:
    """Decimal logarithms of the radii of all energies, shape (n_energy * dithering,)."""
    if grid.n_energy == 1:
        centres, width = np.array([grid.log_radius_first]), grid.log_radius_last - grid.log_radius_first
    else:
        centres, width = np.linspace(grid.log_radius_first, grid.log_radius_last, grid.n_energy, retstep=True)
    inside = (np.arange(grid.dithering) + 0.5) / grid.dithering - 0.5
    return (centres[:, None] + inside * width).ravel()


def _bundled(starts: np.ndarray, grid: StartGrid) -> np.ndarray:
    """From the fine grid (n_energy d · n_i2 d · n_i3 d, ...) to (bundles, d³, ...)."""
    d = grid.dithering
    fine = starts.reshape(grid.n_energy, d, grid.n_i2, d, grid.n_i3, d, *starts.shape[1:])
    return np.moveaxis(fine, (2, 4), (1, 2)).reshape(grid.n_bundles, d**3, *starts.shape[1:])


@njit(cache=True)
def equipotential_radius(table, direction, energy):
    """Radius (pc) along a unit vector at which the potential is `energy`; bisection in ln r to rounding."""
    low, high = table.s_first - 20.0, table.s_first + table.s_step * table.coefficients.shape[0]
    for _ in range(60):
        middle = 0.5 * (low + high)
        r = np.exp(middle)
        if acceleration(table, r * direction[0], r * direction[1], r * direction[2])[0] < energy:
            low = middle
        else:
            high = middle
    return np.exp(0.5 * (low + high))


@njit(cache=True)
def circular_period(table, energy):
    """Period, pc/(km/s), of the circular orbit of an energy in the force along the long axis."""
    low, high = table.s_first - 20.0, table.s_first + table.s_step * table.coefficients.shape[0]
    for _ in range(60):
        middle = 0.5 * (low + high)
        r = np.exp(middle)
        phi, pull, _, _ = acceleration(table, r, 0.0, 0.0)
        if phi - 0.5 * r * pull < energy:
            low = middle
        else:
            high = middle
    r = np.exp(0.5 * (low + high))
    return 2.0 * np.pi * np.sqrt(r / -acceleration(table, r, 0.0, 0.0)[1])


def thin_orbit_radius(table: ForceTable, energy: float, angle: float, near: float | None = None) -> float:
    """Radius (pc) in the (x, z) plane, `angle` from the long axis, at which the tube of an energy is thinnest.

    `near`: that of a neighbouring angle, over the equipotential's radius; it is then looked for about there alone.

    Notes
    -----
    The radius of a thin tube's crossings of the plane is a function of their angle; a thick one's scatter about it. The
    scatter about a quadratic in sin²(angle) has one minimum, found on a grid and refined.
    """
    direction = np.array([np.cos(angle), 0.0, np.sin(angle)])
    limit = equipotential_radius(table, direction, energy)
    fractions = TRIED_RADII if near is None else np.clip(near + TRIED_NEAR, TRIED_RADII[0], TRIED_RADII[-1])
    tried = [thickness(table, energy, direction, fraction * limit) for fraction in fractions]
    best = int(np.argmin(tried))
    bounds = (fractions[max(best - 1, 0)], fractions[min(best + 1, len(tried) - 1)])
    found = minimize_scalar(
        lambda fraction: thickness(table, energy, direction, fraction * limit),
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-5},
    )
    return float(found.x * limit)


@njit(cache=True)
def thickness(table, energy, direction, radius):
    """Scatter of the radius at which a tube crosses the (x, z) plane, about a quadratic in sin²(angle), relative."""
    start = np.zeros(6)
    start[0], start[2] = radius * direction[0], radius * direction[2]
    speed2 = 2.0 * (energy - acceleration(table, start[0], 0.0, start[2])[0])
    if speed2 <= 0.0:
        return np.inf
    start[4] = np.sqrt(speed2)
    crossings = plane_crossings(table, start, CROSSINGS)
    design, radii = np.ones((CROSSINGS, 3)), np.empty(CROSSINGS)
    for i in range(CROSSINGS):
        r2 = crossings[i, 0] ** 2 + crossings[i, 1] ** 2
        radii[i] = np.sqrt(r2)
        design[i, 1] = crossings[i, 1] ** 2 / r2
        design[i, 2] = design[i, 1] ** 2
    solution = np.linalg.lstsq(design, radii)[0]
    return np.sqrt(np.mean((radii - design @ solution) ** 2)) / np.mean(radii)


@njit(cache=True)
def plane_crossings(table, start, number):
    """First crossings of the plane y = 0 by an orbit that starts in it: x and z (pc), shape (number, 2)."""
    found = np.empty((number, 2))
    state, new, work = start.copy(), np.empty(6), np.empty(6)
    slopes, dense, scale = np.zeros((EXTENDED, 6)), np.empty((7, 6)), np.empty(6)
    derivative(table, state, slopes[0])
    size = np.sqrt(state[0] ** 2 + state[2] ** 2)
    speed = state[4] + np.sqrt(size * np.sqrt(slopes[0, 3] ** 2 + slopes[0, 5] ** 2))
    scale[:3], scale[3:] = THICKNESS_TOLERANCE * size, THICKNESS_TOLERANCE * speed
    h, n = 0.02 * size / speed, 0
    while n < number:
        error = step(table, state, slopes, h, scale, new)[0]
        if error > 1.0:
            h *= max(SHRINK, SAFETY * error**-0.125)
            continue
        if state[1] * new[1] < 0.0:
            dense_polynomial(table, state, new, slopes, h, work, dense)
            low, high = 0.0, 1.0
            for _ in range(40):
                middle = 0.5 * (low + high)
                evaluate_dense(state, dense, middle, work)
                if work[1] * state[1] > 0.0:
                    low = middle
                else:
                    high = middle
            found[n, 0], found[n, 1] = work[0], work[2]
            n += 1
        state[:], slopes[0] = new, slopes[STAGES]
        h *= GROW if error == 0.0 else min(GROW, SAFETY * error**-0.125)
    return found
