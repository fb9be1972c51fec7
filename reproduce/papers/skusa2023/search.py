"""The repaired network as a search for hyper-parameters sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reproduce.learning.task import Task
from reproduce.papers.skusa2023 import models
from reproduce.papers.skusa2023.networks import repaired
from reproduce.papers.skusa2023.settings import Models, Repaired

Value = bool | int | float | str


@dataclass(frozen=True)
class Networks:
    """A `tuning.problem.Problem`.

    Attributes
    ----------
    source : Path
        ``models.h5``.
    sets : Models
        Settings of the models.
    stride : int
        The set that is trained on.
    """

    source: Path
    sets: Models
    stride: int

    def task(
        self, network: str, member: int, train: Repaired, folder: Path, *, threads: int | None, until: int | None
    ) -> Task:
        """One training; its state and models lie beside its weights."""
        return repaired.task(
            self.source, train, self.sets, self.stride, folder, folder, member=member, threads=threads, until=until
        )

    def measure(self, network: str, member: int, train: Repaired, folder: Path) -> dict[str, float]:
        """``error_percent``, the relative L2 error of the maps of all models that are not in the set, and
        ``parameters``."""
        values = models.ratios(self.sets)
        rows = np.setdiff1d(np.arange(len(values)), models.members(self.sets, self.stride))
        true = models.read(self.source, rows)
        found = repaired.predict(self.sets, self.stride, folder, values[rows], member)
        errors = [np.linalg.norm(found[..., m] - true[..., m]) / np.linalg.norm(true[..., m]) for m in range(4)]
        task = self.task(network, member, train, folder, threads=None, until=None)
        return {
            "error_percent": 100 * float(np.sqrt(np.mean(np.square(errors)))),
            "parameters": float(task.build().count_params()),
        }

    def published(self, network: str, train: Repaired) -> Mapping[str, Value | None]:
        """The defaults: the thesis has no such network."""
        return Repaired().model_dump()

    def with_epochs(self, train: Repaired, epochs: int) -> Repaired:
        """The settings with this number of epochs."""
        return train.model_copy(update={"epochs": epochs})

    def epochs(self, network: str, train: Repaired) -> int:
        """Epochs of a network."""
        return train.epochs

    def looks_through(self, network: str, train: Repaired) -> str | None:
        """No other network."""
        return None
