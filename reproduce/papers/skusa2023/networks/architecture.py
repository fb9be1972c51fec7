"""The deconvolutional network of the thesis (Table B.1), its adversarial training (Sect. 5), and the repaired network.

What the thesis leaves open and is chosen here: the second transposed convolution has 3 × 2 cells, as its upsampling
(six cells are given); the mask ends in a sigmoid; the last layer is linear; the activation of the transposed
convolutions is a setting; the noise of the GAN is one number, so that the generator is the same network; the
discriminator.
"""

import keras
import numpy as np
from keras import KerasTensor, layers, ops
from numpy.typing import NDArray

GROW = (6, 4)
"""Upsampling of orbits and apertures in both steps together; maps of other sizes are cut out of the next larger one."""
CHANNELS = 32
FILTERS = 48
UP2 = (3, 2)
"""Of the second upsampling, and of the cells of the transposed convolution after it."""
HIDDEN = (2, 6)
MASK_HIDDEN = 2
SLOPE = 0.3
"""Of LeakyReLU: Keras's own."""
DISCRIMINATOR = ((16, 4, 4), (32, 4, 2), (64, 4, 2))
"""Filters, kernel and stride of the discriminator's convolutions."""


def dcnn(
    orbits: int, apertures: int, *, activation: str = "linear", mask: bool = True, plain: bool = False
) -> keras.Model:
    """The deconvolutional network: 695,019 parameters for 360 orbits and 152 apertures.

    Parameters
    ----------
    orbits, apertures : int
        Size of the maps.
    activation : str
        Of the transposed convolutions and of the mask's first layer.
    mask : bool
        Whether the mask is there (Sect. 3.1.3).
    plain : bool
        The layers as Table B.1 lists them. Otherwise the last three are one (`LinearEnd`) where nothing but linear
        maps is in them: the same function of the same parameters.

    Returns
    -------
    keras.Model
        (n, 1), the M/L or the GAN's noise, to (n, orbits, apertures, 1).
    """
    rows, columns = -(-orbits // GROW[0]), -(-apertures // GROW[1])
    label = keras.Input((1,), name="label")
    x = label
    for number, units in enumerate((*HIDDEN, rows * columns * CHANNELS), start=1):
        x = layers.Dense(units, name=f"dense{number}")(x)
        x = layers.LeakyReLU(SLOPE, name=f"dense{number}_relu")(x)
    x = layers.Reshape((rows, columns, CHANNELS), name="folded")(x)
    x = layers.UpSampling2D((2, 2), name="up1")(x)
    x = layers.Conv2DTranspose(FILTERS, (2, 2), padding="same", activation=activation, name="deconvolution1")(x)
    if plain or activation != "linear":
        x = layers.UpSampling2D(UP2, name="up2")(x)
        x = layers.Conv2DTranspose(FILTERS, UP2, padding="same", activation=activation, name="deconvolution2")(x)
        x = layers.Dense(1, name="pixel")(x)
    else:
        x = LinearEnd(name="end")(x)
    surplus = ((0, rows * GROW[0] - orbits), (0, columns * GROW[1] - apertures))
    if any(after for _, after in surplus):
        x = layers.Cropping2D(surplus, name="cut")(x)
    if mask:
        seen = layers.Dense(MASK_HIDDEN, activation=activation, name="mask_dense1")(label)
        seen = layers.Dense(orbits * apertures, activation="sigmoid", name="mask_dense2")(seen)
        seen = layers.Reshape((orbits, apertures, 1), name="mask")(seen)
        x = layers.Multiply(name="map")([x, seen])
    return keras.Model(label, x, name="dcnn")


class LinearEnd(keras.Model):
    """Upsampling, transposed convolution and dense layer to one number, with no activation between: one linear map.

    Each cell of the kernel is brought from `FILTERS` outputs to the one number before anything is upsampled: the same
    function of the same 13,921 parameters, and the same gradients, to rounding, with a hundredth of the work.
    """

    def __init__(self, **keywords: object) -> None:
        super().__init__(**keywords)
        self.up = layers.UpSampling2D(UP2, name="up2")
        self.deconvolution = layers.Conv2DTranspose(FILTERS, UP2, padding="same", name="deconvolution2")
        self.pixel = layers.Dense(1, name="pixel")

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.deconvolution.build(input_shape)
        self.pixel.build((*input_shape[:-1], FILTERS))
        self.built = True

    def call(self, x: KerasTensor) -> KerasTensor:
        """(n, rows, columns, channels) to (n, 3 rows, 2 columns, 1)."""
        cells = UP2[0] * UP2[1]
        kernel, mix = self.deconvolution.kernel, self.pixel.kernel  # (3, 2, filters, channels), (filters, 1)
        each = ops.reshape(ops.sum(kernel * mix, axis=2), (cells, -1))
        said = self.up(ops.matmul(x, ops.transpose(each)))
        place = np.eye(cells, dtype=np.float32).reshape(*UP2, 1, cells)
        found = ops.conv_transpose(said, place, 1, padding="same")
        return found + ops.sum(self.deconvolution.bias * mix[:, 0]) + self.pixel.bias

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        n, rows, columns, _ = input_shape
        return n, UP2[0] * rows, UP2[1] * columns, 1


def discriminator(orbits: int, apertures: int) -> keras.Model:
    """Maps (n, orbits, apertures, 1) to the probability that they are real, (n, 1). The thesis does not say which."""
    image = keras.Input((orbits, apertures, 1), name="image")
    x = image
    for number, (filters, kernel, stride) in enumerate(DISCRIMINATOR, start=1):
        x = layers.Conv2D(filters, kernel, stride, padding="same", name=f"convolution{number}")(x)
        x = layers.LeakyReLU(SLOPE, name=f"convolution{number}_relu")(x)
    x = layers.Flatten(name="flat")(x)
    return keras.Model(image, layers.Dense(1, activation="sigmoid", name="verdict")(x), name="discriminator")


class StopGradient(layers.Layer):
    """The same numbers; no gradient goes through."""

    def call(self, x: KerasTensor) -> KerasTensor:
        return ops.stop_gradient(x)


class Judged(layers.Layer):
    """What a network says, while its own weights get no gradient.

    Parameters
    ----------
    judge : keras.Model
        Built; its weights stay its own and are none of this layer's.
    """

    def __init__(self, judge: keras.Model, **keywords: object) -> None:
        super().__init__(**keywords)
        self._look = judge.stateless_call  # a bound method: the judge's weights are not tracked a second time
        self._variables = lambda: (judge.trainable_variables, judge.non_trainable_variables)

    def call(self, x: KerasTensor) -> KerasTensor:
        trained, others = self._variables()
        verdict, _ = self._look([ops.stop_gradient(v.value) for v in trained], [v.value for v in others], x)
        return verdict

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (input_shape[0], 1)


def adversarial(orbits: int, apertures: int, *, activation: str = "linear", mask: bool = True) -> keras.Model:
    """Generator and discriminator as one network that any loop can train.

    It reads ``noise`` (n, 1) and ``image``, real maps (n, orbits, apertures, 1), and says three probabilities of being
    real, each (n, 1): ``real`` of the real maps and ``fake`` of generated ones, whose cross-entropies with 1 and 0 are
    the discriminator's loss and reach its weights alone; ``fooled`` of the same generated maps, whose cross-entropy
    with 1 is the generator's loss and reaches its weights alone (thesis Sect. 5.2). Adam moves each weight by its own
    gradients, so one Adam for the sum is two Adams of the same rate, one for each network.
    """
    noise = keras.Input((1,), name="noise")
    image = keras.Input((orbits, apertures, 1), name="image")
    judge = discriminator(orbits, apertures)
    made = dcnn(orbits, apertures, activation=activation, mask=mask)(noise)
    verdicts = {
        "real": layers.Identity(name="real")(judge(image)),
        "fake": layers.Identity(name="fake")(judge(StopGradient(name="made")(made))),
        "fooled": Judged(judge, name="fooled")(made),
    }
    return keras.Model({"noise": noise, "image": image}, verdicts, name="gan")


def generator(gan: keras.Model) -> keras.Model:
    """The part of `adversarial` that makes maps of noise."""
    return gan.get_layer("dcnn")


def repaired(outputs: int, *, width: int, depth: int, branches: int) -> keras.Model:
    """Normalised label (n, 1), from -1 to 1, to the coefficients of all basis maps, (n, branches x outputs).

    Branches are networks of their own, trained at once; the mean of what they say is taken (`mean_of_branches`).
    """
    label = keras.Input((1,), name="label")
    said = []
    for branch in range(branches):
        x = label
        for number in range(depth):
            x = layers.Dense(width, activation="tanh", name=f"branch{branch + 1}_dense{number + 1}")(x)
        said.append(layers.Dense(outputs, name=f"branch{branch + 1}_coefficients")(x))
    return keras.Model(label, layers.Concatenate(name="coefficients")(said), name="repaired")


def mean_of_branches(said: NDArray, branches: int) -> NDArray:
    """Coefficients (n, outputs) of what `repaired` says."""
    return said.reshape(len(said), branches, -1).mean(axis=1)
