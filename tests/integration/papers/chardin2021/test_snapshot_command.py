"""`python -m reproduce snapshot`, and `predict` on what it writes."""

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from reproduce.__main__ import main
from reproduce.cluster import foreign
from reproduce.papers.chardin2021.trained_model import truth
from reproduce.sky.map_files import read_maps
from tests.support.clusters_of_others import write_table
from tests.support.places import shared_data


def table(folder: Path) -> Path:
    return write_table(folder / "plummer.ecsv", 10.0, n=foreign.FEW_STARS)


def test_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_table(tmp_path / "dark.ecsv", 10.0, n=50, luminous=False)
    assert main(["snapshot", str(tmp_path / "dark.ecsv"), "--format", "table", "--list"]) == 0
    line = capsys.readouterr().out.splitlines()[1].split()
    assert line[:3] == ["0", "10", "50"]
    assert " ".join(line[4:]) == "luminosity_lsun, radius_rsun, stellar_type"


def test_mock_observation_has_its_true_mass_map_and_its_origin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["snapshot", str(table(tmp_path)), "--format", "table", "--distance", "16", "--out"]
    assert main([*words, str(tmp_path / "new" / "cluster.fits")]) == 0
    told = capsys.readouterr()
    assert told.err == ""  # enough stars, with luminosities
    assert "2,000 stars" in told.out
    maps = read_maps(tmp_path / "new" / "cluster.fits")
    assert (maps.age_gyr, maps.view.distance_kpc, maps.view.fwhm_arcsec) == (10.0, 16.0, 1.0)
    # Smoothing conserves the mass in the field; the floor of 1e-4 Msun adds up to 2.6 Msun in 160² pixels.
    assert np.sum(10.0**maps.mass) == pytest.approx(maps.mass_msun, abs=2.6)
    with fits.open(tmp_path / "new" / "cluster.fits") as file:
        origin = "".join(file[0].header["HISTORY"])
    assert "mock observation in V of table snapshot 0 of plummer.ecsv" in origin
    assert "sha256 " in origin


def test_luminosities_from_masses_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dark = write_table(tmp_path / "dark.ecsv", 10.0, n=60, luminous=False)
    words = ["snapshot", str(dark), "--format", "table", "--distance", "16", "--out", str(tmp_path / "a.fits")]
    assert main(words) == 0
    told = capsys.readouterr().err
    assert "a snapshot has 60 stars" in told
    assert "from the masses, by SSE tracks of Z = 0.001" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--format", "table"], "say what to do"),
        (["--format", "nemo", "--list"], "no format 'nemo'; there are cmc, nbody6"),
        (["--format", "table", "--layout", "xyz", "--list"], "format table does not use layout"),
        (["--format", "table", "--key", "7", "--distance", "16", "--out", "a.fits"], "has no snapshot '7'; it has 0"),
        (["--format", "table", "--distance", "-3", "--out", "a.fits"], "distance is -3.0 kpc"),
        (["--format", "table", "--distance", "16", "--out", "a.fits", "--band", "K"], "--band"),
        (["--list"], "--format"),
    ],
)
def test_bad_options_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(["snapshot", str(table(tmp_path)), *words]) == 2
    error = capsys.readouterr().err
    assert told in error.splitlines()[-1]
    assert error.startswith("error: ")


def test_predict_shows_truth_beside_prediction(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = tmp_path / "cluster.fits"
    words = ["snapshot", str(table(tmp_path)), "--format", "table", "--distance", "16", "--out", str(image)]
    assert main(words) == 0
    capsys.readouterr()
    out = tmp_path / "out"
    assert main(["predict", str(image), "--networks", str(model_folder), "--out", str(out)]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("  true"))
    report = json.loads((out / "cluster.json").read_text())
    true = report["truth"]
    maps = read_maps(image)
    assert line.split()[1:] == [
        f"{np.log10(true['total_mass_msun']):.2f}",
        f"{true['mass_to_light']:.2f}",
        "10.0",
        "16.0",
    ]
    assert true["total_mass_msun"] == pytest.approx(np.sum(10.0 ** maps.mass.astype(float)))
    assert report["age_gyr"] - true["age_error_gyr"] == pytest.approx(10.0)
    with fits.open(out / "cluster_mass.fits") as file:
        expected = np.mean(np.abs(file[0].data - maps.mass))
    assert true["pixel_error_dex"] == pytest.approx(expected, rel=1e-4)
    assert (out / "cluster.png").stat().st_size > 10_000
    assert truth.read(out / "cluster_mass.fits") is None  # an image of mass alone tells no truth


@pytest.mark.parametrize(
    ("parts", "options", "key"),
    [
        (("cmc", "king.window.snapshots.h5"), ["--format", "cmc"], "1(t=0.050758988Gyr)"),
        (("nbody6pp_beijing", "physical.snap.40_2.h5part"), ["--format", "nbody6"], "Step#0"),
        (("nbody6pp_wang2015", "snap.40_1.h5part"), ["--format", "nbody6", "--time-unit", "0.9095"], "Step#3"),
        (("amuse", "store2_three_sets.hdf5"), ["--format", "amuse"], "2"),
    ],
)
def test_real_files_of_each_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], parts: tuple[str, str], options: list[str], key: str
) -> None:
    path = shared_data("snapshots", *parts)
    assert main(["snapshot", str(path), *options, "--list"]) == 0
    assert key in capsys.readouterr().out
    out = tmp_path / "a.fits"
    assert main(["snapshot", str(path), *options, "--key", key, "--distance", "16", "--out", str(out)]) == 0
    assert read_maps(out).n_stars > 50
