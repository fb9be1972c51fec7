"""DYNAMITE's example files from a local server that holds files made here, also when it misbehaves."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from reproduce.archives.download import CHUNK_BYTES, Downloader, DownloadError, UnreachableError
from reproduce.galaxy.orbits import dynamite_files
from reproduce.galaxy.orbits.losvd import Kinematics
from reproduce.galaxy.orbits.observation import Apertures
from reproduce.papers.skusa2023 import ngc6278
from reproduce.papers.skusa2023.example_files import EXAMPLE, fetch
from reproduce.workflow.errors import InputError
from tests.support.archives import Archive, serving


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder of the four files; bins.dat is more than one piece of a download."""
    folder = tmp_path / "made"
    folder.mkdir()
    numbers = np.arange(1, 401).reshape(20, 20).repeat(10, axis=0).repeat(10, axis=1)
    apertures = Apertures((-10.0, -10.0), (20.0, 20.0), 30.0, numbers)
    ones = np.ones(400)
    kinematics = Kinematics(5 * ones, ones, 150 * ones, ones, 0 * ones, ones, 0 * ones, ones)
    dynamite_files.write_folder(folder, ngc6278.LIGHT, kinematics, ngc6278.SPREAD, apertures, "made for a test")
    return folder


def _serve(archive: Archive, made: Path) -> dict[str, str]:
    digests = {}
    for name in EXAMPLE["files"]:
        content = (made / name).read_bytes()
        archive.files[f"/example/{name}"] = content
        digests[name] = hashlib.sha256(content).hexdigest()
    return digests


def _patient(cache: Path, **more: bool) -> Downloader:
    return Downloader(cache, pause_s=0.01, timeout_s=2.0, **more)


def test_files_come_once_are_checked_and_go_on_where_they_stopped(tmp_path: Path, made: Path) -> None:
    folder = tmp_path / "galaxy"
    folder.mkdir()
    with serving() as archive:
        digests = _serve(archive, made)
        archive.faults["/example/mge.ecsv"] += [503, "html"]
        archive.faults["/example/aperture.dat"] += ["truncated"]
        server = f"{archive.address}/example/"
        archive.faults["/example/bins.dat"] += ["announces too much"]  # half of it comes
        found = fetch(folder, tmp_path, server, digests, _patient(tmp_path / "cache"))
        assert [one.sha256 for one in found] == list(digests.values())
        asked = archive.count()
        assert asked["/example/mge.ecsv"] == 3 and asked["/example/aperture.dat"] == 2
        first, second = (range_ for path, _, range_ in archive.requests if path == "/example/bins.dat")
        assert first is None and int(second.removeprefix("bytes=").removesuffix("-")) >= CHUNK_BYTES
        light, kinematics, spread, apertures = dynamite_files.read_folder(folder)
        assert light.sigma_arcsec == pytest.approx(ngc6278.LIGHT.sigma_arcsec)
        assert kinematics.mean_kms.size == apertures.number == 400 and spread.sigma_arcsec == [1.06]
        fetch(folder, tmp_path, server, digests, _patient(tmp_path / "cache"))
        assert archive.count() == asked  # the second time from the cache
    again = tmp_path / "again"
    again.mkdir()
    fetch(again, tmp_path, server, digests, _patient(tmp_path / "cache", offline=True))
    assert (again / "bins.dat").read_bytes() == (made / "bins.dat").read_bytes()


def test_another_file_is_refused_and_leaves_nothing(tmp_path: Path, made: Path) -> None:
    folder = tmp_path / "galaxy"
    folder.mkdir()
    with serving() as archive:
        digests = _serve(archive, made) | {"mge.ecsv": "0" * 64}
        with pytest.raises(DownloadError, match="sha256"):
            fetch(folder, tmp_path, f"{archive.address}/example", digests, _patient(tmp_path / "cache"))
    assert list(folder.iterdir()) == []


def test_without_network_the_line_names_the_ways_out(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"offline.*observe\.kinematics=folder"):
        fetch(
            tmp_path,
            tmp_path,
            "http://127.0.0.1:9",
            dict.fromkeys(EXAMPLE["files"], ""),
            Downloader(tmp_path / "cache", offline=True),
        )


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("1 5.0 1.0 -150.0 1.0 0.0 1.0 0.0 1.0", "dispersion_kms in aperture 1 is -150; expected a number above 0"),
        (None, "bins.dat has 400 bins, gauss_hermite_kins.ecsv 399 rows"),
    ],
)
def test_a_bad_galaxy_gets_its_one_line(made: Path, row: str | None, says: str) -> None:
    """A negative dispersion; bins that do not match."""
    path = made / "gauss_hermite_kins.ecsv"
    lines = path.read_text(encoding="utf-8").splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("1 "))
    lines = lines[:-1] if row is None else [*lines[:first], row, *lines[first + 1 :]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=says) as error:
        dynamite_files.read_folder(made)
    assert "\n" not in str(error.value)
