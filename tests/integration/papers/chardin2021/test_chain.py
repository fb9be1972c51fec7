"""The real chain at the smoke profile: through `mlflow run`, killed, twice at once, on a full disk. Minutes each: slow.

python -m pytest -m slow tests/integration/test_chain.py
"""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.places import ROOT

TARGETS = ["figure5", "table1"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


def command(store: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "reproduce", *TARGETS, "--profile", "smoke", "--store", str(store), *words]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"}


def run(folder: Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        command(folder / "outputs", *words),
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )


def digests(store: Path) -> dict[str, str]:
    """sha256 of every stored file but the manifests, which hold times."""
    return {
        path.relative_to(store).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(store.rglob("*"))
        if path.is_file() and path.name != "manifest.json" and not path.relative_to(store).parts[0].startswith(".")
    }


def states(folder: Path) -> set[str]:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return {found.info.status for found in client.search_runs(experiments)}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], float]:
    """Digests and wall seconds of a chain that nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    start = time.monotonic()
    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert states(folder) == {"FINISHED"}
    return digests(folder / "outputs"), time.monotonic() - start


@pytest.mark.parametrize("number", range(10))
def test_killed_at_a_random_moment(undisturbed: tuple[dict[str, str], float], tmp_path: Path, number: int) -> None:
    whole, seconds = undisturbed
    moment = seconds * (number + random.Random(number).random()) / 10  # one in each tenth of the chain's length
    process = subprocess.Popen(
        command(tmp_path / "outputs"),
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(moment)
    process.kill()
    process.wait()
    again = run(tmp_path)
    assert again.returncode == 0, again.stderr
    assert digests(tmp_path / "outputs") == whole
    assert "RUNNING" not in states(tmp_path)
    assert not list((tmp_path / "outputs" / ".work").glob("*-*"))


def test_two_at_once(undisturbed: tuple[dict[str, str], float], tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            command(tmp_path / "outputs"), cwd=ROOT, env=environment(tmp_path), stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert digests(tmp_path / "outputs") == undisturbed[0]
    assert states(tmp_path) == {"FINISHED"}


def test_one_worker_gives_the_same_bytes(undisturbed: tuple[dict[str, str], float], tmp_path: Path) -> None:
    done = run(tmp_path, "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "outputs") == undisturbed[0]


@pytest.mark.parametrize("manager", ["local", "uv"])
def test_through_mlflow(tmp_path: Path, manager: str) -> None:
    if manager == "uv" and shutil.which("uv") is None:
        pytest.skip("uv is not installed")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    words = ["run", ".", "-e", "figure5", "-P", "profile=smoke", "--env-manager", manager]
    start = {**environment(tmp_path), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    mlflow = str(Path(sys.executable).parent / "mlflow")
    for attempt in range(2):
        done = subprocess.run([mlflow, *words], cwd=clone, env=start, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert ("making" in done.stderr) is (attempt == 0)
    assert states(tmp_path) == {"FINISHED"}


def test_a_hit_imports_no_tensorflow(undisturbed: tuple[dict[str, str], float], tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 0
    line = [sys.executable, "-X", "importtime", *command(tmp_path / "outputs")[1:]]
    done = subprocess.run(line, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=True)
    modules = {
        row.rpartition("|")[2].strip().split(".")[0]
        for row in done.stderr.splitlines()
        if row.startswith("import time")
    }
    assert "mlflow" in modules
    assert not modules & {"tensorflow", "keras", "numba", "matplotlib"}


def test_full_disk(tmp_path: Path) -> None:
    """A tmpfs of 1 MB, mounted in a namespace of its own: one line, status 2, nothing half-written.

    What stays is the workspace and the cache of tracks, whose files are whole.
    """
    disk = tmp_path / "disk"
    disk.mkdir()
    words = " ".join(command(disk / "outputs"))
    script = (
        f"mount -t tmpfs -o size=1m none {disk} && {{ {words}; echo status=$?; "
        f"find {disk}/outputs -name '.[wc]*' -prune -o -type f -print; }}"
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip("this user may not mount")
    assert done.stdout.strip().splitlines() == ["status=2"], done.stdout + done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert "disk" in errors[0]
    assert "full" in errors[0]
    assert "Traceback" not in done.stderr


def test_metrics_stand_beside_the_published_ones(undisturbed: tuple[dict[str, str], float], tmp_path: Path) -> None:
    from mlflow import MlflowClient

    assert run(tmp_path).returncode == 0
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    (figure,) = client.search_runs(experiments, "attributes.run_name = 'figure5'")
    published = json.loads(json.dumps(figure.data.metrics))
    assert published["published.pixel_error_percent"] == 27.4
    assert published["pixel_error_percent"] > 0
    names = {item.path for item in client.list_artifacts(figure.info.run_id)}
    assert {"figure05.png", "figure05.pdf", "figure05.csv", "comparison.csv", "manifest.json"} <= names
