"""A file appears whole or not at all, a killed writer's is removed, and a JSON file that is wrong gets one line."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import pytest

from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_json, read_record, whole
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


@dataclass(frozen=True)
class Telescope:
    name: Literal["Keck", "Gemini"]
    aperture_m: float
    mirrors: int
    field_arcmin: tuple[float, float] = (1.0, 1.0)


KECK = Telescope("Keck", 10.0, 36, (5.0, 16.7))


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "telescope.json"
    path.write_text(json.dumps(asdict(KECK) | {"aperture_m": 10}))  # a whole number is a number, too
    assert read_record(path, Telescope, "measure it") == KECK
    assert read_json(path)["mirrors"] == 36


def test_fields_that_are_younger_than_the_file_have_their_own_values(tmp_path: Path) -> None:
    path = tmp_path / "telescope.json"
    values = asdict(KECK)
    del values["field_arcmin"]
    path.write_text(json.dumps(values))
    assert read_record(path, Telescope, "measure it", later=("field_arcmin",)).field_arcmin == (1.0, 1.0)
    with pytest.raises(InputError, match="expected the keys"):
        read_record(path, Telescope, "measure it")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "no such file"),
        ("{", "cannot be read as JSON"),
        ("[1, 2]", "expected a dict, found [1, 2]"),
        (json.dumps({"name": "Keck"}), "expected the keys name, aperture_m, mirrors, field_arcmin, found name"),
        (json.dumps(asdict(KECK) | {"more": 1}), "field_arcmin, more; measure it"),
        (json.dumps(asdict(KECK) | {"name": "Hale"}), "name is 'Hale': input should be 'Keck' or 'Gemini'"),
        (json.dumps(asdict(KECK) | {"mirrors": 36.5}), "mirrors is 36.5: input should be a valid integer"),
        (json.dumps(asdict(KECK) | {"aperture_m": "10"}), "aperture_m is '10': input should be a valid number"),
        (json.dumps(asdict(KECK) | {"field_arcmin": [5, "wide"]}), "field_arcmin.1 is 'wide': input should be"),
        (json.dumps(asdict(KECK) | {"field_arcmin": [5]}), "field_arcmin.1 is"),
    ],
)
def test_a_record_that_is_wrong_is_one_line_with_file_and_mend(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "telescope.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_record(path, Telescope, "measure it")
    line = str(caught.value)
    assert line.startswith(f"{path}: ") and words in line and line.endswith("; measure it") and "\n" not in line


def test_a_file_that_cannot_be_opened_or_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "binary.json").write_bytes(b"\x89HDF")
    for path in (tmp_path, tmp_path / "binary.json"):
        with pytest.raises(InputError, match=r"cannot be read as JSON .*; delete it and run the command again"):
            read_json(path, kind=list)
