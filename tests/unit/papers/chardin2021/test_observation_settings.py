"""The group `observe`: what it refuses, and that what a folder holds is part of it."""

from pathlib import Path

import pytest

from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.papers.chardin2021.stages import STAGES
from reproduce.workflow.settings import SettingsError
from reproduce.workflow.stages import Chain


def test_defaults_are_the_papers() -> None:
    observe = PROFILES.load("paper").observe
    assert (observe.source, observe.service, observe.clusters) == ("archive", "cutouts", None)
    assert (observe.relation, observe.extinction, observe.catalogue) == ("kostov-bonev", False, "2010")  # Sect. 5


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["observe.source=files"], "set observe.folder"),
        (["observe.folder=images"], "observe.folder=images has no effect; set observe.source=files"),
        (["observe.source=files", "observe.folder=/no/such"], "expected a folder of FITS files, found none"),
        (["observe.service=hips"], "no photometric zero point"),
        (["observe.service=ftp"], "observe.service"),
        (["observe.catalogue=2003"], "observe.catalogue"),
        (["observe.clusters=[]"], "observe.clusters"),
        (["observe.largest_masked=1"], "observe.largest_masked"),
        (["observe.zero_points=[25]"], "observe.zero_points"),
        (["observe.relation=jester"], "observe.relation"),
        (["observe.seed=-1"], "observe.seed"),
    ],
)
def test_refusals_name_the_setting(overrides: list[str], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        PROFILES.load("paper", overrides)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_lists_of_names_and_numbers_are_taken() -> None:
    overrides = ["observe.service=hips", "observe.zero_points=[24.5,24.7]", "observe.clusters=[NGC 5053,Pal 11]"]
    observe = PROFILES.load("smoke", overrides).observe
    assert (observe.zero_points, observe.clusters) == ((24.5, 24.7), ("NGC 5053", "Pal 11"))


def test_other_bytes_in_the_folder_are_another_key(tmp_path: Path) -> None:
    overrides = ["observe.source=files", f"observe.folder={tmp_path}"]
    keys = set()
    for content in (b"one", b"two", b"one"):
        (tmp_path / "a.fits").write_bytes(content)
        (tmp_path / "notes.txt").write_bytes(content)  # no image
        keys.add(Chain("chardin2021", STAGES, PROFILES.load("smoke", overrides)).key("observe"))
    assert len(keys) == 2


def test_the_digest_is_found_not_set() -> None:
    assert PROFILES.load("smoke", ["observe.folder_sha256=abc"]).observe.folder_sha256 is None
