"""Fresh views: maps drawn anew in every epoch from the clusters of the training galaxies. Not in the paper.

Of each galaxy other clusters are seen in every epoch, from another side, turned in another way, mirrored or not, and
with V reversed or not: a galaxy in equilibrium may as well turn the other way. So a network meets no map twice, and
what it learns of single maps is worth nothing to it.
"""

# ruff: noqa: NPY002 - compiled loops know numpy.random alone; each item seeds it anew

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from reproduce.galaxy import kinematics
from reproduce.galaxy.settings import MapSettings
from reproduce.learning.data import Batches
from reproduce.papers.kaur2021 import galaxies, labels, maps
from reproduce.papers.kaur2021.galaxies import KINDS, Sample
from reproduce.papers.kaur2021.networks.architecture import INPUTS
from reproduce.papers.kaur2021.networks.images import ARRAYS, UNIT_KMS, ImageBatches, Images, joined, variance
from reproduce.papers.kaur2021.settings import Maps
from reproduce.workflow.errors import InputError

CELLS, CLUSTERS = 0, 1  # what is smoothed
FIXED = 10  # stream of random numbers beside those of the stage `maps`

Ends = tuple[float, float]


@dataclass(frozen=True)
class Clusters:
    """Clusters of many galaxies.

    Attributes
    ----------
    position_kpc, velocity_kms : list of (clusters, 3) float64
        Of each galaxy, about its centre.
    disc_size_kpc : (n,) float64
        R_d, the unit of the maps' field.
    label : (n,) float64
        0 to 10.
    """

    position_kpc: list[NDArray[np.float64]]
    velocity_kms: list[NDArray[np.float64]]
    disc_size_kpc: NDArray[np.float64]
    label: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.label)


def sides(drawn: Path, kind: str, validation_fraction: float, seed: int) -> dict[str, NDArray[np.int64]]:
    """Places of the galaxies of a kind to train with, to validate with and to test with: those of the split by galaxy.

    Parameters
    ----------
    drawn : Path
        ``maps.h5``.
    kind : str
    validation_fraction : float
        Share of the training galaxies that choose the epoch; one at least.
    seed : int
    """
    images = maps.read(drawn, kind)
    test = np.unique(images.galaxy[images.test["galaxy"]])
    training = np.setdiff1d(images.galaxy, test)
    n = min(max(round(validation_fraction * len(training)), 1), len(training) - 1)
    if n < 1:
        raise InputError(
            f"training and validation need two {kind} at least, found {len(training)}; raise galaxies.{kind}"
        )
    training = np.random.default_rng([seed, KINDS.index(kind)]).permutation(training)
    return {"train": np.sort(training[n:]), "validation": np.sort(training[:n]), "test": test}


def fixed(sample: Sample, kind: str, chosen: NDArray[np.int64], *, seen: Maps, how: MapSettings, ends: Ends) -> Images:
    """The views of the stage `maps` of some galaxies, the same clusters from the same sides, as maps made another way.

    Parameters
    ----------
    sample, kind, chosen
        Galaxies, their kind and the places of those wanted.
    seen : Maps
        Settings of the stage `maps`: clusters and sides.
    how : MapSettings
        How clusters become maps here.
    ends : pair of float
        Dark masses of the labels 0 and 10 [Msun].
    """
    drawn = []
    for galaxy in chosen:
        noise = np.random.default_rng([seen.seed, FIXED, KINDS.index(kind), int(sample.number[galaxy])])
        looked = maps.views(sample, kind, int(galaxy), seen)
        drawn.append(kinematics.make_maps(looked, float(sample.disc_size_kpc[galaxy]), how, noise))
    inputs = {
        name: (np.concatenate([getattr(one, array) for one in drawn]) / UNIT_KMS).astype(np.float32)[..., None]
        for name, array in ARRAYS.items()
    }
    halo = np.repeat(sample.halo_msun[chosen], seen.views)
    label = labels.label(halo, ends).astype(np.float32)[:, None]
    return Images(inputs, label, halo, np.repeat(chosen, seen.views))


@dataclass(frozen=True)
class FreshViews:
    """Views of the training galaxies drawn anew in every epoch; fixed maps to validate with and to test with.

    A `reproduce.learning.data.Source`.

    Attributes
    ----------
    source, drawn : Path
        ``galaxies.h5`` and ``maps.h5``.
    kinds : tuple of str
    channels : {"one_channel", "two_channel"}
    seen : Maps
        Settings of the stage `maps`.
    how : MapSettings
        How clusters become maps here.
    ends : pair of float
        Dark masses of the labels 0 and 10 [Msun].
    views : int
        Of each galaxy in an epoch.
    validation_fraction : float
        Share of the training galaxies that choose the epoch.
    seed : int
        Of the choice of these.
    """

    source: Path
    drawn: Path
    kinds: tuple[str, ...]
    channels: str
    seen: Maps
    how: MapSettings
    ends: Ends
    views: int
    validation_fraction: float
    seed: int

    def open(
        self, group: str, batch_size: int, stream: tuple[int, ...] | None = None, augment: bool = False
    ) -> Batches:
        """Fresh views of ``train``, the fixed maps of ``validation``."""
        if group != "train":
            return ImageBatches(self.images(group), batch_size, None, False)
        if stream is None:
            raise ValueError("fresh views are drawn from seeds, and none are given")
        return FreshBatches(
            self.clusters(), self.channels, self.how, self.seen.n_clusters, self.views, batch_size, stream
        )

    def clusters(self) -> Clusters:
        """All clusters of the training galaxies."""
        place, velocity, size, label = [], [], [], []
        for kind in self.kinds:
            sample = galaxies.read(self.source, kind)
            chosen = sides(self.drawn, kind, self.validation_fraction, self.seed)["train"]
            place += list(sample.position_kpc[chosen])
            velocity += list(sample.velocity_kms[chosen])
            size.append(sample.disc_size_kpc[chosen])
            label.append(labels.label(sample.halo_msun[chosen], self.ends))
        return Clusters(place, velocity, np.concatenate(size), np.concatenate(label))

    def images(self, group: str) -> Images:
        """Fixed maps of the galaxies of ``validation`` or ``test``."""
        found = []
        for kind in self.kinds:
            chosen = sides(self.drawn, kind, self.validation_fraction, self.seed)[group]
            sample = galaxies.read(self.source, kind)
            found.append(fixed(sample, kind, chosen, seen=self.seen, how=self.how, ends=self.ends))
        return joined(found).only(INPUTS[self.channels])

    def identity(self) -> str:
        """Digest of the choices and of all training clusters."""
        parts = self.kinds, self.channels, self.seen, self.how, self.ends, self.views, self.validation_fraction
        digest = hashlib.sha256(repr((parts, self.seed)).encode())
        clusters = self.clusters()
        for values in (*clusters.position_kpc, *clusters.velocity_kms, clusters.label):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


class FreshBatches(Batches):
    """Batches of fresh views: an item depends on seeds, epoch and its own number alone.

    Parameters
    ----------
    clusters : Clusters
        Of the training galaxies.
    channels, how
        As `FreshViews`.
    n_clusters : int
        Clusters seen in one map; all of a galaxy that has fewer.
    views : int
        Of each galaxy in an epoch.
    batch_size : int
    stream : tuple of int
        Seeds.
    """

    def __init__(
        self,
        clusters: Clusters,
        channels: str,
        how: MapSettings,
        n_clusters: int,
        views: int,
        batch_size: int,
        stream: tuple[int, ...],
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._clusters, self._channels, self._views, self._stream = clusters, channels, views, stream
        self._n_clusters = n_clusters
        self.n = len(clusters) * views
        self.batch_size = min(batch_size, self.n)
        self._packed = _Packed(clusters, how)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw which galaxies are seen when, from where, and which clusters of them."""
        generator = np.random.default_rng([*self._stream, epoch])
        self._galaxy = generator.permutation(np.tile(np.arange(len(self._clusters)), self._views))
        self._turn = random_turns(self.n, generator)
        self._sign = generator.choice([-1.0, 1.0], self.n)
        self._seed = generator.integers(0, 2**32, self.n, dtype=np.uint32)

    def __len__(self) -> int:
        return self.n // self.batch_size

    def __getitem__(self, batch: int) -> tuple[Any, Any]:
        here = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        galaxy = self._galaxy[here]
        seen = self._packed.draw(
            galaxy, self._turn[here], self._sign[here], self._seed[here], n_clusters=self._n_clusters
        )
        inputs = {name: seen[name] for name in INPUTS[self._channels]}
        label = self._clusters.label[galaxy].astype(np.float32)[:, None]
        return inputs if len(inputs) > 1 else next(iter(inputs.values())), label

    def target_variances(self) -> dict[str, float]:
        """Variance of the label over the galaxies."""
        return {"label": variance(self._clusters.label)}


def random_turns(n: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Matrices (n, 3, 3) of random turns, half of them with a reflection."""
    turns = Rotation.random(n, generator).as_matrix()
    turns[:, 0] *= generator.choice([-1.0, 1.0], n)[:, None]
    return turns


class _Packed:
    """Clusters of all galaxies end to end, for the compiled loops."""

    def __init__(self, clusters: Clusters, maps: MapSettings) -> None:
        if maps.empty == "interpolate":
            raise InputError("fresh views cannot interpolate empty cells; set maps.empty to a number or to ignore")
        self._maps = maps
        self._position = np.concatenate(clusters.position_kpc).astype(np.float64)
        self._velocity = np.concatenate(clusters.velocity_kms).astype(np.float64)
        self._first = np.cumsum([0] + [len(each) for each in clusters.position_kpc])
        self._width = maps.field_rd * clusters.disc_size_kpc

    def draw(
        self,
        galaxy: NDArray[np.int64],
        turn: NDArray[np.float64],
        sign: NDArray[np.float64],
        seed: NDArray[np.uint32],
        *,
        n_clusters: int,
    ) -> dict[str, NDArray[np.float32]]:
        """Maps (n, ny, nx, 1) of galaxies under turns (n, 3, 3), V times a sign (n,), by the names of the inputs."""
        maps = self._maps
        shape = len(galaxy), maps.cells, maps.cells
        velocity, dispersion = np.empty(shape, np.float32), np.empty(shape, np.float32)
        _draw(
            self._position, self._velocity, self._first, self._width,
            galaxy, turn, sign, seed, n_clusters,
            maps.smoothing_kpc, CLUSTERS if maps.smooth == "clusters" else CELLS,
            np.nan if maps.empty == "ignore" else float(maps.empty),
            maps.least_for_sigma, maps.velocity_error_kms, maps.subtract_error, maps.pixel_noise_kms,
            velocity, dispersion,
        )  # fmt: skip
        return {"dispersion": dispersion[..., None] / UNIT_KMS, "velocity": velocity[..., None] / UNIT_KMS}


@njit(cache=True)
def _draw(
    position, velocity, first, width,
    galaxy, turn, sign, seed, n_clusters,
    smoothing, smooth, empty, least, error, subtract, noise,
    mean_map, sigma_map,
):  # fmt: skip
    """The maps of each item, as `reproduce.galaxy.kinematics.make_maps` makes them."""
    cells = mean_map.shape[1]
    kernel, line = np.eye(cells), np.zeros(cells)
    column, row = np.empty(cells), np.empty(cells)
    for item in range(len(galaxy)):
        np.random.seed(seed[item])
        here = galaxy[item]
        side = width[here]
        start, n = first[here], first[here + 1] - first[here]
        order = np.arange(n)
        weight = np.zeros((cells, cells))
        total = np.zeros((cells, cells))
        square = np.zeros((cells, cells))
        for k in range(min(n, n_clusters)):
            other = k + np.random.randint(0, n - k)  # a shuffle that ends early
            order[k], order[other] = order[other], order[k]
            p, v = position[start + order[k]], velocity[start + order[k]]
            x = turn[item, 0, 0] * p[0] + turn[item, 0, 1] * p[1] + turn[item, 0, 2] * p[2]
            y = turn[item, 1, 0] * p[0] + turn[item, 1, 1] * p[1] + turn[item, 1, 2] * p[2]
            u = sign[item] * (turn[item, 2, 0] * v[0] + turn[item, 2, 1] * v[1] + turn[item, 2, 2] * v[2])
            if error > 0:
                u += error * np.random.normal()
            if smooth == 1:
                for j in range(cells):
                    centre = ((j + 0.5) / cells - 0.5) * side
                    column[j] = np.exp(-0.5 * ((centre - x) / smoothing) ** 2)
                    row[j] = np.exp(-0.5 * ((centre - y) / smoothing) ** 2)
                for i in range(cells):
                    for j in range(cells):
                        w = row[i] * column[j]
                        weight[i, j] += w
                        total[i, j] += w * u
                        square[i, j] += w * u * u
            else:
                j, i = int(np.floor((x / side + 0.5) * cells)), int(np.floor((y / side + 0.5) * cells))
                if 0 <= i < cells and 0 <= j < cells:
                    weight[i, j] += 1
                    total[i, j] += u
                    square[i, j] += u * u
        known_mean, known_sigma = np.ones((cells, cells)), np.ones((cells, cells))
        for i in range(cells):
            for j in range(cells):
                w = weight[i, j]
                mean = total[i, j] / w if w > 0 else 0.0
                variance = max(square[i, j] / w - mean * mean, 0.0) if w > 0 else 0.0
                if subtract:
                    variance = max(variance - error * error, 0.0)
                total[i, j], square[i, j] = mean, np.sqrt(variance)
                if smooth == 0:
                    if w == 0:
                        known_mean[i, j], total[i, j] = _filled(empty)
                    if w < least:
                        known_sigma[i, j], square[i, j] = _filled(empty)
        if smooth == 0 and smoothing > 0:
            for j in range(cells):
                line[j] = np.exp(-0.5 * (j * side / cells / smoothing) ** 2)
            for i in range(cells):
                for j in range(cells):
                    kernel[i, j] = line[abs(i - j)]
            total = _smoothed(kernel, total, known_mean)
            square = _smoothed(kernel, square, known_sigma)
        for i in range(cells):
            for j in range(cells):
                mean_map[item, i, j] = total[i, j]
                sigma_map[item, i, j] = square[i, j]
                if noise > 0:
                    mean_map[item, i, j] += noise * np.random.normal()
                    sigma_map[item, i, j] = max(square[i, j] + noise * np.random.normal(), 0.0)


@njit(cache=True)
def _filled(empty):
    """Weight and value of a cell without clusters."""
    if np.isnan(empty):
        return 0.0, 0.0
    return 1.0, empty


@njit(cache=True)
def _smoothed(kernel, values, known):
    weight = kernel @ known @ kernel
    smooth = kernel @ (values * known) @ kernel
    return np.where(weight > 0, smooth / np.maximum(weight, 1e-300), 0.0)
