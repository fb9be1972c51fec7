"""One call of the command line, as its MLflow run shows it: name, tags, parameters, description."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reproduce.workflow import comparison
from reproduce.workflow.papers import Paper

NAMED_TARGETS = 3  # so many stand in a run's name


@dataclass(frozen=True)
class Call:
    """What was asked for.

    Attributes
    ----------
    paper : Paper
    profile : str
    overrides : tuple of str
        Each ``group.key=value``.
    targets : tuple of str
        As the user wrote them.
    """

    paper: Paper
    profile: str
    overrides: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of the run: ``figure5 (laptop)``."""
        shown = ", ".join(self.targets[:NAMED_TARGETS])
        more = len(self.targets) - NAMED_TARGETS
        return f"{shown}{f' and {more} more' if more > 0 else ''} ({self.profile})"

    def tags(self) -> dict[str, str]:
        """For searches among runs."""
        return {
            "paper": self.paper.name,
            "target": " ".join(self.targets),
            "profile": self.profile,
            "overrides": ",".join(self.overrides),
        }

    def params(self) -> dict[str, str]:
        """For MLflow's columns: the profile, the overrides as a whole, and each by its setting's name."""
        each = {name.strip(): value.strip() for name, _, value in (text.partition("=") for text in self.overrides)}
        return {
            "target": " ".join(self.targets),
            "profile": self.profile,
            "overrides": ",".join(self.overrides),
            **each,
        }

    def description(self, made: Mapping[str, Path], failures: Mapping[str, list[str]]) -> str:
        """Markdown: what was asked, what came of it, and our numbers beside the published ones.

        Parameters
        ----------
        made : mapping of Path
            The folder of each result.
        failures : mapping
            For each line that says what a user has to mend, the targets that wait for it.
        """
        lines = [f"**{self.paper.title}**, profile `{self.profile}`. {self.paper.profiles.about(self.profile)}"]
        if self.overrides:
            lines.append("Changed: " + ", ".join(f"`{text}`" for text in self.overrides))
        rows = [row for folder in made.values() if (folder / comparison.FILE).is_file() for row in _rows(folder)]
        if rows:
            unique = list(dict.fromkeys(rows))
            lines.append(
                "\n".join(["| quantity | published | ours | unit | where |", "|---|---|---|---|---|", *unique])
            )
        lines += [f"Not made: {', '.join(names)}: {line}" for line, names in failures.items()]
        return "\n\n".join(lines)


def _rows(folder: Path) -> list[str]:
    return [_row(row) for row in comparison.read(folder / comparison.FILE)]


def _row(row: Mapping[str, Any]) -> str:
    interval = f" ({row['ours_low']} to {row['ours_high']})" if row["ours_low"] else ""
    ours = f"{row['ours']}{interval}" if row["ours"] else "not measured"
    cells = (row["quantity"], row["published"], ours, row["unit"], row["where"])
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
