"""The stage `observer_train`: all members at once on views that are drawn anew in every epoch."""

import functools
from pathlib import Path

import h5py
import numpy as np

from reproduce.learning import training
from reproduce.learning.data import Array, ArrayFile, slices
from reproduce.learning.known import Limits
from reproduce.learning.posterior import MixtureLoss
from reproduce.learning.stream import Stream, shares
from reproduce.learning.task import Head, Task
from reproduce.learning.training import OnEpoch
from reproduce.papers.chardin2021.observer import sets
from reproduce.papers.chardin2021.observer.frame import NUMBERS, PARAMETERS, Scale, limits_of
from reproduce.papers.chardin2021.observer.model import READ_AT_ONCE, WEIGHTS, Architecture, Observer
from reproduce.papers.chardin2021.observer.network import build
from reproduce.papers.chardin2021.observer.views import INPUTS, Draw, DrawArrays, arrays, targets
from reproduce.papers.chardin2021.observer_settings import Train
from reproduce.workflow.executor import InProcess, default_workers
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

NAME = "observer"
COLUMNS = {"known": NUMBERS, "posterior": len(PARAMETERS)}
UNIT = ((0.0,), (1.0,))


def train(
    draw: Draw,
    fixed: Path,
    settings: Train,
    folder: Path,
    checkpoint: Path,
    on_epoch: OnEpoch | None = None,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Train the networks and write all that a prediction needs.

    Parameters
    ----------
    draw : Draw
        Of views of the training clusters.
    fixed : Path
        Folder of the stage `observer_sets`.
    settings : Train
    folder
        Receives ``observer.weights.h5``, ``observer.json`` and ``history.csv``.
    checkpoint
        Folder of the state after each epoch; a call that finds one goes on from it.
    on_epoch, progress
        As `reproduce.learning.training.train`.

    Returns
    -------
    dict
        Numbers of `reproduce.learning.training.summary`, ``parameters`` and ``views``, drawn for all members at once.
    """
    for place in (folder, checkpoint):
        place.mkdir(parents=True, exist_ok=True)
    scale = sets.read_scale(fixed)
    validation = checkpoint / "validation.h5"
    _write_validation(validation, fixed, scale, limits_of(draw.views))
    drawing, threads = shares(default_workers())
    one = task(draw, scale, validation, settings, folder, checkpoint, workers=drawing, threads=threads)
    history = training.train([[one]], InProcess(), on_epoch, progress)[NAME]
    training.write_history(folder / "history.csv", {(NAME, 0): history})
    Architecture.of(settings, draw.views, scale, draw.camera.pixels).save(folder)
    numbers = {"parameters": Observer.load(folder).parameters(), "views": settings.maps * settings.epochs}
    return training.summary(NAME, [history]) | {name: float(value) for name, value in numbers.items()}


def task(
    draw: Draw,
    scale: Scale,
    validation: Path,
    settings: Train,
    folder: Path,
    checkpoint: Path,
    *,
    until: int | None = None,
    workers: int = 0,
    threads: int | None = None,
) -> Task:
    """The training of all members; `until` and `threads` as of `Task`, `workers` as of `Stream`."""
    names = targets(settings.members)
    source = ArrayFile(validation, {name: _array(name) for name in INPUTS}, {name: _array(name) for name in names})
    drawn = DrawArrays(draw, scale, settings.members)
    described = f"{draw.described()} {scale} {settings.members}"
    mixture = functools.partial(MixtureLoss, len(PARAMETERS), settings.components)
    return Task(
        name=NAME,
        build=functools.partial(
            build,
            draw.camera.pixels,
            scale.light,
            settings.members,
            settings.width,
            settings.regressor_width,
            settings.dense,
            settings.components,
            settings.grain,
        ),
        data=Stream(drawn, settings.maps, source, described, workers=workers),
        heads=tuple(Head(name, mixture if "posterior" in name else "mse") for name in names),
        seeds=(settings.seed,),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        weights=folder / WEIGHTS,
        state=checkpoint / f"{NAME}.h5",
        schedule="cosine",
        precision=settings.precision,
        threads=threads,
        until=until,
    )


def _array(name: str) -> Array:
    """How an input or target stands in the validation file: images as they are, numbers in a column each."""
    kind = name.partition("-")[0]
    if kind not in COLUMNS:
        return Array((kind,), *UNIT, image=True)
    n = COLUMNS[kind]
    return Array(tuple(f"{kind}_{k}" for k in range(n)), (0.0,) * n, (1.0,) * n)


def _write_validation(path: Path, fixed: Path, scale: Scale, limits: Limits) -> None:
    """The validation views as networks see them; the group ``train`` has one of them, for its shapes alone."""
    views = sets.read(fixed, "validation")
    n, side = len(views.flux), views.flux.shape[-1]
    with whole(path) as partial, h5py.File(partial, "w") as file:
        for name in ("light", "share"):
            file.create_dataset(f"validation/{name}", (n, side, side), np.float32)
        for rows in slices(n, READ_AT_ONCE):
            labels = {name: values[rows] for name, values in views.labels.items()}
            found = arrays(views.flux[rows], views.mass[rows], labels, views.known.take(rows), scale, limits)
            for name in ("light", "share"):
                file[f"validation/{name}"][rows] = found[name][..., 0]
            for name, columns in COLUMNS.items():
                for k in range(columns):
                    place = f"validation/{name}_{k}"
                    if place not in file:
                        file.create_dataset(place, (n,), np.float32)
                    file[place][rows] = found[name][:, k]
        for name in list(file["validation"]):
            file[f"train/{name}"] = file[f"validation/{name}"][:1]
