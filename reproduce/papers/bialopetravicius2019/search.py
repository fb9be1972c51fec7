"""The network as a search for hyper-parameters sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from reproduce.learning.posterior import Mixture
from reproduce.learning.task import Task
from reproduce.learning.weights import load_weights, weights_file
from reproduce.papers.bialopetravicius2019.drawn import Draw
from reproduce.papers.bialopetravicius2019.labels import PARAMETERS
from reproduce.papers.bialopetravicius2019.networks import model, training
from reproduce.papers.bialopetravicius2019.settings import Train

Value = bool | int | float | str


@dataclass(frozen=True)
class Networks:
    """A `tuning.problem.Problem`.

    Attributes
    ----------
    draw : Draw
        Of training images.
    validation : Path
        ``validation.h5``.
    """

    draw: Draw
    validation: Path

    def task(
        self, network: str, member: int, train: Train, folder: Path, *, threads: int | None, until: int | None
    ) -> Task:
        """One training; its state lies beside its weights."""
        return training.task(
            self.draw, self.validation, train, member, folder, folder, threads=threads, until=until, drawing=0
        )

    def measure(self, network: str, member: int, train: Train, folder: Path) -> dict[str, float]:
        """``nll``, the mean negative log density of the true parameters of the validation images, and
        ``parameters``."""
        one = model.Architecture.of(train, self.draw.priors, self.draw.camera).build()
        load_weights(one, weights_file(folder, model.NAME, member))
        n = len(PARAMETERS)
        with h5py.File(self.validation) as file:
            group = file["validation"]
            target = np.stack([group[f"target_{k}"][:] for k in range(n + 1)], axis=1)
            there = target[:, n] > 0
            images = group["image"][:][there].astype(np.float32)[..., None]
        raw = one.predict(images, batch_size=model.BATCH, verbose=0)["cluster"]
        density = Mixture.of_network(raw, n).log_density(target[there, :n])
        return {"nll": float(-density.mean()), "parameters": float(one.count_params())}

    def published(self, network: str, train: Train) -> Mapping[str, Value | None]:
        """Nothing: only the abstract is at hand. The defaults stand in its place."""
        return Train().model_dump()

    def with_epochs(self, train: Train, epochs: int) -> Train:
        """The settings with this number of epochs."""
        return train.model_copy(update={"epochs": epochs})

    def epochs(self, network: str, train: Train) -> int:
        """Epochs of a network."""
        return train.epochs

    def looks_through(self, network: str, train: Train) -> str | None:
        """No other network."""
        return None
