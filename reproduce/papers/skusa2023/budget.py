"""How far the best M/L moves by the numbers of a library alone: seed, step, periods, dithering. The stage `budget`."""

import csv
import json
from pathlib import Path

import numpy as np

from reproduce.galaxy.orbits.dynamite_files import read_folder
from reproduce.galaxy.orbits.library import Integration, OrbitLibrary
from reproduce.galaxy.orbits.library_files import Order, Tell, make_all, read_library
from reproduce.galaxy.orbits.losvd import Kinematics, coefficient_maps, velocity_range
from reproduce.galaxy.orbits.observation import Observation, VelocityBins
from reproduce.galaxy.orbits.weights import MassErrors, solve_weights, weight_problem
from reproduce.papers.skusa2023 import libraries
from reproduce.papers.skusa2023.extras.settings import Budget
from reproduce.papers.skusa2023.settings import Library
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole

BASE = "as the thesis"
CHI2 = ("total", "kinematic")
Row = dict[str, float | str]


def variants(budget: Budget, library: Library) -> list[tuple[str, str, Library]]:
    """What is changed, to what, and the library's settings; the first one is the library as it stands.

    A bundle's orbits are followed for fewer periods, so that all variants but the longest cost about as much.
    """
    found = [(BASE, BASE, library)]
    for cause, values in (
        ("seed", {"seed": budget.seeds}),
        ("tolerance of a step", {"first_tolerance": budget.tolerances}),
        ("periods", {"periods": budget.periods}),
    ):
        for name, numbers in values.items():
            for value in numbers:
                changed = {name: value}
                if name == "periods":  # as many samples a period
                    changed["samples"] = max(100, round(library.samples * value / library.periods))
                found.append((cause, f"{value:g}", library.model_copy(update=changed)))
    for side in budget.dithering:
        changed = {"dithering": side, "periods": budget.dithered_periods, "samples": budget.dithered_samples}
        for seed in (library.seed, library.seed + 1):
            label = f"{side}³, seed {seed}"
            found.append(("dithering", label, library.model_copy(update=changed | {"seed": seed})))
    return found


def orders(budget: Budget, library: Library, observed: Path, folder: Path) -> list[Order]:
    """The libraries to be made for the galaxy in a folder."""
    light, kinematics, spread, apertures = read_folder(observed)
    found = []
    for number, (_, _, one) in enumerate(variants(budget, library)):
        galaxy = libraries.model(light, one)
        bins = VelocityBins(velocity_range(kinematics), one.velocity_bins)
        found.append(
            Order(
                path=folder / f"library-{number:02d}.npz",
                galaxy=galaxy,
                observation=Observation(galaxy.angles, galaxy.pc_per_arcsec, apertures, spread, bins),
                start=libraries.start_grid(galaxy, one),
                space=libraries.space_grid(galaxy, one),
                integration=Integration(one.periods, one.samples, one.energy_error, one.first_tolerance),
                seed=one.seed,
            )
        )
    return found


def make(
    budget: Budget,
    library: Library,
    observed: Path,
    folder: Path,
    checkpoint: Path,
    executor: Executor,
    tell: Tell,
) -> dict[str, float]:
    """Make and fit all variants; write ``budget.csv`` and ``curves.npz``.

    Returns
    -------
    dict
        Of total and kinematic chi² the best M/L of the library as it stands, ``best_total``, half its range of
        Δχ² < √(2 n), ``sigma_total``; of each cause the largest shift from it, ``shift_total_seed`` and so on.
    """
    todo = orders(budget, library, observed, checkpoint)
    make_all(todo, executor, tell)
    light, kinematics, spread, apertures = read_folder(observed)
    intrinsic, projected = libraries.galaxy_masses(library, light, spread, apertures)
    ratios = np.linspace(*budget.mass_to_light, budget.ratios)
    rows: list[Row] = []
    curves = []
    for order, (cause, label, _) in zip(todo, variants(budget, library), strict=True):
        chi2 = fit(read_library(order.path), kinematics, ratios, intrinsic, projected)
        curves.append(chi2)
        row: Row = {"cause": cause, "variant": label}
        for name, curve in zip(CHI2, chi2, strict=True):
            low, high = interval(ratios, curve, np.sqrt(2 * kinematics.coefficient_errors.size))
            row |= {
                f"best_{name}": best(ratios, curve),
                f"low_{name}": low,
                f"high_{name}": high,
                f"chi2_{name}": float(curve.min()),
            }
        rows.append(row)
    with whole(folder / "budget.csv") as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with whole(folder / "curves.npz") as partial, partial.open("wb") as stream:
        np.savez(stream, mass_to_light=ratios, chi2=np.array(curves))
    metrics = summary(rows)
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    return metrics


def summary(rows: list[Row]) -> dict[str, float]:
    """What `make` returns."""
    base, metrics = rows[0], {}
    for name in CHI2:
        metrics[f"best_{name}"] = float(base[f"best_{name}"])
        metrics[f"sigma_{name}"] = 0.5 * (float(base[f"high_{name}"]) - float(base[f"low_{name}"]))
        for cause in dict.fromkeys(str(row["cause"]) for row in rows[1:]):
            shifts = [
                abs(float(row[f"best_{name}"]) - float(base[f"best_{name}"])) for row in rows if row["cause"] == cause
            ]
            metrics[f"shift_{name}_{cause.split()[0]}"] = max(shifts)
    return metrics


def fit(
    library: OrbitLibrary, kinematics: Kinematics, ratios: np.ndarray, intrinsic: np.ndarray, projected: np.ndarray
) -> np.ndarray:
    """Total and kinematic chi² of the weights of least total chi² at each M/L, shape (2, ratios)."""
    found = []
    for coefficients in coefficient_maps(library, kinematics, ratios):
        problem = weight_problem(
            library=library,
            coefficients=coefficients,
            intrinsic=intrinsic,
            projected=projected,
            kinematics=kinematics,
            errors=MassErrors(),
        )
        weights = solve_weights(problem)
        found.append([problem.chi2(weights), problem.chi2(weights, "kinematic")])
    return np.array(found).T


def best(ratios: np.ndarray, chi2: np.ndarray) -> float:
    """Where chi² is least, by the parabola through its least value and two neighbours on each side."""
    k = int(np.clip(np.argmin(chi2), 2, len(ratios) - 3))
    near = slice(k - 2, k + 3)
    a, b, _ = np.polyfit(ratios[near] - ratios[k], chi2[near], 2)
    reach = 2 * (ratios[1] - ratios[0])
    return float(ratios[k] + np.clip(-b / (2 * a), -reach, reach)) if a > 0 else float(ratios[np.argmin(chi2)])


def interval(ratios: np.ndarray, chi2: np.ndarray, rise: float) -> tuple[float, float]:
    """Ends of the range about the least chi² in which it rises by less than `rise`, by linear interpolation.

    An end that lies outside of the M/L looked at is the last of these.
    """
    k, above = int(np.argmin(chi2)), chi2 - chi2.min() - rise
    ends = []
    for step in (-1, 1):
        i = k
        while 0 <= i + step < len(ratios) and above[i + step] < 0:
            i += step
        j = i + step
        if not 0 <= j < len(ratios):
            ends.append(float(ratios[i]))
        else:
            ends.append(float(ratios[i] + (ratios[j] - ratios[i]) * above[i] / (above[i] - above[j])))
    return ends[0], ends[1]
