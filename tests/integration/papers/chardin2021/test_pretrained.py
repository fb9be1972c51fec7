"""The networks that come with the package: whole, small, and those that their model card describes."""

import re
from pathlib import Path

import numpy as np
import pytest

from reproduce import PiDoc
from reproduce.papers.chardin2021.names import PRETRAINED
from reproduce.papers.chardin2021.trained_model import consistency
from reproduce.workflow.errors import InputError
from reproduce.workflow.source import file_digest
from tests.support.network_maps import one_map


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name not in ("README.md", consistency.FILE))


@pytest.mark.parametrize("folder", PRETRAINED.values(), ids=PRETRAINED)
def test_the_card_and_the_list_name_every_file_by_its_sha256(folder: Path):
    digests = {path.name: file_digest(path) for path in files(folder)}
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", card, re.MULTILINE)) == digests
    listed = (folder / consistency.FILE).read_text(encoding="utf-8")
    assert dict(reversed(line.split("  ")) for line in listed.splitlines()) == digests
    assert sum(path.stat().st_size for path in files(folder)) < 15e6  # small enough for git


def test_a_kind_that_is_not_there_is_told():
    with pytest.raises(InputError, match="the package has observer and extended"):
        PiDoc.pretrained("workstation")


@pytest.mark.parametrize("kind", PRETRAINED)
def test_they_say_something_sensible_of_a_smooth_cluster(kind: str):
    """A made-up round cluster is like none of the simulations: its mass to a factor of a few, and no number is wild."""
    rng = np.random.default_rng(0)
    flux, mass = zip(*(one_map(rng, 10.0, 30.0, pixels=160) for _ in range(2)), strict=True)
    found = PiDoc.pretrained(kind).predict(np.stack(flux), distance_kpc=30.0)
    table = found.table
    assert found.mass.shape == (2, 160, 160)
    assert np.isfinite(found.mass).all()
    total = (10.0 ** np.stack(mass)).sum(axis=(1, 2))
    assert (np.abs(np.log10(table["total_mass_msun"] / total)) < np.log10(4)).all()
    assert table["age_gyr"].between(0, 16).all()
    assert table["distance_kpc"].between(5, 130).all()
    outside = ~table["in_domain"].to_numpy()
    for end, way in (("low95", -1), ("high95", 1)):
        away = way * (table[f"total_mass_msun_{end}"] - table["total_mass_msun"])
        assert ((away > 0) | outside).all()
        assert away[outside].isna().all()
