"""The networks of sets on galaxies that they have not seen: errors, coverage, ranks.

Three ways to look at a test galaxy: ``sets``, the very clusters of its maps, all of them; ``sets_field``, those of them
that lie in the maps' field, which is all that a map shows; ``sets_views``, views as in training, with other fields,
numbers and errors.
"""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.learning import calibration
from reproduce.learning.intervals import LEVELS
from reproduce.papers.kaur2021 import galaxies, labels, maps, metrics
from reproduce.papers.kaur2021.sets.clusters import Seen
from reproduce.papers.kaur2021.sets.model import SetModel
from reproduce.papers.kaur2021.sets.training import split
from reproduce.papers.kaur2021.sets.views import Draw
from reproduce.papers.kaur2021.settings import Evaluate, Maps, Sets
from reproduce.workflow.files import whole

TEST = 9  # a stream of random numbers
WAYS = ("sets", "sets_field", "sets_views")

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
        ``galaxies.h5``, and the folder of the stage `sets`.
    seen, sets, ends_msun, settings
        Settings.
    folder : Path
        Receives ``predictions.h5``: of each kind and way ``label``, ``median``, ``low_68`` …, ``below``, ``domain``,
        ``galaxy``.
    tell : callable
        Is told the fraction done and what is being done.

    Returns
    -------
    dict
        ``discs.sets.galaxy.mae`` and so on: kind, way, split, measure, as `metrics.measure` and `calibration.check`
        name them, and ``strange``, the share of views outside the domain.
    """
    model = SetModel.load(trained)
    test = split(source, seen, sets)["test"]
    found: dict[str, float] = {}
    with whole(folder / "predictions.h5") as partial, h5py.File(partial, "w") as file:
        for kind in galaxies.kinds(source):
            places = [place for own, place in test if own == kind]
            for k, way in enumerate(WAYS):
                tell(k / len(WAYS), f"{kind}, {way}")
                views, mass, galaxy = _views(way, source, kind, places, seen, sets)
                numbers, columns = _measure(model, views, mass, galaxy, ends_msun, sets, settings)
                found |= {f"{kind}.{way}.galaxy.{name}": value for name, value in numbers.items()}
                for name, values in columns.items():
                    file[f"{kind}/{way}/{name}"] = values
    return found


def _views(
    way: str, source: Path, kind: str, places: list[int], seen: Maps, sets: Sets
) -> tuple[list[Seen], Array, NDArray[np.int64]]:
    """Views of the test galaxies of one kind, their dark masses [Msun], and which galaxy each shows."""
    sample = galaxies.read(source, kind)
    found: list[Seen] = []
    galaxy = []
    draw = Draw(source, tuple((kind, place) for place in places), sets, (0.0, 1.0))
    for number, place in enumerate(places):
        if way == "sets_views":
            for view in range(seen.views):
                item = number + view * len(places)
                found.append(draw.view(np.random.default_rng([sets.seed, TEST, item]), item)[0])
        else:
            sky = maps.views(sample, kind, place, seen)
            half = seen.field_rd * sample.disc_size_kpc[place] / 2
            for x, y, speed in zip(sky.x_kpc, sky.y_kpc, sky.velocity_kms, strict=True):
                inside = np.flatnonzero((np.maximum(np.abs(x), np.abs(y)) < half) | (way == "sets"))
                if len(inside) < 2:  # nothing is known of such a view; two make the least set
                    inside = np.argsort(np.hypot(x, y))[:2]
                found.append(Seen(x[inside], y[inside], speed[inside], np.zeros(len(inside))))
        galaxy += [place] * seen.views
    which = np.array(galaxy)
    return found, sample.halo_msun[which], which


def _measure(
    model: SetModel,
    views: list[Seen],
    mass: Array,
    galaxy: NDArray[np.int64],
    ends_msun: tuple[float, float],
    sets: Sets,
    settings: Evaluate,
) -> tuple[dict[str, float], dict[str, NDArray]]:
    masses = model.predict(views)
    median, (low, high) = masses.median_msun(), masses.intervals_msun()
    label, guess = labels.label(mass, ends_msun), labels.label(median, ends_msun)
    normal = masses.prior.normal(mass)[:, None]
    numbers = metrics.measure(label, guess, ends_msun)
    numbers |= metrics.intervals(label, guess, galaxy, settings.bootstrap, settings.seed)
    numbers |= calibration.check(
        masses.posterior,
        normal,
        galaxy,
        levels=LEVELS,
        n_samples=sets.samples,
        bootstrap=settings.bootstrap,
        seed=settings.seed,
    )
    below = masses.posterior.cumulative(normal)[:, 0]
    for level, own in zip(LEVELS, masses.levels, strict=True):
        (held,) = calibration.coverage(below, [own], galaxy, settings.bootstrap, settings.seed)
        name = f"interval_{100 * level:.0f}"
        numbers |= {name: 100 * held.share, f"{name}_low": 100 * held.low, f"{name}_high": 100 * held.high}
    numbers["width_68"] = float(np.mean(labels.label(high[0], ends_msun) - labels.label(low[0], ends_msun)))
    numbers["strange"] = float(np.mean(masses.domain > 1))
    columns: dict[str, NDArray] = {
        "label": label,
        "median": guess,
        "below": below,
        "domain": masses.domain,
        "galaxy": galaxy,
    }
    for level, down, up in zip(LEVELS, low, high, strict=True):
        columns[f"low_{100 * level:.0f}"] = labels.label(down, ends_msun)
        columns[f"high_{100 * level:.0f}"] = labels.label(up, ends_msun)
    return {name: value for name, value in numbers.items() if np.isfinite(value)}, columns
