"""Whether posteriors are what they claim, on items whose true parameters are known.

Three looks: how often central intervals hold the truth; ranks of the truth among samples, uniform if the posterior is
right (simulation-based calibration, Talts et al. 2018); and regions about random places, which see joint posteriors
that are wrong though each parameter on its own is right (TARP, Lemos et al. 2023). Views of one object are not
independent tests: bounds come from a bootstrap over groups.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import kstwo

from reproduce.learning.bins import bootstrap_weights
from reproduce.learning.posterior import Mixture

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """How often intervals of a level hold the truth.

    Attributes
    ----------
    level, share : float
        Claimed and found.
    low, high : float
        Bounds of the share, 95 % by a bootstrap over groups.
    """

    level: float
    share: float
    low: float
    high: float


def coverage(probability: ArrayLike, levels: ArrayLike, group: ArrayLike, samples: int, seed: int) -> list[Share]:
    """How often central intervals hold the truth.

    Parameters
    ----------
    probability : (n,)
        Posterior probability below the truth of one parameter, `Mixture.cumulative`.
    levels : (q,)
    group : (n,) of int
        Items of one group are not independent, such as views of one galaxy.
    samples : int
        Bootstrap samples.
    seed : int
    """
    away = 2 * np.abs(np.asarray(probability, np.float64) - 0.5)
    weights = bootstrap_weights(np.asarray(group), samples, seed)
    found = []
    for level in np.asarray(levels, np.float64):
        inside = (away <= level).astype(np.float64)
        bounds = (np.nan, np.nan)
        if weights is not None:
            bounds = tuple(np.percentile(weights @ inside / weights.sum(axis=1), (2.5, 97.5)))
        found.append(Share(float(level), float(inside.mean()), float(bounds[0]), float(bounds[1])))
    return found


def conformal_levels(probability: ArrayLike, levels: ArrayLike) -> Array:
    """Levels of the posterior's central intervals that hold shares of the truths of these items.

    A network's posterior is a little too wide or too narrow; on items like these, intervals of the levels found hold
    what they claim (split conformal prediction on the posterior's own scale).

    Parameters
    ----------
    probability : (n,)
        Posterior probability below the truth of validation items, `Mixture.cumulative`.
    levels : (q,)
        Shares of truths to be held.

    Returns
    -------
    (q,)
    """
    away = np.sort(2 * np.abs(np.asarray(probability, np.float64) - 0.5))
    n = len(away)
    places = np.minimum(np.ceil(np.asarray(levels, np.float64) * (n + 1)).astype(int), n) - 1
    return np.clip(away[places], 1e-3, 1 - 1e-6)


def ranks(samples: Array, true: Array) -> NDArray[np.int64]:
    """Number of samples below the truth, for each parameter (simulation-based calibration).

    Parameters
    ----------
    samples : (n, s, d)
    true : (n, d)

    Returns
    -------
    (n, d), from 0 to s; each value equally often if the posterior is right.
    """
    return np.sum(samples < true[:, None], axis=1)


def tarp(samples: Array, true: Array, generator: np.random.Generator) -> Array:
    """Share of the samples that are nearer to a random place than the truth is (Lemos et al. 2023, algorithm 1).

    Places are drawn uniformly in the box of all true parameters, in which distances are measured.

    Parameters
    ----------
    samples : (n, s, d)
    true : (n, d)
    generator : numpy.random.Generator

    Returns
    -------
    (n,): uniform if the posterior is right.
    """
    low, high = true.min(axis=0), true.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    place = low + generator.random(true.shape) * width
    from_truth = np.square((true - place) / width).sum(axis=-1)
    from_samples = np.square((samples - place[:, None]) / width).sum(axis=-1)
    return (from_samples < from_truth[:, None]).mean(axis=1)


def uniformity(values: ArrayLike, effective: int | None = None) -> tuple[float, float]:
    """Kolmogorov-Smirnov distance of values from a uniform distribution on 0 to 1, and its p-value.

    Parameters
    ----------
    values : (n,)
        Such as `Mixture.cumulative`, ranks / s, or `tarp`.
    effective : int, optional
        Independent ones among them, such as the number of galaxies; all if left out.
    """
    ordered = np.sort(np.asarray(values, np.float64))
    n = len(ordered)
    distance = max(np.max(np.arange(1, n + 1) / n - ordered), np.max(ordered - np.arange(n) / n))
    return float(distance), float(kstwo.sf(distance, effective or n))


def check(
    posterior: Mixture, true: Array, group: ArrayLike, *, levels: ArrayLike, n_samples: int, bootstrap: int, seed: int
) -> dict[str, float]:
    """All three looks as flat numbers.

    Parameters
    ----------
    posterior : Mixture
        Of n items.
    true : (n, d)
    group : (n,) of int
        As in `coverage`.
    levels : (q,)
    n_samples, bootstrap, seed : int
        Samples of each posterior, and of the bootstrap.

    Returns
    -------
    dict
        For each parameter (``_2`` and so on behind the names from the second) ``coverage_68``, ``coverage_68_low``,
        ``coverage_68_high`` and so on [%], ``sbc_distance`` and ``sbc_p``; ``tarp_distance`` and ``tarp_p``. p-values
        count groups, not items: with one view of each they are exact, with many they are cautious.
    """
    generator = np.random.default_rng([seed, 1])
    samples = posterior.sample(n_samples, generator)
    groups = len(np.unique(np.asarray(group)))
    below = posterior.cumulative(true)
    rank = ranks(samples, true)
    found: dict[str, float] = {}
    for d in range(true.shape[1]):
        after = f"_{d + 1}" if d else ""
        for one in coverage(below[:, d], levels, group, bootstrap, seed):
            name = f"coverage_{100 * one.level:.0f}"
            found |= {f"{name}{after}": 100 * one.share}
            found |= {f"{name}_low{after}": 100 * one.low, f"{name}_high{after}": 100 * one.high}
        smooth = (rank[:, d] + generator.random(len(rank))) / (n_samples + 1)
        found[f"sbc_distance{after}"], found[f"sbc_p{after}"] = uniformity(smooth, groups)
    share = tarp(samples, true, generator)
    found["tarp_distance"], found["tarp_p"] = uniformity(share, groups)
    return found
