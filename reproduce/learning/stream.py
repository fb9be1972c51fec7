"""Training items that are drawn anew in every epoch, each from (seeds, epoch, item) alone.

So the views of an epoch are the same whatever came before it, in batches of any size and on any number of workers,
without a data set on the disk.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.data import ArrayFile, Batches, bundled, turned

Arrays = dict[str, NDArray[np.float32]]


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
    """

    draw: Callable[[np.random.Generator, int], Arrays]
    items: int
    validation: ArrayFile
    name: str

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
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the items of an epoch from here on."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._source.items // self.batch_size

    def __getitem__(self, batch: int) -> tuple[Any, Any]:
        first = batch * self.batch_size
        drawn = [self._item(item) for item in range(first, first + self.batch_size)]
        found = {name: np.stack([item[name] for item in drawn]) for name in drawn[0]}
        validation = self._source.validation
        return bundled(found, validation.inputs), bundled(found, validation.targets)

    def target_variances(self) -> dict[str, float]:
        """Of the validation's standardised targets: a stream has no end to take them of."""
        return self._source.validation.open("validation", self.batch_size).target_variances()

    def _item(self, item: int) -> Arrays:
        rng = np.random.default_rng([*self._stream, self._epoch, item])
        drawn = self._source.draw(rng, item)
        if not self._augment:
            return drawn
        symmetry = np.array([rng.integers(8)])
        arrays = {**self._source.validation.inputs, **self._source.validation.targets}
        return {
            name: turned(values[None], symmetry)[0] if arrays[name].image else values for name, values in drawn.items()
        }
