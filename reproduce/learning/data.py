"""Inputs and targets, standardised, in batches, from arrays in a file.

The order of an epoch and the symmetry given to each item depend on the seeds and the epoch alone: an epoch is the same
whatever came before it, so that a training that was killed goes on with the batches that it would have had.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.arrays import Array, turned
from reproduce.workflow.errors import InputError

# Arrays up to this size in memory [bytes] are read once; larger ones are read from the file batch by batch.
MEMORY_BYTES = 3 * 2**30
# Items read from the file at once.
READ_ITEMS = 256
MEND = "make the data set again"


class Batches(keras.utils.PyDataset):
    """Batches of one group of data, as `keras.Model.fit` takes them; what a `Source` opens.

    With one input (target) a batch has its array, with several a dictionary of arrays by their names.
    """

    batch_size: int

    def set_epoch(self, epoch: int) -> None:
        """Draw what is drawn anew for each epoch."""
        raise NotImplementedError

    def target_variances(self) -> dict[str, float]:
        """Mean squared deviation of each standardised target from its mean: the denominators of R²."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what was needed to make batches."""


class Source(Protocol):
    """Where a task's data come from; it pickles."""

    def open(
        self, group: str, batch_size: int, stream: tuple[int, ...] | None = None, augment: bool = False
    ) -> Batches:
        """Batches of ``train`` or ``validation``; with a `stream` of seeds in a random order, without in the data's."""
        ...

    def identity(self) -> str:
        """Digest that tells these data from others."""
        ...


@dataclass(frozen=True)
class ArrayFile:
    """Arrays in the groups of an HDF5 file.

    Attributes
    ----------
    path : Path
    inputs, targets : mapping of Array
        By the names that the network has for them.
    labels : tuple of str
        Columns whose values tell this file from others.
    """

    path: Path
    inputs: Mapping[str, Array]
    targets: Mapping[str, Array]
    labels: tuple[str, ...] = ()

    def open(
        self, group: str, batch_size: int, stream: tuple[int, ...] | None = None, augment: bool = False
    ) -> "FileBatches":
        """Batches of a group of the file, as `Source`."""
        return FileBatches(self, group, batch_size, stream, augment)

    def identity(self) -> str:
        """Digest of the arrays' names, scales and shapes, and of the labels' values."""
        digest = hashlib.sha256(repr((sorted(self.inputs.items()), sorted(self.targets.items()))).encode())
        with open_file(self.path) as file:
            for group in ("train", "validation"):
                for array in (*self.inputs.values(), *self.targets.values()):
                    for name in array.columns:
                        digest.update(repr(_array(file, self.path, group, name).shape).encode())
                for name in self.labels:
                    digest.update(np.ascontiguousarray(_array(file, self.path, group, name)[:]).tobytes())
        return digest.hexdigest()


class FileBatches(Batches):
    """Batches of one group of an `ArrayFile`; incomplete ones are left out while training, where their few items would
    weigh more than the others.

    Raises
    ------
    InputError
        If the file cannot be read, misses an array, holds arrays of unequal lengths, or a value that is not finite.
    """

    def __init__(
        self, source: ArrayFile, group: str, batch_size: int, stream: tuple[int, ...] | None, augment: bool
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._source, self._group, self._stream, self._augment = source, group, stream, augment
        self._arrays = {**source.inputs, **source.targets}
        with ExitStack() as stack:
            file = stack.enter_context(open_file(source.path))
            self._data = {
                name: [_array(file, source.path, group, column) for column in array.columns]
                for name, array in self._arrays.items()
            }
            self.n = _common_length(self._data, source.path, group)
            images = [name for name, array in self._arrays.items() if array.image]
            in_memory = sum(self._data[name][0].size * 4 for name in images) <= MEMORY_BYTES
            kept = self._arrays if in_memory else [name for name in self._arrays if name not in images]
            self._cache = {name: self._load(name) for name in kept}
            if not in_memory:
                stack.pop_all()  # the file stays open: opening takes as long as reading a batch
        self.batch_size = min(batch_size, self.n)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the order and the symmetries of an epoch."""
        self._order, self._symmetry = np.arange(self.n), np.zeros(self.n, np.int64)
        if self._stream is not None:
            rng = np.random.default_rng([*self._stream, epoch])
            self._order = rng.permutation(self.n)
            if self._augment:
                self._symmetry = rng.integers(0, 8, self.n)

    def __len__(self) -> int:
        return self.n // self.batch_size if self._stream is not None else -(-self.n // self.batch_size)

    def __getitem__(self, batch: int) -> tuple[Any, Any]:
        here = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        rows, symmetries = self._order[here], self._symmetry[here]
        found = {name: self._read(name, rows) for name in self._arrays}
        found = {
            name: turned(values, symmetries) if self._arrays[name].image else values for name, values in found.items()
        }
        return bundled(found, self._source.inputs), bundled(found, self._source.targets)

    def target_variances(self) -> dict[str, float]:
        """Of each standardised target."""
        return {name: self._variance(name) for name in self._source.targets}

    def _variance(self, name: str) -> float:
        if not self._arrays[name].image:
            return float(np.mean(np.var(self._cache[name].astype(np.float64), axis=0)))
        total = squares = count = 0.0
        for rows in slices(self.n, READ_ITEMS):
            values = self._read(name, np.arange(rows.start, rows.stop)).astype(np.float64)
            total, squares, count = total + values.sum(), squares + np.square(values).sum(), count + values.size
        return float(squares / count - (total / count) ** 2)

    def _load(self, name: str) -> NDArray[np.float32]:
        array, data = self._arrays[name], self._data[name]
        if not array.image:
            return self._standardised(name, [values[:] for values in data])
        loaded = np.empty((*data[0].shape, 1), np.float32)
        for rows in slices(self.n, READ_ITEMS):
            loaded[rows] = self._standardised(name, [values[rows] for values in data])
        return loaded

    def _read(self, name: str, rows: NDArray) -> NDArray[np.float32]:
        if name in self._cache:
            return self._cache[name][rows]
        # one by one: h5py takes ten times as long for a list of rows
        return self._standardised(name, [np.stack([values[row] for row in rows]) for values in self._data[name]])

    def _standardised(self, name: str, columns: list[NDArray]) -> NDArray[np.float32]:
        for column, values in zip(self._arrays[name].columns, columns, strict=True):
            if not np.isfinite(values).all():
                row = int(np.argwhere(~np.isfinite(values))[0][0])
                raise InputError(
                    f"{self._source.path}: {self._group}/{column} holds a value that is not finite (item {row}); {MEND}"
                )
        return self._arrays[name].standardise(columns)


def bundled(arrays: Mapping[str, NDArray], names: Mapping[str, Array]) -> Any:
    """The array of one name, or a dictionary of the arrays of several."""
    chosen = {name: arrays[name] for name in names}
    return chosen if len(chosen) > 1 else next(iter(chosen.values()))


def open_file(path: Path) -> h5py.File:
    """An HDF5 file, opened for reading.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path}: cannot be read as a data set ({error}); {MEND}") from None


def slices(n: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most `size` that cover `n` rows."""
    for first in range(0, n, size):
        yield slice(first, min(first + size, n))


def _array(file: h5py.File, path: Path, group: str, name: str) -> h5py.Dataset:
    if f"{group}/{name}" not in file:
        raise InputError(f"{path}: expected the array {group}/{name}, found none; {MEND}")
    return file[group][name]


def _common_length(data: Mapping[str, list[h5py.Dataset]], path: Path, group: str) -> int:
    lengths = {values.shape[0] for columns in data.values() for values in columns}
    if len(lengths) != 1 or lengths == {0}:
        shapes = ", ".join(f"{values.name} {values.shape}" for columns in data.values() for values in columns)
        raise InputError(f"{path}: {group}: expected arrays of one length above 0, found {shapes}; {MEND}")
    return lengths.pop()
