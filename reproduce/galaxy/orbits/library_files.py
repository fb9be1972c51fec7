"""Orbit libraries on disk, and many of them made side by side, each kept as soon as it is there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from reproduce.galaxy.orbits.galaxy_model import GalaxyModel
from reproduce.galaxy.orbits.intrinsic import SpaceGrid
from reproduce.galaxy.orbits.library import Integration, OrbitLibrary, orbit_library
from reproduce.galaxy.orbits.observation import Observation
from reproduce.galaxy.orbits.start_space import StartGrid
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Order:
    """One library to be made into one file; it pickles. See `library.orbit_library`."""

    path: Path
    galaxy: GalaxyModel
    observation: Observation
    start: StartGrid
    space: SpaceGrid
    integration: Integration
    seed: int


def make_all(orders: Sequence[Order], executor: Executor, tell: Tell) -> None:
    """Make the libraries that are not there yet, on any number of workers; killed and begun again, it goes on.

    Raises
    ------
    InputError
        As `orbit_library`.
    """
    for done, _ in enumerate(executor.map(make, orders), 1):
        tell(done / len(orders), f"{done} of {len(orders)} libraries")


def make(order: Order) -> None:
    """Make one library unless its file is there; runs on any worker."""
    if order.path.exists():
        return
    library = orbit_library(
        galaxy=order.galaxy.potential,
        observation=order.observation,
        start=order.start,
        space=order.space,
        integration=order.integration,
        seed=order.seed,
    )
    order.path.parent.mkdir(parents=True, exist_ok=True)
    write_library(order.path, library)


def distinct(library: OrbitLibrary) -> np.ndarray:
    """Numbers of the orbits without the tubes' reversals: tubes in their first sense, boxes."""
    return np.r_[np.arange(0, library.n_tubes, 2), np.arange(library.n_tubes, len(library.family))]


def write_library(path: Path, library: OrbitLibrary) -> None:
    """Write a library, whole or not at all; the reversals of tubes, which are known from the tubes, are left out."""
    kept = distinct(library)
    values = {field.name: getattr(library, field.name) for field in fields(library)}
    values = {
        name: value[kept] if np.shape(value)[:1] == library.family.shape else value for name, value in values.items()
    }
    with whole(path, shared=True) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **values)


def read_library(path: Path) -> OrbitLibrary:
    """Read a library that `write_library` wrote.

    Raises
    ------
    InputError
        If the file is missing, damaged or another one.
    """
    try:
        with np.load(path) as file:
            found = {field.name: file[field.name] for field in fields(OrbitLibrary)}
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: not a readable orbit library ({error}); make it again") from None
    found |= {"n_tubes": int(found["n_tubes"]), "mass_to_light": float(found["mass_to_light"])}
    return with_reversals(OrbitLibrary(**found))


def with_reversals(library: OrbitLibrary) -> OrbitLibrary:
    """A library of tubes and boxes without the tubes' reversals, completed; `n_tubes` counts both, as it does later."""
    n = library.n_tubes // 2
    order = np.concatenate([np.repeat(np.arange(n), 2), np.arange(n, len(library.family))])
    back = np.concatenate([np.tile([False, True], n), np.zeros(len(order) - 2 * n, bool)])
    values = {field.name: getattr(library, field.name) for field in fields(library)}
    values = {
        name: value[order] if np.shape(value)[:1] == library.family.shape else value for name, value in values.items()
    }
    values["histogram"][back] = values["histogram"][back, ::-1]
    values["circularity"][back] *= -1
    return OrbitLibrary(**values)
