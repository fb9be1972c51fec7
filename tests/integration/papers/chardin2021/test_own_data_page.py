"""docs/own_data.md: its commands, run as they stand there."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reproduce.cluster.writers import formats
from tests.support.mock_clusters import plummer
from tests.support.places import ROOT

PAGE = (ROOT / "docs" / "own_data.md").read_text(encoding="utf-8")


def commands(*sections: str) -> str:
    """The shell blocks of some sections, all if none is named."""
    parts = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
    chosen = [parts[name] for name in sections or parts]
    return "\n".join(block for part in chosen for block in re.findall(r"```sh\n(.*?)```", part, flags=re.DOTALL))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The two clusters that the page speaks of: ten ages each, 2,000 stars."""
    for seed, name in enumerate(("king", "other")):
        ages = [1.3 * (number + 1) for number in range(10)]
        snapshots = (replace(plummer(2000, seed=10 * seed + k), age_gyr=age) for k, age in enumerate(ages))
        formats.write(tmp_path / f"{name}.window.snapshots.h5", "cmc", snapshots, {})
    return tmp_path


def run(folder: Path, script: str) -> str:
    """What the page's commands print, in a shell that stops at the first that fails."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
    }
    done = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_look_and_observe(folder: Path) -> None:
    printed = run(folder, commands("Look at a snapshot", "Observe it"))
    assert "9(t=13Gyr)" in printed
    assert "\n  true " in printed
    assert {path.name for path in (folder / "results").iterdir()} == {
        "cluster.json",
        "cluster.png",
        "cluster_mass.fits",
    }


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_whole_page(folder: Path) -> None:
    printed = run(folder, commands())
    assert printed.count("\n  true ") == 2
    assert "figure5: " in printed
    for name in ("mine/cluster.json", "king.fits", "king.hdf5"):
        assert (folder / name).stat().st_size > 0
