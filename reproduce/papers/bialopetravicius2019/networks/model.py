"""Trained networks on images of any clusters: joint posterior, bins, whether a cluster is there, domain score."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import keras
import numpy as np
from numpy.typing import NDArray

from reproduce.learning import intervals
from reproduce.learning.arrays import turned
from reproduce.learning.domain import Domain
from reproduce.learning.domain_file import DomainFile
from reproduce.learning.intervals import LEVELS
from reproduce.learning.posterior import Mixture
from reproduce.learning.prediction import outputs
from reproduce.learning.prior import Uniform
from reproduce.learning.weights import load_members
from reproduce.papers.bialopetravicius2019.drawn import pixels
from reproduce.papers.bialopetravicius2019.labels import PARAMETERS, Priors
from reproduce.papers.bialopetravicius2019.networks.architecture import build
from reproduce.papers.bialopetravicius2019.networks.binned import Binned
from reproduce.papers.bialopetravicius2019.settings import Train
from reproduce.sky.settings import HstCamera
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_record, whole

BATCH = 256
NAME = "resnet"
FILE = "resnet.json"
MIDDLE = 0.5  # of the half side of an image: where a cluster's light is

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Architecture:
    """All that a prediction needs beside the weights; the file ``resnet.json``.

    Attributes
    ----------
    depth, width, dense, components, bins, members, copies : int
        As in the settings.
    ranges : tuple of (low, high)
        Of the four parameters, whose priors are uniform.
    camera : HstCamera
        Pixels, exposures and noise of the images.
    levels : tuple of (float, float)
        Of each parameter, the levels of the posterior's intervals that hold `LEVELS` of the truths on validation
        fields.
    stem : str
        As in the settings.
    """

    depth: int
    width: int
    dense: int
    components: int
    bins: int
    members: int
    copies: int
    ranges: tuple[tuple[float, float], ...]
    camera: HstCamera
    levels: tuple[tuple[float, float], ...] = (LEVELS,) * len(PARAMETERS)
    stem: str = "imagenet"

    @classmethod
    def of(cls, train: Train, priors: Priors, camera: HstCamera) -> Self:
        """From the settings."""
        names = ("depth", "width", "dense", "components", "bins", "members", "copies", "stem")
        ranges = tuple((one.low, one.high) for one in priors.ranges)
        return cls(**{name: getattr(train, name) for name in names}, ranges=ranges, camera=camera)

    @property
    def priors(self) -> Priors:
        """Of the four parameters."""
        return Priors(tuple(Uniform(low, high) for low, high in self.ranges))

    def build(self) -> keras.Model:
        """An untrained network."""
        return build(
            self.camera.pixels,
            depth=self.depth,
            width=self.width,
            dense=self.dense,
            components=self.components,
            bins=self.bins,
            stem=self.stem,
        )

    def save(self, folder: Path) -> None:
        """Write ``resnet.json``."""
        plain = asdict(self) | {"camera": self.camera.model_dump(mode="json")}
        with whole(folder / FILE) as partial:
            partial.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``resnet.json``.

        Raises
        ------
        InputError
            If it is not there or damaged.
        """
        return read_record(folder / FILE, cls, "run bialopetravicius2019.train, and name its folder")


@dataclass(frozen=True)
class Answers:
    """What the networks say of n images.

    Attributes
    ----------
    posterior : Mixture
        Joint, over u of the four parameters.
    bins : Binned, optional
        The same by the softmax head.
    there : (n,)
        Probability that there is a cluster.
    domain : (n,)
        Above 1 an image is unlike those of the training; NaN where it was not asked for.
    priors : Priors
        Turns u into parameters.
    levels : tuple of (float, float)
        As in `Architecture`.
    """

    posterior: Mixture
    bins: Binned | None
    there: Array
    domain: Array
    priors: Priors
    levels: tuple[tuple[float, float], ...]

    def quantiles(self, levels: Sequence[float]) -> Array:
        """Of each parameter, from the posterior, shape (q, n, 4)."""
        return self.priors.value(self.posterior.quantiles(levels))

    def summary(self) -> Array:
        """Medians and intervals of each parameter, shape (5, n, 4): low ends of 95 and 68 %, median, high ends of 68
        and 95 %."""
        return intervals.summary(self.quantiles, self.levels)


class ResNet:
    """The trained ensemble.

    Parameters
    ----------
    architecture : Architecture
    networks : list of keras.Model
    domain : Domain, optional
    """

    def __init__(self, architecture: Architecture, networks: list[keras.Model], domain: Domain | None) -> None:
        self.architecture, self.domain = architecture, domain
        self.networks = networks
        self._heads = [name for name in ("cluster", "there", "bins") if name in networks[0].output]
        self._answering = [
            keras.Model(one.input, [*(one.output[name] for name in self._heads), one.get_layer("seen").output])
            for one in networks
        ]

    @classmethod
    def load(cls, folder: Path, *, with_domain: bool = True) -> Self:
        """From the files that `training.train` leaves.

        Raises
        ------
        InputError
            If one of them is absent or damaged.
        """
        architecture = Architecture.load(folder)
        networks = load_members(architecture.build, folder, NAME, architecture.members)
        return cls(architecture, networks, DomainFile.load(folder).domain if with_domain else None)

    def parameters(self) -> int:
        """Of one network."""
        return int(self.networks[0].count_params())

    def predict(self, rate: NDArray, *, with_domain: bool = True) -> Answers:
        """What the networks say of images (n, 3, pixels, pixels) [electrons/s].

        Raises
        ------
        InputError
            If the images have another shape, or a value that is not finite.
        """
        side = self.architecture.camera.pixels
        if rate.ndim != 4 or rate.shape[1:] != (3, side, side):
            raise InputError(f"images have the shape {rate.shape}, expected (n, 3, {side}, {side})")
        if not np.isfinite(rate).all():
            raise InputError("images hold values that are not finite; fill or leave out such pixels")
        images = self._pixels(rate)
        copies = range(self.architecture.copies)
        found = [self._answers(one, images, symmetry) for one in self._answering for symmetry in copies]
        n = len(PARAMETERS)
        posterior = Mixture.joined([Mixture.of_network(one["cluster"], n) for one in found])
        bins = Binned.joined([Binned.of_network(one["bins"], n) for one in found]) if "bins" in found[0] else None
        there = np.stack([one["there"][:, 0] for one in found]).astype(np.float64).mean(axis=0)
        score = np.full(len(rate), np.nan)
        if with_domain and self.domain is not None:
            score = self.domain.score(found[0]["seen"].astype(np.float64), appearance(images))
        return Answers(posterior, bins, there, score, self.architecture.priors, self.architecture.levels)

    def described(self, rate: NDArray) -> tuple[Array, Array]:
        """What the first network sees of images, (n, dense), and six plain numbers of each, (n, 6)."""
        images = self._pixels(rate)
        seen = self._answers(self._answering[0], images)["seen"]
        return seen.astype(np.float64), appearance(images)

    def _pixels(self, rate: NDArray) -> NDArray[np.float32]:
        """Images as `drawn.pixels` makes them, shape (n, ny, nx, 3)."""
        return np.stack([pixels(image, self.architecture.camera) for image in rate])

    def _answers(self, network: keras.Model, images: NDArray, symmetry: int = 0) -> dict[str, NDArray]:
        """All heads and ``seen`` of images (n, ny, nx, 3) turned and mirrored in one of the eight ways."""

        def prepare(some: NDArray) -> NDArray[np.float32]:
            return turned(some, np.full(len(some), symmetry))[..., None]

        found = [answers for _, answers in outputs(network, images, BATCH, prepare)]
        every = [np.concatenate(each) for each in zip(*found, strict=True)]
        return dict(zip([*self._heads, "seen"], every, strict=True))


def appearance(images: NDArray) -> Array:
    """How images look in six plain numbers, shape (n, 6): for the domain score.

    Of the pixels that a network sees (n, ny, nx, 3), asinh of signal over noise: the mean of each band, the brightest
    of F814W, the rms of neighbours' differences in F475W, and the mean of F814W in the middle of the image less that
    around it.
    """
    found = []
    for image in images:
        seen = image.astype(np.float64)
        side = seen.shape[0]
        away = np.abs(np.arange(side) - (side - 1) / 2) < MIDDLE * side / 2
        middle = seen[np.ix_(away, away)][..., 2].mean()
        steps = np.diff(seen[..., 1], axis=0)
        red = seen[..., 2]
        around = (red.sum() - middle * away.sum() ** 2) / (red.size - away.sum() ** 2)
        rough = np.sqrt(np.square(steps).mean())
        found.append([*seen.mean(axis=(0, 1)), red.max(), rough, middle - around])
    return np.array(found)
