"""The two networks as a search for hyper-parameters sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reproduce.learning.prediction import outputs
from reproduce.learning.task import Task
from reproduce.learning.weights import load_weights, weights_file
from reproduce.papers.chardin2021.dataset.mapset import MapSet
from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.papers.chardin2021.evaluation.metrics import Labels, Scores
from reproduce.papers.chardin2021.names import METRICS
from reproduce.papers.chardin2021.networks import training
from reproduce.papers.chardin2021.networks.architecture import build
from reproduce.papers.chardin2021.settings import Train

# Levels of the released encoder-decoder, whose bottleneck is a map of 10 x 10; the compact one, which begins with maps
# folded by 4, has that with two levels less.
PAPER_LEVELS = {"released": 4, "compact": 2}
# Maps predicted at once: about 100 MB at 160 px.
BATCH = 64

Value = bool | int | float | str


@dataclass(frozen=True)
class Networks:
    """A `tuning.problem.Problem`.

    Attributes
    ----------
    maps, scaler : Path
        The data set's ``maps.h5`` and ``scaler.json``.
    """

    maps: Path
    scaler: Path

    def task(
        self, network: str, member: int, train: Train, folder: Path, *, threads: int | None, until: int | None
    ) -> Task:
        """One training; its state lies beside its weights."""
        places = {"maps": self.maps, "scaler": self.scaler, "folder": folder, "checkpoint": folder}
        return training.task(network, member, train=train, **places, threads=threads, until=until)

    def measure(self, network: str, member: int, train: Train, folder: Path) -> dict[str, float]:
        """The paper's metrics of a trained network on the validation maps, and its number of parameters."""
        scaler = Scaler.from_json(self.scaler)
        with MapSet(self.maps, "validation") as validation:
            model = build(network, train, validation.flux.shape[1])
            load_weights(model, weights_file(folder, network, member))
            columns = (validation.column(name) for name in ("age_gyr", "distance_kpc", "snapshot"))
            scores = Scores(Labels(*columns))
            for rows, (output,) in outputs(model, validation.flux, BATCH, scaler.light):
                flux, mass = validation.flux[rows], validation.mass[rows]
                unknown = np.full(len(flux), np.nan)  # what the other network would say
                if network == "regressor":
                    age, distance = scaler.age_gyr(output[:, 0]), scaler.distance_kpc(output[:, 1])
                    scores.add(rows, flux, mass, mass, age, distance)
                else:
                    scores.add(rows, flux, mass, scaler.mass(output[..., 0]), unknown, unknown)
        metrics = scores.metrics(n_bootstrap=0, seed=0)
        chosen = {name: metrics[name] for name in METRICS[network] if name in metrics}
        if network == "regressor":
            chosen |= {name: value for name, value in metrics.items() if name.startswith("distance_mae_")}
        return chosen | {"parameters": float(model.count_params())}

    def published(self, network: str, train: Train) -> Mapping[str, Value | None]:
        """The paper's settings (Sect. 3.1; the released network's where the paper is silent): the defaults of `Train`;
        the number of levels is that which ends on a map of the same size."""
        return Train().model_dump() | {"levels": PAPER_LEVELS[train.architecture]}

    def with_epochs(self, train: Train, epochs: int) -> Train:
        """Both networks with this number of epochs."""
        return train.model_copy(update={"epochs": epochs, "regressor_epochs": epochs})

    def epochs(self, network: str, train: Train) -> int:
        """Epochs of a network."""
        return train.regressor_epochs if network == "regressor" else train.epochs

    def looks_through(self, network: str, train: Train) -> str | None:
        """The loss ``regressor`` of the encoder-decoder looks through a trained regressor."""
        return "regressor" if network == "encoder_decoder" and train.loss == "regressor" else None
