"""The clusters of a stage, side by side: simulated, or read from other codes' files.

A simulated cluster is also kept under a digest of all that it follows from. So a set that shares clusters with another,
of whatever paper or profile, takes them from there, and one more cluster in a set makes one cluster.
"""

import contextlib
import math
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from astropy.table import QTable

from reproduce.cluster.foreign import adopt_model
from reproduce.cluster.library import clusters
from reproduce.cluster.settings import ClusterSettings, Model, Simulate
from reproduce.cluster.simulate import Task, simulate_cluster
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Gauge, Progress
from reproduce.workflow.source import closure, digest, file_digest

FILES = ("history.ecsv", "snapshots.h5")
SUMS = "SHA256SUMS"
KEY_LENGTH = 16  # hexadecimal digits of the digest that name a kept cluster


@dataclass(frozen=True)
class _Item:
    task: Task
    kept: Path


def make_clusters(
    simulate: Simulate, folder: Path, checkpoint: Path, cache: Path, executor: Executor, progress: Progress
) -> dict[str, float]:
    """Simulate every cluster of the settings, or read it from another code's files.

    Parameters
    ----------
    simulate : Simulate
        Settings.
    folder : Path
        Receives for each cluster a folder of its name with ``history.ecsv`` and ``snapshots.h5``.
    checkpoint : Path
        Keeps the states of unfinished clusters.
    cache : Path
        Keeps stellar tracks, and each finished cluster for other sets; what is removed from it is made again.
    executor : Executor
        Evolves the clusters.
    progress : Progress
        Is told how far they are.

    Returns
    -------
    dict
        ``NAME.last_time_gyr`` and so on: the end of each cluster's history.
    """
    numbers = _read(simulate, folder, executor)
    items = [
        _Item(Task(name, cluster, folder / name, checkpoint / name, cache), cache / "clusters" / key(name, cluster))
        for name, cluster in clusters(simulate).items()
    ]
    items.sort(key=lambda item: -item.task.settings.n_stars)  # the longest first, so that no worker waits for it last
    weights = {item.task.name: float(item.task.settings.n_stars) for item in items}
    with progress.watch(checkpoint, len(items), weights=weights):
        for item, found in zip(items, executor.map(_make, items), strict=True):
            numbers |= {f"{item.task.name}.{column}": value for column, value in found.items()}
    return numbers


def key(name: str, cluster: ClusterSettings) -> str:
    """Digest of all that a simulated cluster follows from: its name (which seeds it), its settings, the source."""
    parts = {"name": name, "settings": cluster.model_dump(mode="json"), "source": closure(simulate_cluster)}
    return digest(parts)[:KEY_LENGTH]


def _make(item: _Item) -> dict[str, float]:
    """One simulated cluster, in whatever process."""
    task = item.task
    for place in (task.folder, task.checkpoint):
        place.mkdir(parents=True, exist_ok=True)
    gauge = Gauge(task.checkpoint.parent, task.name)
    if not all((task.folder / name).is_file() for name in FILES):
        if not _take(item.kept, task.folder):
            simulate_cluster(task, gauge)
            _keep(task.folder, item.kept)
        gauge(1.0)
    return _end(task.folder)


def _take(kept: Path, folder: Path) -> bool:
    """Put the files of a kept cluster into a folder; False if it is not there or its bytes have changed."""
    try:
        lines = (kept / SUMS).read_text(encoding="utf-8").splitlines()
        sums = {name: found for found, name in (line.split("  ", 1) for line in lines)}
        if any(file_digest(kept / name) != sums.get(name) for name in FILES):
            raise OSError("changed")
    except (OSError, ValueError):
        shutil.rmtree(kept, ignore_errors=True)
        return False
    for name in FILES:
        _link(kept / name, folder / name)
    return True


def _keep(folder: Path, kept: Path) -> None:
    """Keep the files of a folder, all or none; without space for them they are simply not kept."""
    partial = kept.with_name(f"{kept.name}.partial.{os.getpid()}")
    with contextlib.suppress(OSError):
        partial.mkdir(parents=True)
        for name in FILES:
            _link(folder / name, partial / name)
        sums = "".join(f"{file_digest(folder / name)}  {name}\n" for name in FILES)
        (partial / SUMS).write_text(sums, encoding="utf-8")
        partial.rename(kept)
    shutil.rmtree(partial, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    """A second name of a file, or a copy where the file system has none."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _read(simulate: Simulate, folder: Path, executor: Executor) -> dict[str, float]:
    """Read clusters of other codes, and say what to know before their maps are trusted."""
    models = {name: model for name, model in simulate.models.items() if model.files is not None}
    items = [(name, model, simulate.metallicity, folder / name) for name, model in models.items()]
    numbers: dict[str, float] = {}
    for name, (found, told) in zip(models, executor.map(_read_model, items), strict=True):
        numbers |= {f"{name}.{column}": value for column, value in found.items()}
        for text in told:
            print(f"warning: simulate.models.{name}: {text}", file=sys.stderr)
    return numbers


def _read_model(item: tuple[str, Model, float, Path]) -> tuple[Mapping[str, float], list[str]]:
    name, model, metallicity, folder = item
    folder.mkdir(parents=True, exist_ok=True)
    told = adopt_model(name, model, metallicity, folder)
    return _end(folder), told


def _end(folder: Path) -> dict[str, float]:
    """The end of a cluster's history, as far as it is known."""
    last = QTable.read(folder / "history.ecsv")[-1]
    kept = ("time_gyr", "n_stars", "mass_msun", "r_half_pc", "energy_error")
    numbers = {f"last_{column}": float(getattr(last[column], "value", last[column])) for column in kept}
    return {column: value for column, value in numbers.items() if math.isfinite(value)}
