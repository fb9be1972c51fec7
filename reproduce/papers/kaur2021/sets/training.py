"""Training of the networks of sets, on the galaxies that the split by galaxy trains with."""

import dataclasses
import functools
from pathlib import Path

import h5py
import numpy as np

from reproduce.learning import calibration, training
from reproduce.learning.data import Array, ArrayFile
from reproduce.learning.domain import Domain
from reproduce.learning.domain_file import DomainFile
from reproduce.learning.intervals import LEVELS
from reproduce.learning.posterior import MixtureLoss
from reproduce.learning.stream import Stream
from reproduce.learning.task import Head, Task
from reproduce.learning.training import OnEpoch, side_by_side
from reproduce.learning.weights import member_name, weights_file
from reproduce.papers.kaur2021 import galaxies, maps
from reproduce.papers.kaur2021.sets import model
from reproduce.papers.kaur2021.sets.network import build
from reproduce.papers.kaur2021.sets.views import Draw
from reproduce.papers.kaur2021.settings import Maps, Sets
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

VALIDATION, VIEWS, DOMAIN, LEVEL = 0, 1, 2, 3  # streams of random numbers
DOMAIN_VIEWS = 4_000  # training views that the domain score learns what is usual from
Galaxy = tuple[str, int]


def train(
    source: Path,
    seen: Maps,
    sets: Sets,
    ends_msun: tuple[float, float],
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Train the ensemble and write all that a prediction needs.

    Parameters
    ----------
    source : Path
        ``galaxies.h5``.
    seen : Maps
        For the split by galaxy, which is that of the maps: the same galaxies are kept to test with.
    sets : Sets
        Settings.
    ends_msun : pair of float
        The prior of the dark mass [Msun].
    folder
        Receives the weights, ``sets.json``, ``domain.h5`` and ``history.csv``: what `model.SetModel.load` reads.
    checkpoint
        Folder of the validation views and of the states after each epoch; a call that finds them goes on from there.
    on_epoch, executor, progress
        As `reproduce.learning.training.train`.

    Returns
    -------
    dict
        Numbers of `reproduce.learning.training.summary`, ``training_galaxies`` and ``parameters``.
    """
    chosen = split(source, seen, sets)
    checkpoint.mkdir(parents=True, exist_ok=True)
    validation = checkpoint / "validation.h5"
    views = {group: Draw(source, chosen[group], sets, ends_msun) for group in ("train", "validation")}
    _write_validation(validation, views["validation"], sets)
    executor, threads = side_by_side(executor, sets.members)
    tasks = [_task(k, views["train"], validation, sets, folder, checkpoint, threads) for k in range(sets.members)]
    found = training.train([tasks], executor, on_epoch, progress)
    training.write_history(folder / "history.csv", {("sets", k): found[one.name] for k, one in enumerate(tasks)})
    architecture = model.Architecture.of(sets, ends_msun)
    architecture.save(folder)
    trained = model.SetModel.load(folder, with_domain=False)
    _fit_domain(trained, views, sets).save(folder)
    levels = _levels(trained, views["validation"], sets)
    dataclasses.replace(architecture, levels=levels).save(folder)
    numbers: dict[str, float] = {"training_galaxies": len(chosen["train"]), "parameters": trained.parameters()}
    numbers |= {"level_for_68": 100 * levels[0], "level_for_95": 100 * levels[1]}
    return training.summary("sets", list(found.values())) | {name: float(value) for name, value in numbers.items()}


def split(source: Path, seen: Maps, sets: Sets) -> dict[str, tuple[Galaxy, ...]]:
    """Galaxies to ``train``, ``validation`` and ``test`` with, of all kinds.

    Those to test with are the same as for the maps that are split by galaxy.
    """
    found: dict[str, list[Galaxy]] = {"train": [], "validation": [], "test": []}
    for kind in galaxies.kinds(source):
        test = maps.held_out_galaxies(kind, len(galaxies.read(source, kind)), seen)
        others = np.random.default_rng([sets.seed, VALIDATION]).permutation(np.flatnonzero(~test))
        n = min(max(round(sets.validation_fraction * len(others)), 2), max(len(others) - 1, 0))
        parts = {"test": np.flatnonzero(test), "validation": np.sort(others[:n]), "train": np.sort(others[n:])}
        for group, places in parts.items():
            found[group] += [(kind, int(place)) for place in places]
    return {group: tuple(each) for group, each in found.items()}


def _task(
    member: int, draw: Draw, validation: Path, sets: Sets, folder: Path, checkpoint: Path, threads: int | None
) -> Task:
    name = member_name("sets", member)
    return Task(
        name=name,
        build=functools.partial(build, sets.size, width=sets.width, depth=sets.depth, components=sets.components),
        data=Stream(draw, len(draw.chosen) * sets.views, _file(validation), _described(draw)),
        heads=(Head("mass", functools.partial(MixtureLoss, 1, sets.components)),),
        seeds=(sets.seed, VIEWS, member),
        epochs=sets.epochs,
        batch_size=sets.batch_size,
        learning_rate=sets.learning_rate,
        weights=weights_file(folder, "sets", member),
        state=checkpoint / f"{name}.h5",
        schedule="cosine",
        threads=threads,
    )


def _file(path: Path) -> ArrayFile:
    unit = ((0.0,), (1.0,))
    return ArrayFile(
        path,
        {"clusters": Array(("clusters",), *unit, image=True)},
        {"mass": Array(("mass",), *unit)},
        labels=("mass",),
    )


def _described(draw: Draw) -> str:
    """All that the views depend on but their seeds, in words that do not depend on the place of the file."""
    return f"{draw.chosen} {draw.sets.model_dump_json()} {draw.ends_msun}"


def _write_validation(path: Path, draw: Draw, sets: Sets) -> None:
    """Fixed views of the validation galaxies; the group ``train`` has one of them, for its shapes alone."""
    items = [
        draw(np.random.default_rng([sets.seed, VIEWS, VALIDATION, item]), item)
        for item in range(len(draw.chosen) * sets.validation_views)
    ]
    with whole(path) as partial, h5py.File(partial, "w") as file:
        for group, some in (("train", items[:1]), ("validation", items)):
            file[f"{group}/clusters"] = np.stack([item["clusters"][..., 0] for item in some])
            file[f"{group}/mass"] = np.concatenate([item["mass"] for item in some])


def _levels(trained: "model.SetModel", draw: Draw, sets: Sets) -> tuple[float, float]:
    """Levels of the intervals that hold what they claim on fresh views of the validation galaxies."""
    items = range(len(draw.chosen) * sets.validation_views)
    views = [draw.view(np.random.default_rng([sets.seed, LEVEL, item]), item) for item in items]
    masses = trained.predict([seen for seen, _ in views], with_domain=False)
    below = masses.posterior.cumulative(masses.prior.normal([mass for _, mass in views])[:, None])[:, 0]
    inner, outer = calibration.conformal_levels(below, LEVELS)
    return float(inner), float(outer)


def _fit_domain(trained: "model.SetModel", views: dict[str, Draw], sets: Sets) -> DomainFile:
    """What is usual, of views of the training galaxies; the thresholds, of validation galaxies."""
    numbers = []
    for place, draw in enumerate(views.values()):
        n = min(DOMAIN_VIEWS, max(len(draw.chosen) * sets.views, 64))
        seen = [draw.view(np.random.default_rng([sets.seed, DOMAIN, place, item]), item)[0] for item in range(n)]
        numbers.append(trained.described(seen))
    return DomainFile(Domain.fit(numbers[0], numbers[1]))
