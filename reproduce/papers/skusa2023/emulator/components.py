"""What is learnt: principal components of the training libraries.

Between n libraries there are n - 1 directions, so a prediction, whoever makes it (interpolation, a Gaussian process, a
network), is a weighted sum of the training libraries; all that follows from a library linearly (histograms, masses, h1
to h4 at any M/L) is the same sum. The components are those of h1 to h4 and of the masses, each block scaled to equal
variance: histograms themselves are mostly noise from one bin to the next, which no fit to data ever sees.
"""

from dataclasses import dataclass

import numpy as np

from reproduce.galaxy.orbits.losvd import hermite_basis
from reproduce.papers.skusa2023.emulator.design import Libraries

RANK = 1e-6
"""Components whose singular value is below this part of the first one's are left out."""


@dataclass(frozen=True)
class Components:
    """Scores of the training libraries, `scores` (n, k), and what turns scores into weights of the libraries,
    `to_weights` (k, n); `low` and `high` (4,): the corners of the parameters' box."""

    scores: np.ndarray
    to_weights: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def scale(self) -> float:
        """Root of the mean square of the scores, all components together as one would see them: those of the first."""
        return float(np.sqrt((self.scores**2).mean(axis=0).max()))

    def unit(self, parameters: np.ndarray) -> np.ndarray:
        """Parameters (m, 4) in units of the box, from -1 to 1."""
        return 2 * (np.asarray(parameters) - self.low) / (self.high - self.low) - 1

    def weights(self, scores: np.ndarray) -> np.ndarray:
        """Weights of the training libraries, shape (m, n), each row summing to one, of scores (m, k)."""
        n = self.to_weights.shape[1]
        return 1 / n + np.asarray(scores) @ self.to_weights


def blocks(libraries: Libraries, mean_kms: np.ndarray, dispersion_kms: np.ndarray) -> dict[str, np.ndarray]:
    """h1 to h4 about a mean and a dispersion (apertures,), times the mass; masses in cells and in apertures.

    Each of shape (n, orbits, ...).
    """
    basis = hermite_basis(libraries.velocity_edges_kms, mean_kms, dispersion_kms)[..., 1:].astype(np.float32)
    h = np.stack([np.einsum("ova,avm->moa", one, basis, optimize=True) for one in libraries.histogram])
    found = {f"h{m + 1}": h[:, m] for m in range(4)}
    return found | {"cells": libraries.intrinsic, "apertures": libraries.histogram.sum(axis=2)}


def components(libraries: Libraries, parts: dict[str, np.ndarray], low: np.ndarray, high: np.ndarray) -> Components:
    """The components of training libraries; `parts` as `blocks` gives them."""
    n = len(libraries)
    gram = np.zeros((n, n))
    for values in parts.values():
        flat = values.reshape(n, -1).astype(float)
        flat = flat - flat.mean(axis=0)
        product = flat @ flat.T
        gram += product / np.trace(product)
    power, vectors = np.linalg.eigh(gram)
    kept = np.argsort(power)[::-1][: int((power > RANK**2 * power.max()).sum())]
    kept = kept[: n - 1]
    singular, vectors = np.sqrt(power[kept]), vectors[:, kept]
    return Components(vectors * singular, (vectors / singular).T, np.asarray(low), np.asarray(high))
