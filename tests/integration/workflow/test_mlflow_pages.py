"""What a reviewer finds in MLflow: names, parameters, descriptions, curves, and artifacts where they belong."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from reproduce.__main__ import PAPERS
from reproduce.workflow import comparison
from reproduce.workflow.call import Call
from reproduce.workflow.members import curves
from reproduce.workflow.tracking import NOTE, Tracker
from tests.support.toy import chain as toy


@pytest.fixture(scope="module")
def blank_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("blank") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path.read_bytes()


@pytest.fixture
def project(tmp_path: Path, blank_database: bytes) -> Path:
    """A project's folder with a tracking store in which there is no run."""
    folder = tmp_path / "a project"
    folder.mkdir()
    (folder / "mlflow.db").write_bytes(blank_database)
    return folder


def address(project: Path) -> str:
    return f"sqlite:///{project / 'mlflow.db'}"


def make(project: Path, title: str = "toy") -> None:
    toy.make(project / "outputs", address(project), ["figure"], toy.ToySettings(drawing=toy.Drawing(title=title)))


def runs(project: Path) -> list[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(address(project))
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(experiments, order_by=["attributes.start_time"]))


def files(project: Path) -> set[str]:
    return {path.relative_to(project).as_posix() for path in project.glob("ml*/**/*") if path.is_file()}


def artifacts(project: Path, run: Any) -> set[str]:
    from mlflow import MlflowClient

    return {item.path for item in MlflowClient(address(project)).list_artifacts(run.info.run_id)}


@pytest.mark.parametrize("way", ["copied", "renamed"])
def test_a_project_in_another_place_writes_and_finds_its_artifacts_there(project: Path, way: str) -> None:
    make(project)
    other = project.with_name("elsewhere é")
    if way == "copied":
        shutil.copytree(project, other)
        before = files(project)
    else:
        project.rename(other)
    make(other, "another title")
    assert len(runs(other)) == 4 + 2  # the first call with three stages, the second with one
    for run in runs(other):
        assert urlsplit(run.info.artifact_uri).path.startswith((other / "mlartifacts").as_uri().removeprefix("file://"))
        assert artifacts(other, run), run.info.run_name
    if way == "copied":
        assert files(project) == before
        assert {"figure.csv", "manifest.json"} <= artifacts(project, runs(project)[0])
    else:
        assert not project.exists()


def test_an_experiment_that_mlflow_run_made_is_presented_as_ours(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    monkeypatch.chdir(project)
    client = MlflowClient(address(project))
    experiment = client.create_experiment("toy")  # as `mlflow run --experiment-name toy` does
    opened = client.create_run(experiment)
    client.log_param(opened.info.run_id, "profile", "given by -P")
    assert "/mlruns/" in opened.info.artifact_uri
    monkeypatch.setenv("MLFLOW_RUN_ID", opened.info.run_id)
    make(project)
    assert {name.split("/")[0] for name in files(project)} == {"mlartifacts"}
    run = client.get_run(opened.info.run_id)
    assert run.info.run_name == "figure"
    assert run.data.params == {"profile": "given by -P"}
    assert {"figure.csv", "manifest.json"} == artifacts(project, run)
    tags = client.get_experiment(experiment).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    assert tags["paper"] == "toy"


@pytest.mark.parametrize("place", ["s3://bucket/mlartifacts", "file:///elsewhere/chosen"])
def test_a_place_that_somebody_chose_is_left_alone(project: Path, place: str) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(address(project))
    experiment = client.create_experiment("toy", artifact_location=place)
    Tracker(project, project / "outputs", "toy", "toy")
    assert client.get_experiment(experiment).artifact_location == place


def test_earlier_artifacts_in_mlruns_are_still_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    monkeypatch.chdir(project)
    client = MlflowClient(address(project))
    earlier = client.create_run(client.create_experiment("toy"))
    client.log_text(earlier.info.run_id, "text", "kept.txt")
    make(project)
    assert artifacts(project, earlier) == {"kept.txt"}
    assert {"mlruns", "mlartifacts"} == {name.split("/")[0] for name in files(project)}


def call(*targets: str, overrides: tuple[str, ...] = ()) -> Call:
    return Call(replace(PAPERS[0]), "laptop", overrides, targets)


def test_a_call_is_named_by_what_was_asked() -> None:
    assert call("figure5").name == "figure5 (laptop)"
    assert call("all").name == "all (laptop)"
    assert call("table1", "table2", "table3", "figure5", "report").name == "table1, table2, table3 and 2 more (laptop)"
    assert call("figure5", overrides=("train.epochs=2", "dataset.seed=5")).params() == {
        "target": "figure5",
        "profile": "laptop",
        "overrides": "train.epochs=2,dataset.seed=5",
        "train.epochs": "2",
        "dataset.seed": "5",
    }


def test_the_description_has_our_numbers_beside_the_published(tmp_path: Path) -> None:
    published = PAPERS[0].published
    comparison.write(tmp_path, {"pixel_error_percent": 30.0}, published, ["pixel_error_percent", "age_mae_gyr"])
    asked = call("figure5", overrides=("train.epochs=2",))
    text = asked.description({"figure5": tmp_path, "table2": tmp_path}, {"no network": ["figure10"]})
    assert "`train.epochs=2`" in text
    assert text.count("| 27.4 | 30 | % |") == 1  # two results with the same number say it once
    assert "| 1.26 | not measured |" in text
    assert "Not made: figure10: no network" in text


def test_each_member_of_an_ensemble_has_a_run_with_the_same_names(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_URI", address(project))
    tracker = Tracker(project, project / "outputs", "toy", "toy")
    with tracker.call("train", {}) as one:
        with curves(one, 2) as log:
            for step, member in ((0, 2), (0, 1), (1, 2), (1, 1)):
                log(member, {"val_loss": member / (step + 1)}, step)
        with curves(one, 1) as log:
            log(1, {"alone": 3.0}, 0)
    client = MlflowClient(address(project))
    parent, *members = runs(project)
    assert {run.info.run_name: run.data.metrics["val_loss"] for run in members} == {"member 1": 0.5, "member 2": 1.0}
    assert {run.data.tags["mlflow.parentRunId"] for run in members} == {parent.info.run_id}
    assert {run.info.status for run in (parent, *members)} == {"FINISHED"}
    history = client.get_metric_history(members[0].info.run_id, "val_loss")
    assert [metric.step for metric in history] == [0, 1]
    assert parent.data.metrics == {"alone": 3.0}


def test_an_input_in_a_folder_with_quotes_is_recorded(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address(project))
    folder = project / 'a "quoted" folder'
    with Tracker(project, project / "outputs", "toy").call("figure", {}) as one:
        one.inputs({"numbers": ("key", folder)})
        one.describe("text")
    (run,) = runs(project)
    source: Mapping[str, str] = json.loads(run.inputs.dataset_inputs[0].dataset.source)
    assert source == {"uri": folder.as_uri()}
    assert run.data.tags[NOTE] == "text"
