"""The network as a search for hyper-parameters sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reproduce.learning.posterior import Mixture
from reproduce.learning.task import Task
from reproduce.learning.weights import load_weights, weights_file
from reproduce.papers.magron2026 import pixels, sets
from reproduce.papers.magron2026.drawn import Draw
from reproduce.papers.magron2026.labels import PARAMETERS
from reproduce.papers.magron2026.networks import model, training
from reproduce.papers.magron2026.settings import Train

Value = bool | int | float | str


@dataclass(frozen=True)
class Networks:
    """A `tuning.problem.Problem`.

    Attributes
    ----------
    draw : Draw
        Of training views.
    validation : Path
        ``validation.h5``.
    """

    draw: Draw
    validation: Path

    def task(
        self, network: str, member: int, train: Train, folder: Path, *, threads: int | None, until: int | None
    ) -> Task:
        """One training; its state lies beside its weights."""
        return training.task(self.draw, self.validation, train, member, folder, folder, threads=threads, until=until)

    def measure(self, network: str, member: int, train: Train, folder: Path) -> dict[str, float]:
        """``nll``, the mean negative log density of the true scalars of the validation images; ``mass_rmse``, of the
        mass map at the middle distance [dex]; ``parameters``."""
        one = model.Architecture.of(train, self.draw.priors, self.draw.camera).build()
        load_weights(one, weights_file(folder, model.NAME, member))
        arrays = sets.read_arrays(self.validation)
        found = one.predict({name: arrays[name] for name in model.INPUTS}, batch_size=model.BATCH, verbose=0)
        density = Mixture.of_network(found["scalars"], len(PARAMETERS)).log_density(arrays["scalars"])
        errors = pixels.MASS_STD * (found["mass"] - arrays["mass"])
        return {
            "nll": float(-density.mean()),
            "mass_rmse": float(np.sqrt(np.mean(errors**2))),
            "parameters": float(one.count_params()),
        }

    def published(self, network: str, train: Train) -> Mapping[str, Value | None]:
        """The slides give no hyper-parameter but the weights of the losses. The defaults stand in their place."""
        return {name: value for name, value in Train().model_dump().items() if isinstance(value, Value)}

    def with_epochs(self, train: Train, epochs: int) -> Train:
        """The settings with this number of epochs."""
        return train.model_copy(update={"epochs": epochs})

    def epochs(self, network: str, train: Train) -> int:
        """Epochs of a network."""
        return train.epochs

    def looks_through(self, network: str, train: Train) -> str | None:
        """No other network."""
        return None
