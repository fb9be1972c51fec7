"""Losses of heads that say what a cluster is, where there is one."""

import math

import keras
from keras import KerasTensor, ops

from reproduce.learning.posterior import MixtureLoss


class ThereLoss(keras.losses.Loss):
    """Another loss, counted only where there is a cluster.

    The true values have one more column than the other loss takes: 1 where it counts, 0 where it does not. The method
    `point` gives the other's estimate with that column.

    Parameters
    ----------
    inner : Loss
        With methods ``call``, which gives (n,), and ``point``.
    """

    def __init__(self, inner: "MixtureLoss | BinsLoss") -> None:
        super().__init__(name=f"there_{inner.name}")
        self.inner = inner

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Loss of each item, shape (n,)."""
        return y_true[:, -1] * self.inner.call(y_true[:, :-1], y_pred)

    def point(self, y_pred: KerasTensor) -> KerasTensor:
        """The estimate, and 1: shape (n, d + 1)."""
        found = self.inner.point(y_pred)
        return ops.concatenate([found, ops.ones_like(found[:, :1])], axis=-1)


class BinsLoss(keras.losses.Loss):
    """Cross-entropy of each parameter's bin, summed over parameters: the heads of the paper's sequel.

    Parameters are u, standard normal under the prior; bins are of equal prior probability, which are bins of equal
    width of a parameter with a uniform prior. ``call`` takes (n, d) and raw numbers (n, d · bins) and gives (n,).

    Parameters
    ----------
    parameters, bins : int
    """

    def __init__(self, parameters: int, bins: int) -> None:
        super().__init__(name="bins")
        self.parameters, self.bins = parameters, bins

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Loss of each item, shape (n,)."""
        share = (1 + ops.erf(y_true / math.sqrt(2))) / 2
        place = ops.clip(ops.cast(ops.floor(share * self.bins), "int32"), 0, self.bins - 1)
        chosen = ops.one_hot(place, self.bins, dtype=y_pred.dtype)
        return -ops.sum(chosen * ops.log_softmax(self._raw(y_pred), axis=-1), axis=(1, 2))

    def point(self, y_pred: KerasTensor) -> KerasTensor:
        """u of the mean share of the prior below, shape (n, d)."""
        centres = (ops.arange(self.bins, dtype=y_pred.dtype) + 0.5) / self.bins
        share = ops.sum(ops.softmax(self._raw(y_pred), axis=-1) * centres, axis=-1)
        return math.sqrt(2) * ops.erfinv(2 * share - 1)

    def _raw(self, y_pred: KerasTensor) -> KerasTensor:
        return ops.reshape(y_pred, (-1, self.parameters, self.bins))


def posterior_loss(parameters: int, components: int) -> ThereLoss:
    """Of the joint posterior."""
    return ThereLoss(MixtureLoss(parameters, components))


def bins_loss(parameters: int, bins: int) -> ThereLoss:
    """Of the softmax over bins."""
    return ThereLoss(BinsLoss(parameters, bins))
