"""The emulator's stages: learn from libraries, be judged, and weigh the parameters of mock galaxies."""

import csv
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from reproduce.papers.skusa2023.emulator import network
from reproduce.papers.skusa2023.emulator.baselines import BASELINES, Predictor
from reproduce.papers.skusa2023.emulator.components import Components, blocks, components
from reproduce.papers.skusa2023.emulator.design import Libraries, read
from reproduce.papers.skusa2023.emulator.judging import REPEATED, errors, shifts
from reproduce.papers.skusa2023.emulator.mocks import mock_galaxy
from reproduce.papers.skusa2023.emulator.posterior import NAMES, emulated, posterior
from reproduce.papers.skusa2023.emulator.target import Target
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

ROTATION_KMS, TURNOVER_ARCSEC, DISPERSION_KMS = 200.0, 8.0, 150.0
"""About which h1 to h4 are taken where no galaxy is asked about: V = 200 x / (|x| + 8 arcsec) along the major axis, as
fast as NGC 6278 turns. About zero, h1 and h3 of boxes would be nothing but noise."""
NETWORK = "network"
CENTRAL = 0.68
Tell = Callable[[float, str], None]


def _blocks(galaxy: Target, libraries: Libraries) -> dict[str, np.ndarray]:
    bins = galaxy.apertures
    pixels = np.bincount(bins.bin_of_pixel.ravel(), minlength=bins.number + 1)[1:]
    x = bins.sum_over_pixels(bins.points(1)[0][..., 0]) / pixels
    return blocks(libraries, ROTATION_KMS * x / (np.abs(x) + TURNOVER_ARCSEC), np.full(bins.number, DISPERSION_KMS))


def train(
    galaxy: Target, source: Path, folder: Path, checkpoint: Path, executor: Executor, progress: Progress | None
) -> dict[str, float]:
    """Find the components of the training libraries in `source`, train the networks, write both to `folder`.

    Returns
    -------
    dict
        Numbers of the training, as `learning.training.summary` names them, and ``components``.
    """
    from reproduce.learning.training import summary, write_history

    libraries = read(source, "train")
    found = components(libraries, _blocks(galaxy, libraries), *galaxy.box())
    places = found.unit(libraries.parameters)
    histories = network.train(
        galaxy.emulator, places, found.scores / found.scale, folder, checkpoint, executor, progress
    )
    with whole(folder / "components.npz") as partial, partial.open("wb") as file:
        np.savez(file, **{name: getattr(found, name) for name in Components.__dataclass_fields__})
    members = list(histories.values())
    write_history(folder / "history.csv", {(NETWORK, k): history for k, history in enumerate(members)})
    return summary(NETWORK, members) | {"components": float(found.scores.shape[1])}


def trained(galaxy: Target, folder: Path) -> tuple[Components, Predictor]:
    """Components and network that `train` wrote."""
    with np.load(folder / "components.npz") as file:
        found = Components(**{name: file[name] for name in Components.__dataclass_fields__})
    predict = network.predictor(galaxy.emulator, folder, found.scores.shape[1])
    return found, lambda places: found.scale * predict(places)


def judge(galaxy: Target, source: Path, networks: Path, folder: Path) -> dict[str, float]:
    """Compare the network with what it has to beat on libraries that none has seen: ``errors.csv``, ``shifts.csv``.

    Returns
    -------
    dict
        Of each method the mean over libraries of each error, as ``METHOD_tubes_h1``; the largest shift of the best M/L,
        ``METHOD_largest_shift``; ``beats_linear``: share of libraries and quantities in which the network is closer.
    """
    learnt, test, repeat = (read(source, group) for group in ("train", "test", "repeat"))
    found, predict = trained(galaxy, networks)
    places = found.unit(learnt.parameters)
    predictors = {name: fit(places, found.scores) for name, fit in BASELINES.items()} | {NETWORK: predict}
    parts = {
        name: _blocks(galaxy, libraries) for name, libraries in (("train", learnt), ("test", test), ("repeat", repeat))
    }
    rows = errors(found, predictors, **parts, places=found.unit(test.parameters), n_tubes=learnt.n_tubes // 2)
    moved = shifts(galaxy, found, predictors, learnt, test, repeat)
    write_rows(folder / "errors.csv", rows)
    write_rows(folder / "shifts.csv", moved)
    metrics: dict[str, float] = {}
    columns = [name for name in rows[0] if name not in ("method", "library")]
    for method in (*predictors, REPEATED):
        for column in columns:
            metrics[f"{method}_{column}"] = float(np.mean([row[column] for row in rows if row["method"] == method]))
        sizes = [abs(float(row["shift"])) for row in moved if row["method"] == method]
        metrics[f"{method}_largest_shift"] = max(sizes)
        metrics[f"{method}_mean_shift"] = float(np.mean(sizes))
    ours, theirs = (
        np.array([[row[column] for column in columns] for row in rows if row["method"] == method], float)
        for method in (NETWORK, "linear")
    )
    metrics["beats_linear"] = float((ours < theirs).mean())
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    return metrics


def weigh(galaxy: Target, source: Path, networks: Path, folder: Path, tell: Tell) -> dict[str, float]:
    """Posteriors of mock galaxies; write ``mocks.csv`` and the first one's points, ``posterior.npz``.

    Returns
    -------
    dict
        ``posterior_s`` (CPU of one posterior), ``accepted`` (share of its moves); of each parameter ``coverage_NAME``,
        the share of mock galaxies whose truth lies in the central 68 %, and ``width_NAME``, half that interval over the
        prior's standard deviation.
    """
    learnt, test = read(source, "train"), read(source, "test")
    found, predict = trained(galaxy, networks)
    settings = galaxy.emulator
    random = np.random.default_rng([settings.seed, 4])
    low, high = settings.mass_to_light
    rows: list[dict[str, float | str | int]] = []
    seconds = []
    for number in range(settings.mocks):
        k = number % len(test)
        ratio = float(random.uniform(low + 0.25 * (high - low), high - 0.25 * (high - low)))
        truth = np.r_[test.parameters[k], ratio]
        made = mock_galaxy(galaxy, test.library(np.eye(len(test))[k]), truth[:-1], ratio, seed=2000 + number)
        begin = time.process_time()
        one = posterior(galaxy, emulated(galaxy, learnt, found, predict, made.kinematics), number)
        seconds.append(time.process_time() - begin)
        inside = one.interval(CENTRAL)
        row: dict[str, float | str | int] = {"mock": number, "library": k, "accepted": one.accepted}
        for name, value, below, ends in zip(NAMES, truth, one.below(truth), inside, strict=True):
            row |= {name: value, f"{name}_below": below, f"{name}_low": ends[0], f"{name}_high": ends[1]}
        rows.append(row)
        if number == 0:
            with whole(folder / "posterior.npz") as partial, partial.open("wb") as file:
                np.savez(file, points=one.points, chi2=one.chi2, truth=truth)
        tell((number + 1) / settings.mocks, f"{number + 1} of {settings.mocks} mock galaxies")
    write_rows(folder / "mocks.csv", rows)
    metrics = {
        "posterior_s": float(np.median(seconds)),
        "accepted": float(np.median([float(row["accepted"]) for row in rows])),
    }
    for name in NAMES:
        below = np.array([float(row[f"{name}_below"]) for row in rows])
        width = np.array([float(row[f"{name}_high"]) - float(row[f"{name}_low"]) for row in rows])
        ends = getattr(settings, name)
        metrics[f"coverage_{name}"] = float((np.abs(below - 0.5) < CENTRAL / 2).mean())
        metrics[f"width_{name}"] = float(np.median(width) / 2 / ((ends[1] - ends[0]) / np.sqrt(12)))
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    return metrics


def write_rows(path: Path, rows: Sequence[Mapping[str, float | str | int]]) -> None:
    """Rows of a table as CSV."""
    with whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
