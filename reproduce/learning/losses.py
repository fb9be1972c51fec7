"""Losses that several papers use."""

import keras
from keras import KerasTensor, ops


class PerceptualLoss(keras.losses.Loss):
    """Sum of the mean squared differences of feature maps, and if asked of the pixels.

    Parameters
    ----------
    features
        Model from maps (n, ny, nx, 1) to a list of feature maps; it is frozen.
    pixel_weight
        Weight of the pixels' mean squared difference.
    """

    def __init__(self, features: keras.Model, pixel_weight: float = 0.0) -> None:
        super().__init__(name="perceptual")
        features.trainable = False
        self.features, self.pixel_weight = features, pixel_weight

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Loss of each map, shape (n,)."""
        axes = (1, 2, 3)
        loss = self.pixel_weight * ops.mean(ops.square(y_true - y_pred), axis=axes)
        for true, predicted in zip(
            self.features(y_true, training=False), self.features(y_pred, training=False), strict=True
        ):
            loss = loss + ops.mean(ops.square(true - predicted), axis=axes)
        return loss
