"""A folder of downloads that several processes share: an entry is whole under its final name, or absent.

An entry is a folder with the file ``data`` and, written after it, ``record.json``: address, size, sha256, date. Who
makes an entry holds a kernel lock on its folder; the lock ends with its holder, however that ends.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_json, settle, whole
from reproduce.workflow.source import file_digest
from reproduce.workflow.store import NO_LOCKS

WAIT_S = 0.05  # between two looks for a free place at a host


@dataclass(frozen=True)
class Download:
    """A whole file that came from elsewhere.

    Attributes
    ----------
    path : Path
        The file.
    url : str
        Address with its query.
    size : int
        Bytes.
    sha256 : str
        Of the bytes.
    date : str
        When it came, UTC, ISO 8601.
    """

    path: Path
    url: str
    size: int
    sha256: str
    date: str


class Entry:
    """One download in the cache.

    Parameters
    ----------
    folder : Path
        The cache.
    url : str
        Address with its query.
    body : str
        What is sent along, if anything: another body is another download.
    """

    def __init__(self, folder: Path, url: str, body: str = "") -> None:
        key = hashlib.sha256(f"{url}\n{body}".encode()).hexdigest()[:32]
        self.url = url
        self.host = urlsplit(url).netloc
        self.folder = folder / self.host.replace(":", "_") / key
        self.data = self.folder / "data"
        self.record = self.folder / "record.json"
        self.partial = self.folder / "data.partial"
        self.partial_of = self.folder / "partial.json"  # which version of the remote file the partial one is of

    def read(self) -> Download | None:
        """The download, if it is there and whole.

        Raises
        ------
        InputError
            If its bytes are not those that came.
        """
        if not self.record.is_file() or not self.data.is_file():
            return None
        values = read_json(self.record, f"delete {self.folder} to download {self.url} again")
        found = Download(path=self.data, **values)
        if self.data.stat().st_size != found.size or file_digest(self.data) != found.sha256:
            raise InputError(
                f"{self.data}: damaged in the cache: expected {found.size} bytes with sha256 {found.sha256[:12]}…; "
                f"delete {self.folder} to download {self.url} again"
            )
        return found

    def keep(self, date: str) -> Download:
        """Turn the partial file, which is whole, into the download."""
        found = Download(self.data, self.url, self.partial.stat().st_size, file_digest(self.partial), date)
        self.record.unlink(missing_ok=True)
        settle(self.partial, self.data)
        values = {name: value for name, value in asdict(found).items() if name != "path"}
        with whole(self.record) as path:
            path.write_text(json.dumps(values, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        self.partial_of.unlink(missing_ok=True)
        return found

    @contextmanager
    def mine(self) -> Iterator[None]:
        """Hold the entry against other processes and threads; waits for who has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            _lock(handle, fcntl.LOCK_EX, self.folder)
            yield
        finally:
            os.close(handle)


@contextmanager
def place_at(folder: Path, host: str, places: int) -> Iterator[None]:
    """One of the few places at a host, shared by all processes that use the cache; waits until one is free."""
    hosts = folder / ".hosts"
    hosts.mkdir(parents=True, exist_ok=True)
    while True:
        for number in range(places):
            handle = os.open(hosts / f"{host.replace(':', '_')}.{number}", os.O_RDWR | os.O_CREAT)
            try:
                _lock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, folder)
            except BlockingIOError:
                os.close(handle)
                continue
            try:
                yield
                return
            finally:
                os.close(handle)
        time.sleep(WAIT_S)


def _lock(handle: int, how: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, how)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        raise InputError(
            f"{folder}: its file system has no locks, which a cache for several processes needs; choose another folder "
            "for results and cache with --store"
        ) from None
