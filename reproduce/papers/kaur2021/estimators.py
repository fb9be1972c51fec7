"""Classical estimators on the clusters that the maps show, calibrated on the training galaxies: the stage `estimators`.

Not in the paper. They see each cluster in the field with its place and velocity; an estimate is calibrated by a power
law on the training images of the same split that networks have.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproduce.galaxy import mass_estimators
from reproduce.galaxy.kinematics import Views
from reproduce.papers.kaur2021 import galaxies, labels, maps, metrics
from reproduce.papers.kaur2021.settings import Galaxies, Maps

ESTIMATORS = ("tracer", "virial", "jeans")
FEWEST = 5  # clusters in the field that an estimate needs

Tell = Callable[[float, str], None]
Array = NDArray[np.float64]


def measure(
    source: Path, drawn: Path, simulated: Galaxies, settings: Maps, tell: Tell
) -> tuple[dict[str, float], dict[str, Array]]:
    """Estimate the dark mass of every image and measure the errors on the images to test with.

    Parameters
    ----------
    source, drawn : Path
        ``galaxies.h5`` and ``maps.h5``.
    simulated, settings : Galaxies, Maps
        Settings of the two.
    tell : callable
        Is told the fraction done and what is being done.

    Returns
    -------
    metrics : dict
        ``discs.tracer.galaxy.mae`` and so on: kind, estimator, split, measure; see `metrics.measure`.
    predictions : dict of (n,)
        Labels by ``discs/tracer/galaxy``; of all images.
    """
    ends = simulated.halo_msun
    models = mass_estimators.jeans_models(
        baryon_fraction=float(np.mean(simulated.baryon_fraction)),
        bulge_to_disc=float(np.mean(simulated.bulge_to_disc)),
    )
    found: dict[str, float] = {}
    predictions: dict[str, Array] = {}
    names = galaxies.kinds(source)
    for k, kind in enumerate(names):
        sample = galaxies.read(source, kind)
        estimates: dict[str, list[float]] = {name: [] for name in ESTIMATORS}
        for galaxy in range(len(sample)):
            seen = maps.views(sample, kind, galaxy, settings)
            half = settings.field_rd * sample.disc_size_kpc[galaxy] / 2
            for view in range(settings.views):
                for name, value in _estimates(seen, view, float(half), models).items():
                    estimates[name].append(value)
            tell((k + (galaxy + 1) / len(sample)) / len(names), f"{galaxy + 1} of {len(sample)} {kind}")
        images = maps.read(drawn, kind)
        for name, values in estimates.items():
            for split, test in images.test.items():
                calibration = mass_estimators.calibrate(np.array(values)[~test], images.halo_msun[~test])
                predicted = labels.label(calibration(np.array(values)), ends)
                predictions[f"{kind}/{name}/{split}"] = predicted
                numbers = metrics.measure(images.label[test], predicted[test], ends)
                found |= {f"{kind}.{name}.{split}.{key}": value for key, value in numbers.items()}
    return found, predictions


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
