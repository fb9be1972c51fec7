"""What a search found, in memory and as JSON."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from reproduce.workflow.files import read_json, whole
from tuning.problem import Value
from tuning.space import Dimension

FILE = "found.json"


@dataclass
class Tried:
    """A trial and what came of it.

    Attributes
    ----------
    name, number
        Of its run; in the order of the tuner's proposals, from 0.
    values : dict
        The searched settings.
    until : int
        Epochs that it was given.
    previous : int or None
        Trial that it went on from.
    status : str
        ``completed``, ``pruned ...``, ``continued as trial ...`` or ``failed``.
    numbers : dict
        Of `tuning.trial.run`.
    message : str
        Why it failed.
    """

    name: str
    number: int
    values: dict[str, Value]
    until: int
    previous: int | None
    status: str
    numbers: dict[str, float]
    message: str


@dataclass
class Finalist:
    """A setting that was trained anew with several seeds.

    Attributes
    ----------
    name : str
        ``best 1``, ``best 2`` ... or ``paper``.
    values : dict
        The searched settings.
    trial : int or None
        The trial that it comes from.
    numbers : list of dict
        The numbers of each training.
    message : str
        Why the last one failed.
    """

    name: str
    values: dict[str, Value]
    trial: int | None
    numbers: list[dict[str, float]] = field(default_factory=list)
    message: str = ""

    def mean(self, name: str) -> float:
        """Mean of a number over the trainings, NaN if there is none."""
        found = self.all(name)
        return float(np.mean(found)) if found else np.nan

    def deviation(self, name: str) -> float:
        """Standard deviation of one training, NaN with less than two."""
        found = self.all(name)
        return float(np.std(found, ddof=1)) if len(found) > 1 else np.nan

    def all(self, name: str) -> list[float]:
        """A number of each training that has it."""
        return [numbers[name] for numbers in self.numbers if name in numbers]


@dataclass
class Outcome:
    """What a search found for one network.

    Attributes
    ----------
    network, tuner, objective : str
        What was searched, how, and by which number.
    sign : int
        1 if less of the objective is better, -1 if more is.
    seed : int
        Of the search.
    epochs : int
        Of a trial that is trained to its end.
    space : list of Dimension
    paper : dict
        The paper's value of each dimension that it names.
    tried, finalists
        In order.
    best : dict
        The chosen values.
    best_trial : int or None
        The trial that they come from; none if they are the paper's.
    """

    network: str
    tuner: str
    objective: str
    sign: int
    seed: int
    epochs: int
    space: list[Dimension]
    paper: dict[str, Value]
    tried: list[Tried]
    finalists: list[Finalist]
    best: dict[str, Value]
    best_trial: int | None


def save(found: list[Outcome], folder: Path) -> None:
    """Write ``found.json``."""
    text = json.dumps([asdict(one) for one in found], indent=1, sort_keys=True, allow_nan=False)
    with whole(folder / FILE) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


def load(folder: Path) -> list[Outcome]:
    """Read ``found.json``."""
    read = []
    for one in read_json(folder / FILE, kind=list):
        one["space"] = [Dimension(row["name"], row["kind"], tuple(row["values"])) for row in one["space"]]
        one["tried"] = [Tried(**row) for row in one["tried"]]
        one["finalists"] = [Finalist(**row) for row in one["finalists"]]
        read.append(Outcome(**one))
    return read
