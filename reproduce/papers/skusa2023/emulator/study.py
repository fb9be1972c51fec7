"""The emulator's stages: learn from libraries, be judged, and weigh the parameters of mock galaxies."""

import csv
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
from scipy.stats import binom

from reproduce.papers.skusa2023.emulator import network
from reproduce.papers.skusa2023.emulator.baselines import BASELINES, Predictor
from reproduce.papers.skusa2023.emulator.components import Components, blocks, components
from reproduce.papers.skusa2023.emulator.design import Libraries, read
from reproduce.papers.skusa2023.emulator.judging import errors, shifts
from reproduce.papers.skusa2023.emulator.methods import Method, by_energy, by_scores
from reproduce.papers.skusa2023.emulator.mocks import mock_galaxy
from reproduce.papers.skusa2023.emulator.posterior import NAMES, emulated, posterior
from reproduce.papers.skusa2023.emulator.process import Processes, fit
from reproduce.papers.skusa2023.emulator.target import Target
from reproduce.papers.skusa2023.emulator.velocities import Frame, frame
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

ROTATION_KMS, TURNOVER_ARCSEC, DISPERSION_KMS = 200.0, 8.0, 150.0
"""About which h1 to h4 are taken where no galaxy is asked about: V = 200 x / (|x| + 8 arcsec) along the major axis, as
fast as NGC 6278 turns. About zero, h1 and h3 of boxes would be nothing but noise."""
LINEAR, LINEAR_SCALED, NETWORK, EMULATOR, REPEATED = "linear", "linear_scaled", "network", "by_energy", "repeated"
CENTRAL = 0.68
SURE = 0.95
"""Of the range in which a coverage must lie if it is the one expected."""
Tell = Callable[[float, str], None]


def _blocks(galaxy: Target, libraries: Libraries) -> dict[str, np.ndarray]:
    bins = galaxy.apertures
    pixels = np.bincount(bins.bin_of_pixel.ravel(), minlength=bins.number + 1)[1:]
    x = bins.sum_over_pixels(bins.points(1)[0][..., 0]) / pixels
    return blocks(libraries, ROTATION_KMS * x / (np.abs(x) + TURNOVER_ARCSEC), np.full(bins.number, DISPERSION_KMS))


def train(
    galaxy: Target, source: Path, folder: Path, checkpoint: Path, executor: Executor, progress: Progress | None
) -> dict[str, float]:
    """Learn from the training libraries in `source`, in the velocities of their energies; write what is found.

    Writes ``components.npz`` and the networks' weights, and ``processes.npz``.

    Returns
    -------
    dict
        Numbers of the training, as `learning.training.summary` names them, and ``components``.
    """
    from reproduce.learning.training import summary, write_history

    libraries = read(source, "train")
    around = frame(galaxy, libraries.parameters)
    own = around.into(libraries)
    parts = _blocks(galaxy, own)
    _write(folder / "processes.npz", fit(around.scales, own.parameters, parts, around.energies))
    found = components(own, parts, *galaxy.box())
    _write(folder / "components.npz", found)
    histories = network.train(
        galaxy.emulator,
        found.unit(own.parameters),
        found.scores / found.scale,
        folder,
        checkpoint,
        executor,
        progress,
    )
    members = list(histories.values())
    write_history(folder / "history.csv", {(NETWORK, k): history for k, history in enumerate(members)})
    return summary(NETWORK, members) | {"components": float(found.scores.shape[1])}


def _write(path: Path, found: Components | Processes) -> None:
    with whole(path) as partial, partial.open("wb") as file:
        np.savez(file, **{field.name: getattr(found, field.name) for field in fields(found)})


def trained(galaxy: Target, folder: Path) -> tuple[Processes, Components, Predictor]:
    """Processes, components and network that `train` wrote."""
    with np.load(folder / "processes.npz") as file:
        processes = Processes(**{field.name: file[field.name] for field in fields(Processes)})
    with np.load(folder / "components.npz") as file:
        found = Components(**{field.name: file[field.name] for field in fields(Components)})
    predict = network.predictor(galaxy.emulator, folder, found.scores.shape[1])
    return processes, found, lambda places: found.scale * predict(places)


def methods(galaxy: Target, learnt: Libraries, around: Frame, networks: Path) -> dict[str, Method]:
    """All ways to predict: at fixed velocities those of `BASELINES`, in the energies' own the last three."""
    processes, found, predict = trained(galaxy, networks)
    plain = components(learnt, _blocks(galaxy, learnt), *galaxy.box())
    places = plain.unit(learnt.parameters)
    own = around.into(learnt)
    made = {
        name: by_scores(around, learnt, plain, fitted(places, plain.scores), scaled=False)
        for name, fitted in BASELINES.items()
    }
    return made | {
        LINEAR_SCALED: by_scores(around, own, found, BASELINES[LINEAR](places, found.scores), scaled=True),
        NETWORK: by_scores(around, own, found, predict, scaled=True),
        EMULATOR: by_energy(around, own, processes),
    }


def judge(galaxy: Target, source: Path, networks: Path, folder: Path) -> dict[str, float]:
    """Compare all methods on libraries that none has seen: ``errors.csv``, ``shifts.csv``.

    Returns
    -------
    dict
        Of each method the mean over libraries of each error, as ``METHOD_tubes_h1``; mean and largest shift of the best
        M/L, ``METHOD_largest_shift``; ``beats_METHOD``: share of libraries and quantities in which the emulator is
        closer than the method.
    """
    learnt, test, repeat = (read(source, group) for group in ("train", "test", "repeat"))
    around = frame(galaxy, learnt.parameters)
    predicted = {
        name: method(test.parameters) for name, method in methods(galaxy, learnt, around, networks).items()
    } | {REPEATED: repeat}
    rows = errors(
        {name: _blocks(galaxy, made) for name, made in predicted.items()}, _blocks(galaxy, test), test.n_tubes // 2
    )
    moved = shifts(galaxy, predicted, test)
    write_rows(folder / "errors.csv", rows)
    write_rows(folder / "shifts.csv", moved)
    metrics: dict[str, float] = {}
    columns = [name for name in rows[0] if name not in ("method", "library")]
    table = {
        method: np.array([[row[column] for column in columns] for row in rows if row["method"] == method], float)
        for method in predicted
    }
    for method, values in table.items():
        metrics |= {f"{method}_{name}": float(mean) for name, mean in zip(columns, values.mean(axis=0), strict=True)}
        sizes = [abs(float(row["shift"])) for row in moved if row["method"] == method]
        metrics |= {f"{method}_largest_shift": max(sizes), f"{method}_mean_shift": float(np.mean(sizes))}
        if method not in (EMULATOR, REPEATED):
            metrics[f"beats_{method}"] = float((table[EMULATOR] < values).mean())
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    return metrics


def weigh(galaxy: Target, source: Path, networks: Path, folder: Path, tell: Tell) -> dict[str, float]:
    """Posteriors of mock galaxies; write ``mocks.csv`` and the first one's points, ``posterior.npz``.

    Returns
    -------
    dict
        ``posterior_s`` (CPU of one posterior), ``accepted`` (share of its moves); of each parameter ``coverage_NAME``,
        the share of mock galaxies whose truth lies in the central 68 %, and ``width_NAME``, half that interval over the
        prior's standard deviation; ``coverage_low`` and ``coverage_high``: the range in which 95 % of such shares lie
        where the coverage is right.
    """
    learnt, test = read(source, "train"), read(source, "test")
    processes = trained(galaxy, networks)[0]
    around = frame(galaxy, learnt.parameters)
    own = around.into(learnt)
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
        one = posterior(galaxy, emulated(galaxy, own, around, processes, made.kinematics), number)
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
    ends = binom.interval(SURE, settings.mocks, CENTRAL)
    metrics |= {"coverage_low": ends[0] / settings.mocks, "coverage_high": ends[1] / settings.mocks}
    for name in NAMES:
        below = np.array([float(row[f"{name}_below"]) for row in rows])
        width = np.array([float(row[f"{name}_high"]) - float(row[f"{name}_low"]) for row in rows])
        prior = getattr(settings, name)
        metrics[f"coverage_{name}"] = float((np.abs(below - 0.5) < CENTRAL / 2).mean())
        metrics[f"width_{name}"] = float(np.median(width) / 2 / ((prior[1] - prior[0]) / np.sqrt(12)))
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    return metrics


def write_rows(path: Path, rows: Sequence[Mapping[str, float | str | int]]) -> None:
    """Rows of a table as CSV."""
    with whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
