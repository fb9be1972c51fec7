"""Velocities in the scale of an orbit's own energy.

The orbits of one energy start at the same radius in all libraries, but a heavy halo makes outer orbits much faster: at
fixed velocities their histograms move and stretch, which no weighted sum of libraries describes. So they are kept in
units of v_E = √(2 (Φ(r_E) - Φ(r_E / 4))), r_E the energy's radius on the long axis: the speed of a box orbit at a
quarter of its way. Of seven such scales tried, rms velocities of tubes and boxes change least in this one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import Chebyshev
from scipy.sparse import csr_array

from reproduce.galaxy.orbits.potential import G, halo_of_mass
from reproduce.papers.skusa2023.emulator.design import Libraries
from reproduce.papers.skusa2023.emulator.target import Target

INNER = 0.25
"""Of an energy's radius: where its speed is taken."""
MIDDLE = 0.6
"""Of an energy's radius: where the shares of halo and black hole are taken, near its circular orbit."""
SHAPES = 7
"""Values of q at which the stars' potential is computed; between them by a polynomial (to 10⁻⁶)."""
STEP = 1e-3
"""In ln r, of the differences that give forces."""


@dataclass(frozen=True)
class Scales:
    """Speeds and coordinates of the start grid's energies at any parameters.

    `radii_pc` (energies,); `stars`: polynomials in q of the stars' part of v_E² / 2 and of the square of the circular
    speed at the middle radius, (km/s)²; `stellar_mass_msun`; `softening_pc`.
    """

    radii_pc: np.ndarray
    stars: tuple[Chebyshev, ...]
    stellar_mass_msun: float
    softening_pc: float

    def _parts(self, parameters: np.ndarray) -> np.ndarray:
        """v_E² / 2 and the middle circular speed's square, of stars, halo and hole: shape (3, 2, n, energies)."""
        parameters = np.atleast_2d(parameters)
        shape = (len(parameters), len(self.radii_pc))
        stars = np.array([part(parameters[:, 0]) for part in self.stars]).reshape(2, len(self.radii_pc), -1)
        hole = G * 10 ** parameters[:, 3, None]
        softening2 = self.softening_pc**2

        def hole_potential(radius: np.ndarray) -> np.ndarray:
            return -hole / np.sqrt(radius**2 + softening2)

        inner, middle = INNER * self.radii_pc, MIDDLE * self.radii_pc
        halo = np.empty((2, *shape))
        for k, (_, fraction, concentration, _) in enumerate(parameters):
            one = halo_of_mass(10**fraction * self.stellar_mass_msun, 10**concentration)
            halo[0, k] = one.potential(self.radii_pc) - one.potential(inner)
            halo[1, k] = _slope(one.potential, middle)
        holes = hole_potential(self.radii_pc) - hole_potential(inner), _slope(hole_potential, middle)
        return np.array([np.moveaxis(stars, 2, 1), halo, holes])

    def speeds(self, parameters: np.ndarray) -> np.ndarray:
        """v_E in km/s, shape (n, energies), at parameters (n, 4)."""
        return np.sqrt(2 * self._parts(parameters)[:, 0].sum(axis=0))

    def coordinates(self, parameters: np.ndarray) -> np.ndarray:
        """What orbits of an energy depend on, shape (n, energies, 4): q, the halo's share of the force at the middle
        radius, log c_dh, the root of the black hole's share."""
        parameters = np.atleast_2d(parameters)
        force = self._parts(parameters)[:, 1]
        share = force / force.sum(axis=0)
        ones = np.ones(share.shape[1:])
        return np.stack(
            [parameters[:, :1] * ones, share[1], parameters[:, 2:3] * ones, np.sqrt(np.maximum(share[2], 0))], axis=-1
        )


def _slope(potential: Callable[[np.ndarray], np.ndarray], radius: np.ndarray) -> np.ndarray:
    """dΦ / d ln r, the square of the circular speed."""
    return (potential(radius * np.exp(STEP)) - potential(radius * np.exp(-STEP))) / (2 * STEP)


def scales(galaxy: Target) -> Scales:
    """Those of a galaxy."""
    low, high = galaxy.box()
    start = galaxy.start_grid(low)
    radii = np.logspace(start.log_radius_first, start.log_radius_last, start.n_energy)
    nodes = 0.5 * (low[0] + high[0]) + 0.5 * (high[0] - low[0]) * np.cos(np.pi * (np.arange(SHAPES) + 0.5) / SHAPES)
    parts = []
    for q in nodes:
        model = galaxy.model(np.r_[q, low[1:]]).potential

        def on_the_axis(radius: np.ndarray, model=model) -> np.ndarray:  # type: ignore[no-untyped-def]
            return model.stellar_potential(radius[:, None] * np.array([1.0, 0.0, 0.0]))

        parts.append([on_the_axis(radii) - on_the_axis(INNER * radii), _slope(on_the_axis, MIDDLE * radii)])
    table = np.array(parts)  # (shapes, 2, energies)
    columns = table.reshape(SHAPES, -1).T
    stars = tuple(Chebyshev.fit(nodes, column, SHAPES - 1, domain=(low[0], high[0])) for column in columns)
    return Scales(radii, stars, model.stellar_mass_msun, model.softening_pc)


def energy_of_orbits(galaxy: Target) -> np.ndarray:
    """Number of the energy of each distinct orbit, shape (orbits,): tubes, then boxes."""
    settings = galaxy.emulator
    return np.tile(np.repeat(np.arange(settings.n_energy), settings.n_i2 * settings.n_i3), 2)


def stretch(velocities: int, factor: float) -> csr_array:
    """What turns a histogram on even velocities about zero into that of velocities times a factor, shape (to, from).

    What was in a bin is shared among the four around its new place by Lagrange's weights: mass, mean, dispersion and
    third moment stay as they are, to rounding, but for what leaves through the ends, and h1 to h4 to 10⁻⁴; single bins
    get more or less as new places fall on them. The first and the last bin hold all that is outside and keep it.
    """
    middle = 0.5 * (velocities - 1)
    place = middle + factor * (np.arange(velocities) - middle)
    first = np.clip(np.floor(place).astype(int) - 1, 0, velocities - 4)
    t = place - first
    shares = np.stack(
        [
            -(t - 1) * (t - 2) * (t - 3) / 6,
            t * (t - 2) * (t - 3) / 2,
            -t * (t - 1) * (t - 3) / 2,
            t * (t - 1) * (t - 2) / 6,
        ]
    )
    below, above = place <= 0.5, place >= velocities - 1.5
    below[0] = above[-1] = True
    rows = np.arange(4)[:, None] + np.where(below, 0, np.where(above, velocities - 4, first))
    shares[:, below], shares[:, above] = np.eye(4)[:, :1], np.eye(4)[:, 3:]
    columns = np.broadcast_to(np.arange(velocities), rows.shape)
    return csr_array((shares.ravel().astype(np.float32), (rows.ravel(), columns.ravel())), (velocities, velocities))


def stretched(libraries: Libraries, factors: np.ndarray, energies: np.ndarray) -> Libraries:
    """Libraries whose orbits' velocities are multiplied by a factor.

    Parameters
    ----------
    libraries : Libraries
    factors : array of shape (libraries, energies)
    energies : array of shape (orbits,)
        Number of each orbit's energy.
    """
    histogram = np.empty_like(libraries.histogram)
    velocities, apertures = histogram.shape[2:]
    for k, row in enumerate(factors):
        by_velocity = libraries.histogram[k].swapaxes(0, 1)
        for energy, factor in enumerate(row):
            chosen = energies == energy
            made = stretch(velocities, factor) @ by_velocity[:, chosen].reshape(velocities, -1)
            histogram[k, chosen] = made.reshape(velocities, -1, apertures).swapaxes(0, 1)
    return replace(libraries, histogram=histogram)


@dataclass(frozen=True)
class Frame:
    """From a galaxy's velocities to those of its energies and back; `common` (energies,): the speeds in km/s at which
    the latter are kept, the geometric means of the training libraries'."""

    scales: Scales
    common: np.ndarray
    energies: np.ndarray

    def factors(self, parameters: np.ndarray) -> np.ndarray:
        """By which velocities kept are multiplied to get those of libraries at parameters (n, 4): (n, energies)."""
        return self.scales.speeds(parameters) / self.common

    def into(self, libraries: Libraries) -> Libraries:
        """Libraries in the common speeds."""
        return stretched(libraries, 1 / self.factors(libraries.parameters), self.energies)

    def back(self, libraries: Libraries) -> Libraries:
        """Libraries in their own velocities (km/s), which their parameters give."""
        return stretched(libraries, self.factors(libraries.parameters), self.energies)


def frame(galaxy: Target, parameters: np.ndarray) -> Frame:
    """That of training libraries at parameters (n, 4)."""
    found = scales(galaxy)
    return Frame(found, np.exp(np.log(found.speeds(parameters)).mean(axis=0)), energy_of_orbits(galaxy))
