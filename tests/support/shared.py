"""Files that the project does not commit: outputs of other codes, beside the repository."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def shared_data(*parts: str) -> Path:
    """A file or folder in `shared/data`, which is beside the repository or where REPRODUCE_SHARED_DATA says.

    A worktree lies deeper than the repository it belongs to, so all folders above it are looked in. A test whose file
    is absent is skipped.
    """
    named = os.environ.get("REPRODUCE_SHARED_DATA")
    places = [Path(named)] if named else [folder / "shared" / "data" for folder in REPOSITORY.parents]
    for place in places:
        path = place.joinpath(*parts)
        if path.exists():
            return path
    pytest.skip(f"no {'/'.join(parts)} in {' or '.join(str(place) for place in places)}")
