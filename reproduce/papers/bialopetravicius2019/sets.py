"""The stage `sets`: fixed images to choose the epoch with and to test with.

``validation.h5`` has what a network reads and is to say (`drawn.arrays`); its group ``train`` is one item, for its
shapes alone. ``test.h5`` has ``rate`` (n, 3, ny, nx) [electrons/s] and every label in two groups: ``all``, drawn as
training images are, and ``disc``, clusters of the abstract's range on fields of the star-forming disc.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.papers.bialopetravicius2019.drawn import Draw, arrays
from reproduce.papers.bialopetravicius2019.settings import Sets
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

VALIDATION, TEST, DISC = 0, 1, 2  # streams of random numbers
CHUNK = 128  # items of a call
OLDEST_YR = 3e9
MASSES_MSUN = (250.0, 4_000.0)
"""The abstract's range, with all ages younger."""
GROUPS = ("all", "disc")

Item = tuple[NDArray[np.float32], dict[str, float]]


@dataclass(frozen=True)
class TestImages:
    """One group of ``test.h5``.

    Attributes
    ----------
    rate : array of float32, shape (n, 3, ny, nx)
        Electrons a second.
    labels : dict of array, shape (n,)
        As `Draw.view` gives them; NaN without a cluster.
    """

    __test__ = False  # for pytest
    rate: NDArray[np.float32]
    labels: dict[str, NDArray[np.float64]]

    @property
    def there(self) -> NDArray[np.bool_]:
        """Which images have a cluster."""
        return self.labels["present"] > 0


def make(draw: Draw, sets: Sets, folder: Path, executor: Executor, progress: Progress) -> dict[str, float]:
    """Draw both files.

    Parameters
    ----------
    draw : Draw
        Of training images.
    sets : Sets
    folder : Path
    executor, progress
        Draws; is told how far it is.

    Returns
    -------
    dict
        ``images_validation``, ``images_all``, ``images_disc``.
    """
    total, done = sets.validation + sets.test + sets.disc, 0

    def drawn(source: Draw, stream: int, n: int) -> Iterator[Item]:
        nonlocal done
        for item in views(source, (sets.seed, stream), n, executor):
            done += 1
            progress(done / total, f"image {done} of {total}")
            yield item

    with whole(folder / "validation.h5") as partial, h5py.File(partial, "w") as file:
        source = replace(draw, group="validation")
        items = [arrays(*item, draw.camera, draw.priors) for item in drawn(source, VALIDATION, sets.validation)]
        for group, some in (("train", items[:1]), ("validation", items)):
            file[f"{group}/image"] = np.stack([item["image"][..., 0] for item in some]).astype(np.float16)
            for k in range(items[0]["cluster"].size):
                file[f"{group}/target_{k}"] = np.array([item["cluster"][k] for item in some])
    with whole(folder / "test.h5") as partial, h5py.File(partial, "w") as file:
        for name, source, stream, n in (
            ("all", all_draw(draw, sets), TEST, sets.test),
            ("disc", disc_draw(draw, sets), DISC, sets.disc),
        ):
            rates, labels = zip(*drawn(source, stream, n), strict=True)
            file.create_dataset(f"{name}/rate", data=np.stack(rates).astype(np.float16), compression="lzf")
            for key in labels[0]:
                file[f"{name}/labels/{key}"] = np.array([one[key] for one in labels])
    return {
        "images_validation": float(sets.validation),
        "images_all": float(sets.test),
        "images_disc": float(sets.disc),
    }


def all_draw(draw: Draw, sets: Sets) -> Draw:
    """Draws test images as those to train with, on fields of the test set."""
    return replace(draw, group="test", clusters=draw.clusters.model_copy(update={"empty": sets.empty}))


def disc_draw(draw: Draw, sets: Sets) -> Draw:
    """Draws clusters of the abstract's range on test fields of the star-forming disc."""
    chosen = draw.clusters.model_copy(
        update={
            "log_age": (draw.clusters.log_age[0], float(np.log10(OLDEST_YR))),
            "log_mass": (float(np.log10(MASSES_MSUN[0])), float(np.log10(MASSES_MSUN[1]))),
            "empty": 0.0,
        }
    )
    return replace(draw, group="test", clusters=chosen, radii_kpc=sets.disc_kpc)


def views(draw: Draw, seeds: tuple[int, ...], n: int, executor: Executor) -> Iterator[Item]:
    """The first images of a stream of random numbers, the same with any number of workers."""
    jobs = [(draw, seeds, range(first, min(first + CHUNK, n))) for first in range(0, n, CHUNK)]
    for some in executor.map(_views, jobs):
        yield from some


def _views(job: tuple[Draw, tuple[int, ...], range]) -> list[Item]:
    draw, seeds, items = job
    return [draw.view(np.random.default_rng([*seeds, item])) for item in items]


def read(path: Path, group: str) -> TestImages:
    """A group of ``test.h5``.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        with h5py.File(path) as file:
            labels = {name: values[:] for name, values in file[group]["labels"].items()}
            return TestImages(file[group]["rate"][:].astype(np.float32), labels)
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: cannot be read as test images ({error}); make the sets again") from None
