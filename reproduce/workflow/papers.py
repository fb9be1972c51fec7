"""What a paper is to the workflow: a name, settings under profiles, stages, published numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reproduce.workflow.profiles import Profiles
from reproduce.workflow.stages import Chain, Stage


@dataclass(frozen=True)
class Command:
    """A command of a paper with options of its own.

    Attributes
    ----------
    run : callable
        Called with the words that follow the command's name; returns the exit status.
    arguments : str
        What follows its name in MLproject, with the parameters in braces.
    parameters : mapping of str
        Type of each of these parameters, and its default after a comma: ``path``, ``string, predictions``.
    """

    run: Callable[[Sequence[str]], int]
    arguments: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Paper:
    """One paper, as its `stages.py` composes it.

    Attributes
    ----------
    name : str
        Of its folder, such as ``kaur2021``.
    title : str
        For people, such as ``π-DOC (Chardin & Bianchini 2021)``.
    experiment : str
        MLflow's experiment of its runs.
    profiles : Profiles
        Its settings under each profile.
    stages : tuple of Stage
        Its chain.
    published : mapping
        Every number that the paper gives: by the name that ours has, an entry with ``value``, ``unit``, ``text`` and
        ``where``.
    about : str
        What it is about, and in what ours differs as a whole, in a sentence or two.
    not_ours : mapping of str
        Figures and tables of the paper that have no stage, and why.
    commands : mapping of Command
        Commands with options of their own, by name.
    plain_names : bool
        Whether its targets are called without its name before them: true for the package's first paper alone.
    """

    name: str
    title: str
    experiment: str
    profiles: Profiles[Any]
    stages: tuple[Stage, ...]
    published: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    about: str = ""
    not_ours: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, Command] = field(default_factory=dict)
    plain_names: bool = False

    def target(self, name: str) -> str:
        """A target of this paper as users write it: ``figure5``, ``kaur2021.table3``."""
        return name if self.plain_names else f"{self.name}.{name}"

    def chain(self, profile: str, overrides: Sequence[str] = ()) -> Chain:
        """The paper's stages under a profile with overrides.

        Raises
        ------
        SettingsError
            As `Profiles.load`.
        """
        return Chain(self.name, self.stages, self.profiles.load(profile, overrides))

    def shown(self) -> list[str]:
        """The figures and tables."""
        return [stage.name for stage in self.stages if stage.shown]

    def all(self) -> list[str]:
        """Those that the target `all` makes."""
        return [stage.name for stage in self.stages if stage.shown and stage.in_all]
