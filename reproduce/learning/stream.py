"""Training items that are drawn anew in every epoch, each from (seeds, epoch, item) alone.

So the views of an epoch are the same whatever came before it, in batches of any size and on any number of workers,
without a data set on the disk.
"""

import hashlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np

from reproduce.learning.arrays import Arrays, draw_batch
from reproduce.learning.data import ArrayFile, Batches, bundled

AHEAD = 2  # batches that each drawing process is ahead of the training
DRAWING = 3  # of so many cores one draws and the others train, about as the two cost


def shares(cores: int) -> tuple[int, int]:
    """Processes that draw, and cores for the training beside them: a training that took all would slow both down."""
    drawing = max(1, cores // DRAWING) if cores > 1 else 0
    return drawing, max(1, cores - drawing)


@dataclass(frozen=True)
class Stream:
    """Items drawn anew in every epoch for training; a file for validation.

    Attributes
    ----------
    draw : callable
        ``draw(rng, item)``: the standardised inputs and targets of one item by name, from a generator of its own. It
        pickles, and depends on nothing else.
    items : int
        Of an epoch.
    validation : ArrayFile
        Fixed; with the same inputs and targets.
    name : str
        Tells these data from others: all that `draw` depends on.
    workers : int
        Processes that draw while the network trains; 0: none, the training waits for each batch.
    """

    draw: Callable[[np.random.Generator, int], Arrays]
    items: int
    validation: ArrayFile
    name: str
    workers: int = 0

    def open(
        self, group: str, batch_size: int, stream: tuple[int, ...] | None = None, augment: bool = False
    ) -> Batches:
        """Batches drawn anew for ``train``, those of the file for any other group, as `Source`."""
        if group != "train":
            return self.validation.open(group, batch_size, stream, augment)
        if stream is None:
            raise ValueError("a stream of training data is drawn from seeds, and none are given")
        return StreamBatches(self, batch_size, stream, augment)

    def identity(self) -> str:
        """Digest of the name, the number of items and the validation file."""
        parts = f"{self.name} {self.items} {self.validation.identity()}"
        return hashlib.sha256(parts.encode()).hexdigest()


class StreamBatches(Batches):
    """Batches of a `Stream`."""

    def __init__(self, source: Stream, batch_size: int, stream: tuple[int, ...], augment: bool) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._source, self._stream, self._augment = source, stream, augment
        self.batch_size = min(batch_size, source.items)
        arrays = {**source.validation.inputs, **source.validation.targets}
        self._images = frozenset(name for name, array in arrays.items() if array.image)
        self._pool: ProcessPoolExecutor | None = None
        self._drawn: deque[tuple[int, Future[Arrays]]] = deque()
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the items of an epoch from here on."""
        self._epoch = epoch
        self._drawn.clear()

    def close(self) -> None:
        """End the processes that draw."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def __len__(self) -> int:
        return self._source.items // self.batch_size

    def __getitem__(self, batch: int) -> tuple[Any, Any]:
        found = self._draw(batch) if self._source.workers == 0 else self._ahead(batch)
        validation = self._source.validation
        return bundled(found, validation.inputs), bundled(found, validation.targets)

    def target_variances(self) -> dict[str, float]:
        """Of the validation's standardised targets: a stream has no end to take them of."""
        return self._source.validation.open("validation", self.batch_size).target_variances()

    def _ahead(self, batch: int) -> Arrays:
        """A batch from the processes that draw, which go on with the next ones."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._source.workers, get_context("spawn"))
        while self._drawn and self._drawn[0][0] != batch:
            self._drawn.popleft()
        following = self._drawn[-1][0] + 1 if self._drawn else batch
        for one in range(following, min(batch + 1 + AHEAD * self._source.workers, len(self))):
            self._drawn.append((one, self._pool.submit(draw_batch, *self._job(one))))
        return self._drawn.popleft()[1].result()

    def _draw(self, batch: int) -> Arrays:
        return draw_batch(*self._job(batch))

    def _job(self, batch: int) -> tuple[Callable[..., Arrays], tuple[int, ...], range, frozenset[str] | None]:
        first = batch * self.batch_size
        items = range(first, first + self.batch_size)
        return self._source.draw, (*self._stream, self._epoch), items, self._images if self._augment else None
