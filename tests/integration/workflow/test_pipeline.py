"""The pipeline on a toy chain, with a real MLflow store on SQLite, real processes and a real Dask cluster."""

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reproduce.workflow.errors import InputError
from reproduce.workflow.maker import Maker
from reproduce.workflow.stages import Chain, Job, Stage
from reproduce.workflow.store import Store
from reproduce.workflow.tracking import Tracker
from tests.support.toy import chain as toy


@pytest.fixture(scope="module")
def blank_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An initialised tracking database: making the tables takes seconds, so the tests share the work."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("blank") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path.read_bytes()


@pytest.fixture
def place(tmp_path: Path, blank_database: bytes) -> tuple[Path, str]:
    (tmp_path / "mlflow.db").write_bytes(blank_database)
    return tmp_path / "outputs", f"sqlite:///{tmp_path / 'mlflow.db'}"


def runs(uri: str) -> list:
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(experiments, order_by=["attributes.start_time"]))


def digests(store: Path) -> dict[str, str]:
    """sha256 of every stored file but the manifests, which hold times."""
    return {
        path.relative_to(store).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in store.rglob("*")
        if path.is_file() and path.name != "manifest.json" and not path.relative_to(store).parts[0].startswith(".")
    }


def command(place: tuple[Path, str], *words: str) -> list[str]:
    return [sys.executable, "-m", "tests.support.toy.chain", str(place[0]), place[1], *words]


def test_second_call_runs_nothing(place: tuple[Path, str]) -> None:
    first = toy.make(*place, ["figure"])
    assert [line.split(":")[0] for line in first if "making" in line] == ["numbers", "doubled", "figure"]
    assert toy.make(*place, ["figure"]) == []


def test_every_run_is_recorded_and_nested(place: tuple[Path, str]) -> None:
    toy.make(*place, ["figure"])
    call, *children = runs(place[1])
    assert {run.info.status for run in (call, *children)} == {"FINISHED"}
    assert [run.info.run_name for run in children] == ["numbers", "doubled", "figure"]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {call.info.run_id}
    assert call.data.metrics["largest"] == 18.0
    assert children[0].data.params["numbers.count"] == "4"
    assert [entry.dataset.name for entry in children[2].inputs.dataset_inputs] == ["doubled"]
    assert children[2].inputs.dataset_inputs[0].dataset.digest == Chain("toy", toy.STAGES, toy.ToySettings()).key(
        "doubled"
    )


def test_artifacts_reach_a_fresh_tracking_store(place: tuple[Path, str], tmp_path: Path, blank_database: bytes) -> None:
    from mlflow import MlflowClient

    toy.make(*place, ["figure"])
    (tmp_path / "other.db").write_bytes(blank_database)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    toy.make(place[0], other, ["figure"])
    (run,) = runs(other)
    names = {item.path for item in MlflowClient(other).list_artifacts(run.info.run_id)}
    assert names == {"figure.csv", "manifest.json"}
    assert run.data.metrics["largest"] == 18.0


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (toy.ToySettings(drawing=toy.Drawing(title="other")), ["figure"]),
        (toy.ToySettings(numbers=toy.Numbers(count=5)), ["numbers", "doubled", "figure"]),
    ],
)
def test_a_changed_setting_reruns_what_depends_on_it(
    place: tuple[Path, str], settings: toy.ToySettings, expected: list[str]
) -> None:
    toy.make(*place, ["figure"])
    said = toy.make(*place, ["figure"], settings)
    assert [line.split(":")[0] for line in said if "making" in line] == expected


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize("damage", ["flip", "truncate", "delete"])
@pytest.mark.parametrize("stage", ["figure", "doubled", "numbers"])
def test_damage_is_named_set_aside_and_mended(place: tuple[Path, str], stage: str, damage: str, verify: bool) -> None:
    toy.make(*place, ["figure"])
    whole = digests(place[0])
    (path,) = [path for path in place[0].glob(f"toy/{stage}/*/*") if path.name != "manifest.json"]
    {"flip": flip, "truncate": lambda path: path.write_bytes(path.read_bytes()[:-1]), "delete": Path.unlink}[damage](
        path
    )
    said = toy.make(*place, ["figure"], verify=verify)
    if damage == "flip" and not verify:
        assert said == []  # a flipped byte keeps the size: only --verify sees it
        return
    assert f"warning: toy/{stage}/" in said[0]
    assert path.name in said[0]
    assert "set aside" in said[0]
    assert [line.split(":")[0] for line in said if "making" in line] == [stage]
    assert digests(place[0]) == whole
    assert len(list((place[0] / ".damaged").iterdir())) == 1


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "file:///nowhere/mlruns", "nonsense://somebody:secret@host"])
def test_a_tracking_store_that_cannot_be_used_is_one_line(tmp_path: Path, uri: str) -> None:
    with pytest.raises(InputError) as caught:
        toy.make(tmp_path / "outputs", uri, ["figure"])
    text = str(caught.value)
    assert "\n" not in text
    assert "MLFLOW_TRACKING_URI" in text
    assert "secret" not in text


def test_killed_while_the_database_is_made(tmp_path: Path) -> None:
    place = tmp_path / "outputs", f"sqlite:///{tmp_path / 'mlflow.db'}"
    process = subprocess.Popen(command(place, "figure"), stderr=subprocess.DEVNULL)
    wait_for(lambda: (tmp_path / "mlflow.db.partial").exists())
    process.kill()
    process.wait()
    assert not (tmp_path / "mlflow.db").exists()
    subprocess.run(command(place, "figure"), check=True, stderr=subprocess.DEVNULL)
    assert {run.info.status for run in runs(place[1])} == {"FINISHED"}


def test_failure_ends_failed_and_keeps_what_was_done(place: tuple[Path, str]) -> None:
    with pytest.raises(RuntimeError, match="told to fail"):
        toy.make(*place, ["figure"], toy.ToySettings(numbers=toy.Numbers(fail=True)))
    assert {run.info.status for run in runs(place[1])} == {"FAILED"}
    assert not (place[0] / "toy" / "numbers").exists()
    assert len(list(place[0].glob(".work/toy-numbers-*/checkpoint/*.json"))) == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_killed(place: tuple[Path, str], number: int) -> None:
    process = subprocess.Popen(command(place, "figure", "--pause", "0.5", "--count", "40"), stderr=subprocess.DEVNULL)
    wait_for(lambda: any(place[0].glob(".work/toy-numbers-*/checkpoint/1.json")))
    process.send_signal(number)
    assert process.wait(30) != 0
    assert {run.info.status for run in runs(place[1])} == {"KILLED"}
    assert not (place[0] / "toy" / "numbers").exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_and_called_again_gives_the_same_bytes(
    place: tuple[Path, str], tmp_path: Path, blank_database: bytes, workers: str
) -> None:
    words = ["figure", "--pause", "0.2", "--count", "12", "--workers", workers]
    process = subprocess.Popen(command(place, *words), stderr=subprocess.DEVNULL)
    wait_for(lambda: len(list(place[0].glob(".work/toy-numbers-*/checkpoint/*.json"))) >= 3)
    process.kill()
    process.wait()
    subprocess.run(command(place, *words), check=True, stderr=subprocess.DEVNULL)
    assert "RUNNING" not in {run.info.status for run in runs(place[1])}
    assert "KILLED" in {run.info.status for run in runs(place[1])}
    quiet = tmp_path / "quiet" / "outputs"
    subprocess.run(command((quiet, place[1]), *words), check=True, stderr=subprocess.DEVNULL)
    assert digests(place[0]) == digests(quiet)
    assert not list(place[0].glob(".work/*-*"))


def test_two_calls_at_once_share_one_result(place: tuple[Path, str]) -> None:
    words = ["figure", "--pause", "0.3", "--count", "8"]
    processes = [subprocess.Popen(command(place, *words), stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum("numbers: making" in text for text in said) == 1
    assert sum(run.info.run_name == "numbers" for run in runs(place[1])) == 1
    assert {run.info.status for run in runs(place[1])} == {"FINISHED"}


def test_results_do_not_depend_on_the_number_of_workers(place: tuple[Path, str], tmp_path: Path) -> None:
    toy.make(*place, ["figure"], workers=1)
    toy.make(tmp_path / "two" / "outputs", place[1], ["figure"], workers=2)
    assert digests(place[0]) == digests(tmp_path / "two" / "outputs")


def wait_for(condition, seconds: float = 180.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the process did not get so far"
        time.sleep(0.05)


def unreachable(job: Job) -> None:
    (job.cache / "asked").open("a").write("once ")
    raise InputError("no network; give files")


def test_what_can_be_made_is_made_though_another_target_fails(
    place: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two targets wait for the same need, which is tried once; the third is made."""
    stages = (
        *toy.STAGES,
        Stage("observe", unreachable),
        Stage("figure10", toy.figure, needs=("observe",), reads=("drawing.title",)),
        Stage("figure11", toy.figure, needs=("observe",), reads=("drawing.title",)),
    )
    monkeypatch.setenv("MLFLOW_TRACKING_URI", place[1])
    store, chain = Store(place[0]), Chain("toy", stages, toy.ToySettings())
    project = place[0].parent
    tracker = Tracker(project, store.root, "toy", "toy")
    with tracker.call("all", {}, {}) as call:
        maker = Maker(chain, store, tracker, call, project, "toy", say=lambda line: None)
        made, failures = maker.make_each(["figure10", "figure", "figure11"])
    assert list(made) == ["figure"]
    assert failures == {"no network; give files": ["figure10", "figure11"]}
    assert (store.root / ".cache" / "asked").read_text() == "once "
