"""Initial conditions: masses, and positions and velocities in equilibrium.

Masses and orbits come from separate random streams: with one stream, mass and radius would be correlated.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from reproduce.cluster.orbits import Bodies
from reproduce.cluster.units import G
from reproduce.stars.king import solve
from reproduce.workflow.errors import InputError

Array = NDArray[np.float64]


@dataclass
class Stars:
    """The bound stars, innermost first.

    Attributes
    ----------
    star : (n,) int64
        Star numbers.
    r, vr, vt, m : (n,) float64
        Radius [pc], radial and tangential velocity [pc/Myr], mass [Msun]. Radii increase.
    """

    star: NDArray[np.int64]
    r: Array
    vr: Array
    vt: Array
    m: Array

    def __len__(self) -> int:
        return len(self.r)

    @property
    def bodies(self) -> Bodies:
        """What the kernels take; shares its arrays with these stars."""
        return Bodies(self.r, self.vr, self.vt, self.m)

    def copy(self) -> "Stars":
        """Stars that can change without changing these."""
        return Stars(self.star.copy(), self.r.copy(), self.vr.copy(), self.vt.copy(), self.m.copy())

    def take(self, which: NDArray) -> "Stars":
        """Some of the stars, by index or mask."""
        return Stars(self.star[which], self.r[which], self.vr[which], self.vt[which], self.m[which])

    def beside(self, i: int, star: int, mass_msun: float) -> "Stars":
        """With one more star, at the place and with the velocity of star i."""
        new = {"star": star, "r": self.r[i], "vr": self.vr[i], "vt": self.vt[i], "m": mass_msun}
        return Stars(**{name: np.insert(getattr(self, name), i + 1, value) for name, value in new.items()})


def plummer(n: int, cut: float, generator: np.random.Generator) -> tuple[Array, Array]:
    """Radii and speeds (n,) of a Plummer (1911) sphere with G = M = a = 1 (Aarseth, Hénon & Wielen 1974).

    `cut` is the largest radius; the half-mass radius of the whole sphere is 1.305.
    """
    share = (1 + cut**-2) ** -1.5  # mass within the cut
    r = 1 / np.sqrt((share * generator.random(n)) ** (-2 / 3) - 1)
    q = _reject(n, 1.0, 0.1, lambda x, index: x**2 * (1 - x**2) ** 3.5, generator)
    return r, q * np.sqrt(2) * (1 + r**2) ** -0.25


def king(n: int, concentration: float, generator: np.random.Generator) -> tuple[Array, Array]:
    """Radii (in core radii) and speeds (in units of the model's σ) of a King (1966) model with c = log10(r_t / r_c)."""
    central = brentq(lambda w0: np.log10(solve(w0)[0]) - concentration, 0.01, 17.0, xtol=1e-6)
    edge, profile = solve(central)
    x = np.concatenate([[0], np.geomspace(1e-3, edge, 2_000)])
    w, gradient = profile(x)
    w = np.maximum(w, 0)
    mass = np.maximum.accumulate(-(x**2) * gradient)  # Poisson's equation: M(x) ∝ -x² dW/dx
    r = np.interp(generator.random(n) * mass[-1], mass, x)
    depth = np.interp(r, x, w)
    escape = np.sqrt(2 * depth)
    bound = np.exp(depth) * np.minimum(depth * 2, 1.0)  # above y² (e^(W - y²/2) - 1) with y below the escape speed
    speed = _reject(n, escape, bound, lambda y, index: y**2 * (np.exp(depth[index] - y**2 / 2) - 1), generator)
    return r, speed


def king_concentration(central_potential: float) -> float:
    """log10(r_t / r_c) of the King (1966) model of central potential W₀."""
    return float(np.log10(solve(central_potential)[0]))


def _reject(
    n: int, top: ArrayLike, bound: ArrayLike, density: Callable[[Array, NDArray], Array], generator: np.random.Generator
) -> Array:
    """Draw n numbers from `density(x, index)` on 0..top by rejection under `bound` (numbers, or one a draw)."""
    top, bound = np.broadcast_to(top, n), np.broadcast_to(bound, n)
    result = np.empty(n)
    todo = np.arange(n)
    while todo.size:
        x = generator.random(todo.size) * top[todo]
        taken = generator.random(todo.size) * bound[todo] < density(x, todo)
        result[todo[taken]] = x[taken]
        todo = todo[~taken]
    return result


def make_cluster(
    masses: Array, profile: str, king_concentration: float, half_mass_pc: float, cut_pc: float,
    generator: np.random.Generator,
) -> Stars:  # fmt: skip
    """A cluster in equilibrium, without mass segregation.

    The sample is scaled so that its own half-mass radius is `half_mass_pc` and 2T = -U exactly.

    Parameters
    ----------
    masses : (n,)
        Masses [Msun].
    profile : "plummer" or "king"
        Density profile.
    king_concentration : float
        log10(r_t / r_c), for `king`.
    half_mass_pc, cut_pc : float
        Half-mass radius and, for `plummer`, the radius of the outermost star [pc].
    """
    n = len(masses)
    if n < 10:
        raise InputError(f"a cluster needs at least 10 stars, found {n}: raise simulate.n_stars")
    if not (half_mass_pc > 0 and np.isfinite(half_mass_pc)):
        raise InputError(f"half_mass_radius_pc must be positive, found {half_mass_pc}")
    if not (masses > 0).all():
        raise InputError("star masses must be positive")
    if cut_pc < 2 * half_mass_pc:
        raise InputError(
            f"half_mass_radius_pc={half_mass_pc} does not fit into the tidal radius of {cut_pc:.3g} pc: "
            "take a smaller cluster, more stars, or a wider orbit"
        )
    if profile == "plummer":
        r, speed = plummer(n, cut_pc / half_mass_pc * 1.305, generator)
    else:
        r, speed = king(n, king_concentration, generator)
    mu = generator.uniform(-1, 1, n)
    order = np.argsort(r, kind="stable")
    stars = Stars(order, r, speed * mu, speed * np.sqrt(1 - mu**2), masses).take(order)
    stars.star = order  # star numbers are places in `masses`
    stars.r = stars.r * (half_mass_pc / half_mass_radius(stars))
    enclosed = np.concatenate([[0], np.cumsum(stars.m)[:-1]])
    virial = G * np.sum(stars.m * enclosed / stars.r)  # -U of shells, each without itself
    kinetic = 0.5 * np.sum(stars.m * (stars.vr**2 + stars.vt**2))
    factor = np.sqrt(virial / (2 * kinetic))
    stars.vr *= factor
    stars.vt *= factor
    return stars


def half_mass_radius(stars: Stars) -> float:
    """Radius [pc] that holds half the mass."""
    enclosed = np.cumsum(stars.m)
    return float(np.interp(0.5 * enclosed[-1], enclosed, stars.r))
