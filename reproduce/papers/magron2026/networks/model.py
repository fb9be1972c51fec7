"""A trained network on images of any clusters: joint posterior, denoised bands, mass map, domain score."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.learning import intervals
from reproduce.learning.data import slices
from reproduce.learning.domain import Domain
from reproduce.learning.domain_file import DomainFile
from reproduce.learning.intervals import LEVELS
from reproduce.learning.mixtures import moved
from reproduce.learning.posterior import Mixture
from reproduce.learning.prior import Uniform
from reproduce.learning.weights import load_members
from reproduce.papers.magron2026 import pixels
from reproduce.papers.magron2026.labels import DISTANCE, PARAMETERS, Priors, shape
from reproduce.papers.magron2026.networks.architecture import build
from reproduce.papers.magron2026.settings import Train
from reproduce.sky.settings import HstCamera
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_record, whole

BATCH = 128
NAME = "many_heads"
FILE = "many_heads.json"
SHAPE = ("block", "width", "dense", "components", "bands", "colours", "cmds", "maps", "scalars")
INPUTS = ("image", "cmds", "given")
FAR = 3.0  # errors by which a distance that is told may lie outside of the range
MIDDLE = 0.5  # of the half side of an image: where a cluster's light is

Array = NDArray[np.float64]


def shape_of(train: Train) -> dict[str, Any]:
    """The settings that a network is built with."""
    return {name: getattr(train, name) for name in SHAPE}


@dataclass(frozen=True)
class Architecture:
    """All that a prediction needs beside the weights; the file ``many_heads.json``.

    Attributes
    ----------
    block, width, dense, components, bands, colours, cmds, maps, scalars, members
        As in the settings.
    ranges : tuple of (low, high)
        Of the seven scalars (`labels.Priors`).
    given_error : (low, high)
        Relative errors of distances that are told.
    camera : HstCamera
        Pixels, exposures and noise of the images.
    levels : tuple of (float, float)
        Of each scalar, the levels of the posterior's intervals that hold `LEVELS` of the truths on validation fields.
    light_factors : tuple of float
        By which the light of the denoised bands is multiplied.
    mass_factor : float
        By which the masses of the mass map are multiplied.
    """

    block: int
    width: int
    dense: int
    components: int
    bands: tuple[str, ...]
    colours: bool
    cmds: bool
    maps: bool
    scalars: bool
    members: int
    ranges: tuple[tuple[float, float], ...]
    given_error: tuple[float, float]
    camera: HstCamera
    levels: tuple[tuple[float, float], ...] = (LEVELS,) * len(PARAMETERS)
    light_factors: tuple[float, float, float] = (1.0, 1.0, 1.0)
    mass_factor: float = 1.0

    @classmethod
    def of(cls, train: Train, priors: Priors, camera: HstCamera) -> Self:
        """From the settings."""
        ranges = tuple((one.low, one.high) for one in priors.ranges)
        return cls(
            **shape_of(train), members=train.members, ranges=ranges, given_error=priors.given_error, camera=camera
        )

    @property
    def priors(self) -> Priors:
        """Of the seven scalars."""
        return Priors(tuple(Uniform(low, high) for low, high in self.ranges), self.given_error)

    def build(self) -> keras.Model:
        """An untrained network."""
        return build(self.camera.pixels, **{name: getattr(self, name) for name in SHAPE})

    def save(self, folder: Path) -> None:
        """Write ``many_heads.json``."""
        plain = asdict(self) | {"camera": self.camera.model_dump(mode="json")}
        with whole(folder / FILE) as partial:
            partial.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``many_heads.json``.

        Raises
        ------
        InputError
            If it is not there or damaged.
        """
        return read_record(folder / FILE, cls, "run magron2026.train, and name its folder")


@dataclass(frozen=True)
class Answers:
    """What the networks say of n images.

    Attributes
    ----------
    posterior : Mixture
        Joint, over θ of the seven scalars (`labels`).
    light : (n, 3, my, mx)
        Denoised bands: light of cells [electrons/s].
    mass_map : (n, my, mx)
        Mass in cells [Msun].
    domain : (n,)
        Above 1 an image is unlike those of the training; NaN where it was not asked for.
    priors : Priors
        Turns θ into parameters.
    levels : tuple of (float, float)
        As in `Architecture`.
    """

    posterior: Mixture
    light: Array
    mass_map: Array
    domain: Array
    priors: Priors
    levels: tuple[tuple[float, float], ...]

    def quantiles(self, levels: Sequence[float]) -> Array:
        """Of each scalar, shape (q, n, 7)."""
        return self.priors.value(self.posterior.quantiles(levels))

    def summary(self) -> Array:
        """Medians and intervals of each scalar, shape (5, n, 7): low ends of 95 and 68 %, median, high ends of 68 and
        95 %."""
        return intervals.summary(self.quantiles, self.levels)

    def shapes(self) -> tuple[Array, Array]:
        """Ellipticity and position angle [deg] of each image, (n,) each.

        The ellipticity is that of the medians of (e cos 2θ, e sin 2θ), which is not pushed away from 0 as the mean of a
        length is.
        """
        middle = self.quantiles([0.5])[0]
        return shape(middle[:, -2], middle[:, -1])


class MultiPiDoc:
    """The trained ensemble: an image of a cluster in F336W, F475W and F814W in, maps and scalars out.

    Parameters
    ----------
    architecture : Architecture
    networks : list of keras.Model
    domain : Domain, optional
    """

    def __init__(self, architecture: Architecture, networks: list[keras.Model], domain: Domain | None) -> None:
        self.architecture, self.domain, self.networks = architecture, domain, networks
        self._answering = [
            keras.Model(one.input, {**one.output, "seen": one.get_layer("seen").output}) for one in networks
        ]

    @classmethod
    def load(cls, folder: Path, *, with_domain: bool = True) -> Self:
        """From the files that `training.train` leaves.

        Raises
        ------
        InputError
            If one of them is absent or damaged, or the network has not all heads.
        """
        architecture = Architecture.load(folder)
        if not (architecture.maps and architecture.scalars):
            raise InputError(f"{folder}: the network lacks a head; train with train.maps=true train.scalars=true")
        networks = load_members(architecture.build, folder, NAME, architecture.members)
        return cls(architecture, networks, DomainFile.load(folder).domain if with_domain else None)

    def predict(
        self,
        rate: NDArray,
        distance_kpc: ArrayLike | None = None,
        distance_error_kpc: ArrayLike | None = None,
        *,
        with_domain: bool = True,
    ) -> Answers:
        """What the networks say of images.

        Parameters
        ----------
        rate : array, shape (n, 3, pixels, pixels)
            Electrons a second in F336W, F475W and F814W.
        distance_kpc : float or array, shape (n,), optional
            Distances that are known [kpc]; NaN: not of this one. Without, the networks say them too.
        distance_error_kpc : float or array, shape (n,), optional
            Their standard deviations; without, the smallest of the training, 1 %. A distance whose error is larger than
            all of the training, 20 %, is not used.
        with_domain : bool
            Whether to compute the domain score.

        Raises
        ------
        InputError
            If the images have another shape, or a value that is not finite, or a distance is out of range.
        """
        camera = self.architecture.camera
        side = camera.pixels
        if rate.ndim != 4 or rate.shape[1:] != (3, side, side):
            raise InputError(f"images have the shape {rate.shape}, expected (n, 3, {side}, {side})")
        if not np.isfinite(rate).all():
            raise InputError("images hold values that are not finite; fill or leave out such pixels")
        image, diagrams = (
            np.stack(some)[..., None] for some in zip(*(pixels.seen(one, camera) for one in rate), strict=True)
        )
        given = self._given(distance_kpc, distance_error_kpc, len(rate))
        return self.answer({"image": image, "cmds": diagrams, "given": given}, with_domain)

    def answer(self, inputs: Mapping[str, NDArray], with_domain: bool = False) -> Answers:
        """What the networks say of their inputs, as `drawn.arrays` names them."""
        architecture = self.architecture
        found = [self._outputs(one, inputs) for one in self._answering]
        said = Mixture.joined([Mixture.of_network(one["scalars"], len(PARAMETERS)) for one in found])
        frame = architecture.priors.frame(inputs["given"])
        posterior = moved(said, frame.triangle, frame.shift)
        distance = architecture.priors.value(posterior.quantiles([0.5])[0])[:, DISTANCE]
        bands = np.mean([one["bands"][..., 0] for one in found], axis=0)
        mass = np.mean([one["mass"][..., 0] for one in found], axis=0)
        area = (architecture.mass_factor * architecture.priors.cell_area(distance))[:, None, None]
        factors = np.array(architecture.light_factors)[:, None, None]
        score = np.full(len(mass), np.nan)
        if with_domain and self.domain is not None:
            score = self.domain.score(found[0]["seen"].astype(np.float64), appearance(inputs["image"]))
        return Answers(
            posterior=posterior,
            light=factors * pixels.bands_of(bands, architecture.camera, architecture.block),
            mass_map=np.maximum(area * 10.0 ** pixels.mass_of(mass), pixels.MASS_FLOOR_MSUN),
            domain=score,
            priors=architecture.priors,
            levels=architecture.levels,
        )

    def described(self, inputs: Mapping[str, NDArray]) -> tuple[Array, Array]:
        """What the first network sees of its inputs, (n, dense), and plain numbers of each image, (n, 6)."""
        seen = self._outputs(self._answering[0], inputs)["seen"]
        return seen.astype(np.float64), appearance(inputs["image"])

    def parameters(self) -> int:
        """Of one network."""
        return int(self.networks[0].count_params())

    def _given(self, distance_kpc: ArrayLike | None, error_kpc: ArrayLike | None, n: int) -> NDArray[np.float32]:
        distance, error = (
            np.broadcast_to(np.asarray(np.nan if one is None else one, np.float64), (n,))
            for one in (distance_kpc, error_kpc)
        )
        priors = self.architecture.priors
        prior, told = priors.ranges[DISTANCE], np.isfinite(distance)
        if (bad := error <= 0).any():
            raise InputError(f"the distance's error is {error[bad][0]:g} kpc, expected one above 0; or leave it out")
        relative = np.where(np.isnan(error), priors.given_error[0], error / distance)
        reach = FAR * relative * distance
        if (bad := told & ((distance + reach < prior.low) | (distance - reach > prior.high))).any():
            raise InputError(
                f"distance is {distance[bad][0]:g} kpc, expected {prior.low:g} to {prior.high:g}; leave it out"
            )
        return priors.told(distance, relative).numbers(priors.limits)

    def _outputs(self, network: keras.Model, inputs: Mapping[str, NDArray]) -> dict[str, NDArray]:
        """All heads and ``seen``, batch by batch; a small last batch is filled up, another shape is compiled anew."""
        n = len(inputs["image"])
        size = min(BATCH, n)
        parts = []
        for rows in slices(n, size):
            some = {name: np.asarray(inputs[name][rows], np.float32) for name in INPUTS}
            left = len(some["image"])
            some = {name: np.concatenate([one, np.repeat(one[-1:], size - left, axis=0)]) for name, one in some.items()}
            parts.append({name: np.asarray(one)[:left] for name, one in network.predict_on_batch(some).items()})
        return {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}


def appearance(images: NDArray) -> Array:
    """How images look in six plain numbers, shape (n, 6): for the domain score.

    Of log-fluxes as a network reads them (n, ny, nx, 3, 1): the mean of each band, the brightest pixel of F814W, the
    rms of neighbours' differences in F475W, the mean of F814W in the middle less that around it.
    """
    seen = images[..., 0].astype(np.float64)
    side = seen.shape[1]
    middle = np.abs(np.arange(side) - (side - 1) / 2) < MIDDLE * side / 2
    inside = middle[:, None] & middle
    red = seen[..., 2]
    contrast = red[:, inside].mean(axis=1) - red[:, ~inside].mean(axis=1)
    rough = np.sqrt(np.square(np.diff(seen[..., 1], axis=1)).mean(axis=(1, 2)))
    return np.column_stack([seen.mean(axis=(1, 2)), red.max(axis=(1, 2)), rough, contrast])
