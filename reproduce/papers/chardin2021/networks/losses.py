"""Losses of the encoder-decoder (paper Appendix A).

`vgg16` is the paper's: the sum of the mean squared differences of three feature maps of VGG16 (Simonyan & Zisserman
2014) with ImageNet weights. As those weights cannot be had on every machine, `regressor` is the same idea with features
of the project's own trained regressor, which has learnt what in a map tells the age and the distance.
"""

import math
from collections.abc import Callable
from pathlib import Path

import keras
from keras import KerasTensor, layers, ops

from reproduce.learning.losses import PerceptualLoss
from reproduce.workflow.errors import InputError

VGG16_LAYERS = ("block1_conv1", "block1_conv2", "block2_conv2")
# The first two convolutions: like VGG16's early layers they still resolve structure, and they are cheap.
REGRESSOR_LAYERS = ("conv1", "conv2")


class WithTotalMass(keras.losses.Loss):
    """Another loss, plus the squared error of the logarithm of each map's total mass.

    A network trained on the logarithm of pixels gives the mean logarithm, and the sum of such pixels lies below the sum
    of the true ones where pixels scatter. This term weighs what the sum is wrong by.

    Parameters
    ----------
    base : str or Loss
        The loss of the pixels.
    weight : float
        Weight of (Δ log10 of the total mass / std)².
    std : float
        Standard deviation of log10 M, by which the maps are divided.
    """

    def __init__(self, base: str | keras.losses.Loss, weight: float, std: float) -> None:
        super().__init__(name="with_total_mass")
        self.base, self.weight, self.std = keras.losses.get(base), weight, std

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Loss of each map, shape (n,) or (n, ny, nx)."""
        scale = self.std * math.log(10)
        true, predicted = (ops.logsumexp(scale * maps, axis=(1, 2, 3)) / scale for maps in (y_true, y_pred))
        pixels = getattr(self.base, "call", self.base)(y_true, y_pred)
        pixels = ops.mean(ops.reshape(pixels, (ops.shape(pixels)[0], -1)), axis=1)
        return pixels + self.weight * ops.square(true - predicted)


def of_encoder_decoder(
    name: str,
    pixels: int,
    *,
    vgg16_weights: Path | None = None,
    regressor: Callable[[], keras.Model] | None = None,
    total_mass_weight: float = 0.0,
    mass_std: float = 1.0,
) -> str | keras.losses.Loss:
    """The loss by its name in the settings.

    Parameters
    ----------
    name
        ``mse``, ``mae``, ``vgg16`` or ``regressor``.
    pixels
        Side of the maps [px].
    vgg16_weights
        File of VGG16's weights without its top; None: through ``keras.applications``, which keeps them in its cache.
    regressor
        Reads the trained regressor, for ``regressor``.
    total_mass_weight, mass_std
        Of `WithTotalMass`; 0: without.

    Raises
    ------
    InputError
        If VGG16's weights, or the regressor's, cannot be had.
    """
    loss: str | keras.losses.Loss = name
    if name == "vgg16":
        loss = PerceptualLoss(_vgg16_features(pixels, vgg16_weights))
    elif name == "regressor":
        if regressor is None:
            raise ValueError("the regressor's loss needs the trained regressor")
        trained = regressor()
        outputs = [trained.get_layer(layer).output for layer in REGRESSOR_LAYERS]
        # The pixels' own term holds the borders, which the regressor's "valid" convolutions see less of.
        loss = PerceptualLoss(keras.Model(trained.input, outputs, name="regressor_features"), pixel_weight=1.0)
    return WithTotalMass(loss, total_mass_weight, mass_std) if total_mass_weight else loss


def _vgg16_features(pixels: int, weights: Path | None) -> keras.Model:
    """VGG16's three feature maps of a standardised map, which is given to all three of its colours."""
    ways_out = (
        "give the file vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 as train.vgg16_weights=PATH, or choose "
        "another loss, such as train.loss=regressor or train.loss=mse"
    )
    if weights is not None and not weights.is_file():
        raise InputError(f"train.vgg16_weights={weights}: no such file; {ways_out}")
    try:
        vgg16 = keras.applications.VGG16(
            include_top=False, weights="imagenet" if weights is None else str(weights), input_shape=(pixels, pixels, 3)
        )
    except Exception as error:  # Keras raises plain Exception when a download fails, and h5py several kinds
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"train.loss=vgg16: the ImageNet weights of VGG16 cannot be had ({reason}); {ways_out}"
        ) from error
    map_ = keras.Input((pixels, pixels, 1), name="map")
    colours = layers.Concatenate(name="colours")([map_, map_, map_])
    features = keras.Model(vgg16.input, [vgg16.get_layer(layer).output for layer in VGG16_LAYERS])
    return keras.Model(map_, features(colours), name="vgg16_features")
