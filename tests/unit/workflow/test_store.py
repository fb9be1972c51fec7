"""The store: whole or absent."""

import os
from pathlib import Path

import pytest

from reproduce.workflow.errors import InputError, mendable
from reproduce.workflow.source import file_digest
from reproduce.workflow.store import Store, exclusive


def publish(store: Store, text: str = "result") -> None:
    with store.workspace("paper", "stage", "key", lambda: None) as work:
        work.prepare()
        (work.files / "part").mkdir(exist_ok=True)
        (work.files / "part" / "file.txt").write_text(text)
        store.publish(work, "paper", "stage", "key", {"finished": "now"})


def test_published_result_is_whole(tmp_path: Path) -> None:
    store = Store(tmp_path / "outputs")
    assert not store.exists("paper", "stage", "key")
    publish(store)
    assert store.damage("paper", "stage", "key", hashes=True) is None
    assert (store.folder("paper", "stage", "key") / "part" / "file.txt").read_text() == "result"
    assert not any((tmp_path / "outputs" / ".work").iterdir())


def test_the_first_of_two_publishers_wins(tmp_path: Path) -> None:
    store = Store(tmp_path / "outputs")
    publish(store, "first")
    publish(store, "second")
    assert (store.folder("paper", "stage", "key") / "part" / "file.txt").read_text() == "first"


def test_what_was_half_written_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "outputs")
    with store.workspace("paper", "stage", "key", lambda: None) as work:
        assert work.prepare() is False
        (work.checkpoint / "whole.npz").write_text("kept")
        (work.checkpoint / "next.npz.partial").write_text("hal")
    with store.workspace("paper", "stage", "key", lambda: None) as work:
        assert work.prepare() is True
        assert [path.name for path in work.checkpoint.iterdir()] == ["whole.npz"]


@pytest.mark.parametrize("damage", ["{", "{}", "[]", "null", "a letter", "a number", "a byte", "a folder", "absent"])
def test_a_manifest_that_is_not_as_it_was_written_is_damage(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path / "outputs")
    publish(store)
    path = store.folder("paper", "stage", "key") / "manifest.json"
    text = path.read_text()
    changed = {
        "a letter": text.replace('"files"', '"filed"'),
        "a number": text.replace('"size": 6', '"size": 7'),
        "a byte": text.encode().replace(b"finished", b"fin\xffshed"),
    }.get(damage, damage)
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    elif damage != "absent":
        path.write_bytes(changed if isinstance(changed, bytes) else changed.encode())
    assert changed not in (text, text.encode())
    assert "manifest.json" in (store.damage("paper", "stage", "key") or "")
    assert store.manifest("paper", "stage", "key") is None
    assert store.manifests("paper", "stage") == []


def test_a_file_in_a_results_place_is_damage_and_set_aside(tmp_path: Path) -> None:
    store = Store(tmp_path / "outputs")
    place = store.folder("paper", "stage", "key")
    place.parent.mkdir(parents=True)
    place.write_text("not a folder")
    assert store.exists("paper", "stage", "key")
    assert store.damage("paper", "stage", "key") == "it is not a folder"
    assert store.set_aside("paper", "stage", "key").read_text() == "not a folder"
    publish(store)
    assert store.damage("paper", "stage", "key") is None


def test_a_file_in_a_stages_place_is_one_line(tmp_path: Path) -> None:
    store = Store(tmp_path / "outputs")
    store.folder("paper", "stage", "key").parent.parent.mkdir(parents=True)
    store.folder("paper", "stage", "key").parent.write_text("not a folder")
    with pytest.raises(InputError, match="must be a folder"):
        publish(store)


def test_each_file_is_hashed_once_in_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(Store(tmp_path / "outputs"))
    hashed: list[str] = []

    def count(path: Path) -> str:
        hashed.append(path.name)
        return file_digest(path)

    monkeypatch.setattr("reproduce.workflow.store.file_digest", count)
    store = Store(tmp_path / "outputs")
    for _ in range(13):
        assert store.damage("paper", "stage", "key", hashes=True) is None
    assert hashed == ["file.txt"]


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with exclusive(tmp_path / "held"):
            os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    waited: list[bool] = []
    with exclusive(tmp_path / "held", lambda: waited.append(True)) as locked:
        assert locked
    assert not waited


def test_a_file_system_without_locks_works_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("reproduce.workflow.store.fcntl.flock", refuse)
    store = Store(tmp_path / "outputs")
    with store.workspace("paper", "stage", "key", lambda: None) as work:
        assert work.root.name == f"paper-stage-key-{os.getpid()}"
    publish(store)
    assert store.damage("paper", "stage", "key", hashes=True) is None


def test_a_store_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="--store"), exclusive(tmp_path / "file" / "outputs"):
        pass


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place where no folder can be made")
def test_a_store_in_a_place_that_cannot_exist_is_one_line() -> None:
    """It used to try for ever: making the folder failed as if another process had just removed it."""
    with pytest.raises(InputError, match="--store"), exclusive(Path("/proc/nowhere/outputs/.work/tracking")):
        pass


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "disk is full"),
        (RuntimeError("(sqlite3.OperationalError) database or disk is full\n[SQL: INSERT]"), "disk is full"),
        (PermissionError(13, "Permission denied", "outputs"), "cannot write"),
        (InputError("told"), "told"),
    ],
)
def test_the_users_errors_are_one_line(error: Exception, words: str) -> None:
    wrapped = RuntimeError("a library's wrapping")
    wrapped.__cause__ = error
    line = mendable(wrapped)
    assert line is not None
    assert words in line
    assert "\n" not in line


def test_our_errors_are_not_the_users() -> None:
    assert mendable(ZeroDivisionError("division by zero")) is None
