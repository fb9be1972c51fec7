"""PHAT's bricks from a local server: cached, cut into tiles in three bands, clusters masked."""

import io
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.table import Table
from astropy.wcs import WCS

import data_manifests
from reproduce.archives import phat
from reproduce.archives.download import Downloader, DownloadError
from reproduce.workflow.errors import InputError
from tests.support.archives import Archive, serving

SIDE = 16
SHAPE = (52, 70)  # three by four tiles
RA, DEC = 11.2, 41.6


def image(path: Path, scale: float, shape: tuple[int, int], turn_deg: float = 0.0, unit: str = "ELECTRONS/S") -> Path:
    """A brick's image: light per arcsec² rises evenly to the north; a strip in the west has no data."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = [RA, DEC], [(shape[1] + 1) / 2, (shape[0] + 1) / 2]
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    wcs.wcs.cd = np.array([[-c, s], [s, c]]) * scale / 3600
    y, x = np.indices(shape)
    north = wcs.pixel_to_world(x, y).dec.deg - DEC
    west = (RA - wcs.pixel_to_world(x, y).ra.deg) * np.cos(np.radians(DEC)) * 3600
    rate = (400.0 + 3600 * 50 * north) * scale**2
    rate[west > 0.05 * 24] = 0.0
    header = wcs.to_header()
    header["BUNIT"], header["EXPTIME"] = unit, 1_000.0
    values = rate * (1_000.0 if unit == "ELECTRONS" else 1.0)
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(values.astype("f4"), header)]).writeto(path)
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("mast")
    with serving() as served:
        for band, camera, scale, shape, turn, unit in (
            ("f336w", "wfc3-uvis", 0.04, (80, 110), 2.0, "ELECTRONS/S"),
            ("f475w", "acs-wfc", 0.05, SHAPE, 0.0, "ELECTRONS/S"),
            ("f814w", "acs-wfc", 0.05, SHAPE, 0.0, "ELECTRONS"),
        ):
            name = f"hlsp_phat_hst_{camera}_12056-m31-b15_{band}_v1_drz.fits"
            served.stacks.append((name, band, image(folder / name, scale, shape, turn, unit)))
        columns = data_manifests.load("hst")["johnson_2015"]["columns"]
        table = Table({columns["name"]: [1, 2], columns["ra"]: [RA, RA], columns["dec"]: [DEC, DEC + 1]})
        table[columns["r_eff_arcsec"]] = np.array([0.05, 1.0])
        buffer = io.BytesIO()
        from_table(table).to_xml(buffer)
        served.files["/vizier"] = buffer.getvalue()
        yield served


def paths(archive: Archive, downloader: Downloader) -> dict[str, Path]:
    return {band: found.path for band, found in phat.brick_files(15, downloader, archive.address).items()}


def test_tiles_of_a_brick_lie_on_one_grid_with_their_light(archive: Archive, tmp_path: Path) -> None:
    found = paths(archive, Downloader(tmp_path))
    tiles = list(phat.tiles(found, SIDE, "b15"))
    names = [name for name, _, _ in tiles]
    assert names == ["b15/0/0", "b15/0/1", "b15/0/2", "b15/1/0", "b15/1/1", "b15/1/2", "b15/2/0", "b15/2/1", "b15/2/2"]
    assert not any(name.endswith("/3") for name in names)  # where there is no data
    with fits.open(found["F475W"]) as file:
        whole = file[1].data
    for name, rate, place in tiles:
        row, column = (int(part) for part in name.split("/")[1:])
        np.testing.assert_array_equal(
            rate[1], whole[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
        )
        np.testing.assert_allclose(rate[2], rate[1], rtol=1e-5)  # electrons over the exposure time
        np.testing.assert_allclose(rate[0], rate[1], rtol=2e-3)  # other pixels, turned: light of an area is the same
        assert abs(place["ra"] - RA) < 1e-3 and abs(place["dec"] - DEC) < 1e-3
    asked = len(archive.requests)
    assert paths(archive, Downloader(tmp_path, offline=True)) == found
    assert len(archive.requests) == asked


def test_tiles_with_known_clusters_are_left_out(archive: Archive, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(data_manifests.load("hst")["johnson_2015"], "rows", 2)
    downloader = Downloader(tmp_path)
    known = phat.clusters("johnson_2015", downloader, f"{archive.address}/vizier")
    assert known.colnames == ["name", "ra", "dec", "r_eff_arcsec"] and len(known) == 2
    monkeypatch.setattr(phat, "REACH", 0.5)  # times 0.5 arcsec, the least radius: 5 px about column 34.5 and row 25.5
    names = [name for name, _, _ in phat.tiles(paths(archive, downloader), SIDE, "b15", known)]
    assert names == ["b15/0/0", "b15/0/1", "b15/0/2", "b15/1/0", "b15/2/0", "b15/2/1", "b15/2/2"]


def test_another_number_of_clusters_is_another_catalogue(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="johnson_2015 has 2753 clusters, found 2"):
        phat.clusters("johnson_2015", Downloader(tmp_path), f"{archive.address}/vizier")


def test_bricks_that_are_not_there(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="brick is 24, expected 1 to 23"):
        phat.brick_files(24, Downloader(tmp_path), archive.address)
    with pytest.raises(DownloadError, match="status 404"):
        phat.brick_files(3, Downloader(tmp_path, attempts=1), archive.address)


def test_an_image_in_other_units_is_refused(archive: Archive, tmp_path: Path) -> None:
    found = paths(archive, Downloader(tmp_path))
    with fits.open(found["F814W"]) as file:
        file[1].header["BUNIT"] = "COUNTS"
        file.writeto(tmp_path / "counts.fits")
    with pytest.raises(InputError, match="unit is COUNTS, expected ELECTRONS"):
        list(phat.tiles(found | {"F814W": tmp_path / "counts.fits"}, SIDE, "b15"))


def test_parts_about_places_are_centred_on_them(archive: Archive, tmp_path: Path) -> None:
    found = paths(archive, Downloader(tmp_path))
    places = SkyCoord([RA, RA, RA + 1], [DEC, DEC + 0.05 * 8 / 3600, DEC], unit="deg")  # 8 px north; not in the image
    parts = dict(phat.cutouts(found, places, 10))
    assert list(parts) == [0, 1]
    with fits.open(found["F475W"]) as file:
        whole = file[1].data
    np.testing.assert_array_equal(parts[0][1], whole[21:31, 30:40])
    np.testing.assert_array_equal(parts[1][1], whole[29:39, 30:40])
