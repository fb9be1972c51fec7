"""The store of stage results: ``outputs/<paper>/<stage>/<key>/``, each folder either whole or absent.

A result grows in a workspace on the same disk, ``outputs/.work/<paper>-<stage>-<key>/``, which outlives a killed
process so that the next call goes on from its checkpoints. One process at a time works in it: the right to it is a
kernel lock on the folder, which ends with the process, however that ends; nothing stale can stay behind. See
docs/decisions/0002-workspace.md.
"""

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reproduce.workflow.errors import InputError
from reproduce.workflow.source import file_digest

MANIFEST = "manifest.json"
SEAL = "manifest_sha256"  # of all else that the manifest says: a changed letter is seen
NO_LOCKS = {errno.ENOTSUP, errno.ENOLCK, errno.EBADF, errno.EINVAL, errno.ENOSYS}


@dataclass(frozen=True)
class Workspace:
    """Where one result grows: `files` becomes the store's folder, `checkpoint` is thrown away when it has."""

    root: Path

    @property
    def files(self) -> Path:
        return self.root / "files"

    @property
    def checkpoint(self) -> Path:
        return self.root / "checkpoint"

    def prepare(self) -> bool:
        """Make the two folders, drop what was being written when an earlier process died; True if there was one."""
        resumed = self.files.exists()
        self.files.mkdir(exist_ok=True)
        self.checkpoint.mkdir(exist_ok=True)
        for partial in self.root.rglob("*.partial*"):
            if partial.is_file():
                partial.unlink()
        return resumed


class Store:
    """The results under one folder.

    Raises
    ------
    InputError
        If the folder cannot be made or written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._hashed: set[Path] = set()  # results whose files this call has hashed, and which are as they were made

    def folder(self, paper: str, stage: str, key: str) -> Path:
        """Where the result of a paper's stage under a key is, or would be."""
        return self.root / paper / stage / key

    def manifest(self, paper: str, stage: str, key: str) -> dict[str, Any] | None:
        """The manifest of a result; None if there is no such result or its manifest is not as it was written."""
        try:
            found = json.loads((self.folder(paper, stage, key) / MANIFEST).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get(SEAL) == _seal(found) else None

    def manifests(self, paper: str, stage: str) -> list[dict[str, Any]]:
        """The manifests of all results of a stage, oldest first."""
        keys = [path.parent.name for path in (self.root / paper / stage).glob(f"*/{MANIFEST}")]
        found = [manifest for key in keys if (manifest := self.manifest(paper, stage, key))]
        return sorted(found, key=lambda manifest: manifest["finished"])

    def damage(self, paper: str, stage: str, key: str, hashes: bool = False) -> str | None:
        """What is wrong with a result: None if it is whole, else one phrase that names the first bad file.

        With `hashes`, also by the sha256 of each file, which is computed once in the life of the store's object.
        """
        folder = self.folder(paper, stage, key)
        if not folder.is_dir():
            return "it is not a folder"
        manifest = self.manifest(paper, stage, key)
        if manifest is None:
            return f"{MANIFEST} is missing, or not as it was written"
        hashes = hashes and folder not in self._hashed
        for name, entry in manifest["files"].items():
            path = folder / name
            if not path.is_file():
                return f"{name} is missing"
            if path.stat().st_size != entry["size"]:
                return f"{name} has {path.stat().st_size} bytes, expected {entry['size']}"
            if hashes and file_digest(path) != entry["sha256"]:
                return f"{name} has another sha256 than when it was made"
        if hashes:
            self._hashed.add(folder)
        return None

    def exists(self, paper: str, stage: str, key: str) -> bool:
        """Whether there is a result, whole or damaged: anything at all in its place."""
        return os.path.lexists(self.folder(paper, stage, key))

    def set_aside(self, paper: str, stage: str, key: str) -> Path:
        """Move a damaged result out of the way and return its new place."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        place = self.root / ".damaged" / f"{paper}-{stage}-{key}-{stamp}"
        place.parent.mkdir(parents=True, exist_ok=True)
        self.folder(paper, stage, key).rename(place)
        return place

    @contextmanager
    def workspace(self, paper: str, stage: str, key: str, on_wait: Callable[[], None]) -> Iterator[Workspace]:
        """The right to make one result. Waits (calling `on_wait` once) while another living process has it."""
        path = self.root / ".work" / f"{paper}-{stage}-{key}"
        with exclusive(path, on_wait) as locked:
            if locked:
                yield Workspace(path)
                return
        # a file system without locks: work apart, and let the first rename win
        private = path.with_name(f"{path.name}-{os.getpid()}")
        private.mkdir(parents=True, exist_ok=True)
        yield Workspace(private)

    def publish(self, workspace: Workspace, paper: str, stage: str, key: str, manifest: dict[str, Any]) -> None:
        """Turn a finished workspace into the stored result, at once and for good."""
        files = sorted(path for path in workspace.files.rglob("*") if path.is_file() and path.name != MANIFEST)
        manifest["files"] = {
            path.relative_to(workspace.files).as_posix(): {"size": path.stat().st_size, "sha256": file_digest(path)}
            for path in files
        }
        manifest[SEAL] = _seal(manifest)
        text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
        (workspace.files / MANIFEST).write_text(text, encoding="utf-8")
        for path in [*files, workspace.files / MANIFEST, workspace.files]:
            _sync(path)
        final = self.folder(paper, stage, key)
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise InputError(
                f"store: {final.parent} must be a folder, and something else is in its place; take that away"
            ) from None
        try:
            workspace.files.rename(final)
            self._hashed.add(final)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        _sync(final.parent)
        self.discard(workspace)

    def discard(self, workspace: Workspace) -> None:
        """Remove a workspace with all that is in it."""
        shutil.rmtree(workspace.root, ignore_errors=True)


@contextmanager
def exclusive(folder: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[bool]:
    """Hold a folder (made if absent) against other processes; yields False where the file system has no locks.

    Raises
    ------
    InputError
        If the folder cannot be made.
    """
    while True:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if isinstance(error, FileExistsError) and not os.path.lexists(folder):
                continue  # the process that held it took it away while we looked
            raise InputError(
                f"store: cannot write {folder}: {error.strerror}; free the disk, mend the permissions, "
                "or choose another folder with --store"
            ) from None
        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # the process that held it took it away between the two calls
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                on_wait()
                fcntl.flock(handle, fcntl.LOCK_EX)
            except OSError as error:
                if error.errno not in NO_LOCKS:
                    raise
                yield False
                return
            if not _same(handle, folder):  # the one before us finished, and took the folder away
                continue
            yield True
            return
        finally:
            os.close(handle)


def _same(handle: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), folder.stat())
    except FileNotFoundError:
        return False


def _seal(manifest: dict[str, Any]) -> str:
    """sha256 of what a manifest says, whatever the order of its keys."""
    rest = {name: value for name, value in manifest.items() if name != SEAL}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
