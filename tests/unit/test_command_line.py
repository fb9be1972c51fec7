"""The command line's answers that need no science."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reproduce import __main__ as command_line
from reproduce import settings, source
from reproduce.stages import FIGURES, STAGES

ROOT = Path(__file__).parents[2]


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


def test_settings_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "settings", "--profile", "smoke", "--set", "train.epochs=9")
    assert "train.epochs=9" in out.splitlines()
    assert {line.partition("=")[0] for line in out.splitlines()} == set(settings.names())


def test_a_reader_who_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m reproduce settings | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.returncode in (0, 141)  # 0 where the pipe took all before head left
    assert done.stdout.count("\n") == 1


def test_stages_name_settings_and_needs_that_exist() -> None:
    from reproduce.pipeline import Chain

    chain = Chain(STAGES, settings.load("smoke"))
    for stage in STAGES:
        assert len(chain.key(stage.name)) == 16
        chain.view(stage.name)


def test_mlproject_has_an_entry_point_for_every_target() -> None:
    project = yaml.safe_load((ROOT / "MLproject").read_text())
    for name in command_line.COMMANDS:
        assert project["entry_points"].pop(name)["command"].startswith(f"python -m reproduce {name}")
    names = set(project["entry_points"])
    assert names == {"main", "all", "report", *(stage.name for stage in STAGES)}
    assert set(FIGURES) <= names
    for name, entry in project["entry_points"].items():
        target = "report" if name == "main" else name
        assert entry["command"].startswith(
            f"python -m reproduce {target} --profile {{profile}} --overrides {{overrides}}"
        )
        assert set(entry["parameters"]) == {"profile", "overrides"}


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
