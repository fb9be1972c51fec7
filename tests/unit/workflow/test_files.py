"""A file appears whole or not at all, and what a killed writer leaves has a name that a workspace removes."""

import os
from pathlib import Path

import pytest

from reproduce.workflow.files import whole
from reproduce.workflow.store import Workspace


def test_a_file_appears_with_all_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "model.weights.h5"
    with whole(path) as partial:
        partial.write_text("half")
        assert not path.exists() and partial.name.endswith(".weights.h5")
        partial.write_text("whole")
    assert path.read_text() == "whole" and list(tmp_path.iterdir()) == [path]


def test_an_exception_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(ValueError, match="no"), whole(path) as partial:
        partial.write_text("half")
        raise ValueError("no")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("name", ["shard-1.npz", "record", "a.b.fits"])
def test_a_workspace_removes_what_a_killed_writer_leaves(tmp_path: Path, name: str, shared: bool) -> None:
    workspace = Workspace(tmp_path)
    workspace.prepare()
    writer = whole(workspace.files / name, shared=shared)
    left = writer.__enter__()
    left.write_text("half")  # and the process dies here: nothing after the block is run
    assert (str(os.getpid()) in left.name) == shared
    workspace.prepare()
    assert not left.exists()
