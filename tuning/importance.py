"""How much each dimension matters: permutation importance in a random forest, on settings that the forest has not seen.

A forest (Breiman 2001) learns the rank of a trial among all from its setting and the epochs that it was given. Then
one dimension at a time is shuffled among the held-out settings: the growth of the mean squared error, in units of the
variance of the ranks, is what that dimension told. Ranks, because a diverged trial is not a hundred times worse than a
bad one; held-out settings, because in those it has seen a forest finds every dimension important.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuning.outcome import Outcome
from tuning.space import Dimension

TREES = 60
FOLDS = 5
SPLITS = 4  # random divisions into folds
SHUFFLES = 5
# Fewer settings than this say nothing about each other.
FEWEST = 4
COLUMNS = ("dimension", "importance", "error", "spearman", "held_out_r2", "settings")


def table(outcome: Outcome) -> pd.DataFrame:
    """Importance of each dimension.

    Parameters
    ----------
    outcome
        The trials; those without the objective are left out. Its seed is that of the forests, the folds and the
        shuffling.

    Returns
    -------
    DataFrame
        Most important first: ``dimension``; ``importance``, growth of the held-out mean squared error of the rank over
        its variance; ``error``, standard error of that over the divisions into folds; ``spearman``, rank correlation of
        the value with the objective (none for names; positive: more is worse); ``held_out_r2`` of the forest, the same
        in each row: near or below zero the importances mean nothing; ``settings``, how many different ones there are.
    """
    space, objective = outcome.space, outcome.objective
    told = [one for one in outcome.tried if objective in one.numbers]
    groups = np.unique([str(sorted(one.values.items())) for one in told], return_inverse=True)[1]
    n_settings = int(groups.max()) + 1 if len(told) else 0
    if n_settings < FEWEST:
        return pd.DataFrame(columns=list(COLUMNS))
    x = np.array([[dimension.place(one.values[dimension.name]) for dimension in space] for one in told])
    epochs = np.array([[math.log2(one.until)] for one in told])
    y = _ranks(np.array([outcome.sign * one.numbers[objective] for one in told]))
    grown, r2 = _grown_errors(np.hstack([x, epochs]), y, groups, outcome.seed)
    grown = grown[:, : len(space)]
    rows = [
        {
            "dimension": dimension.name,
            "importance": grown[:, place].mean(),
            "error": grown[:, place].std(ddof=1) / math.sqrt(len(grown)),
            "spearman": _spearman(x[:, place], y) if _ordered(dimension) else np.nan,
            "held_out_r2": r2,
            "settings": n_settings,
        }
        for place, dimension in enumerate(space)
    ]
    return pd.DataFrame(rows).sort_values("importance", ascending=False, kind="stable", ignore_index=True)


def _grown_errors(x: NDArray, y: NDArray, groups: NDArray, seed: int) -> tuple[NDArray, float]:
    """For each division into folds the growth of the error by each column, (SPLITS, columns); R² of the forests."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.model_selection import GroupKFold

    grown, squares = np.zeros((SPLITS, x.shape[1])), 0.0
    for split in range(SPLITS):
        rng = np.random.default_rng([seed, split])
        folds = GroupKFold(min(FOLDS, int(groups.max()) + 1), shuffle=True, random_state=seed + split)
        for seen, unseen in folds.split(x, y, groups):
            forest = RandomForestRegressor(TREES, random_state=seed + split).fit(x[seen], y[seen])
            shuffled = _shuffled(x[unseen], rng)
            # one question for all: a forest answers ten thousand rows nearly as fast as ten
            answers = forest.predict(np.concatenate([x[unseen], shuffled.reshape(-1, x.shape[1])]))
            errors = np.square(answers.reshape(-1, len(unseen)) - y[unseen]).sum(axis=1)
            squares += errors[0]
            grown[split] += errors[1:].reshape(SHUFFLES, -1).mean(axis=0) - errors[0]
    return grown / len(y) / y.var(), float(1 - squares / SPLITS / len(y) / y.var())


def _shuffled(x: NDArray, rng: np.random.Generator) -> NDArray:
    """Copies of (n, columns) with one column shuffled, (SHUFFLES, columns, n, columns)."""
    copies = np.broadcast_to(x, (SHUFFLES, x.shape[1], *x.shape)).copy()
    for shuffle in range(SHUFFLES):
        for column in range(x.shape[1]):
            copies[shuffle, column, :, column] = rng.permutation(x[:, column])
    return copies


def _ordered(dimension: Dimension) -> bool:
    return not any(isinstance(value, str) for value in dimension.values)


def _ranks(values: NDArray) -> NDArray:
    from scipy.stats import rankdata

    return rankdata(values) / len(values)


def _spearman(x: NDArray, y: NDArray) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(x, y).statistic) if np.ptp(x) > 0 else np.nan
