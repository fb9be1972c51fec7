"""The stage `observer_evaluate`: clusters never learnt from, with and without what can be known of them.

Each test view is asked about in several ways (`WAYS`): with nothing known, with the distance to 3 %, and so on. Errors
are those of the posteriors' medians, map by map. The bounds of shares come from a bootstrap over test clusters: where
networks err on one view of a cluster they err on the others alike.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.learning.calibration import coverage
from reproduce.learning.checks import coverage_rows, named_checks
from reproduce.learning.data import slices
from reproduce.learning.intervals import LEVELS
from reproduce.learning.known import DEX, Known
from reproduce.learning.mixtures import stacked
from reproduce.learning.posterior import Mixture
from reproduce.papers.chardin2021.observer import frame, sets
from reproduce.papers.chardin2021.observer.frame import AGE, DISTANCE, MASS, PARAMETERS, RATIO
from reproduce.papers.chardin2021.observer.model import READ_AT_ONCE, Answers, Observer
from reproduce.papers.chardin2021.observer.sets import Fixed
from reproduce.papers.chardin2021.observer.views import theta_of, truth_of
from reproduce.papers.chardin2021.observer_settings import Evaluate
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

Array = NDArray[np.float64]

NOT = np.nan
DISTANCE_ERROR, METALLICITY_ERROR, SEEING_ERROR = 0.03 / DEX, 0.2, 0.05 / DEX
"""What an observer mostly knows: the distance to 3 %, [Fe/H] to 0.2 dex, the seeing to 5 %."""
WAYS: dict[str, tuple[float, float, float] | None] = {
    "nothing": (NOT, NOT, NOT),
    "seeing": (NOT, NOT, SEEING_ERROR),
    "metallicity": (NOT, METALLICITY_ERROR, NOT),
    "distance": (DISTANCE_ERROR, NOT, NOT),
    "distance_metallicity": (DISTANCE_ERROR, METALLICITY_ERROR, NOT),
    "everything": (DISTANCE_ERROR, METALLICITY_ERROR, SEEING_ERROR),
    "as_trained": None,
}
"""Errors of what is told, in the units of `Known`; None: what the view's own draw hides and shows, as in training."""
WITH_MAPS = ("nothing", "distance_metallicity")
"""Ways whose mass maps are measured too; the others ask for the posterior alone."""
YOUNG_GYR = 3.0
LOG_MASS_EDGES = np.arange(1.5, 6.6, 0.5)
LOG_AGE_EDGES = np.log10([0.025, 0.1, 0.3, 1.0, 3.0, 7.0, 14.1])
PLANE = ("parameter", "log_mass_low", "log_mass_high", "log_age_low", "log_age_high", "n", "share")
FEWEST = 10
"""Views in a cell of the plane of mass and age; cells with fewer are left out."""
LOW_PIXELS = -1.0  # log10 Msun, as for the paper's own networks


@dataclass(frozen=True)
class Asked:
    """What the networks say of the test views in one way.

    Attributes
    ----------
    posterior : Mixture
        Over θ.
    known : Known
        What was told.
    inside : array of bool, shape (n,), or None
        Whether the views are in the domain, where that was looked at.
    maps : dict of float
        Numbers of the mass maps, in the ways that have them.
    """

    posterior: Mixture
    known: Known
    maps: dict[str, float]


def evaluate(
    fixed: Path, trained: Path, calibrated: Path, settings: Evaluate, folder: Path, progress: Progress
) -> dict[str, float]:
    """Measure the networks on the test views.

    Parameters
    ----------
    fixed, trained, calibrated : Path
        Folders of the stages `observer_sets`, `observer_train` and `observer_calibrate`.
    settings : Evaluate
    folder : Path
        Receives ``metrics.json``; ``coverage.csv`` (`coverage_rows`, with the way), ``plane.csv`` (coverage in cells of
        mass and age), ``known_inputs.csv`` (errors in each way) and ``predictions.h5`` (truths, and of each way
        quantiles and the posterior probability below the truth).
    progress
        Is told how far it is.

    Returns
    -------
    dict
        The numbers of ``metrics.json``: ``WAY.MEASURE`` of `errors` and ``WAY.PARAMETER.MEASURE`` of `named_checks`.
    """
    from reproduce.papers.chardin2021.observer.domain import ObserverDomain

    folder.mkdir(parents=True, exist_ok=True)
    observer = Observer.load(trained).with_calibration(calibrated)
    views = sets.read(fixed, "test")
    theta, domain = theta_of(views.labels), ObserverDomain.load(calibrated)
    metrics: dict[str, float] = {"n_views": float(len(theta)), "n_clusters": float(len(views.clusters))}
    tables: dict[str, list[dict[str, Any]]] = {"coverage": [], "plane": [], "known_inputs": []}
    with whole(folder / "predictions.h5") as partial, h5py.File(partial, "w") as file:
        for name, values in (*views.labels.items(), ("theta", theta)):
            file[f"truth/{name}"] = values
        for place, (way, told) in enumerate(WAYS.items()):
            progress(place / len(WAYS), f"test views, {way.replace('_', ' ')} known")
            asked, inside = _ask(observer, views, way, told, settings.seed, domain)
            numbers = errors(asked.posterior, asked.known, theta) | asked.maps
            if inside is not None:
                numbers["outside_domain_percent"] = 100 * float(np.mean(~inside))
            tables["known_inputs"].append({"way": way} | numbers)
            numbers |= _checked(asked.posterior, theta, views, settings)
            below = asked.posterior.cumulative(theta)
            tables["coverage"] += [{"way": way} | row for row in _coverage(below, views, settings)]
            tables["plane"] += [{"way": way} | row for row in plane(below, views.labels)]
            metrics |= {f"{way}.{name}": value for name, value in numbers.items()}
            file[f"{way}/quantiles"], file[f"{way}/below"] = quantiles(asked.posterior), below
    metrics |= _thirds(tables["coverage"])
    metrics = {name: float(value) for name, value in metrics.items() if np.isfinite(value)}
    for name, rows in tables.items():
        with whole(folder / f"{name}.csv") as path:
            table = pd.DataFrame(rows, columns=None if rows else ["way", *PLANE])
            table.to_csv(path, index=False, lineterminator="\n")
    with whole(folder / "metrics.json") as path:
        path.write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    return metrics


def _ask(
    observer: Observer, views: Fixed, way: str, told: tuple[float, float, float] | None, seed: int, domain: Any
) -> tuple[Asked, NDArray[np.bool_] | None]:
    known = views.known
    if told is not None:
        truth = truth_of(views.labels)
        rng = np.random.default_rng([seed, *way.encode()])
        known = Known.measured(truth, np.broadcast_to(told, truth.shape), rng)
    if way not in WITH_MAPS:
        return Asked(observer.posterior(views.flux, known), known, {}), None
    parts: list[Answers] = []
    inside: list[NDArray[np.bool_]] = []
    sums = PixelSums()
    for rows in slices(len(views.flux), READ_AT_ONCE):
        found = observer.predict(views.flux[rows], known.take(rows))
        sums.add(views.mass[rows], found.mass)
        if way == "nothing":
            inside.append(domain.score(found, views.flux[rows]) <= 1)
        parts.append(found.without_maps())
    posterior = stacked([one.posterior for one in parts])
    return Asked(posterior, known, sums.numbers()), np.concatenate(inside) if inside else None


class PixelSums:
    """Gathers the errors of log10 M in the pixels of mass maps, batch by batch."""

    def __init__(self) -> None:
        self._squares, self._n, self._shares = np.zeros(3), 0, np.zeros((2, 2))
        self._bias = 0.0

    def add(self, true: NDArray, said: NDArray) -> None:
        """Maps (k, ny, nx) of log10 M, true and predicted."""
        true, said = true.astype(np.float64), said.astype(np.float64)
        away = said - true
        self._squares += (np.square(away).sum(), true.sum(), np.square(true).sum())
        self._n += away.size
        self._bias += away.sum()
        for k, chosen in enumerate((np.ones(true.shape, bool), true >= LOW_PIXELS)):
            self._shares[k] += (100 * np.abs(10 ** away[chosen] - 1).sum(), chosen.sum())

    def numbers(self) -> dict[str, float]:
        """``pixel_r2`` (eq. 1 of the paper), ``pixel_bias_dex``, and ``pixel_error_no_low_percent``: mean of
        100 abs(predicted - true) / true over the pixels of 0.1 Msun and more."""
        residual, total, squares = self._squares / self._n
        found = {"pixel_r2": 1 - residual / (squares - total**2), "pixel_bias_dex": self._bias / self._n}
        if self._shares[1, 1]:
            found["pixel_error_no_low_percent"] = self._shares[1, 0] / self._shares[1, 1]
        return {name: float(value) for name, value in found.items()}


def errors(posterior: Mixture, known: Known, theta: Array) -> dict[str, float]:
    """Errors of the medians of n posteriors, and how wide these are.

    Returns
    -------
    dict
        ``mass_error_percent``, ``mass_to_light_error_percent``, ``distance_error_percent``: means of
        100 abs(median - true) / true, and of ``mass`` and ``mass_to_light`` the median too, ``…_median_error_percent``,
        as a single bright star can make an M/L anything; ``age_young_error_percent`` of clusters below `YOUNG_GYR`,
        ``age_old_mae_gyr`` of the others; ``PARAMETER_width_dex``, the mean half-width of the 68 % intervals;
        ``given_distance_error_percent``, the mean error of the distances that were given; ``nll``.
    """
    low, middle, high = frame.readable(posterior.quantiles((0.16, 0.5, 0.84)))
    true = frame.readable(theta)
    off = 100 * np.abs(10 ** (middle - true) - 1)
    found = {}
    for name, k in (("mass", MASS), ("mass_to_light", RATIO), ("distance", DISTANCE)):
        found[f"{name}_error_percent"] = off[:, k].mean()
        found[f"{name}_median_error_percent"] = np.median(off[:, k])
        found[f"{name}_bias_dex"] = (middle - true)[:, k].mean()
    young = true[:, AGE] < np.log10(YOUNG_GYR)
    if young.any():
        found["age_young_error_percent"] = off[young, AGE].mean()
        found["age_young_median_error_percent"] = np.median(off[young, AGE])
    if not young.all():
        found["age_old_mae_gyr"] = np.abs(10**middle - 10**true)[~young, AGE].mean()
    for k, name in enumerate(PARAMETERS):
        found[f"{name}_width_dex"] = ((high - low) / 2)[:, k].mean()
    given = known.is_known[:, 0]
    if given.any():
        shown = known.values[given, 0] - true[given, DISTANCE]
        found["given_distance_error_percent"] = (100 * np.abs(10**shown - 1)).mean()
        found["told_distance_error_percent"] = off[given, DISTANCE].mean()
    found["nll"] = -posterior.log_density(theta).mean()
    return {name: float(value) for name, value in found.items()}


def quantiles(posterior: Mixture) -> Array:
    """Of readable parameters: low ends of the 95 and 68 % intervals, medians, high ends, shape (5, n, 4)."""
    inner, outer = LEVELS
    wanted = [(1 - outer) / 2, (1 - inner) / 2, 0.5, (1 + inner) / 2, (1 + outer) / 2]
    return frame.readable(posterior.quantiles(wanted))


def _checked(posterior: Mixture, theta: Array, views: Fixed, settings: Evaluate) -> dict[str, float]:
    """Coverage, ranks and TARP; views of one snapshot are a group, as they show the same stars."""
    return named_checks(
        posterior,
        theta,
        views.snapshot,
        PARAMETERS,
        levels=LEVELS,
        n_samples=settings.samples,
        bootstrap=settings.bootstrap,
        seed=settings.seed,
    )


def _coverage(below: Array, views: Fixed, settings: Evaluate) -> list[dict[str, Any]]:
    """Coverage over all test views and in thirds of mass, age and distance; bounds by a bootstrap over clusters."""
    return coverage_rows(
        below,
        PARAMETERS,
        {name: views.labels[column] for name, column in THIRDS_OF.items()},
        views.labels["cluster"].astype(np.int64),
        levels=LEVELS,
        bootstrap=settings.bootstrap,
        seed=settings.seed,
    )


THIRDS_OF = {"mass": "mass_msun", "age": "age_gyr", "distance": "distance_kpc"}


def _thirds(rows: list[dict[str, Any]]) -> dict[str, float]:
    """``WAY.PARAMETER.coverage_68_low_third_of_mass`` and so on [%], and ``WAY.PARAMETER.worst_third_68``, the coverage
    farthest from its level."""
    found: dict[str, float] = {}
    for row in rows:
        name = f"{row['way']}.{row['parameter']}"
        share, level = 100 * row["share"], 100 * row["level"]
        if row["of"] == "all":
            continue
        found[f"{name}.coverage_{level:.0f}_{row['third']}_third_of_{row['of']}"] = share
        worst = f"{name}.worst_third_{level:.0f}"
        if abs(share - level) > abs(found.get(worst, level) - level):
            found[worst] = share
    return found


def plane(below: Array, labels: dict[str, Array]) -> list[dict[str, Any]]:
    """Coverage of the 68 % intervals in cells of true mass and age.

    Returns
    -------
    list of dict
        ``parameter``, ``log_mass_low``, ``log_mass_high`` [Msun], ``log_age_low``, ``log_age_high`` [Gyr], ``n``,
        ``share``; cells with fewer than `FEWEST` views are left out.
    """
    mass = np.digitize(np.log10(labels["mass_msun"]), LOG_MASS_EDGES) - 1
    age = np.digitize(np.log10(labels["age_gyr"]), LOG_AGE_EDGES) - 1
    rows = []
    for i in range(len(LOG_MASS_EDGES) - 1):
        for j in range(len(LOG_AGE_EDGES) - 1):
            inside = (mass == i) & (age == j)
            if inside.sum() < FEWEST:
                continue
            for k, name in enumerate(PARAMETERS):
                (one,) = coverage(below[inside, k], LEVELS[:1], np.arange(inside.sum()), 0, 0)
                rows.append(
                    {
                        "parameter": name,
                        "log_mass_low": LOG_MASS_EDGES[i],
                        "log_mass_high": LOG_MASS_EDGES[i + 1],
                        "log_age_low": LOG_AGE_EDGES[j],
                        "log_age_high": LOG_AGE_EDGES[j + 1],
                        "n": int(inside.sum()),
                        "share": one.share,
                    }
                )
    return rows
