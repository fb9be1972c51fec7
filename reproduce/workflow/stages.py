"""Stages, their order and their content keys. Knows nothing of astronomy.

A stage is one plain function with declared inputs. Its key is the sha256 of all that can change its result: its paper
and name, the settings that it reads, the keys of its needs, and its source with the data files that this names
(`reproduce.workflow.source`). Not of the clock, the machine, the commit or the number of workers.
"""

import graphlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress
from reproduce.workflow.source import closure, digest

if TYPE_CHECKING:
    from reproduce.workflow.tracking import Run

KEY_LENGTH = 16  # hexadecimal digits of the sha256 that name a folder


@dataclass
class Job:
    """What a stage's function is given."""

    stage: str
    settings: (
        Any  # the settings that the stage declares in `reads`, and no others: what is not in the key cannot be read
    )
    inputs: Mapping[str, Path]  # the store folder of each need
    folder: Path  # becomes the store folder. A file under its final name here is whole, also after a kill
    checkpoint: Path  # outlives a kill, is thrown away at the end
    cache: Path  # outlives everything, only saves time
    executor: Executor
    progress: Progress
    metrics: dict[str, float] = field(default_factory=dict)  # the run's final numbers
    log: Callable[[Mapping[str, float], int], None] = lambda values, step: None  # numbers along the way
    run: "Run | None" = None  # for stages whose parts are worth a run each: its `child` and `adopt`


@dataclass(frozen=True)
class When:
    """A need of a stage that counts only while a setting has a value.

    Attributes
    ----------
    stage : str
        The stage needed.
    setting : str
        Dotted name of the setting, as users write it.
    value : object
        The value with which the need counts.
    """

    stage: str
    setting: str
    value: Any


@dataclass(frozen=True)
class Stage:
    """One step of the chain.

    Attributes
    ----------
    name : str
        Name of the stage and of its folder in the store.
    run : callable
        Writes the result's files into ``job.folder``. The first line of its docstring is the stage's title.
    needs : tuple of str or When
        Stages whose results it reads; a `When` only under some settings.
    reads : tuple of str
        Dotted names of the settings, or groups of settings, that change its result.
    draws : bool
        Whether drawings are its result, so that the source of drawings is part of its key.
    shown : bool
        Whether it is a figure or table: shown in the report, and part of the target `all` if `in_all`.
    in_all : bool
        Of a figure or table; false for one of networks that no other figure needs, which `all` would train for it.
    work : callable or None
        How much it has to do under all settings of the paper, in a unit of its own such as maps times epochs: what a
        run under some settings took tells what one under others will take. None: about the same under all settings.
        It is in no key.
    """

    name: str
    run: Callable[[Job], None]
    needs: tuple[str | When, ...] = ()
    reads: tuple[str, ...] = ()
    draws: bool = False
    shown: bool = False
    in_all: bool = True
    work: Callable[[Any], float] | None = None

    @property
    def title(self) -> str:
        """What the stage makes, in one line."""
        return (self.run.__doc__ or self.name).strip().partition("\n")[0].rstrip(".")


def figure(
    run: Callable[[Job], None],
    needs: tuple[str | When, ...] = (),
    reads: tuple[str, ...] = (),
    name: str | None = None,
    in_all: bool = True,
) -> Stage:
    """A stage that draws a figure or makes a table, of its function's name unless another is given."""
    return Stage(name or run.__name__, run, needs, reads, draws=True, shown=True, in_all=in_all)


class Chain:
    """All stages of a paper under one set of settings.

    Parameters
    ----------
    paper : str
        Name of the paper.
    stages : sequence of Stage
    settings : BaseModel
    """

    def __init__(self, paper: str, stages: Sequence[Stage], settings: BaseModel) -> None:
        self.paper = paper
        self.stages = {stage.name: stage for stage in stages}
        self.settings = settings
        self._tree = settings.model_dump(mode="json", by_alias=True)
        self._parts: dict[str, dict[str, Any]] = {}

    def parts(self, name: str) -> dict[str, Any]:
        """What the key of a stage is made of."""
        if name not in self._parts:
            stage = self.stages[name]
            self._parts[name] = {
                "paper": self.paper,
                "stage": name,
                "settings": {setting: self._setting(setting) for setting in stage.reads},
                "needs": {need: self.key(need) for need in self.needs(name)},
                "source": closure(stage.run, stage.draws),
            }
        return self._parts[name]

    def needs(self, name: str) -> tuple[str, ...]:
        """The stages whose results a stage reads under these settings."""
        return tuple(
            need.stage if isinstance(need, When) else need
            for need in self.stages[name].needs
            if not isinstance(need, When) or self._setting(need.setting) == need.value
        )

    def key(self, name: str) -> str:
        """The content key of a stage's result."""
        return digest(self.parts(name))[:KEY_LENGTH]

    def work(self, name: str) -> float:
        """How much a stage has to do under these settings, in its own unit."""
        count = self.stages[name].work
        return 1.0 if count is None else float(count(self.settings))

    def order(self, targets: Sequence[str]) -> list[str]:
        """The targets and all they need, each after its needs.

        Raises
        ------
        ValueError
            If stages need each other in a circle.
        """
        graph: dict[str, tuple[str, ...]] = {}
        todo = list(targets)
        while todo:
            name = todo.pop(0)
            if name not in graph:
                graph[name] = self.needs(name)
                todo += graph[name]
        try:
            return list(graphlib.TopologicalSorter(graph).static_order())
        except graphlib.CycleError as error:
            raise ValueError(f"{self.paper}: stages need each other: {' -> '.join(error.args[1])}") from None

    def view(self, name: str) -> SimpleNamespace:
        """The settings that a stage declares, under their dotted names."""
        root = SimpleNamespace()
        for dotted in self.stages[name].reads:
            value: Any = self.settings
            for part in dotted.split("."):
                value = getattr(value, part)
            *groups, last = dotted.split(".")
            node = root
            for group in groups:
                if not hasattr(node, group):
                    setattr(node, group, SimpleNamespace())
                node = getattr(node, group)
            setattr(node, last, value)
        return root

    def _setting(self, dotted: str) -> Any:
        value: Any = self._tree
        for part in dotted.split("."):
            value = value[part]
        return value
