"""The two networks that are told what is known: light and known numbers in; map of the mass's shares and posterior out.

The first is the compact encoder-decoder of the paper's own pair, the second the convolutions of its compact regressor
with a mixture density at the end. All members of an ensemble are one Keras model: they share nothing but their input,
so that what is drawn once feeds them all (`reproduce.learning.together`).
"""

import math

import keras
from keras import KerasTensor, layers, ops

from reproduce.learning import space_to_depth
from reproduce.learning.posterior import n_numbers
from reproduce.papers.chardin2021.networks import encoder_decoder, regressor
from reproduce.papers.chardin2021.observer.frame import NUMBERS, PARAMETERS

DROPOUT = 10**-2.5
BRIGHTNESSES = (0.0, 2.0)
"""About the middle and the spread of log10 ΣF, by which it is standardised."""
SCALES = (2, 4, 8, 16)
"""Sides of the cells whose light is compared [px]."""
CELL, QUANTILES = 4, (0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
SHARES = (-4.0, 1.5)
"""About the middle and the spread of log10 of a share of the light, or of its square."""
FAINT, LEAST = 0.01, 1e-12
"""Light of a cell, in the map's mean, below which its fluctuations count less; least share."""


def build(
    pixels: int,
    light: tuple[float, float],
    members: int,
    width: float,
    regressor_width: float,
    dense: int,
    components: int,
    grain: bool,
) -> keras.Model:
    """The untrained networks of all members.

    Parameters
    ----------
    pixels
        Side of the square maps [px].
    light
        Mean and standard deviation by which the maps of log10 F are standardised.
    members
        Networks of each kind.
    width, regressor_width
        Factors on the numbers of filters of both kinds.
    dense
        Units of the posterior's dense layers.
    components
        Gaussians of a mixture.
    grain
        Whether the posterior's networks are shown `graininess`.

    Returns
    -------
    keras.Model
        ``light`` (n, pixels, pixels, 1) and ``known`` (n, 9) to, for each member, ``share`` (n, pixels, pixels, 1) and
        ``posterior``, the raw numbers of a `reproduce.learning.posterior.Mixture`; the second member's are called
        ``share-2`` and ``posterior-2``.
    """
    inputs = {"light": keras.Input((pixels, pixels, 1), name="light"), "known": keras.Input((NUMBERS,), name="known")}
    both = [inputs["light"], inputs["known"]]
    found: dict[str, KerasTensor] = {}
    for k in range(members):
        after = f"-{k + 1}" if k else ""
        shares = encoder_decoder.build(pixels, architecture="compact", width=width, dropout=DROPOUT, told=NUMBERS)
        posterior = of_posterior(pixels, light, regressor_width, dense, components, grain)
        shares.name, posterior.name = f"share{after}", f"posterior{after}"
        found |= {shares.name: shares(both), posterior.name: posterior(both)}
    return keras.Model(inputs, found, name="observer")


def of_posterior(
    pixels: int, light: tuple[float, float], width: float, dense: int, components: int, grain: bool
) -> keras.Model:
    """The network of the posterior.

    Convolutions "valid" with ReLU, BatchNorm, SpatialDropout and max-pool 2, as the regressor's; then dense layers, the
    first of the image alone, ``seen``; the next one is shown the total light and what is known beside it, and
    with `grain` how grainy the light is.
    """
    image, known = keras.Input((pixels, pixels, 1), name="light"), keras.Input((NUMBERS,), name="known")
    x = space_to_depth.fold(image)
    for number, (filters, kernel) in enumerate(regressor.CONVOLUTIONS["compact"], start=1):
        x = layers.Conv2D(max(1, round(width * filters)), kernel, activation="relu", name=f"conv{number}")(x)
        x = layers.BatchNormalization(name=f"conv{number}_norm")(x)
        x = layers.SpatialDropout2D(DROPOUT, name=f"conv{number}_drop")(x)
        x = layers.MaxPooling2D(2, name=f"conv{number}_pool")(x)
    x = layers.Dropout(regressor.DENSE_DROPOUT, name="flatten_drop")(layers.Flatten(name="flatten")(x))
    x = layers.Dense(dense, activation="relu", name="seen")(x)
    # in full precision also where the training is not: what is known may be known to a per cent
    log_flux = image * light[1] + light[0]
    numbers = [_brightness(log_flux), known, *([graininess(log_flux)] if grain else [])]
    y = layers.Concatenate(name="told", dtype="float32")([x, *numbers])
    for number in (1, 2):
        y = layers.Dense(dense, activation="relu", name=f"dense{number}", dtype="float32")(y)
    mixture = layers.Dense(n_numbers(len(PARAMETERS), components), name="mixture", dtype="float32")(y)
    return keras.Model([image, known], mixture, name="posterior")


def _brightness(log_flux: KerasTensor) -> KerasTensor:
    """log10 of the light of maps of log10 F, about standard normal, shape (n, 1)."""
    return (_log10_total(log_flux)[:, 0, 0] - BRIGHTNESSES[0]) / BRIGHTNESSES[1]


def graininess(log_flux: KerasTensor) -> KerasTensor:
    """How the light is spread over cells of each of `SCALES`: surface-brightness fluctuations (Tonry & Schneider 1988).

    The variance of the light of cells about the mean of the larger cell that they lie in. Over the light it is the
    luminosity of the stars that shine, Σl² / Σl, which tells the age, whatever their number and the distance; over its
    square it is one through the number of such stars. A convolution would have to learn squares and logarithms.

    Parameters
    ----------
    log_flux
        Maps of log10 F, shape (n, ny, nx, 1), sides a multiple of twice the largest scale.

    Returns
    -------
    tensor
        About standard normal, shape (n, 3 scales + quantiles): at each scale log10 of the sum of the squares and of the
        mean of the squares through the light, and the skewness of what differs; `QUANTILES` of log10 of the light of
        cells of 4 px. All light in the map's total.
    """
    share = ops.power(10.0, log_flux - _log10_total(log_flux))
    found = []
    for side in SCALES:
        cells = _cells(share, side)
        mean = ops.repeat(ops.repeat(_cells(share, 2 * side), 2, axis=1), 2, axis=2) / 4
        apart = cells - mean
        square = ops.sum(ops.square(apart), axis=(1, 2))
        local = ops.mean(ops.square(apart) / (mean + FAINT / math.prod(cells.shape[1:])), axis=(1, 2))
        skewness = ops.sum(apart**3, axis=(1, 2)) / (square + LEAST) ** 1.5
        found += [_standard(square), _standard(local), skewness]
    cells = ops.sort(ops.reshape(_cells(share, CELL), (-1, math.prod(share.shape[1:]) // CELL**2)), axis=1)
    places = [round(one * (cells.shape[1] - 1)) for one in QUANTILES]
    return ops.concatenate([*found, _standard(ops.take(cells, places, axis=1))], axis=-1)


def _cells(image: KerasTensor, side: int) -> KerasTensor:
    """The sum of an image in square cells."""
    return ops.average_pool(image, side) * side**2


def _standard(share: KerasTensor) -> KerasTensor:
    return (ops.log(share + LEAST) / math.log(10) - SHARES[0]) / SHARES[1]


def _log10_total(log_flux: KerasTensor) -> KerasTensor:
    """log10 of the light of a map, shape (n, 1, 1, 1)."""
    return ops.logsumexp(log_flux * math.log(10), axis=(1, 2), keepdims=True) / math.log(10)
