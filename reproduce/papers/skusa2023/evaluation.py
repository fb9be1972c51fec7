"""What came of all methods, in numbers: the stage `evaluate`, its ``metrics.json`` and ``methods.csv``."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from reproduce.papers.skusa2023 import fits, models, observing
from reproduce.papers.skusa2023.methods import EXACT, Method, Trained
from reproduce.papers.skusa2023.networks import adversary
from reproduce.workflow.files import read_json, whole

METRICS = "metrics.json"
TABLE = "methods.csv"


def evaluate(
    methods: Sequence[Method], trained: Trained, fitted: Path, observed: Path, folder: Path
) -> dict[str, float]:
    """Measure what `fits` found.

    Parameters
    ----------
    methods : sequence of Method
        Exact rescaling first.
    trained : Trained
        The folders of trained networks have ``metrics.json`` with the times of their training.
    fitted, observed : Path
        Folders of the fits and of the galaxy.
    folder : Path
        Receives ``metrics.json`` and ``methods.csv``, a row for each method: ``kind``, ``loss``, ``stride``,
        ``models`` of its set, ``error_percent_h1`` to ``_h4`` (relative L2 error over all models), ``error_percent``
        (the root mean square of the four), ``best`` M/L, ``low``, ``high`` (1σ) and ``low_2``, ``high_2`` (2σ),
        ``shift`` from exact rescaling's best, ``chi2``, ``seconds`` of training and of having all maps.

    Returns
    -------
    dict
        As in ``metrics.json``.
    """
    told: dict[str, float] = {}
    for place in (trained.dcnn, trained.gan, trained.repaired):
        told |= read_json(place / METRICS)
    rows = []
    with h5py.File(fitted / fits.FILE) as file:
        n_apertures = file[methods[0].name]["kinematics"].shape[1]
        level = fits.one_sigma(n_apertures)
        exact = float(file[methods[0].name].attrs["best"])
        for method in methods:
            group = file[method.name]
            trace = group["mass_to_light"][:], group["chi2"][:]
            low, high = fits.width(*trace, level)
            low_2, high_2 = fits.width(*trace, 2 * level)
            error = 100 * group["error_of_all"][:]
            still = method.kind in ("mean", "blank")
            best = math.nan if still else float(group.attrs["best"])
            rows.append(
                {
                    "kind": method.kind,
                    "loss": method.loss,
                    "stride": method.stride,
                    "models": 1 if method.kind == EXACT else len(models.members(trained.sets, method.stride)),
                    **{f"error_percent_h{m}": float(error[m - 1]) for m in models.COEFFICIENTS},
                    "error_percent": float(np.sqrt(np.mean(error**2))),
                    "best": best,
                    "low": low,
                    "high": high,
                    "low_2": low_2,
                    "high_2": high_2,
                    "shift": best - exact,
                    "chi2": float(trace[1].min()),
                    "training_seconds": told.get(f"{method.name}.seconds", told.get(_training(method), 0.0)),
                    "seconds": float(group.attrs["seconds"]),
                }
            )
    table = pd.DataFrame(rows)
    with whole(folder / TABLE) as partial:
        table.to_csv(partial, index=False, lineterminator="\n")
    metrics = _flat(table, methods) | _thesis(table, trained, level)
    _, truth = observing.facts(observed)
    if truth is not None:
        metrics["true_mass_to_light_error"] = exact - truth
    metrics = {name: value for name, value in metrics.items() if math.isfinite(value)}
    with whole(folder / METRICS) as partial:
        partial.write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    return metrics


def _training(method: Method) -> str:
    """Name of the time of a method's training."""
    start = f"{method.loss}." if method.kind == "dcnn" else f"{method.kind}."
    return f"{start}every{method.stride}.seconds"


def _flat(table: pd.DataFrame, methods: Sequence[Method]) -> dict[str, float]:
    found = {}
    for method, (_, row) in zip(methods, table.iterrows(), strict=True):
        for name in ("error_percent_h1", "error_percent_h2", "error_percent_h3", "error_percent_h4", "error_percent"):
            found[f"{method.name}.{name}"] = float(row[name])
        for name in ("best", "low", "high", "shift", "training_seconds", "seconds"):
            found[f"{method.name}.{name}"] = float(row[name])
    return found


def _thesis(table: pd.DataFrame, trained: Trained, level: float) -> dict[str, float]:
    """By the names of the thesis's numbers."""
    networks = table[table["kind"] == "dcnn"]
    full = networks[networks["stride"] == trained.sets.strides[0]]
    exact = table.iloc[0]
    found = {"delta_chi2_one_sigma": level, "delta_chi2_two_sigma": 2 * level, "best_mass_to_light": exact["best"]}
    found |= {f"best_mass_to_light_{row['loss']}": row["best"] for _, row in full.iterrows()}
    if len(full):
        ends = full["best"].min(), full["best"].max()
        found |= {"best_mass_to_light_losses_low": ends[0], "best_mass_to_light_losses_high": ends[1]}
    sparse = networks[networks["loss"] == trained.train.chosen]
    for _, row in sparse.iterrows():
        name = f"set_of_{row['models']:.0f}"
        found[f"{name}_within_sigma"] = sigmas(row["best"], exact)
        found[f"{name}_shift"] = row["shift"]
    return {name: float(value) for name, value in found.items()}


def sigmas(best: float, exact: pd.Series) -> float:
    """1 or 2 if a best M/L is in that range of exact rescaling, 3 if it is in none."""
    for n, ends in ((1.0, ("low", "high")), (2.0, ("low_2", "high_2"))):
        low, high = (exact[name] for name in ends)
        if (not low > best) and (not high < best):  # an end that is not a number is beyond the models
            return n
    return 3.0


def steps(folder: Path, gan: list[adversary.Network]) -> pd.DataFrame:
    """Losses of every step of the GAN's trainings: ``h``, ``epoch``, ``discriminator``, ``generator``."""
    parts = []
    for network in gan:
        if network.mask:
            table = pd.read_csv(folder / f"{network.name}.steps.csv")
            parts.append(
                pd.DataFrame(
                    {
                        "h": network.h,
                        "epoch": table["epoch"],
                        "discriminator": table["real_loss"] + table["fake_loss"],
                        "generator": table["fooled_loss"],
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)
