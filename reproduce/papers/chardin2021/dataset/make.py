"""The training, validation and test sets (paper Sect. 2.3): the stage `dataset`.

Every map depends on the settings, its simulation and its own number alone. Shards of maps are drawn by any number of
workers and put together in one order, so the files are the same to the byte whatever the split and the interruptions.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.snapshot import SnapshotFile
from reproduce.papers.chardin2021.dataset import data_card, mapset, selection, shards
from reproduce.papers.chardin2021.dataset.mapset import MapSet, count_maps
from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import Executor

__all__ = ["MapSet", "count_maps", "make_dataset", "read"]

DRAWING_SHARE = 0.9
"""Share of the progress bar for drawing; putting together takes the rest."""


def make_dataset(
    simulations: dict[str, Path],
    dataset: Dataset,
    folder: Path,
    checkpoint: Path,
    executor: Executor,
    progress: Callable[[float, str], None] | None = None,
) -> dict[str, float]:
    """Draw all maps and describe them.

    Parameters
    ----------
    simulations : dict
        File of snapshots of each simulation, by name.
    dataset : Dataset
        Settings.
    folder : Path
        Where ``maps.h5``, ``scaler.json`` and ``data_card.html`` go.
    checkpoint : Path
        Where finished shards are kept until then; a call after an interruption goes on from them.
    executor : Executor
        Draws the shards.
    progress : callable, optional
        Is told the fraction done and what is being done.

    Returns
    -------
    dict
        ``log10_flux_mean``, ``log10_flux_std``, ``log10_mass_mean``, ``log10_mass_std`` over all pixels of the training
        maps; ``flux_floor_fraction`` and ``mass_floor_fraction`` of these pixels; the number of maps of each group.

    Raises
    ------
    InputError
        If a simulation is missing, more maps are asked than there are, or a field is empty.
    """
    tell = progress or (lambda fraction, text: None)
    checkpoint.mkdir(parents=True, exist_ok=True)
    ages = {name: _ages(simulations, name) for name in selection.simulations(dataset)}
    chosen = selection.select(dataset, {name: len(age) for name, age in ages.items()})
    parts = shards.split(chosen, simulations, dataset, checkpoint, _digest(dataset, simulations, ages))
    try:
        for done, _ in enumerate(executor.map(shards.draw, parts)):
            tell(DRAWING_SHARE * (done + 1) / len(parts), f"{done + 1} of {len(parts)} shards of maps")
    finally:
        shards.close()
    records = mapset.write(
        folder / "maps.h5",
        dataset,
        parts,
        lambda fraction: tell(DRAWING_SHARE + (1 - DRAWING_SHARE) * fraction, "maps.h5"),
    )
    train = records["train"]
    flux, mass = (_mean_and_std(train["moments"][:, k]) for k in (0, 1))
    scaler = Scaler.from_training(flux, mass, train["age_gyr"], train["distance_kpc"], dataset.scaler)
    scaler.to_json(folder / "scaler.json")
    metrics = _metrics(records, scaler, dataset)
    data_card.write(folder / "data_card.html", folder / "maps.h5", metrics)
    return metrics


def read(path: Path | str, group: str) -> MapSet:
    """Open one group of a data set, to be used in a `with` block."""
    return MapSet(path, group)


def _ages(simulations: dict[str, Path], name: str) -> NDArray[np.float64]:
    if name not in simulations:
        raise InputError(
            f"simulation '{name}' is missing, there are {', '.join(simulations)}; run the stage 'simulate'"
        )
    with SnapshotFile(simulations[name]) as file:
        if file.name != name:
            raise InputError(
                f"{simulations[name]}: expected snapshots of '{name}', found '{file.name}'; run the stage 'simulate'"
            )
        return file.ages_gyr


def _digest(dataset: Dataset, simulations: dict[str, Path], ages: dict[str, NDArray]) -> str:
    """Twelve letters that change when the settings or the simulations do."""
    digest = hashlib.sha256(dataset.model_dump_json().encode())
    for name, age in ages.items():
        digest.update(f"{name} {simulations[name].stat().st_size}".encode() + age.tobytes())
    return digest.hexdigest()[:12]


def _mean_and_std(moments: NDArray) -> tuple[float, float]:
    """Mean and standard deviation over all pixels from each map's mean and variance (n, 2); all maps have one size."""
    mean = moments[:, 0].mean()
    variance = moments[:, 1].mean() + np.mean((moments[:, 0] - mean) ** 2)
    return float(mean), float(np.sqrt(variance))


def _metrics(records: dict[str, NDArray], scaler: Scaler, dataset: Dataset) -> dict[str, float]:
    metrics = {f"maps_{group}": float(len(rows)) for group, rows in records.items()}
    for name in ("flux", "mass"):
        metrics[f"log10_{name}_mean"] = getattr(scaler, f"{name}_mean")
        metrics[f"log10_{name}_std"] = getattr(scaler, f"{name}_std")
    pixels = dataset.camera.pixels**2
    for k, name in enumerate(("flux", "mass")):
        metrics[f"{name}_floor_fraction"] = float(records["train"]["at_floor"][:, k].mean() / pixels)
    return metrics
