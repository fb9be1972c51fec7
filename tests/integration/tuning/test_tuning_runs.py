"""Runs of the parts of a stage: nested, ended as they say, taken over from an interrupted call."""

from pathlib import Path

import pytest

from reproduce.workflow.tracking import Tracker


def test_parts_of_a_stage_have_runs_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    tracker, tags = Tracker(tmp_path, tmp_path, "toy"), {"stage": "search", "key": "k", "profile": "test"}
    with pytest.raises(KeyboardInterrupt), tracker.call("tune", {}) as call, tracker.stage("search", call, tags) as one:
        with one.child("trial 0") as done:
            done.metrics({"val_mse": 0.5})
        with one.child("trial 1") as failed:
            failed.status = "FAILED"
        with one.child("trial 2"):
            raise KeyboardInterrupt
    with tracker.call("tune", {}) as call, tracker.stage("search", call, tags) as two:
        adopted = two.adopt("trial 0")
        assert adopted is not None
        assert adopted.id == done.id
        assert [two.adopt(f"trial {number}") for number in (1, 2, 3)] == [None, None, None]
        with tracker.stage("search", call, {**tags, "key": "other"}) as other:
            assert other.adopt("trial 0") is None
    client = MlflowClient(uri)
    runs = {run.info.run_name: run for run in client.search_runs([call.experiment_id], "tags.key = 'k'")}
    assert {name: runs[name].info.status for name in ("trial 0", "trial 1", "trial 2")} == {
        "trial 0": "FINISHED",
        "trial 1": "FAILED",
        "trial 2": "KILLED",
    }
    assert runs["trial 0"].data.tags["mlflow.parentRunId"] == two.id
    assert runs["trial 2"].data.tags["mlflow.parentRunId"] == one.id
