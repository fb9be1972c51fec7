"""The stage `baselines`: ages, masses and extinctions by stochastic populations, radii by the curve of growth.

The classical way (Fouesneau & Lançon 2010; Krumholz et al. 2015): a library of clusters drawn star by star under the
prior that the networks have too, each seen at many extinctions; the likelihood of a cluster's magnitudes in three bands
given each of them; medians and intervals of the parameters by these weights. Magnitudes are asinh's (Lupton et al.
1999), which exist for light below zero. Light outside the aperture, the size of the errors and the scale of radii are
measured on artificial clusters on the training fields, once for all.
"""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numba import njit
from numpy.typing import NDArray

from reproduce.papers.bialopetravicius2019 import sets
from reproduce.papers.bialopetravicius2019.drawn import Draw
from reproduce.papers.bialopetravicius2019.photometry import Measured, measure
from reproduce.papers.bialopetravicius2019.settings import Baselines
from reproduce.sky import hst
from reproduce.stars import coeval
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

LIBRARY, ARTIFICIAL = 0, 1  # streams of random numbers
CHUNK = 256
LEVELS = (0.025, 0.16, 0.5, 0.84, 0.975)
FAR = 12.0
"""Library entries whose ln likelihood is less than the best by more than this do not count."""
CELLS = 2_000
"""Of each parameter's range, by which quantiles are found: 0.002 dex in age, 0.001 in mass and in A_V."""
SIGNAL = 5.0  # artificial clusters that corrections are fitted to stand out by so much

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Library:
    """Clusters drawn star by star.

    Attributes
    ----------
    rate : (n, 3)
        Electrons a second, extinction included.
    parameters : (n, 3)
        log10 of the age [yr] and of the mass at birth [Msun], A_V [mag].
    """

    rate: Array
    parameters: Array


@dataclass(frozen=True)
class Corrections:
    """What artificial clusters say of the photometry.

    Attributes
    ----------
    softening : (3,)
        Light at which asinh magnitudes turn from linear to logarithmic [electrons/s].
    outside : (2, 3)
        ln of true over measured light = first + second · log10 of the measured radius [px].
    scale : (3,)
        Errors are so many times those by the scatter of the sky.
    radius : (2,)
        log10 of the true half-light radius [pc] = first + second · log10 of the measured one [px].
    """

    softening: Array
    outside: Array
    scale: Array
    radius: Array


def make(
    draw: Draw, settings: Baselines, test: Path, folder: Path, executor: Executor, progress: Progress
) -> dict[str, float]:
    """Measure all test images and write ``baselines.h5``.

    Parameters
    ----------
    draw : Draw
        Of training images.
    settings : Baselines
    test : Path
        ``test.h5``.
    folder : Path
        Receives ``baselines.h5``: of each group ``quantiles`` (levels, n, 4), in the order of `labels.PARAMETERS`
        (radii have no interval), ``signal_to_noise`` (n,), ``rate`` (n, 3).
    executor, progress
        Measures; is told how far it is.

    Returns
    -------
    dict
        ``library``, ``error_scale_BAND``.
    """
    progress(0.0, "library of populations")
    library = populations(draw, settings, executor)
    progress(0.2, "artificial clusters")
    corrections = learn(draw, settings, executor)
    with whole(folder / "baselines.h5") as partial, h5py.File(partial, "w") as file:
        for k, group in enumerate(sets.GROUPS):
            images = sets.read(test, group)
            n = len(images.rate)
            jobs = []
            for first in range(0, n, CHUNK):
                part = images.rate[first : first + CHUNK]
                jobs.append((part, draw.camera.exposure_s, library, corrections, settings.floor_mag))
            parts = []
            for one in executor.map(_fit, jobs):
                parts.append(one)
                progress(0.3 + 0.35 * (k + len(parts) / len(jobs)), f"test images, {group}")
            for place, name in enumerate(("quantiles", "signal_to_noise", "rate")):
                axis = 1 if name == "quantiles" else 0
                file[f"{group}/{name}"] = np.concatenate([part[place] for part in parts], axis=axis)
        file.attrs["levels"] = LEVELS
    scales = {
        f"error_scale_{band.lower()}": value
        for band, value in zip(hst.EXTINCTION, corrections.scale.tolist(), strict=True)
    }
    return {"library": float(len(library.rate)), **scales}


def populations(draw: Draw, settings: Baselines, executor: Executor) -> Library:
    """The library: each cluster at all extinctions."""
    jobs = [
        (draw, settings.seed, range(first, min(first + CHUNK, settings.library)))
        for first in range(0, settings.library, CHUNK)
    ]
    drawn = np.concatenate(list(executor.map(_populations, jobs)))
    a_v = np.linspace(*draw.clusters.a_v, settings.extinctions)
    dimming = 10 ** (-0.4 * a_v[:, None] * np.array(list(hst.EXTINCTION.values())))
    rate = (drawn[:, None, 2:] * dimming).reshape(-1, 3)
    each = np.repeat(drawn[:, :2], len(a_v), axis=0)
    return Library(rate, np.column_stack([each, np.tile(a_v, len(drawn))]))


def _populations(job: tuple[Draw, int, range]) -> Array:
    """log age, log mass, electrons a second in three bands without extinction of some clusters, shape (n, 5)."""
    draw, seed, items = job
    maker = draw.maker
    per_light = hst.electrons_per_light(draw.camera, draw.clusters.distance_kpc)
    found = []
    for item in items:
        generator = np.random.default_rng([seed, LIBRARY, item])
        cluster = maker.cluster(generator)
        one = maker.isochrones.nearest(cluster.log_age, cluster.feh)
        stars = coeval.draw(one, cluster.mass_msun, generator)
        light = (stars.count @ one.light) * per_light
        age = cluster.log_age + generator.uniform(-0.5, 0.5) * draw.stars.log_age_step
        found.append([age, np.log10(stars.born_msun), *light])
    return np.array(found)


def learn(draw: Draw, settings: Baselines, executor: Executor) -> Corrections:
    """Corrections and errors from artificial clusters on the training fields."""
    drawn = list(sets.views(draw, (settings.seed, ARTIFICIAL), settings.artificial, executor))
    drawn = [one for one in drawn if one[1]["present"]]
    found = _measured(np.stack([image for image, _ in drawn]), draw, executor)
    labels = {name: np.array([one[name] for _, one in drawn]) for name in drawn[0][1]}
    magnitude = np.stack([labels[name] for name in ("f336w", "f475w", "f814w")], axis=1)
    true = 10 ** (0.4 * (np.array(draw.camera.zero_point_vega) - magnitude))
    softening = np.median(found.error, axis=0)
    clear = found.signal_to_noise > SIGNAL
    size = np.log10(found.half_px)
    outside = np.zeros((2, 3))
    for band in range(3):
        good = clear & (found.rate[:, band] > 3 * found.error[:, band])
        if good.sum() >= 10:
            outside[:, band] = _line(size[good], np.log(true[good, band] / found.rate[good, band]))
    corrected = _corrected(found, outside)
    pulls = (corrected - true) / np.maximum(found.error, 1e-9)
    # a part of the errors grows with the light: the median pull is taken where the sky rules
    faint = np.abs(true) < 10 * found.error
    scale = np.array([_spread(pulls[faint[:, band], band]) for band in range(3)])
    radius = _line(size[clear], labels["log_half_radius"][clear]) if clear.sum() >= 10 else np.array([0.0, 1.0])
    return Corrections(softening, outside, np.maximum(scale, 1.0), radius)


def _measured(images: NDArray, draw: Draw, executor: Executor) -> Measured:
    jobs = [(images[first : first + CHUNK], draw.camera.exposure_s) for first in range(0, len(images), CHUNK)]
    parts = list(executor.map(_measure, jobs))
    names = ("rate", "error", "aperture_px", "half_px", "signal_to_noise")
    return Measured(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _measure(job: tuple[NDArray, tuple[float, float, float]]) -> Measured:
    return measure(*job)


def _corrected(found: Measured, outside: Array) -> Array:
    return found.rate * np.exp(outside[0] + outside[1] * np.log10(found.half_px)[:, None])


def _fit(
    job: tuple[NDArray, tuple[float, float, float], Library, Corrections, float],
) -> tuple[Array, Array, Array]:
    """Quantiles (levels, n, 4), signal to noise (n,) and corrected light (n, 3) of some images."""
    images, time, library, corrections, floor_mag = job
    found = measure(images, time)
    rate = _corrected(found, corrections.outside)
    error = found.error * corrections.scale * rate / np.where(found.rate == 0, 1.0, found.rate)
    b = corrections.softening
    magnitude, spread = np.arcsinh(rate / b), np.hypot(error / np.hypot(rate, b), floor_mag * np.log(10) / 2.5)
    entries = np.arcsinh(library.rate / b)
    quantiles = fit(magnitude, spread, entries, library.parameters)
    radius = corrections.radius[0] + corrections.radius[1] * np.log10(found.half_px)
    full = np.empty((len(LEVELS), len(images), 4))
    full[..., [0, 1, 3]] = quantiles
    full[..., 2] = radius
    return full, found.signal_to_noise, rate


def fit(magnitude: Array, spread: Array, entries: Array, parameters: Array) -> Array:
    """Quantiles of the parameters given magnitudes in three bands, of n clusters.

    Parameters
    ----------
    magnitude, spread : (n, 3)
        Measured, in any scale in which errors are normal, and their errors.
    entries : (m, 3)
        Magnitudes of the library, drawn under the prior.
    parameters : (m, p)
        Of its entries. Their distributions are added up in `CELLS` cells over their range.

    Returns
    -------
    (levels, n, p)
        At `LEVELS`.
    """
    low, high = parameters.min(axis=0), parameters.max(axis=0)
    width = np.maximum(high - low, 1e-12) / CELLS
    cell = np.minimum((parameters - low) / width, CELLS - 1).astype(np.int16)
    found = np.empty((len(LEVELS), len(magnitude), parameters.shape[1]))
    for k in range(len(magnitude)):
        for place, weight in enumerate(_weights(entries, cell, magnitude[k], spread[k], CELLS)):
            there = np.flatnonzero(weight)
            total = np.cumsum(weight[there])
            value = low[place] + (there + 0.5) * width[place]
            found[:, k, place] = np.interp(np.array(LEVELS) * total[-1], total - weight[there] / 2, value)
    return found


@njit(cache=True)
def _weights(entries: Array, cell: NDArray, magnitude: Array, spread: Array, cells: int) -> Array:
    """Likelihoods of the library's entries, added up in the cells of each parameter, shape (p, cells)."""
    square = np.empty(len(entries))
    for k in range(len(entries)):
        square[k] = 0.0
        for band in range(entries.shape[1]):
            square[k] += ((entries[k, band] - magnitude[band]) / spread[band]) ** 2
    least = square.min()
    found = np.zeros((cell.shape[1], cells))
    for k in range(len(entries)):
        if square[k] <= least + 2 * FAR:
            weight = np.exp(-0.5 * (square[k] - least))
            for place in range(cell.shape[1]):
                found[place, cell[k, place]] += weight
    return found


def _line(x: Array, y: Array) -> Array:
    """Intercept and slope that leave the least absolute deviation, by iterated weights."""
    design = np.column_stack([np.ones_like(x), x])
    weight = np.ones_like(x)
    found: Array = np.zeros(2)
    for _ in range(20):
        found = np.asarray(np.linalg.lstsq(design * weight[:, None], y * weight, rcond=None)[0], np.float64)
        weight = 1 / np.sqrt(np.maximum(np.abs(y - design @ found), 1e-2))
    return found


def _spread(values: Array) -> float:
    """Half of the width that holds the middle 68 %."""
    if len(values) < 5:
        return 1.0
    low, high = np.percentile(values, (16, 84))
    return float(high - low) / 2
