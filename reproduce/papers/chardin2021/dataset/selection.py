"""Which maps the data set holds, and the random view of each (paper Sects. 2.2 and 2.3)."""

import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from reproduce.papers.chardin2021.dataset import schema
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.sky.camera import View
from reproduce.workflow.errors import InputError

ITEM = np.dtype([(name, schema.TYPES[name]) for name in ("simulation", "snapshot", "distance_kpc", "fwhm_arcsec")])
"""One map: the simulation's place in `simulations`, the snapshot's number in its file, distance and seeing."""


def simulations(dataset: Dataset) -> tuple[str, ...]:
    """Names of the simulations, in the order by which maps number them."""
    return (*dataset.train_models, *dataset.test_models)


def select(dataset: Dataset, snapshots: Mapping[str, int]) -> dict[str, NDArray]:
    """Choose the maps.

    Training and validation maps are drawn without repetition out of snapshot × distance × seeing, an equal number from
    each training simulation: map i belongs to the simulation i mod (number of simulations). No validation map is a
    training map. The test set is regular: snapshot by snapshot, each from all test distances and seeings; if fewer
    snapshots are asked than there are, they are evenly spaced.

    Parameters
    ----------
    dataset : Dataset
        Settings.
    snapshots : mapping
        Number of snapshots in each simulation's file.

    Returns
    -------
    dict
        For each of `schema.GROUPS` an array of `ITEM`.

    Raises
    ------
    InputError
        If more maps are asked than there are.
    """
    names = simulations(dataset)
    training: dict[str, list[NDArray]] = {"train": [], "validation": []}
    models = len(dataset.train_models)
    for k, name in enumerate(dataset.train_models):
        combinations = _combinations(
            k, np.arange(snapshots[name]), dataset.train_distances_kpc, dataset.train_fwhm_arcsec
        )
        counts = [(total - k + models - 1) // models for total in (dataset.train, dataset.validation)]
        if sum(counts) > len(combinations):
            raise InputError(
                f"dataset.train={dataset.train} and dataset.validation={dataset.validation} ask for {sum(counts)} maps "
                f"of {name}, which has {len(combinations)} (snapshots {snapshots[name]} x distances "
                f"{len(dataset.train_distances_kpc)} x seeings {len(dataset.train_fwhm_arcsec)}); ask for fewer maps "
                "or more snapshots"
            )
        order = _generator(dataset.seed, f"selection/{name}").permutation(len(combinations))[: sum(counts)]
        training["train"].append(combinations[order[: counts[0]]])
        training["validation"].append(combinations[order[counts[0] :]])
    chosen = {group: _interleave(parts) for group, parts in training.items()}
    chosen["test"] = np.concatenate(
        [_test_items(dataset, models + k, name, snapshots[name]) for k, name in enumerate(names[models:])]
    )
    return chosen


def view(dataset: Dataset, group: str, number: int, item: np.void) -> View:
    """The random view of a map: it depends on the seed, the group and the map's number alone."""
    generator = _generator(dataset.seed, f"view/{group}", number)
    x, y = generator.uniform(-dataset.shift_arcsec, dataset.shift_arcsec, 2)
    quarter_turns = int(generator.integers(4))
    z, phi = generator.uniform(-1, 1), generator.uniform(0, 2 * np.pi)
    s = np.sqrt(1 - z * z)
    return View(
        distance_kpc=float(item["distance_kpc"]),
        fwhm_arcsec=float(item["fwhm_arcsec"]),
        line_of_sight=(float(s * np.cos(phi)), float(s * np.sin(phi)), float(z)),
        quarter_turns=quarter_turns,
        shift_arcsec=(float(x), float(y)),
    )


def effects_generator(dataset: Dataset, group: str, number: int) -> np.random.Generator:
    """Random numbers of a map's observational effects: a stream apart from its view."""
    return _generator(dataset.seed, f"effects/{group}", number)


def _generator(seed: int, stream: str, *number: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(stream.encode()), *number])


def _combinations(
    simulation: int, snapshots: NDArray, distances_kpc: tuple[float, ...], fwhm_arcsec: tuple[float, ...]
) -> NDArray:
    """All of snapshot × distance × seeing, the last running fastest."""
    axes = np.meshgrid(snapshots, distances_kpc, fwhm_arcsec, indexing="ij")
    snapshot, distance, fwhm = (axis.ravel() for axis in axes)
    items = np.empty(snapshot.size, ITEM)
    items["simulation"] = simulation
    items["snapshot"], items["distance_kpc"], items["fwhm_arcsec"] = snapshot, distance, fwhm
    return items


def _test_items(dataset: Dataset, simulation: int, name: str, snapshots: int) -> NDArray:
    if dataset.test_snapshots > snapshots:
        raise InputError(
            f"dataset.test_snapshots={dataset.test_snapshots}, but {name} has {snapshots} snapshots; ask for fewer, or "
            "set simulate.snapshots higher"
        )
    numbers = np.linspace(0, snapshots - 1, dataset.test_snapshots).round().astype(np.int64)
    if dataset.test_snapshots == 1:
        numbers[:] = snapshots - 1  # a lone test snapshot is the last, and so the oldest
    return _combinations(simulation, numbers, dataset.test_distances_kpc, dataset.test_fwhm_arcsec)


def _interleave(parts: list[NDArray]) -> NDArray:
    """Items of all parts in turn; earlier parts may be one longer."""
    joined = np.empty(sum(len(part) for part in parts), ITEM)
    for k, part in enumerate(parts):
        joined[k :: len(parts)] = part
    return joined
