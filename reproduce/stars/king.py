"""Single-mass models of King (1966, AJ 71, 64): Poisson's equation, and the models as seen on the sky."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import OdeSolution, solve_ivp
from scipy.optimize import brentq
from scipy.special import erf

from reproduce.workflow.errors import InputError

Array = NDArray[np.float64]

CENTRAL_POTENTIALS = (0.1, 10.0)
"""Range of W₀ that is searched: c rises from -0.24 to 2.35, half-light over core radius from 1.06 to 22.8."""
_START = 1e-4  # radius where the series about the centre hands over to the solver, in core radii


def _density(potential: Array) -> Array:
    """ρ(W) up to a factor: e^W erf(√W) - √(4W/π) (1 + 2W/3); zero at the edge, W = 0."""
    w = np.maximum(potential, 0.0)
    return np.exp(w) * erf(np.sqrt(w)) - np.sqrt(4 * w / np.pi) * (1 + 2 * w / 3)


def solve(central_potential: float) -> tuple[float, OdeSolution]:
    """Solve Poisson's equation, W'' + 2 W'/r = -9 ρ(W) / ρ(W₀), from the centre to the edge, where W = 0.

    Parameters
    ----------
    central_potential : float
        W₀, the depth of the centre in units of σ², more than 0.

    Returns
    -------
    edge : float
        Tidal radius in King core radii r₀.
    solution : callable
        W and dW/dr, shape (2, n), at radii (n,) in r₀.
    """
    middle = _density(np.array(central_potential))

    def slope(r: float, state: Array) -> Array:
        return np.array([state[1], -9 * _density(state[0]) / middle - 2 / r * state[1]])

    def edge(r: float, state: Array) -> float:
        return state[0]

    edge.terminal = True  # type: ignore[attr-defined]
    begin = [central_potential - 1.5 * _START**2, -3 * _START]
    solved = solve_ivp(slope, (_START, 1e6), begin, events=edge, rtol=1e-8, atol=1e-10, dense_output=True)
    return float(solved.t[-1]), solved.sol


@dataclass(frozen=True)
class King:
    """A King model; radii are in units of the King core radius r₀.

    Attributes
    ----------
    central_potential : float
        W₀, the depth of the centre in units of σ².
    radius, potential, mass : array, shape (k,)
        Radius from the centre to the edge, W there, and the fraction of the mass within.
    """

    central_potential: float
    radius: Array
    potential: Array
    mass: Array

    @classmethod
    def make(cls, central_potential: float) -> "King":
        """The model of a central potential W₀."""
        edge, solution = solve(central_potential)
        radius = np.concatenate([[0.0], np.geomspace(1e-3, edge, 1_500)])
        potential, gradient = solution(np.maximum(radius, _START))
        mass = np.maximum.accumulate(-(radius**2) * gradient)
        return cls(central_potential, radius, np.maximum(potential, 0.0), mass / mass[-1])

    @classmethod
    def of_concentration(cls, concentration: float) -> "King":
        """The model with c = log10(r_t / r₀).

        Raises
        ------
        InputError
            If no King model within `CENTRAL_POTENTIALS` has it.
        """
        return cls._search(concentration, lambda model: model.concentration, "concentration")

    @classmethod
    def of_radii(cls, core_radius: float, half_light_radius: float) -> "King":
        """The model with this ratio of projected half-light to core radius, both in one unit.

        Raises
        ------
        InputError
            If no King model within `CENTRAL_POTENTIALS` has it.
        """
        return cls._search(half_light_radius / core_radius, lambda model: model.ratio, "half-light over core radius")

    @classmethod
    def _search(cls, wanted: float, value: Callable[["King"], float], name: str) -> "King":
        """The model with a value that rises with W₀."""
        low, high = (value(cls.make(potential)) for potential in CENTRAL_POTENTIALS)
        if not low < wanted < high:
            raise InputError(f"King model: {name} is {wanted:.3g}, expected {low:.2f} to {high:.2f}; mend the target")
        return cls.make(brentq(lambda w: value(cls.make(w)) - wanted, *CENTRAL_POTENTIALS, xtol=1e-3))

    @property
    def concentration(self) -> float:
        """log10(r_t / r₀)."""
        return float(np.log10(self.radius[-1]))

    @property
    def ratio(self) -> float:
        """Projected half-light radius over projected core radius."""
        return self.half_light_radius / self.core_radius

    @cached_property
    def core_radius(self) -> float:
        """Projected radius where the surface density is half the central one, in r₀."""
        centre = self.surface_density(0.0)
        return brentq(lambda x: self.surface_density(x) / centre - 0.5, 0.05, 1.5)

    @cached_property
    def half_light_radius(self) -> float:
        """Projected radius that holds half the light, in r₀."""
        return brentq(lambda x: self.light_within(x) - 0.5, 1e-2, self.radius[-1])

    def surface_density(self, x: float) -> float:
        """2 ∫ ρ(√(x² + z²)) dz, up to a factor, at the projected radius x."""
        density = np.interp(np.hypot(x, self.radius), self.radius, _density(self.potential), right=0.0)
        return float(2 * np.trapezoid(density, self.radius))

    def light_within(self, x: float) -> float:
        """Fraction of the light within the projected radius x: a shell of radius r > x gives 1 - √(1 - x²/r²)."""
        middle = np.maximum((self.radius[1:] + self.radius[:-1]) / 2, 1e-12)
        share = 1 - np.sqrt(np.maximum(1 - (x / middle) ** 2, 0.0))
        return float(np.sum(share * np.diff(self.mass)))

    def sample(self, n: int, core_radius: float, generator: np.random.Generator) -> tuple[Array, Array]:
        """Places on the sky of n stars.

        Parameters
        ----------
        n : int
            Number of stars.
        core_radius : float
            Projected core radius; its unit is that of the result.
        generator : Generator
            Random numbers.

        Returns
        -------
        x, y : array, shape (n,)
            Offsets from the centre.
        """
        r = np.interp(generator.random(n), self.mass, self.radius) * (core_radius / self.core_radius)
        across = r * np.sqrt(1 - generator.uniform(-1, 1, n) ** 2)
        angle = generator.uniform(0, 2 * np.pi, n)
        return across * np.cos(angle), across * np.sin(angle)
