"""The stage `evaluate`: the networks on clusters and fields that no training saw.

Biases are medians of predicted minus true, scatters half of the width that holds the middle 68 % of it.
"""

import json
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.learning import calibration
from reproduce.learning.intervals import LEVELS, spread
from reproduce.learning.known import DEX, Known
from reproduce.papers.magron2026 import pixels, sets
from reproduce.papers.magron2026.labels import DISTANCE, NAMES, PARAMETERS, Priors, angle_difference, columns
from reproduce.papers.magron2026.networks.model import Answers, MultiPiDoc
from reproduce.papers.magron2026.settings import Evaluate, Sets
from reproduce.stars.bands import HST_BANDS
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

GROUPS = ("all", "m31")
WAYS = ("hidden", "given")
"""Whether the network is told the distance."""
TOLD = 1  # stream of random numbers
YOUNG_GYR = 3.0
FLAT, AXIS_SEEN = 0.1, 0.15
"""Ellipticities above which errors of the ellipticity, and of the angle, are told."""
LEAST_CELL_MSUN = 1.0
"""Cells with less mass do not count in errors per cent, as in those of the first π-DOC."""

Array = NDArray[np.float64]


def evaluate(
    test: Path, trained: Path, settings: Evaluate, drawn: Sets, folder: Path, progress: Progress
) -> dict[str, float]:
    """Measure everything.

    Parameters
    ----------
    test : Path
        ``test.h5``.
    trained : Path
        Folder of the stage `train`.
    settings : Evaluate
    drawn : Sets
        How the test images were drawn.
    folder : Path
        Receives ``predictions.h5`` (of each group ``labels``; ``hidden`` and ``given`` with ``quantiles`` (5, n, 7),
        ``below`` (n, 7), ``ellipticity``, ``angle_deg``, ``domain`` (n,); of `GROUPS` also ``light`` and ``mass_map``
        of cells, and the true ones) and ``metrics.json``.
    progress
        Is told how far it is.

    Returns
    -------
    dict
        ``GROUP.WAY.PARAMETER.MEASURE`` with the measures ``bias scatter rms coverage_68 coverage_95``; ``GROUP.WAY``
        with those of `_ages`, `_shapes`; ``GROUP`` with those of `_maps`; ``strength.K.…`` for each factor on the
        background, ``strength.worst_mass_bias`` of them all; ``first`` with those that the slides give of the
        first π-DOC.
    """
    model = MultiPiDoc.load(trained)
    metrics: dict[str, float] = {}
    strengths = {f"strength_{k}": factor for k, factor in enumerate(drawn.strengths)}
    names = (*GROUPS, *strengths)
    with whole(folder / "predictions.h5") as partial, h5py.File(partial, "w") as file:
        for place, name in enumerate(names):
            progress(place / len(names), f"test images, {name}")
            images = sets.read(test, name)
            group = file.create_group(name)
            for key, values in images.labels.items():
                group[f"labels/{key}"] = values
            said: dict[str, Answers] = {}
            for way in WAYS if name in GROUPS else ("given",):
                told = _told(images.labels["distance_kpc"], settings, model) if way == "given" else (None, None)
                answers = said[way] = model.predict(images.rate, *told)
                _write(group.create_group(way), answers, images.labels)
                if name in strengths:
                    found = _scalars(answers, images.labels)
                    start = f"strength.{strengths[name]:g}"
                    metrics |= {f"{start}.{key}": value for key, value in found.items()}
                    continue
                numbers = _scalars(answers, images.labels) | _ages(answers, images.labels)
                numbers |= _shapes(answers, images.labels)
                numbers |= {"strange": float(np.mean(answers.domain > 1))}
                numbers |= _calibration(answers, images, settings)
                metrics |= {f"{name}.{way}.{key}": value for key, value in numbers.items()}
            if name in GROUPS:
                metrics |= {f"{name}.{key}": value for key, value in _maps(answers, images, model).items()}
                _write_maps(group, answers, images)
                if name == "all":
                    metrics |= _first(said["given"], said["hidden"], images)
    biases = [abs(metrics[f"strength.{factor:g}.mass.bias"]) for factor in strengths.values()]
    metrics["strength.worst_mass_bias"] = max(biases)
    flat = {key: value for key, value in metrics.items() if np.isfinite(value)}
    with whole(folder / "metrics.json") as partial:
        partial.write_text(json.dumps(flat, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return flat


def _told(distance_kpc: Array, settings: Evaluate, model: MultiPiDoc) -> tuple[Array, Array]:
    """Distances with an error, and that error [kpc]; the same ones for as many images. None lies outside of the range:
    whoever knows that the cluster lies in it says no other."""
    generator = np.random.default_rng([settings.seed, TOLD])
    true = np.log10(distance_kpc)[:, None]
    known = Known.measured(true, np.full_like(true, settings.distance_error / DEX), generator)
    prior = model.architecture.priors.ranges[DISTANCE]
    found = np.clip(10 ** known.values[:, 0], prior.low, prior.high)
    return found, settings.distance_error * found


def _scalars(answers: Answers, labels: dict[str, Array]) -> dict[str, float]:
    true, summary = columns(labels), answers.summary()
    found = {}
    for k, parameter in enumerate(PARAMETERS):
        low, inner, middle, upper, high = summary[..., k]
        errors = middle - true[:, k]
        bias, scatter = spread(errors)
        for measure, value in {
            "bias": bias,
            "scatter": scatter,
            "rms": np.sqrt(np.mean(errors**2)),
            "coverage_68": 100 * np.mean((inner <= true[:, k]) & (true[:, k] <= upper)),
            "coverage_95": 100 * np.mean((low <= true[:, k]) & (true[:, k] <= high)),
        }.items():
            found[f"{NAMES[parameter]}.{measure}"] = float(value)
    return found


def _ages(answers: Answers, labels: dict[str, Array]) -> dict[str, float]:
    """Errors of young ages in dex, of old ones in Gyr."""
    middle, true = answers.quantiles([0.5])[0, :, PARAMETERS.index("log_age")], labels["log_age"]
    young = true < np.log10(YOUNG_GYR) + 9
    errors = {"young_dex": (middle - true)[young], "old_gyr": (10 ** (middle - 9) - 10 ** (true - 9))[~young]}
    found = {}
    for name, some in errors.items():
        found[f"age.{name}_bias"], found[f"age.{name}_scatter"] = spread(some)
    return found


def _shapes(answers: Answers, labels: dict[str, Array]) -> dict[str, float]:
    """Errors of the ellipticity where the cluster is flat, of the angle where its axis can be seen."""
    ellipticity, angle = answers.shapes()
    errors, turned = ellipticity - labels["ellipticity"], angle_difference(angle, labels["angle_deg"])
    found = {}
    for name, chosen in (("flat", labels["ellipticity"] > FLAT), ("round", labels["ellipticity"] <= FLAT)):
        found[f"ellipticity.{name}_bias"], found[f"ellipticity.{name}_scatter"] = spread(errors[chosen])
    found["angle.bias"], found["angle.scatter"] = spread(turned[labels["ellipticity"] > AXIS_SEEN])
    return found


def _calibration(answers: Answers, images: sets.TestImages, settings: Evaluate) -> dict[str, float]:
    """The posterior as it is; views of one snapshot are one group."""
    group = np.unique(images.labels["cluster"] * 1000 + images.labels["snapshot"], return_inverse=True)[1]
    found = calibration.check(
        answers.posterior,
        answers.priors.theta(columns(images.labels)),
        group,
        levels=LEVELS,
        n_samples=settings.samples,
        bootstrap=settings.bootstrap,
        seed=settings.seed,
    )
    return {f"posterior.{name}": value for name, value in found.items()}


def true_mass(images: sets.TestImages, priors: Priors) -> Array:
    """Smoothed masses of cells as a network is to say them [Msun], (n, my, mx), not below `pixels.floors`."""
    floors = pixels.floors(priors.cell_area(images.labels["distance_kpc"]))
    return np.maximum([pixels.smoothed(one) for one in images.mass], floors)


def _maps(answers: Answers, images: sets.TestImages, model: MultiPiDoc) -> dict[str, float]:
    """R² and error of log10 mass of cells; bias and scatter of the field's mass [dex], and of each band's light."""
    true = true_mass(images, answers.priors)
    floors = pixels.floors(answers.priors.cell_area(images.labels["distance_kpc"]))
    log_true, log_found = np.log10(true), np.log10(np.maximum(answers.mass_map, floors))
    found = {
        "mass_map.r2": 1 - np.mean((log_found - log_true) ** 2) / np.var(log_true),
        "mass_map.rmse_dex": np.sqrt(np.mean((log_found - log_true) ** 2)),
    }
    total = np.log10(answers.mass_map.sum(axis=(1, 2)) / true.sum(axis=(1, 2)))
    found["mass_map.total_bias"], found["mass_map.total_scatter"] = spread(total)
    for k, band in enumerate(HST_BANDS):
        ratio = answers.light[:, k].sum(axis=(1, 2)) / images.light[:, k].sum(axis=(1, 2)) - 1
        bias, scatter = spread(ratio)
        factor = model.architecture.light_factors[k]
        raw = np.median((ratio + 1) / factor - 1)
        found |= {f"light.{band}_bias": bias, f"light.{band}_scatter": scatter, f"light.{band}_uncorrected": raw}
    return {name: float(value) for name, value in found.items()}


def _first(given: Answers, hidden: Answers, images: sets.TestImages) -> dict[str, float]:
    """What the slides give of the first π-DOC, whose maps, clusters and distances were others, measured alike."""
    true, labels = true_mass(images, given.priors), images.labels
    counted = true >= LEAST_CELL_MSUN
    middle = hidden.quantiles([0.5])[0]
    told = dict(zip(PARAMETERS, middle.T, strict=True))
    ratio = 10 ** (told["log_mass"] - told["log_luminosity"] - labels["log_mass"] + labels["log_luminosity"])
    total = given.mass_map.sum(axis=(1, 2)) / true.sum(axis=(1, 2))
    return {
        "first.pixel_error_percent": float(100 * np.mean(np.abs(given.mass_map / true - 1)[counted])),
        "first.total_mass_error_percent": float(100 * np.mean(np.abs(total - 1))),
        "first.mass_to_light_error_percent": float(100 * np.mean(np.abs(ratio - 1))),
        "first.age_mae_gyr": float(np.mean(np.abs(10 ** (told["log_age"] - 9) - 10 ** (labels["log_age"] - 9)))),
        "first.distance_mae_kpc": float(np.mean(np.abs(told["distance_kpc"] - labels["distance_kpc"]))),
    }


def _write(group: h5py.Group, answers: Answers, labels: dict[str, Array]) -> None:
    group["quantiles"] = answers.summary()
    group["below"] = answers.posterior.cumulative(answers.priors.theta(columns(labels)))
    group["ellipticity"], group["angle_deg"] = answers.shapes()
    group["domain"] = answers.domain


def _write_maps(group: h5py.Group, answers: Answers, images: sets.TestImages) -> None:
    for name, values in (
        ("light", answers.light),
        ("light_true", images.light),
        ("mass_map", answers.mass_map),
        ("mass_true", true_mass(images, answers.priors)),
    ):
        group.create_dataset(name, data=values.astype(np.float32), chunks=(1, *values.shape[1:]), compression="lzf")
