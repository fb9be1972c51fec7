"""The regressor: standardised luminosity map in, standardised age and distance out (paper Sect. 3.1.2, Fig. 2)."""

import keras
from keras import layers

from reproduce.errors import InputError

# (filters, side of the kernel) of the four convolutions, and the widths of the dense layers, as released.
CONVOLUTIONS = ((16, 10), (32, 10), (64, 5), (128, 5))
DENSE = (64, 32, 16)
# Dropout between the flattened maps and the dense layers, as released.
DENSE_DROPOUT = 0.1
OUTPUTS = ("age", "distance")


def build(pixels: int, *, width: float = 1.0, dropout: float = 10**-2.5) -> keras.Model:
    """The untrained regressor, 517,954 parameters for 160 px and the defaults.

    Four times: Conv "valid" ReLU, BatchNorm, SpatialDropout, max-pool 2; then flatten, Dropout, three dense layers with
    ReLU and BatchNorm, and a linear layer of two.

    Parameters
    ----------
    pixels
        Side of the square maps [px].
    width
        Factor on the number of filters of the convolutions; the dense layers stay.
    dropout
        Probability of spatial dropout (paper: 10**-2.5).

    Returns
    -------
    keras.Model
        Maps ``(n, pixels, pixels, 1)`` to ``(n, 2)``: age, distance.

    Raises
    ------
    InputError
        If the maps are too small for the four "valid" convolutions.
    """
    side = pixels
    for _, kernel in CONVOLUTIONS:
        side = (side - kernel + 1) // 2
    if side < 1:
        raise InputError(
            f"dataset.camera.pixels={pixels}: the regressor's convolutions need maps of at least 91 px a side"
        )
    light = keras.Input((pixels, pixels, 1), name="light")
    x = light
    for number, (filters, kernel) in enumerate(CONVOLUTIONS, start=1):
        x = layers.Conv2D(max(1, round(width * filters)), kernel, activation="relu", name=f"conv{number}")(x)
        x = layers.BatchNormalization(name=f"conv{number}_norm")(x)
        x = layers.SpatialDropout2D(dropout, name=f"conv{number}_drop")(x)
        x = layers.MaxPooling2D(2, name=f"conv{number}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(DENSE_DROPOUT, name="flatten_drop")(x)
    for number, units in enumerate(DENSE, start=1):
        x = layers.Dense(units, activation="relu", name=f"dense{number}")(x)
        x = layers.BatchNormalization(name=f"dense{number}_norm")(x)
    return keras.Model(light, layers.Dense(len(OUTPUTS), name="age_distance")(x), name="regressor")
