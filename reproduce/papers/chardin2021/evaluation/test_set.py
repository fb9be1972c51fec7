"""The networks on the test maps: predictions, metrics, and the small tables that Figures 4 to 9 and Table 2 show."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.papers.chardin2021.dataset.mapset import MapSet
from reproduce.papers.chardin2021.evaluation import profiles
from reproduce.papers.chardin2021.evaluation.metrics import Labels, Scores
from reproduce.papers.chardin2021.settings import Evaluate
from reproduce.workflow.files import whole

GZIP: dict[str, Any] = {"compression": "gzip", "compression_opts": 1}


def evaluate(
    maps: Path,
    networks_folder: Path,
    scaler: Path,
    calibration: Path,
    evaluate: Evaluate,
    folder: Path,
    on_progress: Callable[[float, str], None] | None = None,
) -> dict[str, float]:
    """Measure both networks on the test group of a data set.

    Parameters
    ----------
    maps, scaler
        The data set's ``maps.h5`` and ``scaler.json``.
    networks_folder
        What training wrote.
    calibration
        The ``calibration.h5`` of those networks.
    evaluate
        Settings.
    folder
        Receives ``metrics.json``; ``predictions.h5`` (mass maps as float16, good to 0.0005 dex for |log10 M| < 2, ages
        and distances, totals, intervals and domain score of each map, and the example maps of Figure 4 in full
        precision); ``histogram_<name>.csv`` and ``residuals_<name>.csv`` for pixel_mass, total_mass, mass_to_light and
        age; ``distances.csv``, ``groups.csv``, ``profiles.csv``, ``coverage.csv``.
    on_progress
        Called with the finished fraction and a text.

    Returns
    -------
    dict
        The numbers of ``metrics.json``.

    Raises
    ------
    InputError
        If the maps, the networks, the scaler or the calibration cannot be used, or do not belong together.
    """
    from reproduce.papers.chardin2021.evaluation.batched import predicted
    from reproduce.papers.chardin2021.evaluation.calibration import Calibration
    from reproduce.papers.chardin2021.evaluation.coverage import coverage
    from reproduce.papers.chardin2021.networks import prediction

    folder.mkdir(parents=True, exist_ok=True)
    networks, calibrated = prediction.load(networks_folder, scaler), Calibration.load(calibration)
    summaries, totals = [], []
    with MapSet(maps, "test") as test:
        n, ny, nx = test.flux.shape
        scores = Scores(_labels(test))
        chosen = choose_examples(scores.labels, evaluate.seed)
        with whole(folder / "predictions.h5") as partial, h5py.File(partial, "w") as stored:
            half = stored.create_dataset("mass", (n, ny, nx), np.float16, chunks=(1, ny, nx), shuffle=True, **GZIP)
            half.attrs["unit"] = "log10(Msun)"
            for rows, flux, mass, found in predicted(networks, test, on_progress):
                scores.add(rows, flux, mass, found.mass, found.age_gyr, found.distance_kpc)
                summaries.append(found.without_maps())
                totals.append(prediction.log_total(mass))
                half[rows] = found.mass.astype(np.float16)
            summary = prediction.Summary.join(summaries)
            said = calibrated.per_map(summary)
            for name, values in (scores.per_map | said).items():
                stored[f"maps/{name}"] = values
            examples = _examples(test, networks.predict_mass(test.flux[chosen]), scores, chosen)
            for name, values in examples.items():
                stored[f"examples/{name}"] = values
        profile_table = _profiles(examples, test.dataset.camera.field_arcsec)
    _write_table(folder, "profiles", profile_table)
    for name, histogram in scores.histograms().items():
        _write_table(folder, f"histogram_{name}", histogram.histogram())
        _write_table(folder, f"residuals_{name}", histogram.residuals())
    _write_table(folder, "distances", scores.distances())
    _write_table(folder, "groups", scores.groups())
    covered = coverage(np.concatenate(totals), summary, scores.labels, calibrated, evaluate)
    _write_table(folder, "coverage", covered)
    metrics = scores.metrics(evaluate.bootstrap, evaluate.seed) | _coverage_metrics(covered)
    metrics["outside_domain_percent"] = 100 * float((said["domain_score"] > 1).mean())
    with whole(folder / "metrics.json") as partial:
        partial.write_text(json.dumps(metrics, indent=2, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")
    return metrics


def _coverage_metrics(covered: pd.DataFrame) -> dict[str, float]:
    """The coverages of all maps by name: ``coverage_68_total_mass_percent`` and so on."""
    rows = covered[covered["group"] == "all"]
    names = [
        f"coverage_{level}_{name}_percent"
        for level, name in zip((rows["level"] * 100).astype(int), rows["quantity"], strict=True)
    ]
    return dict(zip(names, (rows["coverage"] * 100).tolist(), strict=True))


def choose_examples(labels: Labels, seed: int) -> NDArray:
    """One map for each distance, in increasing order of row, the ages in different parts of the life (paper Fig. 4).

    The k-th of d distances is shown at a random age of the k-th of d equal shares of the maps, from young to old.
    """
    distances = np.unique(labels.distance_kpc)
    rng = np.random.default_rng([seed, 1])
    chosen = []
    for k, distance in enumerate(rng.permutation(distances)):
        rows = np.flatnonzero(labels.distance_kpc == distance)
        rows = rows[np.argsort(labels.age_gyr[rows], kind="stable")]
        share = np.array_split(rows, len(distances))[k]
        chosen.append(rng.choice(share if len(share) else rows))
    return np.sort(np.asarray(chosen))


def _labels(test: MapSet) -> Labels:
    """True ages and distances; a number for each snapshot of each simulation."""
    pairs = np.stack([test.column("simulation"), test.column("snapshot")], axis=-1)
    _, number = np.unique(pairs, axis=0, return_inverse=True)
    return Labels(test.column("age_gyr"), test.column("distance_kpc"), np.ravel(number))


def _examples(test: MapSet, predicted: NDArray, scores: Scores, chosen: NDArray) -> dict[str, NDArray]:
    """All that Figures 4 and 7 show of the chosen maps."""
    return {
        "row": chosen,
        "flux": test.flux[chosen],
        "mass": test.mass[chosen],
        "mass_predicted": predicted,
        "age_gyr": scores.labels.age_gyr[chosen],
        "age_predicted": scores.per_map["age_predicted"][chosen],
        "distance_kpc": scores.labels.distance_kpc[chosen],
        "distance_predicted": scores.per_map["distance_predicted"][chosen],
        "shift_arcsec": test.column("shift_arcsec")[chosen],
    }


def _profiles(examples: dict[str, NDArray], field_arcsec: float) -> pd.DataFrame:
    """Radial profiles of the example maps about the cluster's centre; the column ``map`` counts them from 0."""
    tables = []
    for k in range(len(examples["row"])):
        flux, mass, predicted = (examples[name][k] for name in ("flux", "mass", "mass_predicted"))
        shift = (float(examples["shift_arcsec"][k, 0]), float(examples["shift_arcsec"][k, 1]))
        table = profiles.table(flux, mass, predicted, float(examples["distance_kpc"][k]), shift, field_arcsec)
        table.insert(0, "map", k)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _write_table(folder: Path, name: str, table: pd.DataFrame) -> None:
    with whole(folder / f"{name}.csv") as partial:
        table.to_csv(partial, index=False, lineterminator="\n")
