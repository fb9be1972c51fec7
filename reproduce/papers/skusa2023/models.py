"""The models: h1 to h4 of one library at many M/L, the stage `models`, and its file ``models.h5``; sets of them."""

import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.galaxy.orbits.dynamite_files import read_folder
from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.galaxy.orbits.losvd import Kinematics, coefficient_maps
from reproduce.papers.skusa2023 import libraries
from reproduce.papers.skusa2023.settings import Library, Models
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

FILE = "models.h5"
COEFFICIENTS = (1, 2, 3, 4)


def ratios(models: Models) -> NDArray[np.float64]:
    """M/L of all models, ascending, shape (n,)."""
    n = round((models.last - models.first) / models.step) + 1
    return np.round(models.first + models.step * np.arange(n), 10)


def members(models: Models, stride: int) -> NDArray[np.int64]:
    """Which models are in the set of every `stride`-th one (thesis Sect. 6.1)."""
    return np.arange(0, len(ratios(models)), stride)


def split(models: Models, stride: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The models of a set to train on and to validate on; the first and the last one are trained on."""
    chosen = members(models, stride)
    n = max(1, round(models.validation_fraction * len(chosen)))
    generator = np.random.default_rng([models.seed, stride])
    kept = np.sort(generator.choice(chosen[1:-1], min(n, len(chosen) - 2), replace=False))
    return np.setdiff1d(chosen, kept), kept


def make(
    models: Models, library: Library, observed: Path, made: Path, folder: Path, tell: Progress
) -> dict[str, float]:
    """Rescale a library to all M/L and write ``models.h5``.

    Parameters
    ----------
    models, library : Models, Library
        Settings.
    observed, made : Path
        Folders of the galaxy and of its library.
    folder : Path
        Receives ``models.h5``: ``mass_to_light`` (n,), ``h1`` to ``h4`` (n, orbits, apertures), each orbit's
        coefficients times its mass in the aperture; ``errors`` (4, apertures), those of the observed h1 to h4;
        ``intrinsic`` and ``projected``, the galaxy's masses.
    tell : Progress

    Returns
    -------
    dict
        ``models``; ``models_seconds`` of making their maps, ``models_megabytes``; ``below_error_percent_h1`` to
        ``_h4``, the share of all values that are smaller than the error of their aperture: a blank map is within the
        errors there; ``mean_map_error_h1`` to ``_h4``, the relative L2
        error of saying the mean map of all models.
    """
    light, kinematics, spread, apertures = read_folder(observed)
    masses = libraries.galaxy_masses(library, light, spread, apertures)
    return write(models, libraries.read(made / libraries.FILE), kinematics, masses, folder / FILE, tell)


def write(
    models: Models,
    library: OrbitLibrary,
    kinematics: Kinematics,
    masses: tuple[NDArray, NDArray],
    path: Path,
    tell: Callable[[float, str], None],
) -> dict[str, float]:
    """Write the models of any library, such as DYNAMITE's; `masses`: the galaxy's in cells, apertures. See `make`."""
    began = time.perf_counter()
    values, errors = ratios(models), kinematics.coefficient_errors
    n_orbits, _, n_apertures = library.histogram.shape
    with whole(path) as partial, h5py.File(partial, "w") as file:
        file["mass_to_light"] = values
        file["errors"], file["intrinsic"], file["projected"] = errors, *masses
        shape = (len(values), n_orbits, n_apertures)
        maps = [file.create_dataset(f"h{m}", shape, np.float32) for m in COEFFICIENTS]
        for k, found in enumerate(coefficient_maps(library, kinematics, values)):
            for m, data in enumerate(maps):
                data[k] = found[..., m]
            tell((k + 1) / len(values), f"{k + 1} of {len(values)} models")
        metrics = {"models": float(len(values)), "models_seconds": time.perf_counter() - began}
        metrics["models_megabytes"] = sum(data.nbytes for data in maps) / 1e6
        for m, data in zip(COEFFICIENTS, maps, strict=True):
            h = data[:]
            metrics[f"below_error_percent_h{m}"] = 100 * float(np.mean(np.abs(h) < errors[m - 1]))
            metrics[f"mean_map_error_h{m}"] = float(np.linalg.norm(h - h.mean(axis=0)) / np.linalg.norm(h))
    return metrics


def read(path: Path, rows: NDArray[np.int64] | None = None, coefficients: tuple[int, ...] = COEFFICIENTS) -> NDArray:
    """Maps of some models (all: none given), shape (models, orbits, apertures, coefficients), float32."""
    with h5py.File(path) as file:
        parts = [file[f"h{m}"][:] if rows is None else file[f"h{m}"][rows] for m in coefficients]
    return np.stack(parts, axis=-1)
