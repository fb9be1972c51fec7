"""Fresh views: maps drawn anew in every epoch from the clusters of the training galaxies. Not in the paper.

Of each galaxy other clusters are seen in every epoch, from another side, turned in another way, mirrored or not, and
with V reversed or not: a galaxy in equilibrium may as well turn the other way. So a network meets no map twice, and
what it learns of single maps is worth nothing to it.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from reproduce.galaxy.settings import MapSettings
from reproduce.learning.data import Batches
from reproduce.papers.kaur2021.galaxies import Sample
from reproduce.papers.kaur2021.networks.architecture import INPUTS
from reproduce.papers.kaur2021.networks.images import UNIT_KMS, ImageBatches, Images
from reproduce.workflow.errors import InputError

CELLS, CLUSTERS = 0, 1  # what is smoothed


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


def clusters_of(samples: list[tuple[Sample, NDArray[np.int64], NDArray[np.float64]]]) -> Clusters:
    """Some galaxies of several samples: each sample with the places of those wanted and all its labels."""
    return Clusters(
        [sample.position_kpc[place] for sample, chosen, _ in samples for place in chosen],
        [sample.velocity_kms[place] for sample, chosen, _ in samples for place in chosen],
        np.concatenate([sample.disc_size_kpc[chosen] for sample, chosen, _ in samples]),
        np.concatenate([label[chosen] for _, chosen, label in samples]),
    )


@dataclass(frozen=True)
class FreshViews:
    """Views of galaxies drawn anew in every epoch; fixed maps to validate with. A `reproduce.learning.data.Source`.

    Attributes
    ----------
    clusters : Clusters
        Of the training galaxies.
    channels : {"one_channel", "two_channel"}
    maps : MapSettings
        How clusters become maps.
    n_clusters : int
        Clusters seen in one map; all of a galaxy that has fewer.
    views : int
        Of each galaxy in an epoch.
    validation : Images
    """

    clusters: Clusters
    channels: str
    maps: MapSettings
    n_clusters: int
    views: int
    validation: Images

    def open(
        self, group: str, batch_size: int, stream: tuple[int, ...] | None = None, augment: bool = False
    ) -> Batches:
        """Fresh views of ``train``, the fixed maps of ``validation``."""
        if group == "validation":
            return ImageBatches(self.validation, batch_size, None, False)
        if stream is None:
            raise ValueError("fresh views are drawn from seeds, and none are given")
        return FreshBatches(self, batch_size, stream)

    def identity(self) -> str:
        """Digest of the clusters, of how they are seen, and of the validation's labels and maps."""
        parts = self.channels, self.maps, self.n_clusters, self.views
        digest = hashlib.sha256(repr(parts).encode())
        for values in (
            *self.clusters.position_kpc,
            *self.clusters.velocity_kms,
            self.clusters.label,
            self.validation.label,
            *self.validation.inputs.values(),
        ):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


class FreshBatches(Batches):
    """Batches of `FreshViews`: an item depends on seeds, epoch and its own number alone."""

    def __init__(self, source: FreshViews, batch_size: int, stream: tuple[int, ...]) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._source, self._stream = source, stream
        self.n = len(source.clusters) * source.views
        self.batch_size = min(batch_size, self.n)
        self._packed = _Packed(source.clusters, source.maps)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw which galaxies are seen when, from where, and which clusters of them."""
        generator = np.random.default_rng([*self._stream, epoch])
        galaxies = np.tile(np.arange(len(self._source.clusters)), self._source.views)
        self._galaxy = generator.permutation(galaxies)
        self._turn = random_turns(self.n, generator)
        self._sign = generator.choice([-1.0, 1.0], self.n)
        self._seed = generator.integers(0, 2**32, self.n, dtype=np.uint32)

    def __len__(self) -> int:
        return self.n // self.batch_size

    def __getitem__(self, batch: int) -> tuple[Any, Any]:
        here = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        galaxy = self._galaxy[here]
        seen = self._packed.draw(
            galaxy, self._turn[here], self._sign[here], self._seed[here], n_clusters=self._source.n_clusters
        )
        inputs = {name: seen[name] for name in INPUTS[self._source.channels]}
        label = self._source.clusters.label[galaxy].astype(np.float32)[:, None]
        return inputs if len(inputs) > 1 else next(iter(inputs.values())), label

    def target_variances(self) -> dict[str, float]:
        """Variance of the label over the galaxies."""
        return {"label": float(np.var(self._source.clusters.label))}


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
                    sigma_map[item, i, j] += noise * np.random.normal()


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
