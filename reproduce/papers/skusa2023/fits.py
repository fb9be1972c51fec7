"""Fits of the observed galaxy by the maps of each method at each M/L: the stage `fits` (thesis Sects. 4.2, 6, 7.2).

Each method is one item of work, kept in a small file of its own until all are there.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.galaxy.orbits.dynamite_files import read_folder
from reproduce.galaxy.orbits.losvd import Kinematics
from reproduce.galaxy.orbits.weights import MassErrors, WeightProblem, solve_weights, weight_problem
from reproduce.papers.skusa2023 import libraries, models
from reproduce.papers.skusa2023.methods import Method, Trained, maps
from reproduce.papers.skusa2023.settings import Evaluate
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

FILE = "fits.h5"
MODEL_0 = 5.0  # M/L of Figure 4.1


@dataclass(frozen=True)
class Item:
    """One method to be measured and fitted."""

    path: Path
    method: Method
    trained: Trained
    observed: Path
    library: Path
    every: int
    chi2: str


def fit_all(
    methods: Sequence[Method],
    trained: Trained,
    observed: Path,
    library: Path,
    evaluate: Evaluate,
    folder: Path,
    checkpoint: Path,
    executor: Executor,
    tell: Progress,
) -> None:
    """Measure and fit every method; write ``fits.h5``.

    It has a group for each method: ``error`` (n, 4), relative L2 errors of the maps of h1 to h4 of all models;
    ``chi2``, ``chi2_total``, ``chi2_kinematic`` at the M/L ``mass_to_light`` (k,); ``kinematics`` (4, apertures) of
    the best fit: V, σ [km/s], h3, h4; ``weights`` (orbits,) of it; ``best_maps`` and ``model_0_maps`` (orbits,
    apertures, 4) at the best M/L and at 5; attributes ``best`` (M/L), ``seconds`` (of having all maps).

    Parameters
    ----------
    methods : sequence of Method
    trained : Trained
    observed, library : Path
        Folders of the galaxy and of its library.
    evaluate : Evaluate
        Settings.
    folder, checkpoint, executor, tell
        As of a job.
    """
    checkpoint.mkdir(parents=True, exist_ok=True)
    items = [
        Item(checkpoint / f"{one.name}.h5", one, trained, observed, library, evaluate.every, evaluate.chi2)
        for one in methods
    ]
    for k, _ in enumerate(executor.map(fit, items)):
        tell((k + 1) / len(items), f"{k + 1} of {len(items)} methods")
    with whole(folder / FILE) as partial, h5py.File(partial, "w") as file:
        for item in items:
            with h5py.File(item.path) as part:
                part.copy("/", file, name=item.method.name)


def fit(item: Item) -> None:
    """Measure and fit one method unless that is done; on any worker."""
    if item.path.exists():
        return
    one = libraries.read(item.library / libraries.FILE)
    _, kinematics, _, _ = read_folder(item.observed)
    with h5py.File(item.trained.source) as file:
        intrinsic, projected = file["intrinsic"][:], file["projected"][:]

    def problem(coefficients: NDArray) -> WeightProblem:
        return weight_problem(
            library=one,
            coefficients=coefficients,
            intrinsic=intrinsic,
            projected=projected,
            kinematics=kinematics,
            errors=MassErrors(),
        )

    values = models.ratios(item.trained.sets)
    fitted = np.arange(0, len(values), item.every)
    began = time.perf_counter()
    predicted = maps(item.method, item.trained, np.arange(len(values)))
    seconds = time.perf_counter() - began
    squares = np.empty((2, len(values), len(models.COEFFICIENTS)))
    chi2: dict[str, list[float]] = {"total": [], "kinematic": []}
    best: tuple[float, int, NDArray] | None = None
    still = item.method.kind in ("mean", "blank")  # the same at all M/L
    for row, coefficients in enumerate(predicted):
        true = models.read(item.trained.source, np.array([row]))[0]
        for k, part in enumerate((true - coefficients, true)):
            squares[k, row] = np.square(part, dtype=float).sum(axis=(0, 1))
        if row not in fitted:
            continue
        if still and chi2["total"]:
            for told in chi2.values():
                told.append(told[-1])
            continue
        system = problem(coefficients)
        weights = solve_weights(triangular(system))
        chi2["total"].append(system.chi2(weights))
        chi2["kinematic"].append(system.chi2(weights, "kinematic"))
        if best is None or chi2[item.chi2][-1] < best[0]:
            best = chi2[item.chi2][-1], row, weights
    assert best is not None
    _, row, weights = best
    zero = int(np.argmin(np.abs(values - MODEL_0)))
    with whole(item.path) as partial, h5py.File(partial, "w") as file:
        file["error"] = np.sqrt(squares[0] / squares[1])
        file["error_of_all"] = np.sqrt(squares[0].sum(axis=0) / squares[1].sum(axis=0))
        file["mass_to_light"] = values[fitted]
        file["chi2_total"], file["chi2_kinematic"] = chi2["total"], chi2["kinematic"]
        file["chi2"] = chi2[item.chi2]
        file["kinematics"] = seen(weights, predicted[row], projected, kinematics)
        file["weights"] = weights
        file["best_maps"] = predicted[row]
        file["model_0_maps"] = predicted[zero]
        file.attrs["best"], file.attrs["seconds"] = values[row], seconds


def triangular(problem: WeightProblem) -> WeightProblem:
    """The same least squares in no more rows than there are orbits and one, by a QR decomposition: χ² of any weights
    is the same, and the solver, which goes through the rows again and again, takes half the time with it."""
    triangle = np.asarray(np.linalg.qr(np.column_stack([problem.matrix, problem.target]), mode="r"))
    return WeightProblem(triangle[:, :-1], triangle[:, -1], {})


def seen(weights: NDArray, coefficients: NDArray, projected: NDArray, kinematics: Kinematics) -> NDArray[np.float64]:
    """V, σ [km/s], h3 and h4 of weighted orbits, shape (4, apertures).

    From coefficients alone there is no distribution, so V and σ follow from h1 and h2 to first order (van der Marel &
    Franx 1993), for the models as for the predictions.

    Parameters
    ----------
    weights : (orbits,)
    coefficients : (orbits, apertures, 4)
        h1 to h4 times the mass in the aperture.
    projected : (apertures,)
        The galaxy's masses, by which the fit compares too: bad maps may leave an aperture without orbits.
    kinematics : Kinematics
        About which they are expanded.
    """
    h = np.einsum("o,oam->ma", weights, coefficients) / projected
    root = math.sqrt(2)
    return np.stack(
        [
            kinematics.mean_kms + root * kinematics.dispersion_kms * h[0],
            kinematics.dispersion_kms * (1 + root * h[1]),
            h[2],
            h[3],
        ]
    )


def width(mass_to_light: NDArray, chi2: NDArray, level: float) -> tuple[float, float]:
    """Where χ² is `level` above its minimum, to the left and to the right of it, with lines between the points as in
    the thesis (Sect. 6.3); not a number where it never is."""
    best, above = int(np.argmin(chi2)), chi2 - np.min(chi2) - level
    ends = []
    for step in (-1, 1):
        end, k = math.nan, best
        while 0 <= k + step < len(chi2):
            if above[k + step] >= 0:
                share = above[k] / (above[k] - above[k + step])
                end = float(mass_to_light[k] + share * (mass_to_light[k + step] - mass_to_light[k]))
                break
            k += step
        ends.append(end)
    return ends[0], ends[1]


def one_sigma(n_apertures: int) -> float:
    """Δχ² of the 1σ range: √(2 N), N the kinematic constraints, four of each aperture (thesis Eq. 6.2)."""
    return math.sqrt(2 * 4 * n_apertures)
