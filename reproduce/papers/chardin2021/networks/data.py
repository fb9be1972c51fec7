"""Maps from the data set's file to batches of standardised arrays."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import h5py
import keras
import numpy as np

from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.workflow.errors import InputError

# Maps up to this size in memory [bytes] are read once; larger sets are read from the file batch by batch.
MEMORY_BYTES = 3 * 2**30
# Maps read from the file at once.
READ_MAPS = 256


class Maps(keras.utils.PyDataset):
    """Batches of one group of ``maps.h5`` for one network, shuffled and augmented anew for each epoch.

    The order of an epoch and the symmetry applied to each map are drawn from (seed, network, epoch), so that an epoch
    is the same whatever came before it: a training that was killed goes on with the batches it would have had.

    Parameters
    ----------
    path
        The data set's ``maps.h5``.
    group
        ``train``, ``validation`` or ``test``.
    scaler
        Of the same data set.
    target
        ``mass``: batches of maps (n, ny, nx, 1); ``age_distance``: batches (n, 2). Both standardised, float32.
    batch_size
        Maps in a batch.
    stream
        Two or more integers that seed the shuffling and the augmentation; None: the file's order and no augmentation.
    augment
        Apply one of the eight symmetries of the square to each map: the sky has no preferred direction.

    Raises
    ------
    InputError
        If the file is no data set, or holds a value that is not finite.
    """

    def __init__(
        self,
        path: Path,
        group: str,
        scaler: Scaler,
        target: Literal["mass", "age_distance"],
        batch_size: int,
        stream: tuple[int, ...] | None = None,
        augment: bool = False,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.path, self.group, self.scaler, self.target = path, group, scaler, target
        self.stream, self.augment = stream, augment
        with ExitStack() as stack:
            file = stack.enter_context(open_maps(path))
            maps = file[group]
            self.n, self.pixels = maps["flux"].shape[0], maps["flux"].shape[1]
            age, distance = maps["age_gyr"][:], maps["distance_kpc"][:]
            labels = np.stack([scaler.standardise_age(age), scaler.standardise_distance(distance)], axis=-1)
            self._labels = _finite(labels.astype(np.float32), path, f"{group}/age_gyr or distance_kpc")
            names = ("flux", "mass") if target == "mass" else ("flux",)
            in_memory = sum(maps[name].size * 4 for name in names) <= MEMORY_BYTES
            self._cache = {name: self._load(name, maps[name]) for name in names} if in_memory else {}
            self._maps = maps
            if not in_memory:
                stack.pop_all()  # the file stays open: opening takes as long as reading a batch
        self.batch_size = min(batch_size, self.n)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the order and the symmetries of an epoch."""
        self._order, self._symmetry = np.arange(self.n), np.zeros(self.n, np.int64)
        if self.stream is not None:
            rng = np.random.default_rng([*self.stream, epoch])
            self._order = rng.permutation(self.n)
            if self.augment:
                self._symmetry = rng.integers(0, 8, self.n)

    def __len__(self) -> int:
        # While training, an incomplete last batch is left out: its few maps would weigh more than the others.
        return self.n // self.batch_size if self.stream is not None else -(-self.n // self.batch_size)

    def __getitem__(self, batch: int) -> tuple[np.ndarray, np.ndarray]:
        here = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        rows, symmetries = self._order[here], self._symmetry[here]
        light = _apply_symmetries(self._read("flux", rows), symmetries)
        if self.target == "age_distance":
            return light, self._labels[rows]
        return light, _apply_symmetries(self._read("mass", rows), symmetries)

    def target_variance(self) -> float:
        """Mean squared deviation of the standardised target from its mean: the denominator of R² (paper eq. 1)."""
        if self.target == "age_distance":
            return float(np.mean(np.var(self._labels.astype(np.float64), axis=0)))
        total = squares = 0.0
        for rows in batches(self.n, READ_MAPS):
            maps = self._read("mass", np.arange(rows.start, rows.stop)).astype(np.float64)
            total, squares = total + maps.sum(), squares + np.square(maps).sum()
        n_pixels = self.n * self.pixels**2
        return float(squares / n_pixels - (total / n_pixels) ** 2)

    def _load(self, name: str, maps: h5py.Dataset) -> np.ndarray:
        loaded = np.empty((*maps.shape, 1), np.float32)
        for rows in batches(self.n, READ_MAPS):
            loaded[rows] = self._standardise(name, maps[rows])
        return loaded

    def _read(self, name: str, rows: np.ndarray) -> np.ndarray:
        if name in self._cache:
            return self._cache[name][rows]
        maps = self._maps[name]
        # one by one: h5py takes ten times as long for a list of rows
        return self._standardise(name, np.stack([maps[row] for row in rows]))

    def _standardise(self, name: str, maps: np.ndarray) -> np.ndarray:
        maps = _finite(maps, self.path, f"{self.group}/{name}")
        scaled = self.scaler.standardise_flux(maps) if name == "flux" else self.scaler.standardise_mass(maps)
        return scaled.astype(np.float32)[..., None]


def open_maps(path: Path) -> h5py.File:
    """The data set's file, opened for reading, its layout checked.

    Raises
    ------
    InputError
        If it cannot be read, or misses a group or an array, or its arrays disagree in shape.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path}: cannot be read as a data set ({error}); make the data set again") from None
    for group in ("train", "validation", "test"):
        for name in ("flux", "mass", "age_gyr", "distance_kpc", "snapshot"):
            if f"{group}/{name}" not in file:
                file.close()
                raise InputError(f"{path}: expected the array {group}/{name}, found none; make the data set again")
        shape = file[group]["flux"].shape
        if len(shape) != 3 or shape[1] != shape[2] or file[group]["mass"].shape != shape or shape[0] == 0:
            found = f"{shape} and {file[group]['mass'].shape}"
            file.close()
            raise InputError(f"{path}: {group}: expected square maps (n, ny, nx) of flux and mass, found {found}")
    return file


def batches(n: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most `size` that cover `n` rows."""
    for first in range(0, n, size):
        yield slice(first, min(first + size, n))


def _finite(values: np.ndarray, path: Path, name: str) -> np.ndarray:
    if not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0][0])
        raise InputError(f"{path}: {name} holds a value that is not finite (map {row}); make the data set again")
    return values


def _apply_symmetries(maps: np.ndarray, symmetries: np.ndarray) -> np.ndarray:
    """Each map (ny, nx, 1) turned by ``symmetry % 4`` quarters and, from 4 on, mirrored."""
    if not symmetries.any():
        return maps
    turned = np.empty_like(maps)
    for symmetry in range(8):
        chosen = symmetries == symmetry
        some = np.rot90(maps[chosen], symmetry % 4, axes=(1, 2))
        turned[chosen] = some[:, :, ::-1] if symmetry >= 4 else some
    return turned
