"""What data say about shape, halo, black hole and M/L: chi² at points all over the box, from predicted libraries.

Each point costs one prediction (a weighted sum of the training libraries' coefficients, which are kept for each M/L) and
one fit of orbit weights. Points of Sobol's sequence with weights exp(-Δχ² / 2 T) are the posterior under flat priors;
T = √(2 n) of n kinematic rows, by which chi² itself scatters: one sigma is Δχ² = √(2 n), as in the thesis.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.galaxy.orbits.losvd import Kinematics, hermite_basis
from reproduce.galaxy.orbits.weights import solve_weights
from reproduce.papers.skusa2023 import ngc6278
from reproduce.papers.skusa2023.emulator.baselines import Predictor
from reproduce.papers.skusa2023.emulator.components import Components
from reproduce.papers.skusa2023.emulator.design import Libraries, model, parameters
from reproduce.papers.skusa2023.emulator.mocks import Masses, masses, problem
from reproduce.papers.skusa2023.emulator.settings import PARAMETERS, Emulator

NAMES = (*PARAMETERS, "mass_to_light")
SHAPES = 9
"""Values of q for which the galaxy's masses are computed; between them they are interpolated (to 10⁻⁴)."""


@dataclass(frozen=True)
class Sampler:
    """Points in (parameters, M/L), shape (n, 5), and the weights of the training libraries at each, (n, libraries).

    `by_aperture` (apertures, libraries, orbits, velocities), `apertures` (libraries, orbits, apertures): the training
    libraries' histograms in another order, and summed over velocities; `shapes`, `masses`: the galaxy's masses for some
    q.
    """

    train: Libraries
    by_aperture: np.ndarray
    apertures: np.ndarray
    points: np.ndarray
    weights: np.ndarray
    shapes: np.ndarray
    masses: list[Masses]

    def own_masses(self, q: float) -> Masses:
        """The galaxy's masses for a shape."""
        k = int(np.clip(np.searchsorted(self.shapes, q) - 1, 0, len(self.shapes) - 2))
        t = (q - self.shapes[k]) / (self.shapes[k + 1] - self.shapes[k])
        cells = (1 - t) * self.masses[k].intrinsic + t * self.masses[k + 1].intrinsic
        return Masses(cells, self.masses[k].projected)

    def chi2(self, kinematics: Kinematics) -> np.ndarray:
        """Least chi² over orbit weights at each point, shape (n,)."""
        found = np.empty(len(self.points))
        for ratio in np.unique(self.points[:, -1]):
            scale = np.sqrt(ratio / ngc6278.PARAMETERS.mass_to_light)
            h = self.coefficients(kinematics, scale)
            for k in np.flatnonzero(self.points[:, -1] == ratio):
                share = self.weights[k].astype(np.float32)
                sums = [np.tensordot(share, values, 1) for values in (*h, self.apertures, self.train.intrinsic)]
                rows = problem(*_library(self.train, *sums), self.own_masses(self.points[k, 0]), kinematics)
                found[k] = rows.chi2(solve_weights(rows))
        return found

    def coefficients(self, kinematics: Kinematics, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """h1 to h4 of the libraries' orbits where velocities are `scale` times as large: of the orbits in their first
        sense, and turned; both of shape (libraries, orbits, apertures, 4)."""
        basis = hermite_basis(scale * self.train.velocity_edges_kms, kinematics.mean_kms, kinematics.dispersion_kms)
        both = np.concatenate([basis[..., 1:], basis[:, ::-1, 1:]], axis=-1).astype(np.float32)
        n, libraries, orbits, velocities = self.by_aperture.shape
        found = (self.by_aperture.reshape(n, -1, velocities) @ both).reshape(n, libraries, orbits, 2, 4)
        return tuple(np.moveaxis(found[..., k, :], 0, 2) for k in range(2))


def sampler(settings: Emulator, train: Libraries, components: Components, predict: Predictor) -> Sampler:
    """Points all over the box, with M/L rounded to the values at which coefficients are kept."""
    size = 1 << (settings.posterior_samples - 1).bit_length()
    unit = qmc.Sobol(len(NAMES), rng=np.random.default_rng([settings.seed, 3])).random(size)
    unit = unit[: settings.posterior_samples]
    ratios = np.linspace(*settings.mass_to_light, settings.ratios)
    places = parameters(settings, unit[:, :-1])
    number = np.minimum((unit[:, -1] * settings.ratios).astype(int), settings.ratios - 1)
    shapes = np.linspace(*settings.q, SHAPES)
    middle = 0.5 * (components.low + components.high)
    return Sampler(
        train=train,
        by_aperture=np.ascontiguousarray(np.moveaxis(train.histogram, 3, 0)),
        apertures=train.histogram.sum(axis=2),
        points=np.column_stack([places, ratios[number]]),
        weights=components.weights(predict(components.unit(places))),
        shapes=shapes,
        masses=[masses(model(np.r_[q, middle[1:]])) for q in shapes],
    )


def _library(
    train: Libraries, ahead: np.ndarray, back: np.ndarray, apertures: np.ndarray, cells: np.ndarray
) -> tuple[OrbitLibrary, np.ndarray]:
    """A library whose one velocity bin holds each orbit's mass in an aperture, and its coefficients, with reversals."""
    n = train.n_tubes // 2
    order = np.concatenate([np.repeat(np.arange(n), 2), np.arange(n, len(ahead))])
    turned = ahead[order]
    turned[1 : train.n_tubes : 2] = back[:n]
    blank = np.zeros(len(order))
    library = OrbitLibrary(
        histogram=apertures[order][:, None],
        velocity_edges_kms=np.zeros(2),
        intrinsic=cells[order],
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
    """Weighted points: `points` (n, 5), `weights` (n,) summing to one, `chi2` (n,)."""

    points: np.ndarray
    weights: np.ndarray
    chi2: np.ndarray

    @property
    def effective(self) -> float:
        """Effective number of points."""
        return float(1 / (self.weights**2).sum())

    def below(self, truth: np.ndarray) -> np.ndarray:
        """Mass of the posterior below true values, each parameter by itself, shape (5,): uniform if all is well."""
        under = (self.points < truth) + 0.5 * (self.points == truth)
        return np.asarray(self.weights @ under)

    def interval(self, mass: float) -> np.ndarray:
        """Central interval of each parameter, shape (5, 2)."""
        found = np.empty((self.points.shape[1], 2))
        for k, values in enumerate(self.points.T):
            order = np.argsort(values, kind="stable")
            total = np.cumsum(self.weights[order]) - 0.5 * self.weights[order]
            found[k] = np.interp([0.5 - mass / 2, 0.5 + mass / 2], total, values[order])
        return found


def posterior(sampler: Sampler, kinematics: Kinematics) -> Posterior:
    """The posterior of kinematics under flat priors over the box and the range of M/L."""
    chi2 = sampler.chi2(kinematics)
    temperature = np.sqrt(2 * kinematics.coefficient_errors.size)
    weights = np.exp(-(chi2 - chi2.min()) / (2 * temperature))
    return Posterior(sampler.points, weights / weights.sum(), chi2)
