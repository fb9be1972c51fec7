"""The stage `observe` against a server that answers as the archives do, and from a folder."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table

from reproduce.archives.cluster_names import find
from reproduce.archives.download import Downloader, UnreachableError
from reproduce.archives.panstarrs import PanSTARRSClass
from reproduce.papers.chardin2021.observed import observe as stage
from reproduce.papers.chardin2021.observed.targets import targets
from reproduce.papers.chardin2021.settings import Observe
from reproduce.sky.settings import Camera
from reproduce.workflow.errors import InputError
from tests.support import harris_files
from tests.support.archives import Archive, serving
from tests.support.ps1_images import offset, stack_wcs, star_counts, write_skycell, zero_point

NAMES = ("NGC 5053", "Pal 11")
MAGNITUDE = {"g": 16.0, "r": 15.5}
V = 16.0 - 0.020 - 0.498 * 0.5 - 0.008 * 0.25  # Kostov & Bonev (2018)


def _place(name: str) -> SkyCoord:
    row = targets()[find(targets(), name)]
    return SkyCoord(row["ra"], row["dec"], unit="deg")


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, Path]]:
    """A skycell of each cluster and band, one star of known magnitudes in its middle; Pal 11 is cut by two skycells."""
    folder = tmp_path_factory.mktemp("skycells")
    stacks = []
    for number, name in enumerate(NAMES):
        centre = _place(name)
        for band in "gr":
            wcs = stack_wcs(offset(centre, 2000.0, 3000.0), centre, 400)
            counts = star_counts(wcs, 400, centre, np.array([MAGNITUDE[band]]), band)
            parts = {0: counts} if number == 0 else {1: counts[:, :230], 2: counts[:, 200:]}
            for part, values in parts.items():
                own = wcs.deepcopy()
                if part == 2:
                    own.wcs.crpix = own.wcs.crpix - [200, 0]
                path = folder / f"rings.v3.skycell.{number}.{part}.stk.{band}.unconv.fits"
                write_skycell(path, values, own, band)
                stacks.append((path.name, band, path))
    return stacks


@pytest.fixture
def archive(sky: list[tuple[str, str, Path]]) -> Iterator[Archive]:
    with serving() as server:
        server.stacks = sky
        server.files = {"/mwgc.dat": harris_files.fixed_width(), "/viz-bin/votable": harris_files.votable()}
        yield server


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reproduce.archives.download.sleep", lambda seconds: None)


def _servers(archive: Archive) -> dict[str, str]:
    at = archive.address
    paths = {"2010": "/mwgc.dat", "1997": "/viz-bin/votable", "cutouts": "", "skycells": "", "hips": "/hips2fits"}
    return {name: at + path for name, path in paths.items()}


def _observe(archive: Archive, out: Path, cache: Path, **changes: Any) -> dict[str, float]:
    out.mkdir(parents=True)
    settings = Observe(**({"clusters": NAMES} | changes))
    return stage.observe(settings, Camera(), out, cache, lambda done, text: None, _servers(archive))


def _check_maps(folder: Path) -> None:
    with h5py.File(folder / "maps.h5") as file:
        flux = file["flux"][()]
        assert flux.shape == (2, 160, 160) and flux.dtype == np.float32
        assert [name.decode() for name in file["name"][()]] == list(NAMES)
    table = Table.read(folder / "targets.ecsv")
    # the star alone, of whose Moffat wings 0.1 % lie outside the field
    np.testing.assert_allclose(table["v_magnitude"], V, atol=0.01)
    modulus = 5 * np.log10(table["distance_kpc"] * 100)
    np.testing.assert_allclose(table["luminosity_lsun"], 10 ** (0.4 * (4.83 + modulus - V)), rtol=0.01)
    for number, name in enumerate(NAMES):
        values, header = fits.getdata(folder / f"{name.replace(' ', '_')}.fits", header=True)
        np.testing.assert_array_equal(values, flux[number])
        assert header["BUNIT"] == "log10(Lsun/kpc2)" and header["OBJECT"] == name
        peak = np.unravel_index(values.argmax(), values.shape)
        assert np.abs(np.array(peak) - 79.5).max() < 1  # the cluster's centre, in the middle of the field


@pytest.mark.parametrize("service", ["cutouts", "skycells", "hips"])
def test_archive(archive: Archive, tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    changes: dict[str, Any] = {"service": service}
    if service == "hips":  # carries no zero point, and one survey for the whole sky: the cluster on one skycell
        changes |= {"zero_points": (zero_point("g"), zero_point("r")), "clusters": NAMES[:1]}
    numbers = _observe(archive, tmp_path / "first", tmp_path / "cache", **changes)
    assert numbers["clusters"] == len(changes.get("clusters", NAMES)) and numbers["refused"] == 0
    if service != "hips":
        _check_maps(tmp_path / "first")
    provenance = json.loads((tmp_path / "first" / "provenance.json").read_text())
    assert provenance["catalogue"].endswith("edition 2010") and provenance["catalogue_differences"] == []
    assert all(len(one["sha256"]) == 64 for one in provenance["downloads"])
    assert len(Table.read(tmp_path / "first" / "harris.ecsv")) == 157
    assert Table.read(tmp_path / "first" / "selection.ecsv")["in_paper"].sum() == 17

    asked = len(archive.requests)
    monkeypatch.setenv(stage.OFFLINE, "1")
    _observe(archive, tmp_path / "second", tmp_path / "cache", **changes)
    assert len(archive.requests) == asked
    for path in sorted((tmp_path / "first").iterdir()):  # the same bytes
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name


def test_the_older_edition(archive: Archive, tmp_path: Path) -> None:
    _observe(archive, tmp_path / "out", tmp_path / "cache", catalogue="1997", clusters=NAMES[:1])
    assert "1997" in json.loads((tmp_path / "out" / "provenance.json").read_text())["catalogue"]
    assert len(Table.read(tmp_path / "out" / "harris.ecsv")) == 147


def test_mast_out_of_order(archive: Archive, tmp_path: Path) -> None:
    archive.faults["/api/v0/invoke"].extend(["html", 503, "hangs up"])  # each passes
    _observe(archive, tmp_path / "out", tmp_path / "cache", service="skycells", clusters=NAMES[:1])
    archive.faults["/api/v0/invoke"].extend([404])
    with pytest.raises(InputError, match=r"/api/v0/invoke\?.*status 404"):
        _observe(archive, tmp_path / "gone", tmp_path / "other", service="skycells", clusters=NAMES[:1])


def test_folder(archive: Archive, sky: list[tuple[str, str, Path]], tmp_path: Path) -> None:
    folder = sky[0][2].parent
    _observe(archive, tmp_path / "out", tmp_path / "cache", source="files", folder=folder)
    _check_maps(tmp_path / "out")
    assert archive.requests == []  # needs no network
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert set(provenance["files"]) == {name for name, _, _ in sky}
    changes: dict[str, Any] = {"source": "files", "folder": folder, "clusters": ("NGC 5466",)}
    with pytest.raises(InputError, match=r"NGC 5466: .* none of 6 images, in g, r, shows it in g"):
        _observe(archive, tmp_path / "other", tmp_path / "cache", **changes)


def test_settings_of_the_photometry(archive: Archive, sky: list[tuple[str, str, Path]], tmp_path: Path) -> None:
    found = {}
    for name, changes in {
        "plain": {},
        "relation": {"relation": "tonry"},
        "extinction": {"extinction": True},
        "zero points": {"zero_points": (zero_point("g") + 1, zero_point("r") + 1)},
    }.items():
        options: dict[str, Any] = {"source": "files", "folder": sky[0][2].parent, "clusters": NAMES[:1]}
        _observe(archive, tmp_path / name, tmp_path / "cache", **options, **changes)
        found[name] = float(Table.read(tmp_path / name / "targets.ecsv")["v_magnitude"][0])
    difference = {name: value - found["plain"] for name, value in found.items()}
    # Tonry et al. less Kostov & Bonev at g - r = 0.5; A_V = 3.1 E(B-V) with Harris's 0.01; as set
    assert difference["relation"] == pytest.approx(-0.5 + 0.005 + 0.462 * 0.5 + 0.013 * 0.25 - (V - 16), abs=1e-4)
    assert difference["extinction"] == pytest.approx(-3.1 * 0.01, abs=1e-6)
    assert difference["zero points"] == pytest.approx(1, abs=1e-6)


def test_a_name_outside_the_paper_needs_the_catalogue(archive: Archive, tmp_path: Path) -> None:
    archive.faults["/mwgc.dat"].extend(["hangs up"] * 4)
    with pytest.raises(InputError, match=r"cluster 'Pal 99' is none of the paper's 17, .*no connection"):
        _observe(archive, tmp_path / "out", tmp_path / "cache", source="synthetic", clusters=("Pal 99", "Pal 11"))


def test_other_files_in_the_folder_are_another_setting(sky: list[tuple[str, str, Path]], tmp_path: Path) -> None:
    path = tmp_path / "one.fits"
    path.write_bytes(sky[0][2].read_bytes())
    first = Observe(source="files", folder=tmp_path)
    path.write_bytes(sky[1][2].read_bytes())
    assert first.folder_sha256 != Observe(source="files", folder=tmp_path).folder_sha256


def test_one_bad_image_stops_or_is_skipped(archive: Archive, tmp_path: Path) -> None:
    """The rest of the list is done: its files are in the cache, or with `skip` the result stands without it."""
    archive.stacks = [stack for stack in archive.stacks if ".skycell.1." not in stack[0]]
    with pytest.raises(InputError) as caught:
        _observe(archive, tmp_path / "out", tmp_path / "cache")
    text = str(caught.value)
    assert "1 of 2 clusters have no map: Pal 11: Pan-STARRS1 has no stack in g" in text and "\n" not in text
    assert "observe.skip=true" in text
    before = archive.count()["/cgi-bin/fitscut.cgi"]
    numbers = _observe(archive, tmp_path / "skipped", tmp_path / "cache", skip=True)
    assert (numbers["clusters"], numbers["refused"]) == (1, 1)
    assert archive.count()["/cgi-bin/fitscut.cgi"] == before
    assert "Pal 11" in json.loads((tmp_path / "skipped" / "provenance.json").read_text())["refused"]


def test_names_and_the_south(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'NGC 1': no such name .*'Omega': no such name"):
        _observe(archive, tmp_path / "names", tmp_path / "cache", clusters=("NGC 1", "Omega", *NAMES))
    with pytest.raises(InputError, match=r"Test 5: lies at Dec -65.07, Pan-STARRS1 covers"):
        _observe(archive, tmp_path / "south", tmp_path / "cache", clusters=("Test 5",))


def test_other_clusters_than_the_papers(archive: Archive, sky: list[tuple[str, str, Path]], tmp_path: Path) -> None:
    """Each once, however often named; without published numbers, but with the paper's assumption of 12 Gyr."""
    with pytest.raises(InputError, match="1 of 1 clusters have no map: Pal 99: Pan-STARRS1 has no stack in g"):
        _observe(archive, tmp_path / "none", tmp_path / "cache", clusters=("Pal 99",), skip=True)
    names = ("NGC 5053", "ngc5053", "Pal 99")
    _observe(archive, tmp_path / "out", tmp_path / "cache", clusters=names, skip=True)
    assert list(Table.read(tmp_path / "out" / "targets.ecsv")["name"]) == ["NGC 5053"]
    catalogue = Table.read(tmp_path / "out" / "harris.ecsv")
    row = stage._rows(catalogue, targets(), ("Pal 99",))[0]
    assert row["age_assumed"] and row["age_gyr"] == 12 and np.isnan(row["pidoc_age_gyr"])


def test_without_network_the_line_says_what_can_be_done(archive: Archive, tmp_path: Path) -> None:
    archive.faults["/mwgc.dat"].extend([404])
    with pytest.raises(InputError, match="status 404"):
        _observe(archive, tmp_path / "gone", tmp_path / "cache")
    with serving() as closed:
        pass
    offline = Observe(clusters=NAMES)
    (tmp_path / "off").mkdir()
    with pytest.raises(UnreachableError) as caught:
        stage.observe(
            offline, Camera(), tmp_path / "off", tmp_path / "cache", lambda done, text: None, _servers(closed)
        )
    text = str(caught.value)
    assert closed.address in text and "\n" not in text
    assert "observe.source=files" in text and "observe.source=synthetic" in text


def test_query_class_in_astroquery_style(archive: Archive, tmp_path: Path) -> None:
    query = PanSTARRSClass(Downloader(tmp_path), archive.address)
    addresses = query.get_image_list(_place("NGC 5053"), bands="gr")
    assert [address.rpartition("stk.")[2] for address in addresses] == ["g.unconv.fits", "r.unconv.fits"]
    assert all("size=240" in address for address in addresses)  # 60 arcsec
    images = query.get_images(_place("NGC 5053"))
    assert [one[0].data.shape for one in images] == [(240, 240)] * 2
    asked = len(archive.requests)
    query.get_images(_place("NGC 5053"))
    assert len(archive.requests) == asked
    query.get_images(_place("NGC 5053"), cache=False)
    assert len(archive.requests) > asked
    with pytest.raises(InputError, match="expected letters out of grizy"):
        query.query_files(_place("NGC 5053"), bands="V")
