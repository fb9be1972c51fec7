"""Training of the residual network on clusters that are drawn anew in every epoch."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np

from reproduce.learning import training
from reproduce.learning.data import Array, ArrayFile
from reproduce.learning.domain import Domain
from reproduce.learning.domain_file import DomainFile
from reproduce.learning.stream import Stream
from reproduce.learning.task import Head, Task
from reproduce.learning.training import OnEpoch, side_by_side
from reproduce.learning.weights import member_name, weights_file
from reproduce.papers.bialopetravicius2019.drawn import Draw
from reproduce.papers.bialopetravicius2019.labels import PARAMETERS
from reproduce.papers.bialopetravicius2019.networks import model
from reproduce.papers.bialopetravicius2019.networks.architecture import build
from reproduce.papers.bialopetravicius2019.networks.losses import bins_loss, posterior_loss
from reproduce.papers.bialopetravicius2019.settings import Train
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress

STREAM, DOMAIN = 1, 2  # of random numbers
DOMAIN_IMAGES = 2_000  # training images that the domain score learns what is usual from


def train(
    draw: Draw,
    validation: Path,
    settings: Train,
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Train the ensemble and write all that a prediction needs.

    With processes that draw beside (`Train.drawing`) the members are trained here, one after the other; without, side
    by side by the executor.

    Parameters
    ----------
    draw : Draw
        Of training images.
    validation : Path
        ``validation.h5`` of the stage `sets`.
    settings : Train
    folder
        Receives the weights, ``resnet.json``, ``domain.h5`` and ``history.csv``: what `model.ResNet.load` reads.
    checkpoint
        Folder of the states after each epoch; a call that finds them goes on from there.
    on_epoch, executor, progress
        As `reproduce.learning.training.train`.

    Returns
    -------
    dict
        Numbers of `reproduce.learning.training.summary`, ``parameters`` and ``images``, drawn for one network.
    """
    checkpoint.mkdir(parents=True, exist_ok=True)
    executor, threads = side_by_side(None if settings.drawing else executor, settings.members)
    tasks = [
        task(draw, validation, settings, member, folder, checkpoint, threads=threads, drawing=settings.drawing)
        for member in range(settings.members)
    ]
    found = training.train([tasks], executor, on_epoch, progress)
    training.write_history(folder / "history.csv", {(model.NAME, k): found[one.name] for k, one in enumerate(tasks)})
    model.Architecture.of(settings, draw.priors, draw.camera).save(folder)
    trained = model.ResNet.load(folder, with_domain=False)
    _domain(trained, draw, settings).save(folder)
    numbers = {"parameters": trained.parameters(), "images": settings.items * settings.epochs}
    return training.summary(model.NAME, list(found.values())) | {name: float(value) for name, value in numbers.items()}


def task(
    draw: Draw,
    validation: Path,
    settings: Train,
    member: int,
    folder: Path,
    checkpoint: Path,
    *,
    threads: int | None = None,
    until: int | None = None,
    drawing: int = 0,
) -> Task:
    """One network's training."""
    name = member_name(model.NAME, member)
    n = len(PARAMETERS)
    heads = [
        Head("cluster", functools.partial(posterior_loss, n, settings.components)),
        Head("there", "binary_crossentropy", settings.there_weight),
    ]
    if settings.bins:
        heads.append(Head("bins", functools.partial(bins_loss, n, settings.bins), settings.bins_weight))
    shape = {name: getattr(settings, name) for name in ("depth", "width", "dense", "components", "bins")}
    return Task(
        name=name,
        build=functools.partial(build, draw.camera.pixels, **shape),
        data=Stream(draw, settings.items, _file(validation, settings), draw.described(), workers=drawing),
        heads=tuple(heads),
        seeds=(settings.seed, STREAM, member),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        weights=weights_file(folder, model.NAME, member),
        state=checkpoint / f"{name}.h5",
        schedule="cosine",
        threads=threads,
        until=until,
    )


def _file(path: Path, settings: Train) -> ArrayFile:
    names = tuple(f"target_{k}" for k in range(len(PARAMETERS) + 1))
    target = Array(names, (0.0,) * len(names), (1.0,) * len(names))
    targets = {"cluster": target, "there": Array(names[-1:], (0.0,), (1.0,))}
    if settings.bins:
        targets["bins"] = target
    return ArrayFile(path, {"image": Array(("image",), (0.0,), (1.0,), image=True)}, targets, labels=names)


def _domain(trained: "model.ResNet", draw: Draw, settings: Train) -> DomainFile:
    """What is usual, of images drawn as those of training; the thresholds, of images on validation fields."""
    numbers = []
    n = min(DOMAIN_IMAGES, max(settings.items, 64))
    for place, source in enumerate((draw, replace(draw, group="validation"))):
        generators = (np.random.default_rng([settings.seed, DOMAIN, place, item]) for item in range(n))
        numbers.append(trained.described(np.stack([source.view(generator)[0] for generator in generators])))
    return DomainFile(Domain.fit(numbers[0], numbers[1]))
