"""The one network: a shared encoder, a decoder of maps with skip connections, a head of scalars that sees CMDs too."""

import keras
from keras import KerasTensor, layers, ops

from reproduce.learning import backend  # noqa: F401  sets what makes training repeat, before Keras computes
from reproduce.learning.known import NUMBERS_EACH
from reproduce.learning.posterior import n_numbers
from reproduce.papers.magron2026.labels import PARAMETERS
from reproduce.papers.magron2026.pixels import CMD_BINS, FLUX_SCALE, LEAST_SAID_MSUN, MASS_MEAN, MASS_STD, PAIRS
from reproduce.stars.bands import HST_BANDS

LEVELS = (1, 2, 3, 4)
"""Channels of the levels in units of the first one's; each has half the side of the one before."""
MOMENTUM = 0.95  # of the means that normalise at work: an epoch has as few as 64 steps
CMD_CHANNELS = (8, 16)
WINDOWS = (16, 8, 4)
"""Standard deviations of the windows of `Moments`, as parts of a map's side: 1.5, 3 and 6 pc at M31 in 24 pc."""
LARGEST = 12.0  # of asinh magnitudes and of log10 of a mass, for `Moments`: a network that has just begun says anything


def build(
    pixels: int,
    *,
    block: int = 4,
    width: int = 24,
    dense: int = 128,
    components: int = 6,
    bands: tuple[str, ...] = HST_BANDS,
    colours: bool = True,
    cmds: bool = True,
    maps: bool = True,
    scalars: bool = True,
) -> keras.Model:
    """The untrained network.

    Parameters
    ----------
    pixels : int
        Side of the images, a multiple of 8 block.
    block : int
        Pixels a side of a cell: light is folded into channels of cells, and maps are told in cells.
    width, dense, components : int
        Channels of the first level; units of the layer ``seen``; Gaussians of the posterior.
    bands : tuple of str
        Log-fluxes that it sees, and of which it makes colours and sees CMDs; the other bands are not looked at.
    colours, cmds : bool
        Whether it sees differences of log-fluxes, and the CMDs.
    maps, scalars : bool
        Whether it has these heads.

    Returns
    -------
    keras.Model
        ``image`` (n, pixels, pixels, 3, 1), ``cmds`` (n, bins, bins, 3, 1) and ``given`` (n, 3) to a dictionary:
        ``bands`` (n, my, mx, 3, 1), ``mass`` (n, my, mx, 1), ``scalars``, raw numbers of a mixture over seven
        parameters (`reproduce.learning.posterior`).
    """
    image = keras.Input((pixels, pixels, 3, 1), name="image")
    diagrams = keras.Input((CMD_BINS, CMD_BINS, 3, 1), name="cmds")
    given = keras.Input((NUMBERS_EACH,), name="given")
    chosen = tuple(HST_BANDS.index(band) for band in HST_BANDS if band in bands)
    pairs = tuple(pair for pair in PAIRS if set(pair) <= set(chosen))

    x = Chosen(chosen, pairs if colours else (), name="colours")(image)
    x = Folded(block, name="fold")(x) if block > 1 else x
    skips = []
    for level, times in enumerate(LEVELS):
        if level:
            x = layers.MaxPooling2D(2, name=f"pool{level + 1}")(x)
        # the first, after the folding, is a convolution of whole cells by their own width
        x = _convolution(x, width * times, f"encoder{level + 1}_1", side=3 if level or block == 1 else 1)
        x = _convolution(x, width * times, f"encoder{level + 1}_2")
        skips.append(x)

    heads: dict[str, KerasTensor] = {}
    if maps:
        side = pixels // block
        decoded = _decoder(skips, width)
        denoised = layers.Conv2D(3, 1, name="denoised")(decoded)
        heads["bands"] = layers.Reshape((side, side, 3, 1), name="bands")(denoised)
        heads["mass"] = layers.Conv2D(1, 1, name="mass")(decoded)
    if scalars:
        parts = [layers.Flatten(name="flat")(x), given]
        if maps:
            parts.append(Moments(name="moments")([denoised, heads["mass"]]))
        if cmds and pairs:
            kept = tuple(PAIRS.index(pair) for pair in pairs)
            y = Chosen(kept, (), name="diagrams")(diagrams)
            for number, channels in enumerate(CMD_CHANNELS):
                y = _convolution(y, channels, f"cmd{number + 1}")
                y = layers.MaxPooling2D(2, name=f"cmd_pool{number + 1}")(y)
            parts.append(
                layers.Dense(dense // 2, activation="relu", name="cmd_seen")(layers.Flatten(name="cmd_flat")(y))
            )
        y = layers.Concatenate(name="all")(parts)
        y = layers.Dense(dense, activation="relu", name="dense")(y)
        y = layers.Dense(dense, activation="relu", name="seen")(y)
        heads["scalars"] = layers.Dense(n_numbers(len(PARAMETERS), components), name="scalars")(y)
    return keras.Model({"image": image, "cmds": diagrams, "given": given}, heads, name="many_heads")


@keras.saving.register_keras_serializable(package="magron2026")
class Chosen(layers.Layer):
    """Some channels, and differences of pairs of them: (n, ny, nx, 3, 1) to (n, ny, nx, channels).

    Parameters
    ----------
    channels : tuple of int
    pairs : tuple of (int, int)
        Of the three channels.
    """

    def __init__(self, channels: tuple[int, ...], pairs: tuple[tuple[int, int], ...], **kwargs: str) -> None:
        super().__init__(**kwargs)
        self.channels, self.pairs = channels, pairs

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """The channels, then the differences."""
        x = inputs[..., 0]
        found = [x[..., k : k + 1] for k in self.channels]
        found += [x[..., blue : blue + 1] - x[..., red : red + 1] for blue, red in self.pairs]
        return ops.concatenate(found, axis=-1)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(n, ny, nx, channels)."""
        return (*shape[:3], len(self.channels) + len(self.pairs))


@keras.saving.register_keras_serializable(package="magron2026")
class Folded(layers.Layer):
    """Space to depth: (n, ny, nx, k) to (n, ny / cell, nx / cell, cell² k).

    Parameters
    ----------
    cell : int
    """

    def __init__(self, cell: int, **kwargs: str) -> None:
        super().__init__(**kwargs)
        self.cell = cell

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Cells of pixels as channels."""
        side, channels = inputs.shape[1] // self.cell, inputs.shape[3]
        x = ops.reshape(inputs, (-1, side, self.cell, side, self.cell, channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, side, side, self.cell**2 * channels))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(n, ny / cell, nx / cell, cell² k)."""
        n, ny, nx, channels = shape
        return n, ny // self.cell, nx // self.cell, self.cell**2 * channels  # type: ignore[operator]


@keras.saving.register_keras_serializable(package="magron2026")
class Moments(layers.Layer):
    """Shape, size and sum of the maps that the network itself says, without noise and field: for the head of scalars.

    Of each band and of the mass, around the centroid, in Gaussian windows of `WINDOWS`: (Q_xx - Q_yy) / (Q_xx + Q_yy),
    2 Q_xy / (Q_xx + Q_yy), ln (Q_xx + Q_yy) [cells²] and ln of the sum; x runs along columns, y along rows. The first
    two follow (e cos 2θ, e sin 2θ). No gradient passes: maps are learnt by their own loss.
    """

    def call(self, inputs: list[KerasTensor]) -> KerasTensor:
        """(n, my, mx, 3) and (n, my, mx, 1), as networks say them, to (n, 48)."""
        bands, mass = (ops.stop_gradient(one) for one in inputs)
        light = ops.sinh(ops.clip(FLUX_SCALE * bands, 0.0, LARGEST))
        mass = 10.0 ** ops.clip(MASS_STD * mass + MASS_MEAN, -LARGEST, LARGEST)
        maps = ops.concatenate([light, ops.maximum(mass - LEAST_SAID_MSUN, 0.0)], axis=-1) + 1e-6
        side = maps.shape[1]
        axis = ops.arange(side, dtype=maps.dtype) - (side - 1) / 2
        x, y = axis[None, None, :, None], axis[None, :, None, None]

        def mean(values: KerasTensor, weight: KerasTensor) -> KerasTensor:
            return ops.sum(values * weight, axis=(1, 2), keepdims=True) / ops.sum(weight, axis=(1, 2), keepdims=True)

        near = maps * ops.exp(-(x**2 + y**2) / (2 * (side / WINDOWS[1]) ** 2))
        dx, dy = x - mean(x, near), y - mean(y, near)
        found = []
        for part in WINDOWS:
            weight = maps * ops.exp(-(dx**2 + dy**2) / (2 * (side / part) ** 2))
            xx, yy, xy = (mean(values, weight) for values in (dx**2, dy**2, dx * dy))
            size = xx + yy
            found += [(xx - yy) / size, 2 * xy / size, ops.log(size)]
            found.append(ops.log(ops.sum(weight, axis=(1, 2), keepdims=True)))
        return ops.concatenate([one[:, 0, 0] for one in found], axis=-1)

    def compute_output_shape(self, shapes: list[tuple[int | None, ...]]) -> tuple[int | None, int]:
        """(n, 48)."""
        return shapes[0][0], 4 * 4 * len(WINDOWS)


def _decoder(skips: list[KerasTensor], width: int) -> KerasTensor:
    """From the coarsest level back to cells, each level joined with the encoder's."""
    x = skips[-1]
    for level in reversed(range(len(skips) - 1)):
        x = layers.UpSampling2D(2, name=f"up{level + 1}")(x)
        x = layers.Concatenate(name=f"join{level + 1}")([x, skips[level]])
        x = _convolution(x, width * LEVELS[level], f"decoder{level + 1}")
    return x


def _convolution(x: KerasTensor, channels: int, name: str, side: int = 3) -> KerasTensor:
    x = layers.Conv2D(channels, side, padding="same", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
