"""The stage `sets`: fixed images to choose the epoch with and to test with.

``validation.h5`` has what a network reads and is to say (`drawn.arrays`), of training clusters on fields of the
validation set; its group ``train`` is one item, for its shapes alone. ``test.h5`` has, in each of its groups, ``rate``
(n, 3, ny, nx) [electrons/s], ``light`` (n, 3, my, mx) [electrons/s], ``mass`` (n, my, mx) [Msun] and ``labels`` of
views of test clusters on test fields: ``all``, drawn as for training; ``m31``, at M31's distance, heavier and outside
its bulge; ``strength_K``, the same clusters, views and fields with another factor on the field's light each.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.papers.magron2026.drawn import Draw, View, arrays
from reproduce.papers.magron2026.settings import Sets
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

VALIDATION, TEST = "validation.h5", "test.h5"
STREAMS = {"validation": 0, "all": 1, "m31": 2, "strength": 3, "observed": 4}  # of random numbers
TOLD = ("told", "told_distance", "told_error")  # columns of what a network is told
CHUNK = 32  # views of a call


@dataclass(frozen=True)
class TestImages:
    """One group of ``test.h5``.

    Attributes
    ----------
    rate : array of float32, shape (n, 3, ny, nx)
        Electrons a second.
    light : array of float32, shape (n, 3, my, mx)
        The clusters' own light in cells [electrons/s].
    mass : array of float32, shape (n, my, mx)
        Mass in cells [Msun].
    labels : dict of array, shape (n,)
        As in `drawn.View`.
    """

    __test__ = False  # for pytest
    rate: NDArray[np.float32]
    light: NDArray[np.float32]
    mass: NDArray[np.float32]
    labels: dict[str, NDArray[np.float64]]


def make(
    training: Draw, test: Draw, settings: Sets, folder: Path, executor: Executor, progress: Progress
) -> dict[str, float]:
    """Draw both files.

    Parameters
    ----------
    training, test : Draw
        Of training views, and of test views.
    settings : Sets
    folder : Path
    executor, progress
        Draws; is told how far it is.

    Returns
    -------
    dict
        ``images_GROUP``.
    """
    groups = {"validation": (replace(training, group="validation"), STREAMS["validation"], settings.validation)}
    groups |= {"all": (test, STREAMS["all"], settings.test)}
    groups |= {"m31": (m31_draw(test, settings), STREAMS["m31"], settings.m31)}
    for number, factor in enumerate(settings.strengths):
        one = m31_draw(test, settings)
        one = replace(one, views=one.views.model_copy(update={"background": (factor, factor)}))
        groups[f"strength_{number}"] = (one, STREAMS["strength"], settings.strength_images)
    total, done = sum(n for _, _, n in groups.values()), 0

    def drawn(name: str) -> Iterator[View]:
        nonlocal done
        source, stream, n = groups[name]
        for view in views(source, (settings.seed, stream), n, executor):
            done += 1
            progress(done / total, f"image {done} of {total}")
            yield view

    with whole(folder / VALIDATION) as partial, h5py.File(partial, "w") as file:
        source = groups["validation"][0]
        items = [arrays(view, source.camera, source.priors, source.cell) for view in drawn("validation")]
        for group, some in (("train", items[:1]), ("validation", items)):
            _write_arrays(file.create_group(group), some)
    with whole(folder / TEST) as partial, h5py.File(partial, "w") as file:
        for name in groups:
            if name != "validation":
                _write(file.create_group(name), list(drawn(name)))
    return {f"images_{name}": float(n) for name, (_, _, n) in groups.items()}


def m31_draw(test: Draw, settings: Sets) -> Draw:
    """Draws test clusters at M31's distance, heavy ones, on fields outside the bulge."""
    fixed = test.views.model_copy(update={"distance_kpc": (settings.m31_kpc,) * 2})
    return replace(test, views=fixed, priors_of=test.views, heavy=settings.heavy, outside_kpc=settings.outside_kpc)


def views(draw: Draw, seeds: tuple[int, ...], n: int, executor: Executor) -> Iterator[View]:
    """The first views of a stream of random numbers, the same with any number of workers."""
    jobs = [(draw, seeds, range(first, min(first + CHUNK, n))) for first in range(0, n, CHUNK)]
    for some in executor.map(_views, jobs):
        yield from some


def _views(job: tuple[Draw, tuple[int, ...], range]) -> list[View]:
    draw, seeds, items = job
    return [draw.view(np.random.default_rng([*seeds, item])) for item in items]


def _write_arrays(group: h5py.Group, items: list[dict[str, NDArray[np.float32]]]) -> None:
    for name in ("image", "cmds", "bands", "mass"):
        values = np.stack([item[name][..., 0] for item in items]).astype(np.float16)
        group.create_dataset(name, data=values, chunks=(1, *values.shape[1:]), compression="lzf")
    for k, name in enumerate(TOLD):
        group[name] = np.array([item["given"][k] for item in items])
    for k in range(items[0]["scalars"].size):
        group[f"target_{k}"] = np.array([item["scalars"][k] for item in items])


def _write(group: h5py.Group, found: list[View]) -> None:
    for name, values in (
        ("rate", [view.image for view in found]),
        ("light", [view.light for view in found]),
        ("mass", [view.mass for view in found]),
    ):
        kept = np.stack(values).astype(np.float16 if name == "rate" else np.float32)
        group.create_dataset(name, data=kept, chunks=(1, *kept.shape[1:]), compression="lzf")
    for key in found[0].labels:
        group[f"labels/{key}"] = np.array([view.labels[key] for view in found])


def read(path: Path, group: str, most: int | None = None) -> TestImages:
    """A group of ``test.h5``, or its first images.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        with h5py.File(path) as file:
            here, rows = file[group], slice(most)
            labels = {name: values[rows] for name, values in here["labels"].items()}
            return TestImages(here["rate"][rows].astype(np.float32), here["light"][rows], here["mass"][rows], labels)
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: cannot be read as test images ({error}); make the sets again") from None


def read_arrays(path: Path) -> dict[str, NDArray[np.float32]]:
    """The group ``validation`` of ``validation.h5`` as `drawn.arrays` names it, items side by side.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        with h5py.File(path) as file:
            group = file["validation"]
            found = {name: group[name][:].astype(np.float32)[..., None] for name in ("image", "cmds", "bands", "mass")}
            found["given"] = np.stack([group[name][:] for name in TOLD], axis=-1).astype(np.float32)
            n = sum(name.startswith("target_") for name in group)
            found["scalars"] = np.stack([group[f"target_{k}"][:] for k in range(n)], axis=-1)
            return found
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: cannot be read as validation images ({error}); make the sets again") from None
