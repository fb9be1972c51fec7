"""The command line's answers that need no science."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reproduce import __main__ as command_line
from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.papers.chardin2021.stages import STAGES
from reproduce.workflow import mlproject, source
from reproduce.workflow.profiles import flat
from reproduce.workflow.store import Store
from tests.support.places import ROOT


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = command_line.main(words)
    out = capsys.readouterr()
    return status, out.out, out.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["figure55"], "did you mean 'figure5'"),
        (["figure5", "--profile", "labtop"], "did you mean 'laptop'"),
        (["figure5", "--set", "train.epoch=1"], "did you mean 'train.epochs'"),
        (["figure5", "--overrides", "train.epochs=1,simulate.n_stars=x"], "simulate.n_stars"),
        (["figure5", "--workers", "0"], "--workers 0"),
        (["figure5", "--workers", "two"], "--workers"),
        (["figure5", "--unknown", "1"], "--unknown"),
        ([], "TARGET"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    status, out, err = call(capsys, *words)
    assert (status, out) == (2, "")
    assert expected in err
    assert err.count("\n") == 1


def test_unwritable_store_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, _, err = call(capsys, "table1", "--profile", "smoke", "--store", str(tmp_path / "file" / "outputs"))
    assert status == 2
    assert err.count("\n") == 1
    assert "--store" in err


def test_status_and_dry_run_touch_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    store = tmp_path / "outputs"
    status, out, _ = call(capsys, "status", "--profile", "smoke", "--store", str(store))
    assert status == 0
    for stage in STAGES:
        assert re.search(rf"^{stage.name} +[0-9a-f]{{16}} +to run", out, re.MULTILINE)
    status, out, _ = call(capsys, "figure5", "--profile", "smoke", "--store", str(store), "--dry-run")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[1:7]] == [
        "simulate",
        "dataset",
        "train",
        "calibrate",
        "evaluate",
        "figure5",
    ]
    assert not store.exists()


def test_settings_of_a_target_are_those_that_it_depends_on(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "settings", "table1", "--profile", "smoke")
    groups = {line.partition(".")[0] for line in out.splitlines()}
    assert groups == {"simulate", "dataset"}
    _, whole, _ = call(capsys, "settings", "--profile", "smoke")
    assert set(out.splitlines()) < set(whole.splitlines())


def test_status_of_a_target_shows_what_it_needs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = call(capsys, "status", "table1", "--profile", "smoke", "--store", str(tmp_path))
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["simulate", "dataset", "table1"]


def test_a_dry_run_of_the_report_says_what_it_would_write(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = call(capsys, "report", "--profile", "smoke", "--store", str(tmp_path), "--dry-run")
    assert out == f"would write {tmp_path / 'report.html'} of what is in the store then\n"
    _, out, _ = call(capsys, "all", "--profile", "smoke", "--store", str(tmp_path), "--dry-run")
    assert out.startswith("would run:")
    assert f"would write {tmp_path / 'report.html'}" in out.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_status_verifies_when_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    chain = command_line.PAPERS[0].chain("smoke")
    store, key = Store(tmp_path / "outputs"), chain.key("table1")
    with store.workspace(chain.paper, "table1", key, lambda: None) as work:
        work.prepare()
        (work.files / "table1.csv").write_text("a table")
        record = {"finished": "2026-01-01T00:00", "mlflow": {"run_id": "0"}, "resumed": True, "key": key}
        store.publish(work, chain.paper, "table1", key, record)
    (store.folder(chain.paper, "table1", key) / "table1.csv").write_text("a fable")
    words = ("status", "table1", "--profile", "smoke", "--store", str(store.root))
    assert re.search(r"^table1 .* present", call(capsys, *words)[1], re.MULTILINE)
    assert re.search(r"^table1 .* damaged", call(capsys, *words, "--verify")[1], re.MULTILINE)


def test_settings_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "settings", "--profile", "smoke", "--set", "train.epochs=9")
    assert "train.epochs=9" in out.splitlines()
    assert {line.partition("=")[0] for line in out.splitlines()} == set(
        flat(PROFILES.load("smoke").model_dump(mode="json", by_alias=True))
    )


def test_a_reader_who_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m reproduce settings | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode in (0, 141)  # 0 where the pipe took all before head left
    assert done.stdout.count("\n") == 1


def test_stages_name_settings_and_needs_that_exist() -> None:
    from reproduce.workflow.stages import Chain

    chain = Chain("chardin2021", STAGES, PROFILES.load("smoke"))
    for stage in STAGES:
        assert len(chain.key(stage.name)) == 16
        chain.view(stage.name)


def test_mlproject_is_what_the_papers_make_it() -> None:
    written = (ROOT / "MLproject").read_text()
    assert written == mlproject.text(command_line.PAPERS), "run `make mlproject`"
    entries = yaml.safe_load(written)["entry_points"]
    for paper in command_line.PAPERS:
        for name in (*(stage.name for stage in paper.stages), "all", "report", *paper.commands):
            target = paper.target(name)
            assert entries[target]["command"].startswith(f"python -m reproduce {target}")
    assert set(entries["figure5"]["parameters"]) == {"profile", "overrides"}


def test_conda_environment_names_the_present_lock() -> None:
    text = (ROOT / "conda.yaml").read_text()
    assert f"sha256 {source.file_digest(ROOT / 'requirements.lock')[:16]}" in text


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_have_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    pins = re.findall(r"^[a-z0-9][\w.\[\]-]*==", text, re.MULTILINE)
    assert len(pins) > 50
    assert text.count("--hash=sha256:") >= len(pins)
