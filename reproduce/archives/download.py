"""One downloader for all archives.

A file is written under a temporary name, its length and content are checked, and only then takes its name. Faults that
may pass (no connection, 429, 5xx, a short or wrong answer) are tried again with growing pauses; a file of which a part
is there goes on where it stopped, if the archive names its version. No host is asked for more than a few files at
once, over all processes that share the cache.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import requests
from urllib3.exceptions import ReadTimeoutError

from reproduce.archives.cache import Download, Entry, place_at
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_json, whole
from reproduce.workflow.source import file_digest

CHUNK_BYTES = 1 << 16
MAY_PASS = (408, 425, 429, 500, 502, 503, 504)
LONGEST_PAUSE_S = 60.0
AGENT = "reproduce-pidoc (astronomical reproduction; one file at a time)"

OFFLINE = "PIDOC_OFFLINE"
"""Environment variable: with any value but 0, nothing is downloaded and the cache must do."""

Check = Callable[[Path], None]
"""Looks at a file before it is kept; raises ValueError with what is wrong with it."""


class DownloadError(InputError):
    """A file that could not be had. Its text names the address, what came and what to do."""


class UnreachableError(DownloadError):
    """A host that gave no answer at all, or is not to be asked."""


class _PassingError(Exception):
    """A fault that may pass."""

    def __init__(self, text: str, pause_s: float | None = None, unreachable: bool = False) -> None:
        super().__init__(text)
        self.pause_s = pause_s
        self.unreachable = unreachable


def offline() -> bool:
    """Whether nothing is to be downloaded, by `OFFLINE`."""
    return os.environ.get(OFFLINE, "0") not in ("", "0")


class Downloader:
    """Downloads into a cache.

    Parameters
    ----------
    folder : Path
        The cache; made if absent; may be shared by processes.
    offline : bool
        Give what is in the cache and ask no host.
    timeout_s : float
        Longest wait for a connection, and between two pieces of a file [s].
    longest_s : float
        Longest time for one attempt at one file [s].
    attempts : int
        How often a fault that may pass is met before giving up.
    pause_s : float
        First pause between attempts [s]; each is twice the one before.
    per_host : int
        Files asked of one host at a time.
    session : requests.Session, optional
        For its headers and proxies; astroquery's, for instance.
    """

    def __init__(
        self,
        folder: Path,
        *,
        offline: bool = False,
        timeout_s: float = 30.0,
        longest_s: float = 900.0,
        attempts: int = 4,
        pause_s: float = 1.0,
        per_host: int = 3,
        session: requests.Session | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.offline = offline
        self.timeout_s = timeout_s
        self.longest_s = longest_s
        self.attempts = attempts
        self.pause_s = pause_s
        self.per_host = per_host
        self._session = session

    def get(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        *,
        data: Mapping[str, Any] | str | None = None,
        check: Check | None = None,
        sha256: str | None = None,
        fresh: bool = False,
    ) -> Download:
        """A file, from the cache or its archive.

        Parameters
        ----------
        url : str
            Address.
        params : mapping, optional
            Query.
        data : mapping or str, optional
            Form to send with POST; without it the file is asked for with GET.
        check : callable, optional
            Raises ValueError if the file is not what was asked for; it is then not kept.
        sha256 : str, optional
            What the file's sha256 must be.
        fresh : bool
            Ask the archive even if the file is in the cache.

        Raises
        ------
        UnreachableError
            If the host gives no answer, or `offline` and the file is not in the cache.
        DownloadError
            If the host refuses, or gives something else to the last attempt.
        InputError
            If the file in the cache is damaged.
        """
        request = requests.Request("POST" if data is not None else "GET", url, params=params, data=data).prepare()
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body or "")
        entry = Entry(self.folder, str(request.url), body)
        return self._kept(entry, lambda: self._fetch(entry, request, body), check, sha256, fresh)

    def keep(self, url: str, make: Callable[[], bytes], check: Check | None = None) -> Download:
        """What a library of its own asks of an archive, under the same rules; no part of it can go on later.

        Parameters
        ----------
        url : str
            Address with all that tells this answer from others.
        make : callable
            Asks, and returns the answer as bytes; errors of `requests` and time-outs are tried again.
        check : callable, optional
            As in `get`.
        """
        entry = Entry(self.folder, url)

        def ask() -> None:
            with _translated(entry.url, self.timeout_s):
                entry.partial.write_bytes(make())

        return self._kept(entry, ask, check, None, fresh=False)

    def _kept(
        self, entry: Entry, fetch: Callable[[], None], check: Check | None, sha256: str | None, fresh: bool
    ) -> Download:
        if self.offline and not entry.record.is_file():
            raise UnreachableError(
                f"{entry.url}: not in the cache {self.folder}, and offline; unset PIDOC_OFFLINE to download it"
            )
        with entry.mine():
            found = None if fresh and not self.offline else entry.read()
            if found is None:
                found = self._attempts(entry, fetch, check, sha256)
            return _of_hash(found, sha256)

    def _attempts(self, entry: Entry, fetch: Callable[[], None], check: Check | None, sha256: str | None) -> Download:
        pause = self.pause_s
        for attempt in range(1, self.attempts + 1):
            try:
                with place_at(self.folder, entry.host, self.per_host):
                    fetch()
                _check(entry, check, sha256)
                return entry.keep(datetime.now(UTC).isoformat(timespec="seconds"))
            except _PassingError as fault:
                if attempt == self.attempts:
                    kind = UnreachableError if fault.unreachable else DownloadError
                    raise kind(f"{entry.url}: {fault} ({attempt} attempts); try again later") from None
                sleep(min(max(pause, fault.pause_s or 0.0), LONGEST_PAUSE_S))
                pause *= 2
        raise ValueError(f"attempts is {self.attempts}, expected at least 1")

    def _fetch(self, entry: Entry, request: requests.PreparedRequest, body: str) -> None:
        """Bring the partial file to its whole length."""
        headers = {"Accept-Encoding": "identity", "User-Agent": AGENT}
        have = 0 if body else _resumable(entry, headers)
        if "Content-Type" in request.headers:
            headers["Content-Type"] = str(request.headers["Content-Type"])
        session = self._session or requests.Session()
        deadline = monotonic() + self.longest_s
        with (
            _translated(entry.url, self.timeout_s),
            session.request(
                str(request.method),
                entry.url,
                data=body or None,
                headers=headers,
                stream=True,
                timeout=(self.timeout_s, self.timeout_s),
            ) as answer,
        ):
            have, total = _agree(entry, answer, have)
            with entry.partial.open("ab" if have else "wb") as file:
                for chunk in answer.iter_content(CHUNK_BYTES):
                    file.write(chunk)
                    if monotonic() > deadline:
                        raise _PassingError(f"not whole after {self.longest_s:g} s")
        size = entry.partial.stat().st_size
        if total is not None and size != total:
            raise _PassingError(f"{size} bytes came, {total} were announced")


@contextmanager
def _translated(url: str, timeout_s: float) -> Iterator[None]:
    """Errors of `requests` told as faults that may pass, or that cannot."""
    try:
        yield
    except requests.exceptions.ConnectTimeout:
        raise _PassingError(f"no connection within {timeout_s:g} s", unreachable=True) from None
    except (requests.exceptions.Timeout, TimeoutError):
        raise _PassingError(f"no data within {timeout_s:g} s") from None
    except requests.exceptions.ChunkedEncodingError as error:
        raise _PassingError(f"the connection broke ({_reason(error)})") from None
    except requests.exceptions.ConnectionError as error:
        if error.args and isinstance(error.args[0], ReadTimeoutError):  # in the middle of a file
            raise _PassingError(f"no data within {timeout_s:g} s") from None
        reason = _reason(error)
        if "resolve" in reason:  # no such name, or no network: seconds of waiting change neither
            raise UnreachableError(f"{url}: no connection ({reason}); check the network") from None
        raise _PassingError(f"no connection ({reason})", unreachable=True) from None
    except requests.exceptions.HTTPError as error:
        code = 0 if error.response is None else error.response.status_code
        text = f"status {code} {'' if error.response is None else error.response.reason}"
        if code in MAY_PASS:
            raise _PassingError(text) from None
        raise DownloadError(f"{url}: {text}; the archive refuses it: check name and position") from None
    except requests.exceptions.InvalidJSONError:
        raise _PassingError("the answer is no JSON") from None
    except requests.exceptions.RequestException as error:
        raise DownloadError(f"{url}: cannot be asked for ({_reason(error)}); mend the address") from None


def _resumable(entry: Entry, headers: dict[str, str]) -> int:
    """Bytes that are there of a file whose version is known; asks for the rest in the headers."""
    if not (entry.partial.is_file() and entry.partial_of.is_file()):
        return 0
    version = read_json(entry.partial_of)["version"]
    have = entry.partial.stat().st_size
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": version}
    return have


def _agree(entry: Entry, answer: requests.Response, have: int) -> tuple[int, int | None]:
    """What of the partial file stays, and the whole length, by the answer's status and headers."""
    length = answer.headers.get("Content-Length")
    if answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        return have, have + int(length) if length else None
    if answer.status_code in (206, 416):  # not the part that was asked for
        entry.partial.unlink(missing_ok=True)
        entry.partial_of.unlink(missing_ok=True)
        raise _PassingError("the archive gave another part of the file than asked for")
    if answer.status_code in MAY_PASS:
        after = answer.headers.get("Retry-After", "")
        raise _PassingError(f"status {answer.status_code} {answer.reason}", float(after) if after.isdigit() else None)
    if answer.status_code != 200:
        raise DownloadError(
            f"{entry.url}: status {answer.status_code} {answer.reason}; the archive has no such file, or refuses it: "
            "check name and position, or look at the address in a browser"
        )
    version = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
    if version and not version.startswith("W/") and answer.headers.get("Accept-Ranges") == "bytes":
        with whole(entry.partial_of) as path:
            path.write_text(json.dumps({"version": version}), encoding="utf-8")
    else:
        entry.partial_of.unlink(missing_ok=True)
    return 0, int(length) if length else None


def _check(entry: Entry, check: Check | None, sha256: str | None) -> None:
    """Look at the whole file under its temporary name; a wrong one is thrown away."""
    try:
        if check is not None:
            check(entry.partial)
        if sha256 is not None and (found := file_digest(entry.partial)) != sha256:
            raise ValueError(f"sha256 is {found[:12]}…, expected {sha256[:12]}…")
    except ValueError as error:
        entry.partial.unlink()
        entry.partial_of.unlink(missing_ok=True)
        raise _PassingError(str(error)) from None


def _of_hash(found: Download, sha256: str | None) -> Download:
    if sha256 is not None and found.sha256 != sha256:
        raise DownloadError(
            f"{found.path}: sha256 is {found.sha256[:12]}…, expected {sha256[:12]}…; the archive has another version "
            f"of {found.url}: delete {found.path.parent} to ask again"
        )
    return found


def _reason(error: BaseException) -> str:
    """The innermost words of an error of requests and urllib3."""
    inner: Any = error
    while inner.args and isinstance(inner.args[-1], BaseException):
        inner = inner.args[-1]
    reason = getattr(inner, "reason", None)
    text = str(reason if isinstance(reason, BaseException) else inner).strip().partition("\n")[0]
    return re.sub(r"^.*?\bobject at 0x\w+>: |^\w+\(host=[^)]*\): ", "", text) or type(error).__name__
