"""Maps of all galaxies from all sides (paper Sect. 2.1.3): the stage `maps`, and its file ``maps.h5``."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.galaxy import kinematics
from reproduce.galaxy.kinematics import Views
from reproduce.papers.kaur2021 import galaxies, labels
from reproduce.papers.kaur2021.galaxies import KINDS, Sample
from reproduce.papers.kaur2021.settings import Maps
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

VIEWS, NOISE, SPLIT = 0, 1, 2  # streams of random numbers
SPLITS = ("image", "galaxy")

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class MapSet:
    """Maps of one kind of galaxies, view after view.

    Attributes
    ----------
    velocity_kms, dispersion_kms : (n, ny, nx) float32
    label : (n,) float64
        Normalised dark mass, 0 to 10.
    halo_msun : (n,) float64
    galaxy : (n,) int64
        Which galaxy of its kind.
    test : mapping of (n,) bool
        The images to test with, split by ``image`` as in the paper, or by ``galaxy``.
    """

    velocity_kms: NDArray[np.float32]
    dispersion_kms: NDArray[np.float32]
    label: NDArray[np.float64]
    halo_msun: NDArray[np.float64]
    galaxy: NDArray[np.int64]
    test: dict[str, NDArray[np.bool_]]


def views(sample: Sample, kind: str, galaxy: int, maps: Maps) -> Views:
    """A galaxy's clusters from all sides, the same in every stage that asks."""
    number = int(sample.number[galaxy])
    generator = np.random.default_rng([maps.seed, VIEWS, KINDS.index(kind), number])
    seen = kinematics.choose(sample.clusters(galaxy), maps.n_clusters, generator)
    return kinematics.random_views(seen, maps.views, generator)


def make_maps(source: Path, maps: Maps, ends_msun: tuple[float, float], folder: Path, tell: Tell) -> dict[str, float]:
    """Draw all maps and split them.

    Parameters
    ----------
    source : Path
        ``galaxies.h5``.
    maps : Maps
        Settings.
    ends_msun : pair of float
        Dark masses of the labels 0 and 10 [Msun].
    folder : Path
        Where ``maps.h5`` goes.
    tell : callable
        Is told the fraction done and what is being done.

    Returns
    -------
    dict
        ``images_discs``, ``images_mergers``; of each kind the share of cells without a cluster, ``empty_cells_discs``,
        and the mean number of clusters in the field, ``clusters_in_field_discs``.
    """
    metrics: dict[str, float] = {}
    names = galaxies.kinds(source)
    with whole(folder / "maps.h5") as partial, h5py.File(partial, "w") as file:
        for k, kind in enumerate(names):
            sample = galaxies.read(source, kind)
            drawn = []
            for galaxy in range(len(sample)):
                number = int(sample.number[galaxy])
                generator = np.random.default_rng([maps.seed, NOISE, KINDS.index(kind), number])
                seen = views(sample, kind, galaxy, maps)
                size = float(sample.disc_size_kpc[galaxy])
                drawn.append(kinematics.make_maps(seen, size, maps, generator))
                tell((k + (galaxy + 1) / len(sample)) / len(names), f"{galaxy + 1} of {len(sample)} {kind}")
            count = np.concatenate([each.count for each in drawn])
            group = file.create_group(kind)
            group["velocity_kms"] = np.concatenate([each.velocity_kms for each in drawn]).astype(np.float32)
            group["dispersion_kms"] = np.concatenate([each.dispersion_kms for each in drawn]).astype(np.float32)
            group["count"] = count.astype(np.uint8)
            group["galaxy"] = np.repeat(np.arange(len(sample)), maps.views)
            group["halo_msun"] = np.repeat(sample.halo_msun, maps.views)
            group["label"] = np.repeat(labels.label(sample.halo_msun, ends_msun), maps.views)
            for split in SPLITS:
                group[f"test_by_{split}"] = _test(split, kind, len(sample), maps)
            metrics[f"images_{kind}"] = float(len(count))
            metrics[f"empty_cells_{kind}"] = float(np.mean(count == 0))
            metrics[f"clusters_in_field_{kind}"] = float(count.sum(axis=(1, 2)).mean())
    return metrics


def held_out_galaxies(kind: str, n_galaxies: int, maps: Maps) -> NDArray[np.bool_]:
    """Which galaxies of a kind are to test with where the split is by galaxy, shape (n_galaxies,)."""
    return _chosen("galaxy", kind, n_galaxies, n_galaxies, maps)


def _test(split: str, kind: str, n_galaxies: int, maps: Maps) -> NDArray[np.bool_]:
    """Which images are to test with: a share of all images, or all images of a share of the galaxies."""
    if split == "galaxy":
        return np.repeat(held_out_galaxies(kind, n_galaxies, maps), maps.views)
    return _chosen(split, kind, n_galaxies, n_galaxies * maps.views, maps)


def _chosen(split: str, kind: str, n_galaxies: int, n: int, maps: Maps) -> NDArray[np.bool_]:
    generator = np.random.default_rng([maps.seed, SPLIT, KINDS.index(kind), SPLITS.index(split)])
    if n_galaxies < 2:
        raise InputError(f"training and testing need two {kind} at least, found {n_galaxies}; raise galaxies.{kind}")
    chosen = np.zeros(n, dtype=bool)
    chosen[generator.permutation(n)[: min(max(round(maps.test_fraction * n), 1), n - 1)]] = True
    return chosen


def read(path: Path, kind: str) -> MapSet:
    """Maps of one kind of galaxies from ``maps.h5``."""
    with h5py.File(path) as file:
        group = file[kind]
        arrays = {name: group[name][:] for name in ("velocity_kms", "dispersion_kms", "label", "halo_msun", "galaxy")}
        return MapSet(test={split: group[f"test_by_{split}"][:] for split in SPLITS}, **arrays)
