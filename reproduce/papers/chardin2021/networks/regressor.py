"""The regressor: standardised luminosity map in, standardised age and distance out (paper Sect. 3.1.2, Fig. 2)."""

import keras
from keras import layers

from reproduce.learning import space_to_depth
from reproduce.workflow.errors import InputError

# (filters, side of the kernel) of the convolutions. The compact ones work on cells of 4 x 4 px folded into channels.
CONVOLUTIONS = {
    "released": ((16, 10), (32, 10), (64, 5), (128, 5)),
    "compact": ((32, 3), (64, 3), (128, 3)),
}
# Widths of the dense layers, as released.
DENSE = (64, 32, 16)
# Dropout between the flattened maps and the dense layers, as released.
DENSE_DROPOUT = 0.1
OUTPUTS = ("age", "distance")


def build(pixels: int, *, architecture: str = "released", width: float = 1.0, dropout: float = 10**-2.5) -> keras.Model:
    """The untrained regressor, 517,954 parameters for 160 px and the defaults.

    Four times (in the compact one three times, on the folded map): Conv "valid" ReLU, BatchNorm, SpatialDropout,
    max-pool 2; then flatten, Dropout, three dense layers with ReLU and BatchNorm, and a linear layer of two.

    Parameters
    ----------
    pixels
        Side of the square maps [px].
    architecture
        ``released``: as published. ``compact``: on 4 x 4 pixels folded into 16 channels, at a sixteenth of the cost.
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
        If the maps are too small for the "valid" convolutions.
    """
    convolutions = CONVOLUTIONS[architecture]
    cell = space_to_depth.CELL if architecture == "compact" else 1
    if pixels % cell or _last_side(pixels // cell, architecture) < 1:
        least = next(side for side in range(1, pixels + 512) if _last_side(side, architecture) == 1) * cell
        raise InputError(
            f"dataset.camera.pixels={pixels}: the {architecture} regressor needs maps whose side is a multiple of "
            f"{cell} px and at least {least} px"
        )
    light = keras.Input((pixels, pixels, 1), name="light")
    x = space_to_depth.fold(light) if cell > 1 else light
    for number, (filters, kernel) in enumerate(convolutions, start=1):
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


def with_features(model: keras.Model) -> keras.Model:
    """The same regressor with a second output: its last convolution's maps, averaged over the field, (n, filters)."""
    maps = model.get_layer("flatten").input
    return keras.Model(model.input, [model.output, layers.GlobalAveragePooling2D(name="features")(maps)])


def _last_side(side: int, architecture: str) -> int:
    """Side of the map that is flattened."""
    for _, kernel in CONVOLUTIONS[architecture]:
        side = max(0, side - kernel + 1) // 2
    return side
