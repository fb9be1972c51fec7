"""The examples in docstrings run, in a folder with the files that they name."""

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest

from tests.support.mock_clusters import snapshot_file
from tests.support.network_maps import write_maps
from tests.support.places import ROOT

MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("reproduce", "tuning", "paper_figures", "data_manifests")
    for path in (ROOT / package).rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With ``snapshots.h5``, ``maps.h5`` and ``scaler.json``, as stages make them."""
    place = tmp_path_factory.mktemp("examples")
    snapshot_file(place / "snapshots.h5", "MW15")
    write_maps(place, train=4, validation=4, test=4)
    return place


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    known = {"flux_map": np.full((160, 160), -5.4, np.float32)}
    done = doctest.testmod(importlib.import_module(name), extraglobs=known, optionflags=doctest.ELLIPSIS)
    assert done.attempted > 0
    assert done.failed == 0
