"""Where things are."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]  # of the project


def shared_data(*parts: str) -> Path:
    """A file or folder in `shared/data`, which is beside the project on its makers' machines and absent elsewhere.

    A worktree lies deeper than the project, so `shared` is looked for beside every folder above; the environment
    variable REPRODUCE_SHARED_DATA names another place. A test whose file is absent is skipped.
    """
    named = os.environ.get("REPRODUCE_SHARED_DATA")
    places = [Path(named)] if named else [folder / "shared" / "data" for folder in ROOT.parents]
    for place in places:
        path = place.joinpath(*parts)
        if path.exists():
            return path
    pytest.skip(f"no {'/'.join(parts)} in {' or '.join(str(place) for place in places)}")
