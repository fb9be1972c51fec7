"""A search as users run it: real processes, a real MLflow store on SQLite, kills, eight workers."""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reproduce.workflow.errors import InputError
from tests.support import tuning_chain

REGRESSOR = ("tune.networks=[regressor]", "tune.tuner=RandomSearch", "tune.finalists=0", "tune.at_once=2")


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, str]:
    return tmp_path / "outputs", f"sqlite:///{tmp_path / 'mlflow.db'}"


def command(place: tuple[Path, str], target: str, sets: tuple[str, ...], *words: str) -> list[str]:
    given = [word for one in sets for word in ("--set", one)]
    return [sys.executable, "-m", "tests.support.tuning_chain", str(place[0]), place[1], target, *words, *given]


def runs(uri: str) -> list:
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(experiments, order_by=["attributes.start_time"], max_results=1000))


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "manifest.json"
    }


def wait_for(condition, process: subprocess.Popen, seconds: float = 600.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "the process ended before it could be killed"
        assert time.monotonic() < end, "the process did not get so far"
        time.sleep(0.02)


def test_killed_search_goes_on_and_repeats_nothing(place: tuple[Path, str]) -> None:
    from reproduce.learning import checkpoint

    sets = (*REGRESSOR, "tune.trials=3", "tune.trial_epochs=4")
    process = subprocess.Popen(command(place, "tune", sets), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    work = place[0] / ".work"

    def second_trial_has_an_epoch() -> bool:
        done = list(work.glob("chardin2021-search-*/checkpoint/regressor/trial-*/result.json"))
        begun = list(work.glob("chardin2021-search-*/checkpoint/regressor/trial-*/regressor.h5"))
        return len(done) == 1 and len(begun) == 2

    wait_for(second_trial_has_an_epoch, process)
    process.kill()
    process.wait()
    time.sleep(1)  # the worker notices that its parent is gone
    (finished,) = work.glob("chardin2021-search-*/checkpoint/regressor/trial-*/result.json")
    before = finished.read_bytes()
    (running,) = (
        path
        for path in work.glob("chardin2021-search-*/checkpoint/regressor/trial-*/regressor.h5")
        if not (path.parent / "result.json").exists()
    )
    epochs = checkpoint.history(running)
    assert epochs
    keep = place[0].parent / "kept.json"
    keep.write_bytes(before)

    subprocess.run(command(place, "tune", sets), check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    found = runs(place[1])
    assert "RUNNING" not in {run.info.status for run in found}
    searches = [run for run in found if run.info.run_name == "search"]
    assert [run.info.status for run in searches] == ["KILLED", "FINISHED"]
    finished_trials = [run for run in found if "trial" in run.info.run_name and run.info.status == "FINISHED"]
    # each trial once, the one that was finished before the kill among them, all under the search that ended
    assert sorted(run.info.run_name for run in finished_trials) == [f"regressor trial {n}" for n in range(3)]
    assert {run.data.tags["mlflow.parentRunId"] for run in finished_trials} == {searches[1].info.run_id}
    first = next(run for run in finished_trials if run.info.run_name.endswith(finished.parent.name[-1]))
    assert first.info.start_time < searches[1].info.start_time
    assert first.data.metrics["val_mse"] == json.loads(before)["numbers"]["val_mse"]
    # the trial that was killed kept its epochs to the last bit
    (result,) = place[0].glob("chardin2021/search/*/found.json")
    tried = json.loads(result.read_text())[0]["tried"]
    resumed = next(one for one in tried if f"trial-{one['number']}" == running.parent.name)
    assert resumed["numbers"]["val_loss"] <= min(row["val_loss"] for row in epochs)


@pytest.mark.slow
def test_trial_after_trial_that_fails_ends_the_search_in_one_line(place: tuple[Path, str]) -> None:
    sets = [*REGRESSOR, "tune.trials=9", "tune.regressor.regressor_learning_rate=[1e30,1e31,1e32]"]
    with pytest.raises(InputError) as caught:
        tuning_chain.make(*place, "tune", sets)
    text = str(caught.value)
    assert "\n" not in text
    assert "3 trials of the regressor in a row failed" in text
    assert "no longer finite" in text
    found = [run for run in runs(place[1]) if run.info.run_name != "dataset"]
    trials = [run for run in found if "trial" in run.info.run_name]
    assert len(trials) >= 3
    assert {run.info.status for run in found} == {"FAILED"}
    assert "no longer finite" in trials[0].data.tags["mlflow.note.content"]
    # once mended, they may be tried again
    for number in range(3):
        assert not list(place[0].glob(f".work/chardin2021-search-*/checkpoint/regressor/trial-{number}/result.json"))


@pytest.mark.slow
def test_killed_anywhere_or_with_eight_workers_the_bytes_are_the_same(place: tuple[Path, str], tmp_path: Path) -> None:
    sets = (
        "tune.networks=[regressor]",
        "tune.tuner=RandomSearch",
        "tune.trials=8",
        "tune.at_once=8",
        "tune.finalists=0",
    )
    eight = tmp_path / "eight" / "outputs"
    subprocess.run(command((eight, place[1]), "tune", sets, "--workers", "8"), check=True, stderr=subprocess.DEVNULL)
    found = runs(place[1])
    assert {run.info.status for run in found} == {"FINISHED"}
    (search,) = (run for run in found if run.info.run_name == "search")
    nested = [run for run in found if run.data.tags.get("mlflow.parentRunId") == search.info.run_id]
    assert sorted(run.info.run_name for run in nested) == [f"regressor trial {number}" for number in range(8)]
    assert all("val_mse" in run.data.metrics and "epoch_val_mse" in run.data.metrics for run in nested)

    for seconds in (20, 50):  # at arbitrary times
        process = subprocess.Popen(command(place, "tune", sets, "--workers", "2"), stderr=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    subprocess.run(command(place, "tune", sets, "--workers", "2"), check=True, stderr=subprocess.DEVNULL)
    assert "RUNNING" not in {run.info.status for run in runs(place[1])}
    for stage in ("search", "tune"):
        (ours,), (theirs,) = place[0].glob(f"chardin2021/{stage}/*"), eight.glob(f"chardin2021/{stage}/*")
        assert digests(ours) == digests(theirs)


@pytest.mark.slow
def test_workers_on_a_scheduler_given_by_its_address(place: tuple[Path, str]) -> None:
    scheduler = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "18786",
            "--no-dashboard",
        ],
        stderr=subprocess.DEVNULL,
    )
    workers = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "distributed.cli.dask_worker",
                "tcp://127.0.0.1:18786",
                "--nthreads",
                "1",
                "--no-dashboard",
            ],
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    try:
        time.sleep(10)
        sets = (*REGRESSOR, "tune.trials=2")
        subprocess.run(command(place, "tune", sets, "--scheduler", "tcp://127.0.0.1:18786"), check=True)
    finally:
        for process in [*workers, scheduler]:
            process.terminate()
            process.wait()
    assert {run.info.status for run in runs(place[1])} == {"FINISHED"}


@pytest.mark.slow
def test_training_takes_the_best_setting(place: tuple[Path, str]) -> None:
    sets = [
        "tune.networks=[regressor]",
        "tune.tuner=RandomSearch",
        "tune.trials=2",
        "tune.final_seeds=1",
        "train.epochs=1",
        "train.regressor_epochs=1",
    ]
    tuned = tuning_chain.make(*place, "tune", sets)
    best = json.loads((tuned / "best.json").read_text())["setting"]
    trained = tuning_chain.make(*place, "train", [*sets, "train.from=tune"])
    assert len(list(place[0].glob("chardin2021/search/*"))) == 1  # found again, not searched again
    architecture = json.loads((trained / "architecture.json").read_text())
    assert architecture["regressor_width"] == best["regressor_width"]
    assert architecture["regressor_dropout"] == best["regressor_dropout"]
