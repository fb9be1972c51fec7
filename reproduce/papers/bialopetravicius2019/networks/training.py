"""Training of the residual network on clusters that are drawn anew in every epoch."""

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from reproduce.learning import calibration, training
from reproduce.learning.data import Array, ArrayFile
from reproduce.learning.domain import Domain
from reproduce.learning.domain_file import DomainFile
from reproduce.learning.intervals import LEVELS
from reproduce.learning.stream import Stream
from reproduce.learning.task import Head, Task
from reproduce.learning.training import OnEpoch, side_by_side
from reproduce.learning.weights import member_name, weights_file
from reproduce.papers.bialopetravicius2019.drawn import Draw
from reproduce.papers.bialopetravicius2019.labels import PARAMETERS, columns
from reproduce.papers.bialopetravicius2019.networks import model
from reproduce.papers.bialopetravicius2019.networks.architecture import build
from reproduce.papers.bialopetravicius2019.networks.losses import bins_loss, posterior_loss
from reproduce.papers.bialopetravicius2019.settings import Train
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress

STREAM, CHECK = 1, 2  # of random numbers
CHECKED_IMAGES = 2_000  # of which the domain score and the intervals are learnt


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
    architecture = model.Architecture.of(settings, draw.priors, draw.camera)
    architecture.save(folder)
    domain, levels = _checked(model.ResNet.load(folder, with_domain=False), draw, settings)
    domain.save(folder)
    replace(architecture, levels=levels).save(folder)
    trained = model.ResNet.load(folder)
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
    shape = {name: getattr(settings, name) for name in ("depth", "width", "dense", "components", "bins", "stem")}
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


def _checked(
    trained: "model.ResNet", draw: Draw, settings: Train
) -> tuple[DomainFile, tuple[tuple[float, float], ...]]:
    """The domain: what is usual, of images drawn as those of training, its thresholds of images on validation fields.
    And the levels of the posterior's intervals that hold what they claim on the latter."""
    n = min(CHECKED_IMAGES, max(settings.items, 64))

    def views(place: int, source: Draw) -> Iterator[tuple[np.ndarray, dict[str, float]]]:
        for item in range(n):
            yield source.view(np.random.default_rng([settings.seed, CHECK, place, item]))

    usual = trained.described(np.stack([image for image, _ in views(0, draw)]))
    drawn = list(views(1, replace(draw, group="validation")))
    fitted = Domain.fit(usual, trained.described(np.stack([image for image, _ in drawn])))
    there = [one for one in drawn if one[1]["present"]]
    answers = trained.predict(np.stack([image for image, _ in there]), with_domain=False)
    true = columns({name: np.array([labels[name] for _, labels in there]) for name in PARAMETERS})
    below = answers.posterior.cumulative(answers.priors.normal(true))
    levels = [calibration.conformal_levels(below[:, k], LEVELS) for k in range(len(PARAMETERS))]
    return DomainFile(fitted), tuple((float(inner), float(outer)) for inner, outer in levels)
