"""The stage `observer_calibrate`: how wide the posteriors have to be, learnt on clusters that no network trained with.

A network is too sure of clusters that are unlike those of its training. The posterior is widened about its mean by one
factor along each coordinate (`frame`) where the distance is not known, and by others where it is: the factors with the
largest likelihood of the true parameters of the validation views, all coordinates together (as a temperature does for
classifiers, Guo et al. 2017). So samples, intervals and ranks come from one joint posterior.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from reproduce.learning.mixtures import take, widened
from reproduce.learning.posterior import Mixture
from reproduce.papers.chardin2021.observer import sets
from reproduce.papers.chardin2021.observer.domain import ObserverDomain
from reproduce.papers.chardin2021.observer.frame import COORDINATES
from reproduce.papers.chardin2021.observer.model import Observer
from reproduce.papers.chardin2021.observer.views import theta_of
from reproduce.sky.settings import Camera
from reproduce.workflow.progress import Progress

Array = NDArray[np.float64]

WIDEST = 3.0
"""Factors lie between 1 and this: the views of a few clusters must not make posteriors narrower than the networks dare,
nor say that they mean nothing."""


def calibrate(fixed: Path, trained: Path, camera: Camera, folder: Path, progress: Progress) -> dict[str, float]:
    """Learn the factors and the domain, and write ``observer.json`` with the factors and ``domain.h5``.

    Parameters
    ----------
    fixed, trained : Path
        Folders of the stages `observer_sets` and `observer_train`.
    camera : Camera
        Of the views, for strange maps.
    folder : Path
        Receives the files.
    progress
        Is told how far it is.

    Returns
    -------
    dict
        ``width_COORDINATE`` and ``width_distance_known_COORDINATE``, the factors; ``nll_before``, ``nll_after``: minus
        the mean logarithm of the density at the truths of the validation views.
    """
    folder.mkdir(parents=True, exist_ok=True)
    observer = Observer.load(trained)
    views = sets.read(fixed, "validation")
    said = observer.coordinates(views.flux, views.known)
    true = observer.frames(views.flux, views.known).coordinates(theta_of(views.labels))
    given = views.known.within(observer.architecture.limits).is_known[:, 0]
    factors = np.stack([best_factors(take(said, rows), true[rows]) for rows in (~given, given)])
    calibrated = observer.with_widths(factors)
    calibrated.architecture.save(folder)
    progress(0.3, "the domain")
    ObserverDomain.fit(calibrated, sets.read(fixed, "train"), views, camera).save(folder)
    found = {
        f"{start}_{name}": float(value)
        for start, row in zip(("width", "width_distance_known"), factors, strict=True)
        for name, value in zip(COORDINATES, row, strict=True)
    }
    after = widened(said, factors[given.astype(int)])
    found["nll_before"] = float(-said.log_density(true).mean())
    found["nll_after"] = float(-after.log_density(true).mean())
    return found


def best_factors(said: Mixture, true: Array) -> Array:
    """The factors (d,) by which posteriors have to be wider for the truths (n, d) to be likeliest; 1 without any."""
    n, d = true.shape
    if n == 0:
        return np.ones(d)

    def minus_log_likelihood(log_factors: Array) -> float:
        wider = widened(said, np.broadcast_to(np.exp(log_factors), (n, d)))
        return float(-wider.log_density(true).mean())

    limit = float(np.log(WIDEST))
    found = minimize(minus_log_likelihood, np.zeros(d), method="L-BFGS-B", bounds=[(0.0, limit)] * d)
    return np.exp(found.x)
