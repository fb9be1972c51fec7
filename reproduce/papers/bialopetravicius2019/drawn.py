"""Clusters on fields as the networks train with them: each from its generator alone, in whatever process.

What a process that draws needs is read once from the files of earlier stages; no Keras.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from reproduce.papers.bialopetravicius2019.labels import PARAMETERS, Priors, columns
from reproduce.sky import fields, m31
from reproduce.sky.drawn_clusters import Maker, pixels_of
from reproduce.sky.settings import DrawnClusters, HstCamera, IsochroneGrid
from reproduce.sky.tiles import Tiles
from reproduce.workflow.errors import InputError

LEVEL = 0.1
"""This quantile of each band is subtracted before a network sees it: real images may keep a sky level of their own."""
Group = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Draw:
    """Draws images and labels; pickles.

    Attributes
    ----------
    isochrones : Path
        Folder of the stage `isochrones`.
    fields : Path
        ``fields.h5``.
    stars, clusters, camera
        Settings.
    group : str
        Set of the fields.
    radii_kpc : tuple of float, optional
        Only fields between these distances from M31's centre [kpc].
    """

    isochrones: Path
    fields: Path
    stars: IsochroneGrid
    clusters: DrawnClusters
    camera: HstCamera
    group: Group = "train"
    radii_kpc: tuple[float, float] | None = None

    @classmethod
    def of(cls, settings: Any, inputs: Mapping[str, Path]) -> Self:
        """Of training images, from settings with ``stars``, ``clusters``, ``camera`` and the folders of the stages."""
        groups = settings.stars, settings.clusters, settings.camera
        return cls(inputs["isochrones"], inputs["fields"] / "fields.h5", *groups)

    @property
    def priors(self) -> Priors:
        """Of the four parameters."""
        return Priors.of(self.clusters, self.stars.log_age_step)

    def __call__(self, generator: np.random.Generator, item: int) -> dict[str, NDArray[np.float32]]:
        """What a network reads and is to say, as `arrays` names it."""
        return arrays(*self.view(generator), self.camera, self.priors)

    def view(self, generator: np.random.Generator) -> tuple[NDArray[np.float32], dict[str, float]]:
        """An image and its labels, as `sky.drawn_clusters.Maker.draw`, with more labels.

        Returns
        -------
        image : array of float32, shape (3, pixels, pixels)
            Electrons a second.
        labels : dict
            Those of `Maker.light`; ages are spread within the isochrones' step; `radius_kpc` of the field, and
            `background`, its mean F475W surface brightness in this image [Vega mag/arcsec²].
        """
        maker = self.maker
        cluster = maker.cluster(generator)
        light, labels = maker.light(cluster, generator)
        labels["log_age"] += generator.uniform(-0.5, 0.5) * self.stars.log_age_step
        if self.clusters.empty and generator.random() < self.clusters.empty:
            light, labels = np.zeros_like(light), dict.fromkeys(labels, np.nan) | {"present": 0.0}
        background, tile = maker.tiles.cutout(generator, self.group, self.camera.pixels)
        image = maker.exposed(light, background, generator)
        mean = max(float(background[1].mean()), 1e-6) / self.camera.pixel_arcsec**2
        place = maker.tiles.place[tile : tile + 1]
        return image, labels | {
            "tile": float(tile),
            "radius_kpc": float(m31.radius_kpc(place)[0]),
            "background": self.camera.zero_point_vega[1] - 2.5 * float(np.log10(mean)),
        }

    @property
    def maker(self) -> Maker:
        """What draws, read once a process."""
        stars = (self.isochrones, self.stars)
        return replace(
            _maker(*stars, self.fields, self.group, self.radii_kpc), clusters=self.clusters, camera=self.camera
        )

    def described(self) -> str:
        """All that images depend on but the seeds and the files, in words that depend on no place of a file."""
        groups = (self.stars, self.clusters, self.camera)
        return f"{' '.join(group.model_dump_json() for group in groups)} {self.group} {self.radii_kpc}"


def pixels(image: NDArray, camera: HstCamera) -> NDArray[np.float32]:
    """An image (3, ny, nx) [electrons/s] as a network sees it, shape (ny, nx, 3): without its level, asinh of noise."""
    flat = image.reshape(3, -1)
    place = int(LEVEL * flat.shape[1])
    level = np.partition(flat, place, axis=1)[:, place]
    return pixels_of(image - level[:, None, None], camera)


def arrays(
    image: NDArray, labels: dict[str, float], camera: HstCamera, priors: Priors
) -> dict[str, NDArray[np.float32]]:
    """The arrays of one item.

    Returns
    -------
    dict
        ``image`` (ny, nx, 3, 1); ``there`` (1,), 1 with a cluster; ``cluster`` and ``bins`` (5,), the same: u of the
        four parameters (0 without a cluster), then ``there``.
    """
    there = labels["present"]
    normal = priors.normal(columns(labels)) if there else np.zeros(len(PARAMETERS))  # type: ignore[arg-type]
    target = np.append(normal, there).astype(np.float32)
    return {
        "image": pixels(image, camera)[..., None],
        "cluster": target,
        "bins": target,
        "there": np.array([there], np.float32),
    }


@functools.lru_cache(maxsize=8)
def _maker(
    isochrones: Path, stars: IsochroneGrid, path: Path, group: Group, radii_kpc: tuple[float, float] | None
) -> Maker:
    found = Tiles.read(path)
    chosen = found.members(group)
    if radii_kpc is not None:
        radius = m31.radius_kpc(found.place[chosen])
        chosen = chosen[(radius >= radii_kpc[0]) & (radius <= radii_kpc[1])]
        if chosen.size == 0:
            raise InputError(
                f"{path}: no field of the {group} set lies {radii_kpc[0]:g} to {radii_kpc[1]:g} kpc from M31's centre; "
                "raise fields.number, or widen sets.disc_kpc"
            )
    names = tuple(found.name[one] for one in chosen)
    kept = Tiles(found.rate[chosen], names, found.place[chosen], found.noisy, found.origin)
    clusters, camera = DrawnClusters(pixels=16), HstCamera(pixels=16)  # replaced by those asked for
    return Maker(fields.table(stars, isochrones), kept, clusters, camera)
