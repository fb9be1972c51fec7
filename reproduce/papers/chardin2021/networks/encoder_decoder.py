"""The encoder-decoder: standardised luminosity map in, standardised mass map out (paper Sect. 3.1.1, Fig. 1).

A block is Conv 3x3 "same" ReLU, BatchNorm, SpatialDropout. A level of the encoder is two blocks a and b, whose outputs
are concatenated and max-pooled by 2. One block is the bottleneck. A level of the decoder upsamples, concatenates block
a of the encoder level of that size, applies a block, concatenates the pooled map of that size, applies a block. The
last level upsamples, concatenates block a of the first level, and one linear convolution gives the map.
"""

import keras
from keras import layers

from reproduce.learning import space_to_depth
from reproduce.workflow.errors import InputError

# Filters of the released network's levels, finest first; a deeper network repeats the last.
FILTERS = (32, 64, 128, 128)
LEVELS = {"released": 4, "compact": 3}
# Channels that what is told of the cluster is given as, the same in each pixel or cell.
TOLD_CHANNELS = 8


def build(
    pixels: int,
    *,
    architecture: str = "released",
    width: float = 1.0,
    levels: int | None = None,
    kernel_size: int = 3,
    dropout: float = 10**-2.5,
    skip_connections: bool = True,
    told: int = 0,
) -> keras.Model:
    """The untrained encoder-decoder.

    Parameters
    ----------
    pixels
        Side of the square maps [px].
    architecture
        ``released``: as published, on the full grid, 2,182,241 parameters with the defaults. ``compact``: the same
        shape on ``pixels / 4``, with 4 x 4 pixels folded into 16 channels at both ends.
    width
        Factor on every number of filters.
    levels
        Levels of the encoder, each halving the side; none: the architecture's own (released 4, compact 3).
    kernel_size
        Side of the convolutions [px].
    dropout
        Probability of spatial dropout (paper: 10**-2.5).
    skip_connections
        Concatenate the encoder's maps in the decoder.
    told
        Numbers of what is known of the cluster, a second input ``known`` (n, told); 0: the network sees light alone.

    Returns
    -------
    keras.Model
        Maps ``(n, pixels, pixels, 1)`` to the same shape.

    Raises
    ------
    InputError
        If `pixels` cannot be halved `levels` times.
    """
    fold = space_to_depth.CELL if architecture == "compact" else 1
    levels = LEVELS[architecture] if levels is None else levels
    if pixels % (fold * 2**levels):
        raise InputError(
            f"train.levels={levels}: the {architecture} encoder-decoder needs maps whose side is a multiple of "
            f"{fold * 2**levels} px, found {pixels} px; choose fewer levels or another dataset.camera.pixels"
        )
    filters = [max(1, round(width * FILTERS[min(level, len(FILTERS) - 1)])) for level in range(levels)]

    def block(x: keras.KerasTensor, n_filters: int, name: str) -> keras.KerasTensor:
        x = layers.Conv2D(n_filters, kernel_size, padding="same", activation="relu", name=f"{name}_conv")(x)
        x = layers.BatchNormalization(name=f"{name}_norm")(x)
        return layers.SpatialDropout2D(dropout, name=f"{name}_drop")(x)

    def join(x: keras.KerasTensor, other: keras.KerasTensor, name: str) -> keras.KerasTensor:
        return layers.Concatenate(name=name)([x, other]) if skip_connections else x

    light = keras.Input((pixels, pixels, 1), name="light")
    x = space_to_depth.fold(light, fold) if fold > 1 else light
    inputs = [light]
    if told:
        inputs.append(keras.Input((told,), name="known"))
        y = layers.Dense(TOLD_CHANNELS, activation="relu", name="told")(inputs[1])
        y = layers.Reshape((1, 1, TOLD_CHANNELS), name="told_cell")(y)
        x = layers.Concatenate(name="told_join")([x, layers.UpSampling2D(x.shape[1], name="told_everywhere")(y)])
    first_blocks, pooled = [], []
    for level, n_filters in enumerate(filters, start=1):
        a = block(x, n_filters, f"encode{level}a")
        b = block(a, n_filters, f"encode{level}b")
        x = layers.Concatenate(name=f"encode{level}_join")([b, a])
        x = layers.MaxPooling2D(2, name=f"encode{level}_pool")(x)
        first_blocks.append(a)
        pooled.append(x)
    x = block(x, filters[-1], "bottleneck")
    for level in range(levels, 1, -1):
        n_filters = filters[level - 2]  # of the encoder level one finer: 128, 64, 32 in the released network
        x = layers.UpSampling2D(2, name=f"decode{level}_up")(x)
        x = join(x, first_blocks[level - 1], f"decode{level}_join_a")
        x = block(x, n_filters, f"decode{level}a")
        x = join(x, pooled[level - 2], f"decode{level}_join_pool")
        x = block(x, n_filters, f"decode{level}b")
    x = layers.UpSampling2D(2, name="decode1_up")(x)
    x = join(x, first_blocks[0], "decode1_join_a")
    x = layers.Conv2D(fold * fold, kernel_size, padding="same", name="mass_conv")(x)
    mass = space_to_depth.unfold(x, fold) if fold > 1 else x
    return keras.Model(inputs if told else light, mass, name="encoder_decoder")
