"""The stage `observer_sets`: fixed views of the training, validation and test clusters.

``views.h5`` has the groups ``train`` (for the scales and the domain; networks train on fresh views), ``validation`` and
``test``: ``flux`` and ``mass`` (n, ny, nx), the labels of `views.LABELS`, ``cluster`` (its place in the attribute
``clusters`` of the group) and ``snapshot``, and what is told of each, ``known_values`` and ``known_errors`` (n, 3).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.known import Known
from reproduce.papers.chardin2021.observer import frame
from reproduce.papers.chardin2021.observer.clusters import Split
from reproduce.papers.chardin2021.observer.frame import Scale, limits_of
from reproduce.papers.chardin2021.observer.views import LABELS, Cluster, Draw, Seen
from reproduce.papers.chardin2021.observer_settings import Sets, Views
from reproduce.sky.camera import camera_columns
from reproduce.sky.prepared import prepare
from reproduce.sky.settings import Camera
from reproduce.sky.units import LOG_FLUX, LOG_MASS
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import read_record, whole
from reproduce.workflow.progress import Progress

Array = NDArray[np.float64]

FILE, SCALE = "views.h5", "scale.json"
GROUPS = ("train", "validation", "test")
CHUNK = 32  # views of a call
MEND = "run the stage observer_sets"


@dataclass(frozen=True)
class Fixed:
    """A group of fixed views.

    Attributes
    ----------
    flux, mass : array of float32, shape (n, ny, nx)
        log10 F [Lsun kpc^-2], log10 M [Msun].
    labels : dict of array, shape (n,)
        True values, and the numbers of ``cluster`` and ``snapshot``.
    known : Known
        What is told.
    clusters : tuple of str
        Names, by their numbers.
    """

    flux: NDArray[np.float32]
    mass: NDArray[np.float32]
    labels: dict[str, Array]
    known: Known
    clusters: tuple[str, ...]

    @property
    def snapshot(self) -> NDArray[np.int64]:
        """A number for each view, the same where they show the same stars, shape (n,)."""
        both = np.stack([self.labels["cluster"], self.labels["snapshot"]])
        return np.unique(both, axis=1, return_inverse=True)[1].reshape(-1)


def draws(
    simulations: Mapping[str, Path],
    split: Split,
    views: Views,
    camera: Camera,
    cache: Path,
    executor: Executor,
    groups: Sequence[str] = GROUPS,
) -> dict[str, Draw]:
    """What draws the views of some groups.

    Parameters
    ----------
    simulations
        File of snapshots of each cluster, by name.
    split, views, camera
        Which clusters are whose; settings.
    cache
        Receives the clusters' prepared stars, 20 bytes for each star and snapshot.
    executor
        Prepares them.
    groups
        Of `GROUPS`.
    """
    names = {group: getattr(split, group) for group in groups}
    every = dict.fromkeys(name for some in names.values() for name in some)
    stars = prepare({name: simulations[name] for name in every}, cache, camera_columns, executor)
    clusters = {name: Cluster.of(name, path) for name, path in stars.items()}
    return {
        group: Draw(tuple(clusters[name] for name in some), views, camera, altered=group == "train")
        for group, some in names.items()
    }


def make(
    source: Mapping[str, Draw], sets: Sets, folder: Path, executor: Executor, progress: Progress
) -> dict[str, float]:
    """Draw all fixed views.

    Parameters
    ----------
    source : mapping of Draw
        By group.
    sets : Sets
        Settings.
    folder : Path
        Receives ``views.h5`` and ``scale.json``.
    executor, progress
        Draws, the same with any number of workers; is told how far it is.

    Returns
    -------
    dict
        ``views_train`` and so on, ``clusters_train`` and so on, and the scale's numbers.
    """
    counts = {"train": sets.training, "validation": sets.validation, "test": sets.test}
    total, done = sum(counts.values()), 0
    found: dict[str, float] = {}
    with whole(folder / FILE) as partial, h5py.File(partial, "w") as file:
        for place, (name, n) in enumerate(counts.items()):
            draw = source[name]
            group = _group(file, name, n, draw)
            for row, (seen, known) in enumerate(_drawn(draw, (sets.seed, place), n, executor)):
                group["flux"][row], group["mass"][row] = seen.flux, seen.mass
                for label, value in seen.labels.items():
                    group[label][row] = value
                group["known_values"][row], group["known_errors"][row] = known.values[0], known.errors[0]
                done += 1
                progress(done / total, f"view {done} of {total}")
            found |= {f"views_{name}": float(n), f"clusters_{name}": float(len(draw.clusters))}
    scale = _scale(read(folder, "train"))
    with whole(folder / SCALE) as partial:
        partial.write_text(json.dumps(asdict(scale), indent=1) + "\n", encoding="utf-8")
    for name, (mean, std) in asdict(scale).items():
        found |= {f"{name}_mean": mean, f"{name}_std": std}
    return found


def _group(file: h5py.File, name: str, n: int, draw: Draw) -> h5py.Group:
    group = file.create_group(name)
    group.attrs["clusters"] = [one.name for one in draw.clusters]
    shape = (draw.camera.pixels, draw.camera.pixels)
    for field, unit in (("flux", LOG_FLUX), ("mass", LOG_MASS)):
        group.create_dataset(field, (n, *shape), "f4", chunks=(1, *shape), compression="lzf").attrs["unit"] = unit
    for label in (*LABELS, "cluster", "snapshot"):
        group.create_dataset(label, (n,), "f8")
    for known in ("known_values", "known_errors"):
        group.create_dataset(known, (n, 3), "f8")
    return group


def _drawn(draw: Draw, seeds: tuple[int, ...], n: int, executor: Executor) -> Iterator[tuple[Seen, Known]]:
    jobs = [(draw, seeds, range(first, min(first + CHUNK, n))) for first in range(0, n, CHUNK)]
    for some in executor.map(_some, jobs):
        yield from some


def _some(job: tuple[Draw, tuple[int, ...], range]) -> list[tuple[Seen, Known]]:
    draw, seeds, items = job
    limits, found = limits_of(draw.views), []
    for item in items:
        rng = np.random.default_rng([*seeds, item])
        seen = draw.view(rng, item)
        found.append((seen, draw.known(seen.labels, rng, limits)))
    return found


def read(folder: Path, group: str, rows: slice = slice(None)) -> Fixed:
    """Some views of a group of ``views.h5``.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        with h5py.File(folder / FILE) as file:
            found = file[group]
            arrays = {name: values[rows] for name, values in found.items()}
            names = tuple(str(name) for name in found.attrs["clusters"])
    except (OSError, KeyError) as error:
        reason = " ".join(str(error).split())[:100]
        raise InputError(f"{folder / FILE}: cannot be read as fixed views ({reason}); {MEND}") from None
    known = Known(arrays.pop("known_values"), arrays.pop("known_errors"))
    return Fixed(arrays.pop("flux"), arrays.pop("mass"), arrays, known, names)


def read_scale(folder: Path) -> Scale:
    """The scales of the training views."""
    return read_record(folder / SCALE, Scale, MEND)


def _scale(train: Fixed) -> Scale:
    """Of the training views. The excess is narrow with a long tail, as a field star may outshine a faint cluster."""
    light, mass = train.labels["luminosity_lsun"], train.labels["mass_msun"]
    seen = frame.SPHERE + 2 * np.log10(train.labels["distance_kpc"]) + frame.log_light(train.flux)
    share = train.mass - np.log10(mass)[:, None, None]
    return Scale(
        light=_moments(train.flux),
        share=_moments(share),
        ratio=_moments(np.log10(mass / light)),
        excess=_moments(np.log10(light) - seen),
    )


def _moments(values: NDArray) -> tuple[float, float]:
    return float(values.mean(dtype=np.float64)), float(max(values.std(dtype=np.float64), 1e-6))
