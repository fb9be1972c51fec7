"""How good predicted masses are (paper Sect. 2.2.6), and what "accuracy" may mean."""

import numpy as np
from numpy.typing import NDArray

from reproduce.papers.kaur2021 import labels

BINS = 20  # of the true mass, "the number of bins used for accuracy estimation"
NEAR = 0.05  # "less than 5 % of errors"

Array = NDArray[np.float64]


def measure(true: Array, predicted: Array, ends_msun: tuple[float, float]) -> dict[str, float]:
    """All numbers of one test set.

    Parameters
    ----------
    true, predicted : (n,)
        Labels, 0 to 10.
    ends_msun : pair of float
        Dark masses of the labels 0 and 10 [Msun]; relative errors are those of "the real DM masses".

    Returns
    -------
    dict
        ``mae`` and ``rmse`` of the label; ``within_5_percent``, the share of |E_i| < 5 % (equation 6); and three
        readings of the accuracy, which the paper does not define: ``accuracy_label`` 1 - MAE / 10, ``accuracy_bins`` 1
        - the mean over 20 bins of the true mass of |⟨M_p⟩ - ⟨M_c⟩| / ⟨M_c⟩, ``accuracy_errors`` 1 - the mean of |E_i|.
    """
    error = predicted - true
    mass, found = labels.mass(true, ends_msun), labels.mass(predicted, ends_msun)
    relative = np.abs(found - mass) / mass
    place = np.clip((true / labels.HIGHEST * BINS).astype(int), 0, BINS - 1)
    number = np.bincount(place, minlength=BINS)
    full = number > 0
    means = [np.bincount(place, values, BINS)[full] / number[full] for values in (mass, found)]
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "within_5_percent": float(np.mean(relative < NEAR)),
        "accuracy_label": float(1 - np.abs(error).mean() / labels.HIGHEST),
        "accuracy_bins": float(1 - np.mean(np.abs(means[1] - means[0]) / means[0])),
        "accuracy_errors": float(1 - relative.mean()),
    }


def intervals(true: Array, predicted: Array, galaxy: NDArray[np.int64], samples: int, seed: int) -> dict[str, float]:
    """Bounds of 95 % of MAE and RMSE, by a bootstrap over galaxies: views of one galaxy are no independent tests.

    Parameters
    ----------
    true, predicted : (n,)
        Labels.
    galaxy : (n,)
        Which galaxy each image shows.
    samples : int
        Bootstrap samples; 0 for no bounds.
    seed : int

    Returns
    -------
    dict
        ``mae_low``, ``mae_high``, ``rmse_low``, ``rmse_high``.
    """
    if samples == 0:
        return {}
    error = np.abs(predicted - true)
    _, place = np.unique(galaxy, return_inverse=True)
    number, total, square = (np.bincount(place, weight) for weight in (np.ones(len(error)), error, error**2))
    n = len(number)
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), samples)
    mae = drawn @ total / (drawn @ number)
    rmse = np.sqrt(drawn @ square / (drawn @ number))
    bounds: dict[str, float] = {}
    for name, values in (("mae", mae), ("rmse", rmse)):
        bounds[f"{name}_low"], bounds[f"{name}_high"] = (float(each) for each in np.percentile(values, (2.5, 97.5)))
    return bounds
