"""The command line: ``python -m reproduce TARGET…``. The one list of the papers."""

import sys
from collections.abc import Sequence

from reproduce.papers.bialopetravicius2019.stages import PAPER as BIALOPETRAVICIUS_2019
from reproduce.papers.chardin2021.stages import PAPER as CHARDIN_2021
from reproduce.papers.kaur2021.stages import PAPER as KAUR_2021
from reproduce.papers.magron2026.stages import PAPER as MAGRON_2026
from reproduce.papers.skusa2023.stages import PAPER as SKUSA_2023
from reproduce.workflow import command_line

PAPERS = (
    CHARDIN_2021,
    KAUR_2021,
    SKUSA_2023,
    BIALOPETRAVICIUS_2019,
    MAGRON_2026,
)  # the first one's targets need no name before them


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line on some words, or those that the program was called with; returns the exit status."""
    return command_line.main(PAPERS, sys.argv[1:] if words is None else words)


if __name__ == "__main__":
    sys.exit(main())
