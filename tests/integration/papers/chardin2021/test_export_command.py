"""`python -m reproduce export`: what other tools and our own readers find in the files."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy.table import QTable

from reproduce.__main__ import main
from reproduce.cluster.readers import conversion, formats
from reproduce.cluster.readers.common import Options
from reproduce.cluster.snapshot import SnapshotFile
from tests.support.mock_clusters import snapshot_file


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A simulation of five snapshots, as the stage `simulate` writes one."""
    return snapshot_file(tmp_path / "MW15" / "snapshots.h5", "MW15")


def export(source: Path, *words: str) -> int:
    return main(["export", str(source), *words])


@pytest.mark.parametrize(
    ("format", "name", "reader", "key"),
    [
        ("amuse", "a.hdf5", "amuse", "4"),
        ("cmc", "a.window.snapshots.h5", "cmc", "3(t=11.2Gyr)"),
        ("table", "a.ecsv", "table", "0"),
        ("table", "a.parquet", "table", "0"),
        ("fits", "a.fits", "table", "0"),
    ],
)
def test_our_readers_find_the_same_cluster(
    tmp_path: Path, source: Path, format: str, name: str, reader: str, key: str
) -> None:
    """Snapshot 3, whole: the masses, luminosities and radii of the stars in their order of distance from the centre."""
    which = [] if reader in ("amuse", "cmc") else ["--age", "11.1"]
    assert export(source, "--format", format, "--out", str(tmp_path / name), *which) == 0
    found = formats.read(tmp_path / name, reader, key, Options(centre="mass") if reader != "cmc" else Options())
    with SnapshotFile(source) as file:
        ours = file.read(3)
    centre = np.zeros(3) if reader == "cmc" else np.average(ours.position_pc, axis=0, weights=ours.mass_msun)
    a, b = (np.linalg.norm(position, axis=1) for position in (found.position_pc, ours.position_pc - centre))
    mine, theirs = np.argsort(a), np.argsort(b)
    np.testing.assert_allclose(a[mine], b[theirs], rtol=1e-4)  # float32, moved by the centre of mass
    assert found.age_gyr == pytest.approx(11.2, rel=1e-6)
    for field in ("mass_msun", "luminosity_lsun", "radius_rsun", "stellar_type"):
        # AMUSE's files are in SI units: float64, so nothing is lost but the last float32 digit.
        np.testing.assert_allclose(getattr(found, field)[mine], getattr(ours, field)[theirs], rtol=1e-6)


def test_provenance_and_units_go_with_the_stars(tmp_path: Path, source: Path) -> None:
    for name, format in (("a.ecsv", "table"), ("a.fits", "fits"), ("a.hdf5", "amuse")):
        export(source, "--format", format, "--out", str(tmp_path / name), "--number", "2")
    table = QTable.read(tmp_path / "a.ecsv")
    assert table["x"].unit == "pc" and table["vx"].unit == "km / s" and table["mass"].unit == "solMass"
    assert table.meta["simulation"] == "MW15" and table.meta["seed"] == 1
    comments = " ".join(QTable.read(tmp_path / "a.fits").meta["comments"])
    assert "simulation: MW15" in comments and table.meta["source_sha256"] in comments.replace(" ", "")
    with h5py.File(tmp_path / "a.hdf5") as file:
        assert json.loads(file.attrs["provenance"])["snapshots"] == "2"


def test_cmc_files_are_consistent_in_themselves(tmp_path: Path, source: Path) -> None:
    """Energies and conv.sh agree, as our reader asks of CMC's; and the columns are those of a real file's."""
    path = tmp_path / "pidoc.window.snapshots.h5"
    assert export(source, "--format", "cmc", "--out", str(path)) == 0
    units = conversion.read(tmp_path / "pidoc.conv.sh")
    with h5py.File(path) as file:
        table = {
            "m" if name == "m_MSUN" else name: file["4(t=14Gyr)"][name] for name in ("m_MSUN", "r", "vr", "vt", "E")
        }
        assert file["4(t=14Gyr)"].chunks is not None  # cmctoolkit reads chunk by chunk
    assert conversion._mass_unit(table) == pytest.approx(units.mass_msun, rel=1e-6)
    with SnapshotFile(source) as f:
        ours = f.read(4)
    kinetic = np.sum(table["m"] * (table["vr"] ** 2 + table["vt"] ** 2)) * units.velocity_kms**2
    assert kinetic == pytest.approx(np.sum(ours.mass_msun * np.sum(ours.velocity_kms**2, axis=1)), rel=1e-5)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--format", "fits", "--out", "a.fits"], "has 5, of 2.8 to 14 Gyr; choose one with --age or --number"),
        (["--format", "fits", "--out", "a.fits", "--number", "5"], "snapshots 0 to 4"),
        (["--format", "fits", "--out", "a.txt", "--number", "1"], "files that end in .fits"),
        (["--format", "cmc", "--out", "a.h5"], "ends in .window.snapshots.h5"),
        (["--format", "nbody6", "--out", "a.h5"], "no format 'nbody6' to write"),
    ],
)
def test_bad_options_are_one_line(
    source: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert export(source, *words) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1


def test_a_simulation_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--format", "amuse", "--out", str(tmp_path / "a.hdf5"), "--profile", "smoke", "--store", str(tmp_path)]
    assert main(["export", "MW15", *words]) == 2
    assert "run `python -m reproduce simulate --profile smoke`" in capsys.readouterr().err
    assert main(["export", "MW51", *words]) == 2
    assert "simulate.models has MW15" in capsys.readouterr().err
