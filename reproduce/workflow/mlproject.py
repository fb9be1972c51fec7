"""The file MLproject, written from the papers' targets: `make mlproject`."""

from collections.abc import Sequence

from reproduce.workflow.command_line import SPECIAL
from reproduce.workflow.papers import Command, Paper

HEAD = """\
# Written by `make mlproject`. Every entry point is `python -m reproduce TARGET` with a profile and overrides
# (group.key=value, comma-separated, no spaces). Any other -P name becomes an option: -P workers=4 is --workers 4.
name: pidoc

conda_env: conda.yaml

entry_points:
  main:
    parameters: &settings
      profile: {type: string, default: laptop}
      overrides: {type: string, default: ""}
    command: "python -m reproduce report --profile {profile} --overrides {overrides}"
"""
TARGET = """\
  {name}:
    parameters: *settings
    command: "python -m reproduce {name} --profile {{profile}} --overrides {{overrides}}"
"""


def text(papers: Sequence[Paper]) -> str:
    """The file's content: an entry point for each target and command of each paper."""
    parts = [HEAD]
    for paper in papers:
        names = [*SPECIAL, *(stage.name for stage in paper.stages)]
        parts += [TARGET.format(name=paper.target(name)) for name in names if name not in ("status", "settings")]
        parts += [_command(paper.target(name), command) for name, command in paper.commands.items()]
    return "".join(parts)


def _command(name: str, command: Command) -> str:
    lines = [f"  {name}:"]
    if command.parameters:
        lines.append("    parameters:")
        for parameter, what in command.parameters.items():
            kind, _, default = what.partition(", ")
            ending = f", default: {default}" if default else ""
            lines.append(f"      {parameter}: {{type: {kind}{ending}}}")
    call = f"python -m reproduce {name} {command.arguments}".rstrip()
    lines.append(f'    command: "{call}"')
    return "\n".join(lines) + "\n"
