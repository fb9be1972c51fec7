"""The downloader against a server that answers as the archives do, and fails as they do.

After every fault, nothing partial stands under a final name: an entry of the cache is `data` with its `record.json`.
"""

import hashlib
import io
import json
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from reproduce.archives.download import CHUNK_BYTES, Downloader, DownloadError, UnreachableError
from reproduce.archives.formats import is_fits, is_text
from reproduce.workflow.errors import InputError
from tests.support.archives import Archive, serving

PATH = "/stack.fits"


def _fits_bytes(side: int = 100) -> bytes:
    stream = io.BytesIO()
    fits.PrimaryHDU(np.arange(side * side, dtype=np.float32).reshape(side, side)).writeto(stream)
    return stream.getvalue()


@pytest.fixture
def archive() -> Iterator[Archive]:
    with serving() as server:
        server.files[PATH] = _fits_bytes()
        yield server


@pytest.fixture
def downloader(tmp_path: Path) -> Downloader:
    return Downloader(tmp_path / "cache", timeout_s=20.0, attempts=3, pause_s=0.01)


def _whole_or_absent(folder: Path) -> list[Path]:
    """The data files of a cache, each checked against its record."""
    found = sorted(folder.rglob("data"))
    for path in found:
        record = json.loads((path.parent / "record.json").read_text())
        assert hashlib.sha256(path.read_bytes()).hexdigest() == record["sha256"]
        assert path.stat().st_size == record["size"]
    return found


def test_a_file_comes_once_and_is_recorded(archive: Archive, downloader: Downloader) -> None:
    first = downloader.get(archive.address + PATH, check=is_fits)
    again = downloader.get(archive.address + PATH, check=is_fits)
    assert first == again
    assert first.path.read_bytes() == archive.files[PATH]
    assert first.sha256 == hashlib.sha256(archive.files[PATH]).hexdigest()
    assert archive.count()[PATH] == 1
    assert not list(downloader.folder.rglob("*.pickle"))
    assert downloader.get(archive.address + PATH, fresh=True).sha256 == first.sha256
    assert archive.count()[PATH] == 2


@pytest.mark.parametrize("fault", [500, 503, 429, "html", "truncated", "announces too much", "hangs up", "slow"])
def test_a_fault_that_passes_is_tried_again(archive: Archive, downloader: Downloader, fault: int | str) -> None:
    archive.faults[PATH].append(fault)
    downloader.timeout_s = 0.5 if fault == "slow" else downloader.timeout_s
    found = downloader.get(archive.address + PATH, check=is_fits)
    assert found.path.read_bytes() == archive.files[PATH]
    assert archive.count()[PATH] == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (500, ["status 500", "3 attempts", "try again later"]),
        (404, ["status 404", "no such file"]),
        (403, ["status 403", "refuses"]),
        ("html", ["expected FITS", "<!DOCTYPE html>"]),
        ("truncated", ["truncated", "21600"]),
        ("hangs up", ["no connection"]),
        ("slow", ["no data within 0.5 s"]),
    ],
)
def test_a_fault_that_stays_is_one_line_with_the_address(
    archive: Archive, downloader: Downloader, fault: int | str, words: list[str]
) -> None:
    archive.faults[PATH].extend([fault] * 3)
    downloader.timeout_s = 0.5 if fault == "slow" else downloader.timeout_s
    with pytest.raises(DownloadError) as caught:
        downloader.get(archive.address + PATH, check=is_fits)
    text = str(caught.value)
    assert "\n" not in text
    for word in [archive.address + PATH, *words]:
        assert word in text
    assert _whole_or_absent(downloader.folder) == []
    assert archive.count()[PATH] == (1 if fault in (404, 403) else 3)


def test_an_interrupted_file_goes_on_where_it_stopped(archive: Archive, downloader: Downloader) -> None:
    archive.files[PATH] = _fits_bytes(side=400)
    archive.faults[PATH].append("announces too much")  # half of it, then the connection ends
    found = downloader.get(archive.address + PATH, check=is_fits)
    first, second = (wanted for _, _, wanted in archive.requests)
    half = len(archive.files[PATH]) // 2
    assert first is None and second is not None
    assert half - CHUNK_BYTES <= int(second.removeprefix("bytes=").rstrip("-")) <= half
    assert found.path.read_bytes() == archive.files[PATH]


def test_another_version_of_the_file_is_not_glued_on(archive: Archive, downloader: Downloader) -> None:
    archive.files[PATH] = _fits_bytes(side=400)
    archive.faults[PATH].extend(["announces too much"] * 3)
    with pytest.raises(DownloadError):
        downloader.get(archive.address + PATH)
    archive.files[PATH] = _fits_bytes(side=420)
    assert downloader.get(archive.address + PATH).path.read_bytes() == archive.files[PATH]


def test_wrong_hash_is_refused(archive: Archive, downloader: Downloader) -> None:
    with pytest.raises(DownloadError, match="sha256"):
        downloader.get(archive.address + PATH, sha256="0" * 64)
    assert _whole_or_absent(downloader.folder) == []
    downloader.get(archive.address + PATH)
    with pytest.raises(DownloadError, match="another version"):
        downloader.get(archive.address + PATH, sha256="0" * 64)


def test_damage_in_the_cache_is_named(archive: Archive, downloader: Downloader) -> None:
    found = downloader.get(archive.address + PATH)
    found.path.write_bytes(found.path.read_bytes()[:-1])
    with pytest.raises(InputError) as caught:
        downloader.get(archive.address + PATH)
    assert str(found.path) in str(caught.value) and "delete" in str(caught.value)


def test_offline_gives_what_is_there_and_asks_nobody(archive: Archive, downloader: Downloader) -> None:
    found = downloader.get(archive.address + PATH)
    offline = Downloader(downloader.folder, offline=True)
    assert offline.get(archive.address + PATH) == found
    with pytest.raises(UnreachableError, match="not in the cache"):
        offline.get(archive.address + "/other.fits")
    assert len(archive.requests) == 1


def test_no_server_at_all(tmp_path: Path) -> None:
    with serving() as gone:
        address = gone.address
    with pytest.raises(UnreachableError, match=r"no connection .*refused"):
        Downloader(tmp_path, attempts=2, pause_s=0.01).get(address + PATH)
    with pytest.raises(UnreachableError, match="resolve"):
        Downloader(tmp_path).get("http://no-such-host.invalid" + PATH)


def test_pauses_grow(archive: Archive, downloader: Downloader, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("reproduce.archives.download.sleep", pauses.append)
    archive.faults[PATH].extend([500, 500])
    downloader.get(archive.address + PATH)
    assert pauses == [0.01, 0.02]  # each twice the one before


def test_an_archive_may_ask_for_a_pause(
    archive: Archive, downloader: Downloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("reproduce.archives.download.sleep", pauses.append)
    archive.faults[PATH].extend([(503, {"Retry-After": "7"}), (429, {"Retry-After": "Sat, 21 Nov 2026 16:00:00 GMT"})])
    downloader.get(archive.address + PATH)
    assert pauses == [7.0, 0.02]


def test_an_attempt_has_an_end(archive: Archive, tmp_path: Path) -> None:
    archive.files[PATH] = _fits_bytes(side=400)
    archive.faults[PATH].append("slow")
    with pytest.raises(DownloadError, match=r"not whole after 0\.5 s \(1 attempts\)"):
        Downloader(tmp_path, timeout_s=20.0, longest_s=0.5, attempts=1).get(archive.address + PATH)


def test_two_processes_share_files_and_places(archive: Archive, tmp_path: Path) -> None:
    archive.delay_s = 0.2
    names = [PATH, "/1", "/2", "/3"]
    archive.files |= {name: name.encode() for name in names[1:]}
    urls = [archive.address + name for name in names]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        first, second = pool.starmap(_fetch, [(tmp_path, urls)] * 2)
    assert first == second == [hashlib.sha256(archive.files[name]).hexdigest() for name in names]
    assert max(archive.count().values()) == 1  # one takes what the other made
    assert archive.busiest <= 2  # though each has four threads
    assert len(_whole_or_absent(tmp_path)) == 4


def _fetch(folder: Path, urls: list[str]) -> list[str]:
    with ThreadPoolExecutor(4) as pool:
        downloader = Downloader(folder, per_host=2)
        return list(pool.map(lambda url: downloader.get(url).sha256, urls))


def test_a_killed_download_leaves_no_whole_name_and_goes_on(archive: Archive, tmp_path: Path) -> None:
    archive.files[PATH] = _fits_bytes(side=400)
    archive.faults[PATH].append("slow")  # half of it, a pause, the rest
    process = multiprocessing.get_context("spawn").Process(target=_fetch, args=(tmp_path, [archive.address + PATH]))
    process.start()
    for _ in range(6000):
        if list(tmp_path.rglob("data.partial")) or not process.is_alive():
            break
        time.sleep(0.01)
    process.kill()
    process.join()
    assert process.exitcode == -9
    assert _whole_or_absent(tmp_path) == []
    found = Downloader(tmp_path).get(archive.address + PATH, check=is_fits)  # the lock ended with its holder
    assert found.path.read_bytes() == archive.files[PATH]


def test_text_checks(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_text("<html>filename</html>")
    with pytest.raises(ValueError, match="found '<html>"):
        is_text("filename")(path)
    path.write_text("")
    with pytest.raises(ValueError, match="found nothing"):
        is_text("filename")(path)
    path.write_text("ra dec filename\n")
    is_text("filename")(path)


def test_fits_without_an_image_is_refused(tmp_path: Path) -> None:
    fits.PrimaryHDU().writeto(tmp_path / "empty.fits")
    with pytest.raises(ValueError, match="no HDU"):
        is_fits(tmp_path / "empty.fits")
    (tmp_path / "picture.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00")
    with pytest.raises(ValueError, match="expected FITS, found 11 bytes that are no text"):
        is_fits(tmp_path / "picture.jpg")
