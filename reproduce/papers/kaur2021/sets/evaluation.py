"""The networks of sets on galaxies that they have not seen: errors, coverage, ranks, in three ways to look (`ways`).

Masses and intervals are those of the corrected posterior, each galaxy's by a correction that was fitted without it;
coverage "as it is", ranks and TARP are those of the networks' own.
"""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.learning import calibration
from reproduce.learning.intervals import LEVELS
from reproduce.papers.kaur2021 import galaxies, labels, metrics
from reproduce.papers.kaur2021.sets import ways
from reproduce.papers.kaur2021.sets.levels import CorrectedMasses, CorrectedModel, read_rows
from reproduce.papers.kaur2021.sets.recalibration import MEDIAN_AND_ENDS, Recalibration, folds, quantiles
from reproduce.papers.kaur2021.sets.training import split
from reproduce.papers.kaur2021.settings import Evaluate, Maps, Sets
from reproduce.workflow.files import whole

TEST = 9  # a stream of random numbers
FOLDS = 10  # of the galaxies that the correction is fitted with

Array = NDArray[np.float64]
Tell = Callable[[float, str], None]


def evaluate(
    source: Path,
    trained: Path,
    *,
    seen: Maps,
    sets: Sets,
    ends_msun: tuple[float, float],
    settings: Evaluate,
    folder: Path,
    tell: Tell,
) -> dict[str, float]:
    """Measure the networks on the galaxies to test with and write ``predictions.h5``.

    Parameters
    ----------
    source, trained : Path
        ``galaxies.h5``, and the folder of the stage `levels`.
    seen, sets, ends_msun, settings
        Settings.
    folder : Path
        Receives ``predictions.h5``: of each kind and way ``label``, ``median``, ``low_68`` …, ``below``, ``remnant``,
        ``domain``, ``galaxy``.
    tell : callable
        Is told the fraction done and what is being done.

    Returns
    -------
    dict
        ``discs.sets.galaxy.mae`` and so on: kind, way, split, measure, as `metrics.measure` and `calibration.check`
        name them, and ``strange``, the share of views outside the domain.
    """
    model = CorrectedModel.load(trained)
    rows = read_rows(trained)
    others = [(Recalibration.fit(model.recalibration.kind, part), left) for part, left in folds(rows, FOLDS)]
    test = split(source, seen, sets)["test"]
    seen = seen.model_copy(update={"views": min(seen.views, settings.set_views)})
    found: dict[str, float] = {}
    with whole(folder / "predictions.h5") as partial, h5py.File(partial, "w") as file:
        for kind in galaxies.kinds(source):
            places = [place for own, place in test if own == kind]
            for k, way in enumerate(ways.WAYS):
                tell(k / len(ways.WAYS), f"{kind}, {way}")
                views, mass, galaxy = ways.views(way, source, kind, places, seen, sets, TEST)
                masses = model.predict(views)
                levels = _levels(masses, ways.unique(kind, galaxy), others)
                told = labels.label(masses.prior.value(quantiles(masses.posterior, levels)), ends_msun)
                numbers = _errors(masses, told, mass, galaxy, ends_msun, settings)
                numbers |= _calibration(masses, levels, mass, galaxy, sets, settings)
                columns = _columns(masses, told, mass, ends_msun) | {"galaxy": galaxy}
                found |= {f"{kind}.{way}.galaxy.{name}": v for name, v in numbers.items() if np.isfinite(v)}
                for name, values in columns.items():
                    file[f"{kind}/{way}/{name}"] = values
    return found


def _levels(
    masses: CorrectedMasses, galaxy: NDArray[np.int64], others: list[tuple[Recalibration, NDArray[np.int64]]]
) -> Array:
    """Levels of `MEDIAN_AND_ENDS` in each view's posterior, (5, n), by the correction fitted without its galaxy."""
    found = np.full((len(MEDIAN_AND_ENDS), len(galaxy)), np.nan)
    for one, left in others:
        own = np.isin(galaxy, left)
        found[:, own] = one.levels(MEDIAN_AND_ENDS, masses.looks[own])
    return found


def _errors(
    masses: CorrectedMasses,
    told: Array,
    mass: Array,
    galaxy: NDArray[np.int64],
    ends_msun: tuple[float, float],
    settings: Evaluate,
) -> dict[str, float]:
    """Errors of the median, the mean width of the 68 % interval, the share of views outside the domain; `told` (5, n):
    labels of the median and of the ends."""
    label = labels.label(mass, ends_msun)
    guess, low, _, high, _ = told
    numbers = metrics.measure(label, guess, ends_msun)
    numbers |= metrics.intervals(label, guess, galaxy, settings.bootstrap, settings.seed)
    own = labels.label(masses.masses.median_msun(), ends_msun)
    numbers["mae_uncorrected"] = metrics.measure(label, own, ends_msun)["mae"]
    return numbers | {"width_68": float(np.mean(high - low)), "strange": float(np.mean(masses.domain > 1))}


def _calibration(
    masses: CorrectedMasses, levels: Array, mass: Array, galaxy: NDArray[np.int64], sets: Sets, settings: Evaluate
) -> dict[str, float]:
    """How often intervals hold the truth: the posterior's as they are, at one level for all, and the corrected ones."""
    normal = masses.prior.normal(mass)[:, None]
    bootstrap, seed = settings.bootstrap, settings.seed
    numbers = calibration.check(
        masses.posterior,
        normal,
        galaxy,
        levels=LEVELS,
        n_samples=sets.samples,
        bootstrap=bootstrap,
        seed=seed,
    )
    below = masses.posterior.cumulative(normal)[:, 0]
    for k, (level, own) in enumerate(zip(LEVELS, masses.masses.levels, strict=True)):
        low, high = levels[1 + k], levels[1 + k + len(LEVELS)]
        away = np.abs(2 * below - low - high) / (high - low)  # 1 at either end
        (held,) = calibration.coverage((1 + away) / 2, [1.0], galaxy, bootstrap, seed)
        (same,) = calibration.coverage(below, [own], galaxy, bootstrap, seed)
        name = f"interval_{100 * level:.0f}"
        numbers |= {name: 100 * held.share, f"{name}_low": 100 * held.low, f"{name}_high": 100 * held.high}
        numbers[f"one_level_{100 * level:.0f}"] = 100 * same.share
    return numbers


def _columns(masses: CorrectedMasses, told: Array, mass: Array, ends_msun: tuple[float, float]) -> dict[str, NDArray]:
    normal = masses.prior.normal(mass)[:, None]
    names = ("median", *(f"{end}_{100 * level:.0f}" for end in ("low", "high") for level in LEVELS))
    columns = dict(zip(names, told, strict=True))
    below = masses.posterior.cumulative(normal)[:, 0]
    label = labels.label(mass, ends_msun)
    return columns | {"label": label, "below": below, "remnant": masses.remnant, "domain": masses.domain}
