"""The stage `evaluate`: the networks beside what needs none, on the same test images.

Biases and scatters are those of `learning.intervals.spread`; the (age, mass) plane is cut into the cells of `claim`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.checks import named_checks
from reproduce.learning.intervals import LEVELS, spread
from reproduce.learning.posterior import Mixture
from reproduce.papers.bialopetravicius2019 import claim, sets
from reproduce.papers.bialopetravicius2019.baselines import LEVELS as QUANTILES
from reproduce.papers.bialopetravicius2019.labels import NAMES, PARAMETERS, columns
from reproduce.papers.bialopetravicius2019.networks.model import ResNet
from reproduce.papers.bialopetravicius2019.settings import Evaluate
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

MAGNITUDES = np.arange(18.0, 28.01, 0.5)
"""Edges of the bins of completeness [F475W]."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Answered:
    """What each method says of one group of test images; but for `empty`, of those with a cluster.

    Attributes
    ----------
    labels : dict of array, shape (n,)
        As `sets.TestImages` has them.
    quantiles : dict of array, shape (5, n, 4)
        Of each method: low ends of 95 and 68 %, median, high ends of 68 and 95 % of `PARAMETERS`.
    posterior : Mixture
        The networks', over u.
    normal : array, shape (n, 4)
        u of the truths.
    domain : array, shape (n,)
        Above 1: unlike the training images.
    signs : dict of array, shape (n,)
        What tells clusters from empty images: the networks' ``there``, the photometry's ``signal_to_noise``.
    empty : dict of array, shape (m,)
        The same of the images without a cluster.
    """

    labels: dict[str, Array]
    quantiles: dict[str, Array]
    posterior: Mixture
    normal: Array
    domain: Array
    signs: dict[str, Array]
    empty: dict[str, Array]


def evaluate(
    test: Path,
    baselines: Path,
    trained: Path,
    settings: Evaluate,
    log_age: tuple[float, float],
    log_mass: tuple[float, float],
    folder: Path,
    progress: Progress,
) -> dict[str, float]:
    """Measure everything.

    Parameters
    ----------
    test, baselines : Path
        ``test.h5``, ``baselines.h5``.
    trained : Path
        Folder of the stage `train`.
    settings : Evaluate
    log_age, log_mass : pair of float
        Ranges of what is drawn [log10 yr, log10 Msun].
    folder : Path
        Receives ``predictions.h5`` (of each group the ``labels``, and of each method ``quantiles`` (5, n, 4)),
        ``cells_disc.csv`` and ``cells_all.csv``, ``metrics.json``.
    progress
        Is told how far it is.

    Returns
    -------
    dict
        ``GROUP.METHOD.PARAMETER.MEASURE``: groups `sets.GROUPS`; methods ``network``, ``bins``, ``photometry``;
        parameters ``age mass size a_v``; measures ``bias scatter rms coverage_68 coverage_95``; and what
        `claim.in_cells` (of ``disc``), `claim.reach` and `_completeness` add.
    """
    model = ResNet.load(trained)
    answered: dict[str, Answered] = {}
    with whole(folder / "predictions.h5") as partial, h5py.File(partial, "w") as file:
        for place, group in enumerate(sets.GROUPS):
            progress(place / len(sets.GROUPS), f"test images, {group}")
            answered[group] = _answered(model, test, baselines, group)
            _write(answered[group], file.create_group(group))
    metrics: dict[str, float] = {}
    for group, one in answered.items():
        metrics |= {f"{group}.{name}": value for name, value in _measures(one, settings).items()}
        grid = claim.claim_grid(log_age[0]) if group == "disc" else claim.whole_grid(log_age, log_mass)
        cells = claim.cell_table(one.quantiles, one.labels, grid, settings.fewest)
        with whole(folder / f"cells_{group}.csv") as path:
            cells.to_csv(path, index=False, lineterminator="\n")
        if group == "disc":
            metrics |= claim.in_cells(cells)
        else:
            metrics |= claim.reach(one.quantiles["network"], one.labels, grid, settings.fewest)
    metrics |= _completeness(answered, settings.false_alarms)
    metrics = {name: float(value) for name, value in metrics.items() if np.isfinite(value)}
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1), encoding="utf-8")
    return metrics


def _answered(model: ResNet, test: Path, baselines: Path, group: str) -> Answered:
    """Ask the networks, and read what `baselines` measured."""
    images = sets.read(test, group)
    there = images.there
    answers = model.predict(images.rate)
    quantiles = {"network": answers.summary()}
    if answers.bins is not None:
        quantiles["bins"] = answers.priors.value(answers.bins.quantiles(QUANTILES))
    with h5py.File(baselines) as file:
        quantiles["photometry"] = file[group]["quantiles"][:]
        signs = {"there": answers.there, "signal_to_noise": file[group]["signal_to_noise"][:]}
    labels = {name: values[there] for name, values in images.labels.items()}
    posterior = answers.posterior
    return Answered(
        labels=labels,
        quantiles={method: values[:, there] for method, values in quantiles.items()},
        posterior=Mixture(posterior.weights[there], posterior.means[there], posterior.triangles[there]),
        normal=answers.priors.normal(columns(labels)),
        domain=answers.domain[there],
        signs={name: values[there] for name, values in signs.items()},
        empty={name: values[~there] for name, values in signs.items()},
    )


def _write(one: Answered, group: h5py.Group) -> None:
    """What figures need of a group of test images."""
    for name, values in one.labels.items():
        group[f"labels/{name}"] = values
    for method, quantiles in one.quantiles.items():
        group[f"{method}/quantiles"] = quantiles
    group["network/below"] = one.posterior.cumulative(one.normal)
    for name, values in one.signs.items():
        group[name] = values
        if one.empty[name].size:
            group[f"empty/{name}"] = one.empty[name]


def _measures(one: Answered, settings: Evaluate) -> dict[str, float]:
    """Errors of all methods, and how the networks' posterior is calibrated."""
    true = columns(one.labels)
    found = {
        f"{method}.{name}": value
        for method, quantiles in one.quantiles.items()
        for name, value in _errors(quantiles, true).items()
    }
    found |= {f"network.{name}": value for name, value in _calibration(one, settings).items()}
    found["network.nll"] = float(-one.posterior.log_density(one.normal).mean())
    found["network.strange"] = float(np.mean(one.domain > 1))
    return found


def threshold(empty: Array, false_alarms: float) -> float:
    """What a share `false_alarms` of the empty images reaches."""
    return float(np.quantile(empty, 1 - false_alarms))


def found_by_magnitude(magnitude: Array, found: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Middles of the bins of `MAGNITUDES` with five clusters or more, and the share found there."""
    place = np.digitize(magnitude, MAGNITUDES) - 1
    middles, shares = [], []
    for k in range(len(MAGNITUDES) - 1):
        inside = place == k
        if inside.sum() >= 5:
            middles.append((MAGNITUDES[k] + MAGNITUDES[k + 1]) / 2)
            shares.append(found[inside].mean())
    return np.array(middles), np.array(shares)


def _errors(quantiles: Array, true: Array) -> dict[str, float]:
    """``PARAMETER.MEASURE`` of one method; coverages where it has intervals."""
    found: dict[str, float] = {}
    for k, name in enumerate(PARAMETERS):
        error = quantiles[claim.MIDDLE, :, k] - true[:, k]
        bias, scatter = spread(error)
        numbers = {"bias": bias, "scatter": scatter, "rms": float(np.sqrt(np.mean(error**2)))}
        for level, low, high in ((68, 1, 3), (95, 0, 4)):
            if np.any(quantiles[low, :, k] < quantiles[high, :, k]):
                inside = (quantiles[low, :, k] <= true[:, k]) & (true[:, k] <= quantiles[high, :, k])
                numbers[f"coverage_{level}"] = 100 * float(inside.mean())
        found |= {f"{NAMES[name]}.{key}": value for key, value in numbers.items()}
    return found


def _calibration(one: Answered, settings: Evaluate) -> dict[str, float]:
    """The checks of `reproduce.learning.calibration` on the posterior as it is; fields are the groups."""
    found = named_checks(
        one.posterior,
        one.normal,
        one.labels["tile"],
        [NAMES[name] for name in PARAMETERS],
        levels=LEVELS,
        n_samples=settings.samples,
        bootstrap=settings.bootstrap,
        seed=settings.seed,
    )
    return {key.replace("coverage", "posterior_coverage"): value for key, value in found.items()}


def _completeness(answered: dict[str, Answered], false_alarms: float) -> dict[str, float]:
    """Shares of the clusters that are found, and the F475W at which half are, with as many false alarms as asked.

    Nothing where no image of ``all`` is without a cluster.
    """
    every = answered["all"]
    found: dict[str, float] = {}
    for name, method in (("there", "network"), ("signal_to_noise", "photometry")):
        if every.empty[name].size == 0:
            continue
        least = threshold(every.empty[name], false_alarms)
        found[f"completeness.{method}.threshold"] = least
        for group, one in answered.items():
            found[f"completeness.{method}.{group}"] = float(np.mean(one.signs[name] > least))
        middles, shares = found_by_magnitude(every.labels["f475w"], every.signs[name] > least)
        faint = np.flatnonzero(shares < 0.5)
        if faint.size and faint[0] > 0:
            k = int(faint[0])
            step = (shares[k - 1] - 0.5) / (shares[k - 1] - shares[k])
            found[f"completeness.{method}.half_f475w"] = float(middles[k - 1] + step * (middles[k] - middles[k - 1]))
    return found
