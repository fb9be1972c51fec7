"""The paper's convolutional networks (Sect. 2.2, Fig. 1): maps of σ, or of σ and V, in, the label out."""

import keras
from keras import layers

from reproduce.workflow.errors import InputError

FILTERS = (32, 64, 128, 256)  # of the convolutions, 3 x 3, "valid"
DENSE = 128
INPUTS = {"one_channel": ("dispersion",), "two_channel": ("dispersion", "velocity")}


def build(
    channels: str,
    *,
    cells: int = 10,
    convolutions: int = 2,
    pool_stride: int = 2,
    dropout: float = 0.25,
    dense_dropout: float = 0.5,
    weight_decay: float = 0.0,
) -> keras.Model:
    """The untrained network.

    With one channel of 10 x 10 cells and a stride of 2 it has 92,801 parameters (two convolutions) or 420,865 (four).
    The paper counts 92,930 and 420,994, which is 129 more: an output layer of two, or one counted twice. The stride of
    1 that its text has makes 223,873 parameters with two convolutions.

    Parameters
    ----------
    channels : {"one_channel", "two_channel"}
        σ alone, or σ and V.
    cells : int
        Of a side of the maps.
    convolutions : int
        How many of `FILTERS` (paper: 2 or 4).
    pool_stride : int
        Of the max-pooling over 2 x 2 cells.
    dropout, dense_dropout : float
        Probabilities behind the pooling and behind the dense layer.
    weight_decay : float
        Weight of the sum of all squared kernels in the loss (paper: none).

    Returns
    -------
    keras.Model
        Inputs ``dispersion`` and, with two channels, ``velocity``, each (n, cells, cells, 1), in `images.UNIT_KMS`;
        output (n, 1): the label, 0 to 10.

    Raises
    ------
    InputError
        If the maps are too small for the convolutions.
    """
    if cells - 2 * convolutions < 2:
        raise InputError(
            f"maps.cells={cells}: {convolutions} convolutions need maps of {2 * convolutions + 2} x "
            f"{2 * convolutions + 2} cells at least"
        )
    decay = keras.regularizers.L2(weight_decay) if weight_decay else None
    inputs = [keras.Input((cells, cells, 1), name=name) for name in INPUTS[channels]]
    x = layers.Concatenate(name="channels")(inputs) if len(inputs) > 1 else inputs[0]
    for number, filters in enumerate(FILTERS[:convolutions], start=1):
        x = layers.Conv2D(filters, 3, activation="relu", kernel_regularizer=decay, name=f"conv{number}")(x)
    x = layers.MaxPooling2D(2, strides=pool_stride, name="pool")(x)
    x = layers.Dropout(dropout, name="pool_drop")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(DENSE, activation="relu", kernel_regularizer=decay, name="dense")(x)
    x = layers.Dropout(dense_dropout, name="dense_drop")(x)
    return keras.Model(inputs, layers.Dense(1, name="label")(x), name=f"{convolutions}_convolutions")
