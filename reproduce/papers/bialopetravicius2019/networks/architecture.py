"""The residual network (He et al. 2016): a convolution, four stages of residual blocks, means, heads."""

import keras
from keras import KerasTensor, layers

from reproduce.learning import backend  # noqa: F401  sets what makes training repeat, before Keras computes
from reproduce.learning.posterior import n_numbers
from reproduce.papers.bialopetravicius2019.labels import PARAMETERS

BLOCKS = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
"""Residual blocks of the four stages by the number of layers."""
BOTTLENECK = 4
"""From 50 layers on a block has a quarter of its channels in the middle."""
MOMENTUM = 0.95  # of the means that normalise at work: an epoch has as few as 64 steps


def build(
    pixels: int,
    *,
    depth: int = 18,
    width: int = 16,
    dense: int = 128,
    components: int = 5,
    bins: int = 40,
    stem: str = "imagenet",
) -> keras.Model:
    """The untrained network.

    Parameters
    ----------
    pixels : int
        Side of the images.
    depth : int
        Layers: 10, 18, 34, or 50 with bottlenecks.
    width : int
        Channels of the first stage; each stage has twice those of the one before.
    dense : int
        Units of the layer ``seen``, which all heads read.
    components : int
        Gaussians of the posterior.
    bins : int
        Of each parameter in the softmax head; 0: no such head.
    stem : str
        What comes before the stages, both by He et al. (2016): ``imagenet``, a convolution of 7 x 7 and a pooling, each
        of every second pixel, so that the first stage sees a quarter of the pixels of a side; ``cifar``, a convolution
        of 3 x 3 that keeps all pixels, and the first stage takes every second one.

    Returns
    -------
    keras.Model
        ``image`` (n, pixels, pixels, 3, 1) to a dictionary: ``cluster``, raw numbers of a mixture over four parameters
        (`reproduce.learning.posterior`); ``bins``, raw numbers of each bin; ``there``, probability of a cluster.
    """
    image = keras.Input((pixels, pixels, 3, 1), name="image")
    x = layers.Reshape((pixels, pixels, 3), name="bands")(image)
    pooled = stem == "imagenet"
    kernel, stride = (7, 2) if pooled else (3, 1)
    x = layers.Conv2D(width, kernel, strides=stride, padding="same", use_bias=False, name="stem")(x)
    x = _relu(_normalised(x, "stem_norm"), "stem_relu")
    if pooled:
        x = layers.MaxPooling2D(3, strides=2, padding="same", name="stem_pool")(x)
    block = _bottleneck if depth >= 50 else _basic
    for stage, number in enumerate(BLOCKS[depth]):
        for place in range(number):
            stride = 1 if place or (pooled and not stage) else 2
            x = block(x, width * 2**stage, stride, f"stage{stage + 1}_{place + 1}")
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Dense(dense, activation="relu", name="seen")(x)
    parameters = len(PARAMETERS)
    heads = {"cluster": layers.Dense(n_numbers(parameters, components), name="cluster")(x)}
    if bins:
        heads["bins"] = layers.Dense(parameters * bins, name="bins")(x)
    heads["there"] = layers.Dense(1, activation="sigmoid", name="there")(x)
    return keras.Model(image, heads, name="resnet")


def _basic(x: KerasTensor, channels: int, stride: int, name: str) -> KerasTensor:
    """Two convolutions of 3 x 3, and the way around them."""
    y = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False, name=f"{name}_conv1")(x)
    y = _relu(_normalised(y, f"{name}_norm1"), f"{name}_relu1")
    y = layers.Conv2D(channels, 3, padding="same", use_bias=False, name=f"{name}_conv2")(y)
    return _joined(x, _normalised(y, f"{name}_norm2", last=True), stride, name)


def _bottleneck(x: KerasTensor, channels: int, stride: int, name: str) -> KerasTensor:
    """Convolutions of 1 x 1, 3 x 3 and 1 x 1, and the way around them."""
    y = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_conv1")(x)
    y = _relu(_normalised(y, f"{name}_norm1"), f"{name}_relu1")
    y = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False, name=f"{name}_conv2")(y)
    y = _relu(_normalised(y, f"{name}_norm2"), f"{name}_relu2")
    y = layers.Conv2D(channels * BOTTLENECK, 1, use_bias=False, name=f"{name}_conv3")(y)
    return _joined(x, _normalised(y, f"{name}_norm3", last=True), stride, name)


def _joined(x: KerasTensor, y: KerasTensor, stride: int, name: str) -> KerasTensor:
    """Sum of a block's result and its input, which is given the result's shape where it has another."""
    if x.shape[1:] != y.shape[1:]:
        x = layers.Conv2D(y.shape[-1], 1, strides=stride, padding="same", use_bias=False, name=f"{name}_around")(x)
        x = _normalised(x, f"{name}_around_norm")
    return _relu(layers.Add(name=f"{name}_sum")([x, y]), f"{name}_relu")


def _normalised(x: KerasTensor, name: str, last: bool = False) -> KerasTensor:
    """Batch normalisation; the last one of a block begins at zero, so that the block begins as the identity."""
    scale = "zeros" if last else "ones"
    return layers.BatchNormalization(momentum=MOMENTUM, gamma_initializer=scale, name=name)(x)


def _relu(x: KerasTensor, name: str) -> KerasTensor:
    return layers.Activation("relu", name=name)(x)
