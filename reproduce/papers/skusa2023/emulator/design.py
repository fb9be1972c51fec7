"""The libraries that the emulator learns from and is judged by: where they lie, and how they are made and kept."""

from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from scipy.stats import qmc

from reproduce.galaxy.orbits.library import Integration, OrbitLibrary
from reproduce.galaxy.orbits.library_files import Order, Tell, distinct, make_all, read_library, with_reversals
from reproduce.papers.skusa2023 import libraries
from reproduce.papers.skusa2023.emulator.target import Target
from reproduce.papers.skusa2023.extras.settings import PARAMETERS, Emulator
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole

GROUPS = ("train", "test", "repeat")
MOVED = 0.05
"""Added to the margin of the start grid for a repeated library: the tubes move by a twentieth of a fine step."""


def unit_design(settings: Emulator) -> tuple[np.ndarray, np.ndarray]:
    """Places of training and test libraries in the unit cube, shapes (libraries, 4) and (tests, 4).

    The corners first, if asked for, then Sobol's points; tests are Sobol's points of another scrambling, kept a
    twentieth from the faces.
    """
    dimensions = len(PARAMETERS)
    corners = np.indices((2,) * dimensions).reshape(dimensions, -1).T if settings.corners else np.zeros((0, dimensions))
    train = qmc.Sobol(dimensions, rng=np.random.default_rng([settings.seed, 0])).random(_power(settings.libraries))
    test = qmc.Sobol(dimensions, rng=np.random.default_rng([settings.seed, 1])).random(_power(settings.tests))
    return np.concatenate([corners, train])[: settings.libraries], 0.05 + 0.9 * test[: settings.tests]


def _power(number: int) -> int:
    """The next power of two, which Sobol's points want."""
    return 1 << max(0, number - 1).bit_length()


def parameters(galaxy: Target, unit: np.ndarray) -> np.ndarray:
    """Parameters at places in the unit cube; shapes (n, 4)."""
    low, high = galaxy.box()
    return low + (high - low) * np.asarray(unit)


def places(galaxy: Target) -> dict[str, np.ndarray]:
    """Parameters of the libraries of each group, shape (n, 4)."""
    train, test = (parameters(galaxy, unit) for unit in unit_design(galaxy.emulator))
    return dict(zip(GROUPS, (train, test, test[: galaxy.emulator.repeats]), strict=True))


def orders(galaxy: Target, folder: Path) -> list[Order]:
    """All libraries to be made: those to learn from, tests, and tests repeated."""
    settings = galaxy.emulator
    integration = Integration(settings.periods, settings.samples, first_tolerance=settings.first_tolerance)
    finer = replace(integration, first_tolerance=settings.first_tolerance / 10)
    found = []
    for group, there in places(galaxy).items():
        again = group == "repeat"
        for number, values in enumerate(there):
            model, start = galaxy.model(values), galaxy.start_grid(values)
            found.append(
                Order(
                    path=folder / f"{group}-{number:03d}.npz",
                    galaxy=model,
                    observation=galaxy.observation(model),
                    start=replace(start, margin=start.margin + MOVED) if again else start,
                    space=libraries.space_grid(model, galaxy.settings(values)),
                    integration=finer if again else integration,
                    seed=10_000 * GROUPS.index(group) + 100 * number + settings.seed,
                )
            )
    return found


@dataclass(frozen=True)
class Libraries:
    """Libraries of one group.

    `parameters` (n, 4); of the distinct orbits, tubes in their first sense and then boxes: `histogram` (n, orbits,
    velocities, apertures) and `intrinsic` (n, orbits, radii, thetas, phis), fractions of each orbit's mass;
    `velocity_edges_kms`; `n_tubes`, tubes with their reversals; `mass_to_light` of the potentials.
    """

    parameters: np.ndarray
    histogram: np.ndarray
    intrinsic: np.ndarray
    velocity_edges_kms: np.ndarray
    n_tubes: int
    mass_to_light: float

    def __len__(self) -> int:
        return len(self.parameters)

    def library(self, weights: np.ndarray) -> OrbitLibrary:
        """A weighted sum of the libraries, with the tubes' reversals; `weights` (n,) may be negative.

        A unit vector gives one library itself.
        """
        chosen = np.flatnonzero(weights)
        share = np.asarray(weights[chosen], np.float32)
        histogram = np.tensordot(share, self.histogram[chosen], 1)
        blank = np.zeros(len(histogram))
        return with_reversals(
            OrbitLibrary(
                histogram=histogram,
                velocity_edges_kms=self.velocity_edges_kms,
                intrinsic=np.tensordot(share, self.intrinsic[chosen], 1),
                family=blank.astype(int),
                circularity=np.zeros((len(histogram), 3)),
                mean_radius_pc=blank,
                energy_error=blank,
                n_tubes=self.n_tubes,
                mass_to_light=self.mass_to_light,
            )
        )


def make_libraries(galaxy: Target, folder: Path, checkpoint: Path, executor: Executor, tell: Tell) -> dict[str, float]:
    """Make all libraries and write ``libraries.h5``, with the groups ``train``, ``test`` and ``repeat``.

    Returns
    -------
    dict
        ``libraries`` and the largest ``energy_error``.
    """
    todo = orders(galaxy, checkpoint)
    make_all(todo, executor, tell)
    worst = 0.0
    with whole(folder / "libraries.h5") as partial, h5py.File(partial, "w") as file:
        for group, there in places(galaxy).items():
            paths = [order.path for order in todo if order.path.name.startswith(f"{group}-")]
            for number, path in enumerate(paths):
                library = read_library(path)
                worst = max(worst, float(library.energy_error.max()))
                for name in ("histogram", "intrinsic"):
                    values = getattr(library, name)[distinct(library)]
                    if number == 0:
                        shape = (len(paths), *values.shape)
                        file.create_dataset(
                            f"{group}/{name}", shape, "f4", chunks=(1, *values.shape), compression="gzip", shuffle=True
                        )
                    file[f"{group}/{name}"][number] = values
            file[f"{group}/parameters"] = there
            file[f"{group}/velocity_edges_kms"] = library.velocity_edges_kms
            file[group].attrs.update(n_tubes=library.n_tubes, mass_to_light=library.mass_to_light)
    return {"libraries": float(len(todo)), "energy_error": worst}


def read(path: Path, group: str) -> Libraries:
    """The libraries of one group of a ``libraries.h5``.

    Raises
    ------
    InputError
        If the file is absent or damaged.
    """
    try:
        with h5py.File(path) as file:
            part = file[group]
            return Libraries(
                parameters=part["parameters"][:],
                histogram=part["histogram"][:],
                intrinsic=part["intrinsic"][:],
                velocity_edges_kms=part["velocity_edges_kms"][:],
                n_tubes=int(part.attrs["n_tubes"]),
                mass_to_light=float(part.attrs["mass_to_light"]),
            )
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: no libraries of the group {group} in it ({error}); make it again") from None
