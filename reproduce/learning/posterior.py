"""A posterior as a network's answer: a mixture of Gaussians with full covariances (Bishop 1994).

The last layer of a network gives, for each item, the raw numbers of a mixture over d parameters; the loss is the
negative logarithm of the density at the true parameters, whose minimum over all functions is the posterior under the
training items' prior. A component has a mean μ and a lower triangle A with a positive diagonal, z = A (θ - μ) being of
unit variance: its covariance is (AᵀA)⁻¹.

The density has no edge. Parameters with a bounded or skew prior are to be transformed before, so that the prior is
about normal: for uniform ones `prior.Uniform`, after which no sample lies outside the range.
"""

import math
from dataclasses import dataclass
from typing import Self

import keras
import numpy as np
from keras import KerasTensor, ops
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp, ndtr, ndtri

Array = NDArray[np.float64]

STEEPEST = 8.0  # |ln| of the triangles' diagonals stays below: e^-8 of the prior's width is finer than any answer
HALVINGS = 48  # of the bracket of a quantile: to rounding


def n_numbers(parameters: int, components: int) -> int:
    """Outputs that a network needs for a mixture: a weight, a mean and a triangle of each component."""
    return components * (1 + parameters + parameters * (parameters + 1) // 2)


class MixtureLoss(keras.losses.Loss):
    """Negative log density of the true parameters in the mixture that a network answers with.

    ``call`` takes the true parameters (n, d) and the raw numbers (n, `n_numbers`), and gives (n,). The method `point`
    gives the mixture's mean (n, d), by which a training's ``mse`` is measured.

    Parameters
    ----------
    parameters : int
        d.
    components : int
        Gaussians in the mixture.
    """

    def __init__(self, parameters: int, components: int) -> None:
        super().__init__(name="mixture")
        self.parameters, self.components = parameters, components

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Loss of each item, shape (n,)."""
        logits, means, diagonal, below = self._parts(y_pred)
        away = ops.expand_dims(y_true, 1) - means
        scaled = ops.exp(diagonal) * away
        if below is not None:
            scaled = scaled + ops.einsum("nkij,nkj->nki", below, away)
        log_density = ops.sum(diagonal, axis=-1) - ops.sum(ops.square(scaled), axis=-1) / 2
        constant = self.parameters / 2 * math.log(2 * math.pi)
        return constant - ops.logsumexp(ops.log_softmax(logits, axis=-1) + log_density, axis=-1)

    def point(self, y_pred: KerasTensor) -> KerasTensor:
        """Mean of each item's mixture, shape (n, d)."""
        logits, means, _, _ = self._parts(y_pred)
        return ops.sum(ops.expand_dims(ops.softmax(logits, axis=-1), -1) * means, axis=1)

    def _parts(self, raw: KerasTensor) -> tuple[KerasTensor, KerasTensor, KerasTensor, KerasTensor | None]:
        """Logits (n, k), means (n, k, d), ln of the diagonals (n, k, d), what is below them (n, k, d, d) or None."""
        k, d = self.components, self.parameters
        logits, means, diagonal = raw[:, :k], raw[:, k : k + k * d], raw[:, k + k * d : k + 2 * k * d]
        means, diagonal = ops.reshape(means, (-1, k, d)), ops.reshape(diagonal, (-1, k, d))
        diagonal = STEEPEST * ops.tanh(diagonal / STEEPEST)
        if d == 1:
            return logits, means, diagonal, None
        entries = ops.reshape(raw[:, k + 2 * k * d :], (-1, k, d * (d - 1) // 2))
        return (
            logits,
            means,
            diagonal,
            ops.reshape(ops.matmul(entries, ops.cast(_places(d), entries.dtype)), (-1, k, d, d)),
        )


def _places(d: int) -> Array:
    """Matrix (d (d-1) / 2, d²) that puts entries below the diagonal of a (d, d) matrix, row after row."""
    rows, columns = np.tril_indices(d, -1)
    places = np.zeros((len(rows), d * d))
    places[np.arange(len(rows)), rows * d + columns] = 1
    return places


@dataclass(frozen=True)
class Mixture:
    """Posteriors of n items, each a mixture of k Gaussians over d parameters.

    Attributes
    ----------
    weights : (n, k) float64
        They add up to 1.
    means : (n, k, d) float64
    triangles : (n, k, d, d) float64
        A of each component.
    """

    weights: Array
    means: Array
    triangles: Array

    @classmethod
    def of_network(cls, raw: ArrayLike, parameters: int) -> Self:
        """From a network's raw answers, shape (n, `n_numbers`).

        Raises
        ------
        ValueError
            If so many numbers are no mixture over so many parameters.
        """
        raw, d = np.asarray(raw, np.float64), parameters
        k, rest = divmod(raw.shape[1], n_numbers(d, 1))
        if rest or not k:
            raise ValueError(
                f"expected a multiple of {n_numbers(d, 1)} numbers for {d} parameters, found {raw.shape[1]}"
            )
        logits, means, diagonal = raw[:, :k], raw[:, k : k + k * d], raw[:, k + k * d : k + 2 * k * d]
        below = raw[:, k + 2 * k * d :].reshape(len(raw), k, d * (d - 1) // 2)
        triangles = (below @ _places(d)).reshape(-1, k, d, d)
        each = np.arange(d)
        triangles[..., each, each] = np.exp(STEEPEST * np.tanh(diagonal.reshape(-1, k, d) / STEEPEST))
        weights = np.exp(logits - logsumexp(logits, axis=1, keepdims=True))
        return cls(weights, means.reshape(-1, k, d), triangles)

    @classmethod
    def joined(cls, members: "list[Mixture]") -> "Mixture":
        """The mean of the members of an ensemble: all their components, each member of equal weight."""
        weights = np.concatenate([one.weights for one in members], axis=1) / len(members)
        means = np.concatenate([one.means for one in members], axis=1)
        return cls(weights, means, np.concatenate([one.triangles for one in members], axis=1))

    def __len__(self) -> int:
        return len(self.weights)

    def sample(self, n_samples: int, generator: np.random.Generator) -> Array:
        """Joint samples of all parameters, shape (n, n_samples, d)."""
        n, k, d = self.means.shape
        edges = np.cumsum(self.weights, axis=1)
        draws = generator.random((n, n_samples)) * edges[:, -1:]
        chosen = np.minimum((draws[..., None] > edges[:, None]).sum(axis=-1), k - 1)
        item = np.arange(n)[:, None]
        noise = generator.standard_normal((n, n_samples, d, 1))
        return self.means[item, chosen] + np.linalg.solve(self.triangles[item, chosen], noise)[..., 0]

    def log_density(self, parameters: ArrayLike) -> Array:
        """ln p of one set of parameters for each item, (n, d) to (n,)."""
        away = np.asarray(parameters, np.float64)[:, None] - self.means
        scaled = np.einsum("nkij,nkj->nki", self.triangles, away)
        diagonal = np.diagonal(self.triangles, axis1=-2, axis2=-1)
        d = self.means.shape[-1]
        each = np.log(diagonal).sum(axis=-1) - np.square(scaled).sum(axis=-1) / 2 - d / 2 * math.log(2 * math.pi)
        return logsumexp(each, b=self.weights, axis=1)

    def mean(self) -> Array:
        """Shape (n, d)."""
        return np.einsum("nk,nkd->nd", self.weights, self.means)

    def spreads(self) -> Array:
        """Standard deviation of each component along each parameter, shape (n, k, d)."""
        inverse = np.linalg.inv(self.triangles)
        return np.sqrt(np.square(inverse).sum(axis=-1))

    def cumulative(self, values: ArrayLike) -> Array:
        """Probability below a value of each parameter on its own, (n, d) to (n, d): uniform where it is calibrated."""
        below = ndtr((np.asarray(values, np.float64)[:, None] - self.means) / self.spreads())
        return np.einsum("nk,nkd->nd", self.weights, below)

    def quantiles(self, levels: ArrayLike) -> Array:
        """Quantiles of each parameter on its own.

        Parameters
        ----------
        levels : (q,)
            Above 0 and below 1.

        Returns
        -------
        (q, n, d)
        """
        wanted = np.asarray(levels, np.float64)[:, None, None]
        spreads = self.spreads()
        ends = self.means + spreads * ndtri(wanted[..., None])  # a mixture's quantile lies between its components'
        low, high = ends.min(axis=2), ends.max(axis=2)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            below = ndtr((middle[:, :, None] - self.means) / spreads)
            above = np.einsum("nk,qnkd->qnd", self.weights, below) > wanted
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return (low + high) / 2

    def intervals(self, levels: ArrayLike) -> tuple[Array, Array]:
        """Central intervals of each parameter that hold these shares: low and high ends, each (q, n, d)."""
        levels = np.asarray(levels, np.float64)
        return self.quantiles((1 - levels) / 2), self.quantiles((1 + levels) / 2)
