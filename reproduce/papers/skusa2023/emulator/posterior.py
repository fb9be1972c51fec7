"""What kinematics say about shape, halo, black hole and M/L, from predicted libraries.

A point costs one prediction (a weighted sum of the training libraries' coefficients, which are kept for some stretches
of the velocities: M/L and the energies' speeds do nothing else) and one fit of orbit weights: milliseconds, where a
library takes a quarter of a minute. The likelihood is exp(-Δχ² / 2 T) with T = √(2 n) of n kinematic rows, by which
chi² itself scatters: one sigma is Δχ² = √(2 n), as in the thesis; priors are flat. Sampled by Goodman & Weare's
affine-invariant stretch moves (2010, CAMCoS 5, 65).
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.galaxy.orbits.losvd import Kinematics, hermite_basis
from reproduce.galaxy.orbits.weights import solve_weights
from reproduce.papers.skusa2023.emulator.design import Libraries
from reproduce.papers.skusa2023.emulator.mocks import problem
from reproduce.papers.skusa2023.emulator.process import Processes, group_of_orbits
from reproduce.papers.skusa2023.emulator.target import Masses, Target
from reproduce.papers.skusa2023.emulator.velocities import Frame
from reproduce.papers.skusa2023.extras.settings import PARAMETERS

NAMES = (*PARAMETERS, "mass_to_light")
SHAPES = 9
"""Values of q for which the galaxy's masses are computed; between them they are interpolated (to 10⁻⁴)."""
STRETCH = 2.0
"""Goodman & Weare's a."""
BURN = 1 / 3
"""Share of the steps that is thrown away."""


@dataclass(frozen=True)
class Emulated:
    """Predicted libraries anywhere in the box, for one galaxy's kinematics.

    Of each group (energies of tubes, then of boxes) `coefficients` (planes, training libraries, orbits × apertures × 8
    or 4): h1 to h4 in the first sense, then turned (tubes alone), at velocities stretched by exp(`stretches`), shape
    (planes, energies), even in each energy; between planes they are interpolated. `apertures`, `cells` (libraries,
    orbits × ...): masses. `shapes`, `masses`: the galaxy's masses for some q.
    """

    galaxy: Target
    train: Libraries
    frame: Frame
    processes: Processes
    kinematics: Kinematics
    stretches: np.ndarray
    coefficients: list[np.ndarray]
    apertures: list[np.ndarray]
    cells: list[np.ndarray]
    shapes: np.ndarray
    masses: list[Masses]

    def own_masses(self, q: float) -> Masses:
        """The galaxy's masses for a shape."""
        k = int(np.clip(np.searchsorted(self.shapes, q) - 1, 0, len(self.shapes) - 2))
        t = (q - self.shapes[k]) / (self.shapes[k + 1] - self.shapes[k])
        cells = (1 - t) * self.masses[k].intrinsic + t * self.masses[k + 1].intrinsic
        return Masses(cells, self.masses[k].projected)

    def chi2(self, points: np.ndarray) -> np.ndarray:
        """Least chi² over orbit weights, shape (n,), at points (n, 5): parameters, M/L."""
        share = self.processes.weights(self.frame.scales.coordinates(points[:, :-1])).astype(np.float32)
        stretch = np.log(self.frame.factors(points[:, :-1]))
        stretch += 0.5 * np.log(points[:, -1:] / self.train.mass_to_light)
        first, step = self.stretches[0], self.stretches[1] - self.stretches[0]
        place = np.clip((stretch - first) / step, 0, len(self.stretches) - 1 - 1e-9)
        found = np.empty(len(points))
        for k in range(len(points)):
            library, h = self._library(share[k], place[k])
            rows = problem(self.galaxy, library, h, self.own_masses(points[k, 0]), self.kinematics)
            found[k] = rows.chi2(solve_weights(rows))
        return found

    def _library(self, share: np.ndarray, place: np.ndarray) -> tuple[OrbitLibrary, np.ndarray]:
        """A predicted library and its coefficients; `place` (energies,) among the planes."""
        h = []
        for k, weights in enumerate(share):
            plane = int(place[k % len(place)])
            t = np.float32(place[k % len(place)] - plane)
            kept = self.coefficients[k]
            h.append((1 - t) * (weights @ kept[plane]) + t * (weights @ kept[plane + 1]))
        n_apertures = self.kinematics.mean_kms.size
        half = len(h) // 2
        return _library(
            self.train,
            np.concatenate(h[:half]).reshape(-1, n_apertures, 8),
            np.concatenate(h[half:]).reshape(-1, n_apertures, 4),
            np.concatenate([w @ one for w, one in zip(share, self.apertures, strict=True)]).reshape(-1, n_apertures),
            np.concatenate([w @ one for w, one in zip(share, self.cells, strict=True)]),
        )


def emulated(galaxy: Target, train: Libraries, frame: Frame, processes: Processes, kinematics: Kinematics) -> Emulated:
    """Keep the training libraries' coefficients about these kinematics at each stretch; `train` in the frame's
    velocities."""
    settings = galaxy.emulator
    low, high = galaxy.box()
    corners = np.array(list(itertools.product(*zip(low, high, strict=True))))
    factors = np.log(frame.factors(corners))
    ends = 0.5 * np.log(np.array(settings.mass_to_light) / train.mass_to_light)
    stretches = np.linspace(factors.min(axis=0) + ends[0], factors.max(axis=0) + ends[1], settings.ratios)
    group = group_of_orbits(frame.energies)
    coefficients, apertures, cells = [], [], []
    for k in range(group.max() + 1):
        chosen = group == k
        mine = train.histogram[:, chosen]
        n, orbits, velocities, number = mine.shape
        by_aperture = np.ascontiguousarray(np.moveaxis(mine, 3, 0)).reshape(number, -1, velocities)
        tubes = k < len(frame.common)
        kept = np.empty((len(stretches), n, orbits * number * (8 if tubes else 4)), np.float32)
        for plane, scale in enumerate(np.exp(stretches[:, k % len(frame.common)])):
            basis = hermite_basis(scale * train.velocity_edges_kms, kinematics.mean_kms, kinematics.dispersion_kms)
            both = [basis[..., 1:], basis[:, ::-1, 1:]] if tubes else [basis[..., 1:]]
            made = by_aperture @ np.concatenate(both, axis=-1).astype(np.float32)
            kept[plane] = np.moveaxis(made.reshape(number, n, orbits, -1), 0, 2).reshape(n, -1)
        coefficients.append(kept)
        apertures.append(mine.sum(axis=2).reshape(n, -1))
        cells.append(train.intrinsic[:, chosen].reshape(n, -1))
    shapes = np.linspace(*settings.q, SHAPES)
    middle = 0.5 * (low + high)
    return Emulated(
        galaxy=galaxy,
        train=train,
        frame=frame,
        processes=processes,
        kinematics=kinematics,
        stretches=stretches,
        coefficients=coefficients,
        apertures=apertures,
        cells=cells,
        shapes=shapes,
        masses=[galaxy.masses(np.r_[q, middle[1:]]) for q in shapes],
    )


def _library(
    train: Libraries, tubes: np.ndarray, boxes: np.ndarray, apertures: np.ndarray, cells: np.ndarray
) -> tuple[OrbitLibrary, np.ndarray]:
    """A library whose one velocity bin holds each orbit's mass in an aperture, and its coefficients, with reversals."""
    n = len(tubes)
    order = np.concatenate([np.repeat(np.arange(n), 2), np.arange(n, n + len(boxes))])
    both = np.stack([tubes[..., :4], tubes[..., 4:]], axis=1).reshape(2 * n, *tubes.shape[1:-1], 4)
    turned = np.concatenate([both, boxes])
    blank = np.zeros(len(order))
    library = OrbitLibrary(
        histogram=apertures[order][:, None],
        velocity_edges_kms=np.zeros(2),
        intrinsic=cells.reshape(-1, *train.intrinsic.shape[2:])[order],
        family=blank.astype(int),
        circularity=np.zeros((len(order), 3)),
        mean_radius_pc=blank,
        energy_error=blank,
        n_tubes=train.n_tubes,
        mass_to_light=1.0,
    )
    return library, turned


@dataclass(frozen=True)
class Posterior:
    """Points of the chain after its beginning, `points` (n, 5), `chi2` (n,); `accepted`, the share of moves."""

    points: np.ndarray
    chi2: np.ndarray
    accepted: float

    def below(self, truth: np.ndarray) -> np.ndarray:
        """Mass of the posterior below true values, each parameter by itself, shape (5,): uniform if all is well."""
        return np.asarray((self.points < truth).mean(axis=0))

    def interval(self, mass: float) -> np.ndarray:
        """Central interval of each parameter, shape (5, 2)."""
        return np.quantile(self.points, [0.5 - mass / 2, 0.5 + mass / 2], axis=0).T


def posterior(galaxy: Target, model: Emulated, seed: int) -> Posterior:
    """Sample the parameters and M/L of a galaxy.

    Walkers begin at Sobol's points, drawn by their likelihood.
    """
    settings = galaxy.emulator
    low, high = np.array([*(getattr(settings, name) for name in PARAMETERS), settings.mass_to_light]).T
    random = np.random.default_rng([settings.seed, 5, seed])
    temperature = np.sqrt(2 * model.kinematics.coefficient_errors.size)
    unit = qmc.Sobol(len(NAMES), rng=random).random(1 << (settings.first_points - 1).bit_length())
    first = low + (high - low) * unit
    chi2 = model.chi2(first)
    chance = np.exp(-(chi2 - chi2.min()) / (8 * temperature))  # wider than the posterior, as a beginning should be
    chosen = random.choice(len(first), settings.walkers, p=chance / chance.sum())
    walkers = first[chosen] + 0.05 * (high - low) * random.normal(size=(settings.walkers, len(NAMES)))
    walkers = np.clip(walkers, low + 1e-6 * (high - low), high - 1e-6 * (high - low))

    def log_probability(points: np.ndarray) -> np.ndarray:
        inside = ((points > low) & (points < high)).all(axis=1)
        found = np.full(len(points), -np.inf)
        if inside.any():
            found[inside] = -model.chi2(points[inside]) / (2 * temperature)
        return found

    points, value, accepted = stretch(walkers, log_probability, settings.steps, random)
    kept = slice(int(BURN * settings.steps), None)
    return Posterior(points[kept].reshape(-1, len(NAMES)), -2 * temperature * value[kept].ravel(), accepted)


def stretch(
    walkers: np.ndarray, log_probability: Callable[[np.ndarray], np.ndarray], steps: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """Goodman & Weare's sampler, the walkers in two halves.

    Parameters
    ----------
    walkers : array of shape (n, d)
        Where they begin; n even, at least 2 d.
    log_probability : callable
        From points (m, d) to (m,), -inf where they may not be.
    steps : int
    random : Generator

    Returns
    -------
    tuple
        Points (steps, n, d), their log probability (steps, n), the share of moves accepted.
    """
    n, d = walkers.shape
    walkers, value = walkers.copy(), log_probability(walkers)
    points, values, accepted = np.empty((steps, n, d)), np.empty((steps, n)), 0
    halves = np.arange(n)[: n // 2], np.arange(n)[n // 2 :]
    for step in range(steps):
        for moved, fixed in (halves, halves[::-1]):
            z = (1 + (STRETCH - 1) * random.random(len(moved))) ** 2 / STRETCH
            partner = walkers[random.choice(fixed, len(moved))]
            asked = partner + z[:, None] * (walkers[moved] - partner)
            there = log_probability(asked)
            with np.errstate(invalid="ignore"):
                better = np.log(random.random(len(moved))) < (d - 1) * np.log(z) + there - value[moved]
            walkers[moved[better]], value[moved[better]] = asked[better], there[better]
            accepted += int(better.sum())
        points[step], values[step] = walkers, value
    return points, values, accepted / (steps * n)
