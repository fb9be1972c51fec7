"""The maps of ``maps.h5`` as a network reads them: which are to train with, to validate with and to test with."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.data import Batches, turned
from reproduce.papers.kaur2021 import maps
from reproduce.papers.kaur2021.labels import HIGHEST
from reproduce.papers.kaur2021.networks.architecture import INPUTS
from reproduce.workflow.errors import InputError

UNIT_KMS = 121.4  # the paper's unit of velocity, in which networks see V and σ
NOISE, VALIDATION = 0, 1  # streams of random numbers
ARRAYS = {"dispersion": "dispersion_kms", "velocity": "velocity_kms"}


@dataclass(frozen=True)
class Images:
    """Maps of some kinds of galaxies, one kind after the other.

    Attributes
    ----------
    inputs : dict of (n, ny, nx, 1) float32
        By the names of the networks' inputs, in `UNIT_KMS`.
    label : (n, 1) float32
    halo_msun : (n,) float64
    galaxy : (n,) int64
        Numbers that differ between kinds.
    """

    inputs: dict[str, NDArray[np.float32]]
    label: NDArray[np.float32]
    halo_msun: NDArray[np.float64]
    galaxy: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: NDArray) -> "Images":
        """Some of them."""
        inputs = {name: values[rows] for name, values in self.inputs.items()}
        return Images(inputs, self.label[rows], self.halo_msun[rows], self.galaxy[rows])

    def only(self, inputs: tuple[str, ...]) -> "Images":
        """With some of the inputs."""
        return replace(self, inputs={name: self.inputs[name] for name in inputs})


def joined(parts: Sequence[Images]) -> Images:
    """Images of several kinds, one after the other; galaxies get numbers that differ between kinds."""
    first = np.cumsum([0] + [int(one.galaxy.max()) + 1 for one in parts[:-1]])
    return Images(
        {name: np.concatenate([one.inputs[name] for one in parts]) for name in parts[0].inputs},
        np.concatenate([one.label for one in parts]),
        np.concatenate([one.halo_msun for one in parts]),
        np.concatenate([one.galaxy + start for one, start in zip(parts, first, strict=True)]),
    )


def variance(label: NDArray) -> float:
    """Variance of labels; where all are one, that of labels spread evenly over their range."""
    return float(np.var(np.asarray(label, np.float64))) or HIGHEST**2 / 12


@dataclass(frozen=True)
class FixedMaps:
    """The maps of one data set under one split: a `reproduce.learning.data.Source`.

    Attributes
    ----------
    path : Path
        ``maps.h5``.
    kinds : tuple of str
        Of galaxies.
    channels : {"one_channel", "two_channel"}
    split : {"image", "galaxy"}
    pixel_noise_kms : float
        Gaussian noise of every cell of V and σ, the same in every epoch; σ stays 0 or above.
    validation_fraction : float
        Share of the training images, or of the training galaxies, that choose the epoch. The test images never do.
    seed : int
        Of noise and validation.
    """

    path: Path
    kinds: tuple[str, ...]
    channels: str
    split: str
    pixel_noise_kms: float = 0.0
    validation_fraction: float = 0.1
    seed: int = 0

    def images(self, group: str) -> Images:
        """The maps of ``train``, ``validation`` or ``test``, or ``all``."""
        every, test = self._read()
        if group == "all":
            return every
        if group == "test":
            return every.take(np.flatnonzero(test))
        generator = np.random.default_rng([self.seed, VALIDATION])
        unit = np.arange(len(every)) if self.split == "image" else every.galaxy
        units = np.unique(unit[~test])
        n = min(max(round(self.validation_fraction * len(units)), 1), len(units) - 1)
        if n < 1:
            raise InputError(
                f"training and validation need two {'images' if self.split == 'image' else 'galaxies'} at least, found "
                f"{len(units)} of {' and '.join(self.kinds)}; raise galaxies.{self.kinds[0]}"
            )
        chosen = np.isin(unit, generator.permutation(units)[:n])
        return every.take(np.flatnonzero(~test & (chosen if group == "validation" else ~chosen)))

    def open(
        self, group: str, batch_size: int, stream: tuple[int, ...] | None = None, augment: bool = False
    ) -> "ImageBatches":
        """Batches of a group, as `Source`."""
        return ImageBatches(self.images(group), batch_size, stream, augment)

    def identity(self) -> str:
        """Digest of the choices and of the labels and sides of all images."""
        every, test = self._read()
        parts = (self.kinds, self.channels, self.split, self.pixel_noise_kms, self.validation_fraction, self.seed)
        digest = hashlib.sha256(repr(parts).encode())
        for values in (every.label, every.galaxy, test, *(one[:, ::5, ::5] for one in every.inputs.values())):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()

    def _read(self) -> tuple[Images, NDArray[np.bool_]]:
        found = [maps.read(self.path, kind) for kind in self.kinds]
        every = joined([_images(one, INPUTS[self.channels]) for one in found])
        if self.pixel_noise_kms:
            for place, (name, values) in enumerate(every.inputs.items()):
                generator = np.random.default_rng([self.seed, NOISE, place])
                scale = np.float32(self.pixel_noise_kms / UNIT_KMS)
                values += scale * generator.standard_normal(values.shape, np.float32)
                if name == "dispersion":
                    np.maximum(values, 0, out=values)
        return every, np.concatenate([one.test[self.split] for one in found])


def _images(found: maps.MapSet, inputs: tuple[str, ...]) -> Images:
    values = {name: (getattr(found, ARRAYS[name]) / np.float32(UNIT_KMS))[..., None] for name in inputs}
    return Images(values, found.label.astype(np.float32)[:, None], found.halo_msun, found.galaxy)


@dataclass
class _Order:
    rows: NDArray[np.int64]
    symmetries: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


class ImageBatches(Batches):
    """Batches of `Images` in memory; while training in an order of each epoch's own, without an incomplete last one."""

    def __init__(self, images: Images, batch_size: int, stream: tuple[int, ...] | None, augment: bool) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._images, self._stream, self._augment = images, stream, augment
        self.batch_size = min(batch_size, len(images))
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the order and the symmetries of an epoch."""
        n = len(self._images)
        self._order = _Order(np.arange(n), np.zeros(n, np.int64))
        if self._stream is not None:
            generator = np.random.default_rng([*self._stream, epoch])
            self._order = _Order(generator.permutation(n))
            self._order.symmetries = generator.integers(0, 8, n) if self._augment else np.zeros(n, np.int64)

    def __len__(self) -> int:
        n = len(self._images)
        return n // self.batch_size if self._stream is not None else -(-n // self.batch_size)

    def __getitem__(self, batch: int) -> tuple[Any, Any]:
        here = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        rows, symmetries = self._order.rows[here], self._order.symmetries[here]
        inputs = {name: turned(values[rows], symmetries) for name, values in self._images.inputs.items()}
        return inputs if len(inputs) > 1 else next(iter(inputs.values())), self._images.label[rows]

    def target_variances(self) -> dict[str, float]:
        """Variance of the label."""
        return {"label": variance(self._images.label)}
