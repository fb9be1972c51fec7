"""Another paper is one folder and one entry in the list: command line, MLflow, status, report, MLproject know it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reproduce.__main__ import PAPERS
from reproduce.workflow import mlproject
from tests.support.places import ROOT

CALL = """
import sys
from hubble1929.stages import PAPER
from reproduce.__main__ import PAPERS
from reproduce.workflow import command_line
sys.exit(command_line.main((*PAPERS, PAPER), sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place of its own with the paper's folder in it."""
    place = tmp_path_factory.mktemp("sixth")
    shutil.copytree(ROOT / "tests" / "support" / "hubble1929", place / "hubble1929")
    return place


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CALL, *words, "--store", str(folder / "outputs")],
        env={
            "PATH": str(Path(sys.executable).parent),
            "PYTHONPATH": f"{folder}:{ROOT}",
            "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_made_recorded_and_reported(folder: Path) -> None:
    from mlflow import MlflowClient

    made = call(folder, "hubble1929.all", "--profile", "smoke")
    assert made.returncode == 0, made.stderr
    assert [line.split(":")[0] for line in made.stderr.splitlines() if ": making" in line] == [
        "galaxies",
        "fit",
        "figure1",
    ]
    assert "slope of velocity against distance: " in made.stdout
    assert "(published 500 km/s/Mpc, p. 173)" in made.stdout
    again = call(folder, "hubble1929.figure1", "--profile", "smoke")
    assert again.returncode == 0
    assert "making" not in again.stderr

    page = (folder / "outputs" / "report.html").read_text(encoding="utf-8")
    assert "Hubble 1929" in page
    assert "p. 173" in page
    assert "Figure 1: velocity against distance" in page
    assert page.count("data:image/png;base64,") == 1

    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("hubble1929")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert {run.data.tags["paper"] for run in runs} == {"hubble1929"}
    figure = next(run for run in runs if run.data.tags.get("stage") == "figure1")
    assert figure.data.metrics["published.slope"] == 500
    assert "figure01.png" in {item.path for item in client.list_artifacts(figure.info.run_id)}


def test_status_settings_and_help_name_it(folder: Path) -> None:
    status = call(folder, "hubble1929.status", "--profile", "smoke")
    assert [line.split()[0] for line in status.stdout.splitlines()[2:]] == ["galaxies", "fit", "figure1"]
    settings = call(folder, "hubble1929.settings", "--profile", "smoke", "--set", "galaxies.seed=7")
    assert {"galaxies.number=6", "galaxies.seed=7"} < set(settings.stdout.splitlines())
    assert "hubble1929.figure1" in call(folder, "--help").stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["hubble1929.figur1"], "did you mean 'hubble1929.figure1'"),
        (["hubble1929.fit", "figure5"], "call them apart"),
        (["hubble1929.fit", "--profile", "workstation"], "expected laptop or smoke"),
        (["hubble1929.fit", "--set", "galaxies.nuber=3"], "did you mean 'galaxies.number'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder: Path, words: list[str], expected: str) -> None:
    done = call(folder, *words)
    assert done.returncode == 2
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1


def test_its_keys_know_its_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    from hubble1929.stages import PAPER  # type: ignore[import-not-found]

    source = PAPER.chain("smoke").parts("figure1")["source"]
    assert {"hubble1929.stages:figure1", "hubble1929.drawing", "hubble1929/published.yaml"} < set(source)


def test_mlproject_has_its_entry_points(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    from hubble1929.stages import PAPER  # type: ignore[import-not-found]

    entries = yaml.safe_load(mlproject.text((*PAPERS, PAPER)))["entry_points"]
    assert {"hubble1929.all", "hubble1929.report", "hubble1929.figure1", "figure5"} < set(entries)
