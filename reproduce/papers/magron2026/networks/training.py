"""Training of the one network on views that are drawn anew in every epoch."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
from reproduce.papers.magron2026 import pixels, sets
from reproduce.papers.magron2026.drawn import Draw
from reproduce.papers.magron2026.labels import DISTANCE, PARAMETERS
from reproduce.papers.magron2026.networks import model
from reproduce.papers.magron2026.networks.architecture import build
from reproduce.papers.magron2026.settings import Train
from reproduce.workflow.executor import Executor, default_workers
from reproduce.workflow.progress import Progress

STREAM, CHECK = 1, 2  # of random numbers
CHECKED_IMAGES = 2_000  # of which the domain score is learnt
FACTORS = (0.5, 2.0)
"""Light and mass are multiplied by no less and no more: a network that misses half has not learnt its task."""


def train(
    draw: Draw,
    sets_folder: Path,
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
        Of training views.
    sets_folder : Path
        Of the stage `sets`.
    settings : Train
    folder
        Receives the weights, ``many_heads.json``, ``domain.h5`` and ``history.csv``: what `model.MultiPiDoc.load`
        reads.
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
    if settings.drawing:
        threads = max(1, default_workers() - settings.drawing)
    file = sets_folder / sets.VALIDATION
    tasks = [
        task(draw, file, settings, member, folder, checkpoint, threads=threads, drawing=settings.drawing)
        for member in range(settings.members)
    ]
    found = training.train([tasks], executor, on_epoch, progress)
    training.write_history(folder / "history.csv", {(model.NAME, k): found[one.name] for k, one in enumerate(tasks)})
    architecture = model.Architecture.of(settings, draw.priors, draw.camera)
    architecture.save(folder)
    if settings.maps and settings.scalars:
        trained = model.MultiPiDoc.load(folder, with_domain=False)
        domain, architecture = _checked(trained, draw, file, settings)
        domain.save(folder)
        architecture.save(folder)
    numbers = {
        "parameters": architecture.build().count_params(),
        "images": settings.items * settings.epochs,
    }
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
    name: str = "",
) -> Task:
    """One network's training; `name` tells it from others of the same folder."""
    name = name or member_name(model.NAME, member)
    heads = []
    if settings.maps:
        heads = [Head("bands", "mse", settings.bands_weight), Head("mass", "mse", settings.mass_weight)]
    if settings.scalars:
        loss = functools.partial(MixtureLoss, len(PARAMETERS), settings.components)
        heads.append(Head("scalars", loss, settings.scalars_weight))
    return Task(
        name=name,
        build=functools.partial(build, draw.camera.pixels, **model.shape_of(settings)),
        data=Stream(draw, settings.items, _file(validation, settings), draw.described(), workers=drawing),
        heads=tuple(heads),
        seeds=(settings.seed, STREAM, member),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        weights=weights_file(folder, name),
        state=checkpoint / f"{name}.h5",
        schedule="cosine",
        threads=threads,
        until=until,
    )


def _file(path: Path, settings: Train) -> ArrayFile:
    columns_ = tuple(f"target_{k}" for k in range(len(PARAMETERS)))
    inputs = {name: Array((name,), (0.0,), (1.0,), image=True) for name in ("image", "cmds")}
    inputs["given"] = Array(sets.TOLD, (0.0,) * len(sets.TOLD), (1.0,) * len(sets.TOLD))
    targets = {}
    if settings.maps:
        targets = {name: Array((name,), (0.0,), (1.0,), image=True) for name in ("bands", "mass")}
    if settings.scalars:
        targets["scalars"] = Array(columns_, (0.0,) * len(columns_), (1.0,) * len(columns_))
    return ArrayFile(path, inputs, targets, labels=columns_)


def _checked(
    trained: "model.MultiPiDoc", draw: Draw, validation: Path, settings: Train
) -> tuple[DomainFile, "model.Architecture"]:
    """The domain, of views drawn as those of training, its thresholds of validation images; the levels of the
    posterior's intervals that hold what they claim on the latter; and the factors that make the total light of each
    denoised band and of the mass maps right in half of them."""
    n = min(CHECKED_IMAGES, max(settings.items, 64))
    drawn = [draw(np.random.default_rng([settings.seed, CHECK, item]), item) for item in range(n)]
    usual = {name: np.stack([one[name] for one in drawn]) for name in ("image", "cmds", "given")}
    checked = sets.read_arrays(validation)
    inputs = {name: checked[name] for name in usual}
    fitted = Domain.fit(trained.described(usual), trained.described(inputs))
    answers = trained.answer(inputs)
    theta = trained.architecture.priors.frame(checked["given"]).theta(checked["scalars"].astype(np.float64))
    below = answers.posterior.cumulative(theta)
    levels = [calibration.conformal_levels(below[:, k], LEVELS) for k in range(len(PARAMETERS))]
    light = pixels.bands_of(checked["bands"][..., 0], draw.camera, draw.cell).sum(axis=(2, 3))
    blue, green, red = (float(one) for one in _ratio(light, answers.light.sum(axis=(2, 3))))
    mass = (10.0 ** pixels.mass_of(checked["mass"][..., 0])).sum(axis=(1, 2))
    mass *= draw.priors.cell_area(10 ** theta[:, DISTANCE])
    architecture = replace(
        trained.architecture,
        levels=tuple((float(inner), float(outer)) for inner, outer in levels),
        light_factors=(blue, green, red),
        mass_factor=float(_ratio(mass, answers.mass_map.sum(axis=(1, 2)))),
    )
    return DomainFile(fitted), architecture


def _ratio(true: NDArray, found: NDArray) -> NDArray[np.float64]:
    """Median over images of true over found, within `FACTORS`."""
    return np.asarray(np.clip(np.median(true / np.maximum(found, 1e-6 * true), axis=0), *FACTORS))
