"""Posteriors corrected by what is seen of a galaxy: shifted and stretched by how likely it is a merger remnant.

Networks are surer of remnants than they may be, and less sure of discs than they could be: no one level of the
posterior's intervals serves both. An observer does not know the kind, but six plain numbers of the clusters tell how
likely it is a remnant, p. The posterior says z = Φ⁻¹(probability below the truth), which would be standard normal; on
galaxies that were not trained with it is a + s r instead, and r has whatever distribution these galaxies show
(regression calibration, Kuleshov et al. 2018). a and ln s are linear in p, in ln of the number of clusters and of the
radius that holds 90 % of them, and in p times either: the more is seen of a remnant, the surer and the more wrong.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit, ndtr, ndtri

from reproduce.learning.intervals import LEVELS
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_record, whole

if TYPE_CHECKING:
    from reproduce.learning.posterior import Mixture

SHARES = np.arange(1, 200) / 200  # at which the distribution of r is kept
MEDIAN_AND_ENDS = np.array([0.5, *((1 - level) / 2 for level in LEVELS), *((1 + level) / 2 for level in LEVELS)])
NONE = (0.0,) * 6  # no correction
MEND = "run kaur2021.levels again"
HEAVY = 5.0  # degrees of freedom of the t-distribution that a and s are fitted with: few outliers do not rule them
FARTHEST = 6.0  # |z| beyond which a truth is as good as impossible
HALVINGS = 40  # of a bracket of 16 prior widths: to rounding of float32

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Views of galaxies that no network was trained with.

    Attributes
    ----------
    below : (n,) float64
        Posterior probability below the truth.
    looks : (n, 6) float64
        `sets.clusters.appearance` of each.
    merged : (n,) bool
        Whether it is one.
    galaxy : (n,) int64
        Which galaxy, different for each kind.
    """

    below: Array
    looks: Array
    merged: NDArray[np.bool_]
    galaxy: NDArray[np.int64]

    def take(self, which: NDArray) -> "Rows":
        """Some of them."""
        return Rows(self.below[which], self.looks[which], self.merged[which], self.galaxy[which])


@dataclass(frozen=True)
class Recalibration:
    """The correction; the file ``levels.json``.

    Attributes
    ----------
    kind : tuple of float
        Offset and six slopes of the logit of p in `sets.clusters.appearance`.
    shift, stretch : tuple of float
        Coefficients of a and ln s in the columns of `design`.
    spread : tuple of float
        Quantiles of r at `SHARES`.
    """

    kind: tuple[float, ...]
    shift: tuple[float, ...]
    stretch: tuple[float, ...]
    spread: tuple[float, ...]

    @classmethod
    def central(cls, levels: tuple[float, float]) -> Self:
        """One that only takes central intervals at other levels, the same for all galaxies."""
        ends = [ndtri((1 + level) / 2) for level in levels]
        places = [-ndtri((1 + LEVELS[1]) / 2), -ndtri((1 + LEVELS[0]) / 2), 0.0]
        known = [-ends[1], -ends[0], 0.0, ends[0], ends[1]]
        spread = np.interp(ndtri(SHARES), [*places, -places[1], -places[0]], known)
        return cls((0.0,) * 7, NONE, NONE, tuple(spread.tolist()))

    @classmethod
    def fit(cls, kind: tuple[float, ...], rows: Rows) -> Self:
        """By maximum likelihood; both kinds count alike, and each galaxy of a kind does.

        Parameters
        ----------
        kind : tuple of float
            Of `kinds`.
        rows : Rows
        """
        z = np.clip(ndtri(rows.below), -FARTHEST, FARTHEST)
        design = cls(kind, NONE, NONE, ()).design(rows.looks)
        weight, galaxies, m = _weights(rows), len(np.unique(rows.galaxy)), len(NONE)

        def cost(found: Array) -> tuple[float, Array]:
            log_stretch = design @ found[m:]
            away = (z - design @ found[:m]) * np.exp(-log_stretch)
            fit = np.sum(weight * (log_stretch + (HEAVY + 1) / 2 * np.log1p(away**2 / HEAVY)))
            pull = weight * (HEAVY + 1) * away / (HEAVY + away**2)
            slope = np.concatenate([-(pull * np.exp(-log_stretch)) @ design, (weight - pull * away) @ design])
            # a prior, normal about no correction: few galaxies say little
            return float(fit + 0.5 * np.sum(found**2) / galaxies), slope + found / galaxies

        found = minimize(cost, np.zeros(2 * m), jac=True, method="BFGS").x
        rest = (z - design @ found[:m]) * np.exp(-design @ found[m:])
        order = np.argsort(rest)
        reached = np.cumsum(weight[order]) - weight[order] / 2
        spread = np.interp(SHARES, reached, rest[order])
        return cls(kind, tuple(found[:m].tolist()), tuple(found[m:].tolist()), tuple(spread.tolist()))

    def save(self, folder: Path) -> None:
        """Write ``levels.json``."""
        with whole(folder / "levels.json") as partial:
            partial.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``levels.json``.

        Raises
        ------
        InputError
            If it is not there or damaged.
        """
        path = folder / "levels.json"
        found = read_record(path, cls, MEND)
        for name, expected in (("kind", 7), ("shift", len(NONE)), ("stretch", len(NONE)), ("spread", len(SHARES))):
            if (n := len(getattr(found, name))) != expected:
                raise InputError(f"{path}: {name} has {n} numbers, expected {expected}; {MEND}")
        return found

    def remnant(self, looks: Array) -> Array:
        """p of galaxies that look so, (n, 6) to (n,)."""
        return expit(self.kind[0] + looks @ np.array(self.kind[1:]))

    def design(self, looks: Array) -> Array:
        """What the correction is linear in, (n, 6) to (n, 6): 1, p, number, extent, p number, p extent."""
        p, number = self.remnant(looks), np.clip(looks[:, 0] - np.log(100), -1.3, 1)
        extent = np.clip(looks[:, 1] + looks[:, 2] - np.log(27), -1, 1.2)  # [kpc]; the ends of what is known
        return np.stack([np.ones(len(p)), p, number, extent, p * number, p * extent], axis=1)

    def levels(self, shares: ArrayLike, looks: Array) -> Array:
        """Where in the networks' posterior the corrected one has its quantiles, (q,) and (n, 6) to (q, n)."""
        rest, design = np.interp(np.asarray(shares, np.float64), SHARES, self.spread), self.design(looks)
        return ndtr(design @ np.array(self.shift) + rest[:, None] * np.exp(design @ np.array(self.stretch)))


def kinds(appearance: Array, merged: NDArray[np.bool_]) -> tuple[float, ...]:
    """Logistic regression of the kind on how galaxies look, both kinds alike; p is 1/2 where all are of one kind.

    Parameters
    ----------
    appearance : (n, 6)
    merged : (n,)

    Returns
    -------
    tuple
        Offset and six slopes.
    """
    if merged.all() or not merged.any():
        return (0.0,) * (1 + appearance.shape[1])
    from sklearn.linear_model import LogisticRegression  # a second to import, and only here

    mean, std = appearance.mean(axis=0), np.maximum(appearance.std(axis=0), 1e-9)
    found = LogisticRegression(class_weight="balanced").fit((appearance - mean) / std, merged)
    slopes = found.coef_[0] / std
    return (float(found.intercept_[0] - slopes @ mean), *slopes.tolist())


def quantiles(posterior: "Mixture", levels: Array) -> Array:
    """Quantiles of the one parameter of each item at levels of its own, (q, n) to (q, n)."""
    low, high = np.full(levels.shape, -8.0), np.full(levels.shape, 8.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = np.stack([posterior.cumulative(row[:, None])[:, 0] for row in middle]) > levels
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return (low + high) / 2


def folds(rows: Rows, number: int) -> list[tuple[Rows, NDArray[np.int64]]]:
    """Rows without each fold of the galaxies, and the galaxies that were left out."""
    names = np.random.default_rng(0).permutation(np.unique(rows.galaxy))
    parts = [names[place::number] for place in range(min(number, len(names)))]
    return [(rows.take(~np.isin(rows.galaxy, left)), left) for left in parts]


def _weights(rows: Rows) -> Array:
    """They add up to 1; half of it for either kind if there are two, and as much for each galaxy of a kind."""
    _, galaxy = np.unique(rows.galaxy, return_inverse=True)
    weight = 1 / np.bincount(galaxy)[galaxy]
    for merged in (False, True):
        if (own := rows.merged == merged).any():
            weight[own] /= weight[own].sum()
    return weight / weight.sum()
