"""The checks of posteriors (`calibration`) with the parameters' names, over all items and in thirds of a quantity."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.learning import calibration
from reproduce.learning.posterior import Mixture

Array = NDArray[np.float64]

THIRDS = ("low", "middle", "high")


def named_checks(
    posterior: Mixture,
    true: Array,
    group: ArrayLike,
    names: Sequence[str],
    *,
    levels: ArrayLike,
    n_samples: int,
    bootstrap: int,
    seed: int,
) -> dict[str, float]:
    """`calibration.check` with the names of the parameters before its numbers.

    Parameters
    ----------
    posterior, true, group, levels, n_samples, bootstrap, seed
        As `calibration.check`.
    names : sequence of str
        Of the parameters, in their order.

    Returns
    -------
    dict
        ``NAME.coverage_68``, ``NAME.coverage_68_low``, ``NAME.sbc_distance`` and so on; ``tarp_distance``, ``tarp_p``.
    """
    found = calibration.check(
        posterior, true, group, levels=levels, n_samples=n_samples, bootstrap=bootstrap, seed=seed
    )
    named = {}
    for key, value in found.items():
        base, _, number = key.rpartition("_")
        if key.startswith("tarp"):
            named[key] = value
        elif number.isdigit() and 2 <= int(number) <= len(names):
            named[f"{names[int(number) - 1]}.{base}"] = value
        else:
            named[f"{names[0]}.{key}"] = value
    return named


def coverage_rows(
    below: Array,
    names: Sequence[str],
    quantities: Mapping[str, Array],
    group: NDArray,
    *,
    levels: Sequence[float],
    bootstrap: int,
    seed: int,
) -> list[dict[str, Any]]:
    """How often intervals hold the truth, over all items and in each third of true quantities.

    Parameters
    ----------
    below : (n, d)
        Posterior probability below the truth of each parameter, `Mixture.cumulative`.
    names : sequence of str
        Of the d parameters.
    quantities : mapping of (n,)
        True quantities, whose thirds are looked at.
    group : (n,) of int
        As in `calibration.coverage`.
    levels : sequence of float
    bootstrap, seed : int
        Of the bounds.

    Returns
    -------
    list of dict
        ``parameter``, ``of`` (``all``, or a quantity), ``third``, ``n``, ``level``, ``share``, ``low``, ``high``.
    """
    parts: list[tuple[str, str, NDArray[np.bool_]]] = [("all", "", np.ones(len(below), bool))]
    for name, values in quantities.items():
        place = np.searchsorted(np.quantile(values, (1 / 3, 2 / 3)), values)
        parts += [(name, third, place == k) for k, third in enumerate(THIRDS)]
    return [
        {"parameter": name, "of": of, "third": third, "n": int(rows.sum())} | vars(one)
        for of, third, rows in parts
        if rows.any()
        for d, name in enumerate(names)
        for one in calibration.coverage(below[rows, d], levels, group[rows], bootstrap, seed)
    ]
