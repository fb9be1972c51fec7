"""The real chain at the smoke profile, from nothing to every figure, and asked again. Minutes: slow."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reproduce.papers.magron2026.stages import PAPER
from tests.support.places import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reproduce", *words, "--profile", "smoke", "--store", str(folder / "outputs")],
        cwd=ROOT,
        env={**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_figure_is_made_and_made_once(tmp_path: Path) -> None:
    first = run(tmp_path, "magron2026.all")
    assert first.returncode == 0, first.stderr
    store = tmp_path / "outputs" / "magron2026"
    for name in PAPER.shown():
        assert list(store.glob(f"{name}/*/*.png")) or name == "aims", name
    (metrics,) = store.glob("evaluate/*/metrics.json")
    found = json.loads(metrics.read_text())
    assert found["m31.given.mass.scatter"] > 0 and 0 <= found["all.hidden.age.coverage_68"] <= 100
    again = run(tmp_path, "magron2026.all")
    assert again.returncode == 0 and ": making" not in again.stdout + again.stderr
