"""What needs no network, on the clusters and maps that networks see: the stage `estimators`. Not in the paper.

Classical mass estimators see each cluster in the field with its place and velocity; an estimate is calibrated by a
power law on the training images of the same split that networks have. Beside them the nearest maps (`neighbours`) and
the floor of shot noise (`floor`).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproduce.galaxy import mass_estimators
from reproduce.galaxy.kinematics import Views
from reproduce.papers.kaur2021 import floor, galaxies, labels, maps, metrics, neighbours
from reproduce.papers.kaur2021.galaxies import Sample
from reproduce.papers.kaur2021.settings import Evaluate, Galaxies, Maps

ESTIMATORS = ("tracer", "virial", "jeans")
FEWEST = 5  # clusters in the field that an estimate needs

Tell = Callable[[float, str], None]
Array = NDArray[np.float64]


def measure(
    source: Path, drawn: Path, *, simulated: Galaxies, seen: Maps, evaluate: Evaluate, tell: Tell
) -> tuple[dict[str, float], dict[str, Array]]:
    """Estimate the dark mass of every image and measure the errors on the images to test with.

    Parameters
    ----------
    source, drawn : Path
        ``galaxies.h5`` and ``maps.h5``.
    simulated, seen, evaluate : Galaxies, Maps, Evaluate
        Settings.
    tell : callable
        Is told the fraction done and what is being done.

    Returns
    -------
    metrics : dict
        ``discs.tracer.galaxy.mae`` and so on: kind, method, split, measure; see `metrics.measure`.
    predictions : dict of (n,)
        Labels of the images to test with, by ``discs/tracer/galaxy``.
    """
    found: dict[str, float] = {}
    predictions: dict[str, Array] = {}
    names = galaxies.kinds(source)
    for k, kind in enumerate(names):
        sample, images = galaxies.read(source, kind), maps.read(drawn, kind)
        tell(k / len(names), kind)
        estimates = _all_estimates(sample, kind, simulated, seen)
        for split, test in images.test.items():
            guesses = {
                name: labels.label(
                    mass_estimators.calibrate(values[~test], images.halo_msun[~test])(values[test]), simulated.halo_msun
                )
                for name, values in estimates.items()
            }
            for channels in neighbours.CHANNELS:
                guesses[f"nearest_{channels}"] = neighbours.predict(images, split, channels, evaluate.neighbours)
            for name, guess in guesses.items():
                predictions[f"{kind}/{name}/{split}"] = guess
                numbers = metrics.measure(images.label[test], guess, simulated.halo_msun)
                numbers |= metrics.intervals(
                    images.label[test], guess, images.galaxy[test], evaluate.bootstrap, evaluate.seed
                )
                found |= {f"{kind}.{name}.{split}.{key}": value for key, value in numbers.items()}
            least = floor.floor(simulated, images.halo_msun[test], seen.n_clusters)
            found |= {f"{kind}.floor.{split}.{key}": value for key, value in least.items()}
    return found, predictions


def _all_estimates(sample: Sample, kind: str, simulated: Galaxies, seen: Maps) -> dict[str, Array]:
    """Each estimator's masses [Msun] of all images (n,)."""
    models = mass_estimators.jeans_models(
        baryon_fraction=float(np.mean(simulated.baryon_fraction)),
        bulge_to_disc=float(np.mean(simulated.bulge_to_disc)),
    )
    estimates: dict[str, list[float]] = {name: [] for name in ESTIMATORS}
    for galaxy in range(len(sample)):
        sky = maps.views(sample, kind, galaxy, seen)
        half = seen.field_rd * sample.disc_size_kpc[galaxy] / 2
        for view in range(seen.views):
            for name, value in _estimates(sky, view, float(half), models).items():
                estimates[name].append(value)
    return {name: np.array(values) for name, values in estimates.items()}


def _estimates(seen: Views, view: int, half_kpc: float, models: mass_estimators.JeansModels) -> dict[str, float]:
    """Each estimator's mass [Msun] of one view; all clusters if too few are in the field."""
    x, y, velocity = seen.x_kpc[view], seen.y_kpc[view], seen.velocity_kms[view]
    inside = np.maximum(np.abs(x), np.abs(y)) < half_kpc
    if inside.sum() >= FEWEST:
        x, y, velocity = x[inside], y[inside], velocity[inside]
    radius = np.hypot(x, y)
    return {
        "tracer": float(mass_estimators.tracer_mass(radius, velocity, outer_kpc=half_kpc)),
        "virial": float(mass_estimators.virial_mass(x, y, velocity)),
        "jeans": float(mass_estimators.jeans_mass(models, radius, velocity).halo_msun),
    }
