"""A network of the paper as a search for hyper-parameters sees it."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reproduce.learning.task import Task
from reproduce.learning.weights import member_name, weights_file
from reproduce.papers.kaur2021 import metrics
from reproduce.papers.kaur2021.networks import training
from reproduce.papers.kaur2021.networks.prediction import load, predict
from reproduce.papers.kaur2021.settings import Train

Value = bool | int | float | str


@dataclass(frozen=True)
class Network:
    """A `tuning.problem.Problem` of one network, which a search calls ``cnn``.

    Attributes
    ----------
    maps : Path
        ``maps.h5``.
    cells : int
        Of a side of its maps.
    name : str
        One of `training.networks`, such as ``DL1.two_channel.galaxy``.
    ends_msun : pair of float
        Dark masses of the labels 0 and 10 [Msun].
    """

    maps: Path
    cells: int
    name: str
    ends_msun: tuple[float, float]

    def task(
        self, network: str, member: int, train: Train, folder: Path, *, threads: int | None, until: int | None
    ) -> Task:
        """One training; its state lies beside its weights."""
        given = training.task(
            self.name, member, self.maps, self.cells, train, folder, folder, threads=threads, until=until
        )
        name = member_name(network, member)
        return dataclasses.replace(
            given, name=name, weights=weights_file(folder, network, member), state=folder / f"{name}.h5"
        )

    def measure(self, network: str, member: int, train: Train, folder: Path) -> dict[str, float]:
        """Errors of a trained network on the validation images, and its number of parameters."""
        images = training.data(self.name, self.maps, train).images("validation")
        (model,) = load(training.network_of(self.name, train, self.cells), folder, network, 1, first=member)
        found = metrics.measure(images.label[:, 0].astype(float), predict([model], images), self.ends_msun)
        return {name: found[name] for name in ("mae", "rmse")} | {"parameters": float(model.count_params())}

    def published(self, network: str, train: Train) -> Mapping[str, Value | None]:
        """The paper's settings, as far as it gives them: the defaults of `Train`."""
        values = Train().model_dump()
        return {name: value for name, value in values.items() if isinstance(value, bool | int | float | str)}

    def with_epochs(self, train: Train, epochs: int) -> Train:
        """The settings with this number of epochs."""
        return train.model_copy(update={"epochs": epochs})

    def epochs(self, network: str, train: Train) -> int:
        """Epochs of the network."""
        return train.epochs

    def looks_through(self, network: str, train: Train) -> str | None:
        """No loss of these looks through another network."""
        return None
