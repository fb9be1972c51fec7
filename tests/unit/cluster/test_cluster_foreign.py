"""Clusters of other codes as simulations: which files, in which order, and what is said of them."""

import json
from typing import get_args

import astropy.units as u
import h5py
import numpy as np
import pytest
from astropy.table import QTable

from reproduce.cluster import foreign
from reproduce.cluster.readers import formats, named
from reproduce.cluster.readers.common import Options
from reproduce.cluster.settings import Model
from reproduce.cluster.snapshot import STAR_COLUMNS, SnapshotFile
from reproduce.stars.photometry import band_luminosity
from reproduce.workflow.errors import InputError
from reproduce.workflow.source import file_digest
from tests.support.clusters_of_others import write_table
from tests.support.mock_clusters import plummer

NOTHING = Options()


def test_files_by_name_folder_and_pattern(tmp_path):
    """Of a folder, the files that the code calls its snapshots; of CMC's two kinds, the windows."""
    names = [
        "b.ecsv",
        "a.ecsv",
        "c.dat",
        "r.conv.sh",
        "r.snapshots.h5",
        "r.window.snapshots.h5",
        "snap.40_1",
        "snap.40_2",
    ]
    for name in names:
        (tmp_path / name).write_text("")

    def found(format, *given):
        return [path.name for path in named.files_of([tmp_path / name for name in given], format)]

    assert found("table", ".") == ["a.ecsv", "b.ecsv"]
    assert found("table", "b.ecsv", "*.ecsv") == ["b.ecsv", "a.ecsv"]
    assert found("cmc", ".") == ["r.window.snapshots.h5"]
    assert found("nbody6", ".") == ["snap.40_1", "snap.40_2"]
    assert named.companions([tmp_path / "r.snapshots.h5"], "cmc", None) == [tmp_path / "r.conv.sh"]
    for absent in ("d.ecsv", "*.fits", "absent"):
        with pytest.raises(InputError, match="no snapshots there"):
            found("table", absent)
    with pytest.raises(InputError, match=r"folder of snapshot\*.dat"):
        found("mocca", ".")


def test_snapshots_come_in_order_of_age_and_are_the_readers(tmp_path):
    """Nothing is lost on the way: the stored stars are those that the reader gives, to the bit."""
    files = [
        write_table(tmp_path / f"{name}.ecsv", age, seed=k) for k, (name, age) in enumerate({"b": 3, "a": 7}.items())
    ]
    files += [write_table(tmp_path / "c.ecsv", 5.0)]
    (tmp_path / "out").mkdir()
    foreign.adopt("mine", files, "table", NOTHING, tmp_path / "out")
    with SnapshotFile(tmp_path / "out/snapshots.h5") as f:
        assert (f.name, f.ages_gyr.tolist(), f.n_stars.tolist()) == ("mine", [3, 5, 7], [100, 100, 100])
        for stars, path in zip(f, [files[0], files[2], files[1]], strict=True):
            direct = formats.read(path, "table")
            for field in STAR_COLUMNS:
                np.testing.assert_array_equal(getattr(stars, field), getattr(direct, field))
        with pytest.raises(InputError, match="not shells"):
            f.shells(0)
        with pytest.raises(InputError, match="without stellar tracks"):
            _ = f.tracks
        with pytest.raises(InputError, match="snapshots 0 to 2, asked for 3"):
            f.read(3)
    with h5py.File(tmp_path / "out/snapshots.h5") as f:
        provenance = json.loads(f.attrs["provenance"])
    assert provenance["files"]["a.ecsv"] == file_digest(files[1])
    assert provenance["snapshots"] == ["b.ecsv 0", "c.ecsv 0", "a.ecsv 0"]


def test_history_has_what_a_snapshot_tells(tmp_path):
    """Plummer's half-mass radius is 3 pc here and its core radius (NBODY6's) about a third of it; 2,000 stars scatter
    by some per cent."""
    file = write_table(tmp_path / "a.ecsv", 10.0, n=2000)
    foreign.adopt("mine", [file], "table", NOTHING, tmp_path)
    history = QTable.read(tmp_path / "history.ecsv")
    assert history["time_gyr"][0] == 10 * u.Gyr
    assert history["n_stars"][0] == history["n_main_sequence"][0] == 2000
    assert history["r_half_pc"][0].value == pytest.approx(3, rel=0.1)
    assert history["r_lagrange_50_pc"][0] == history["r_half_pc"][0]
    assert 0.5 < history["r_core_pc"][0].value < 2
    assert np.isnan(history["energy_error"][0])
    stars = plummer(2000)
    light = band_luminosity(stars.luminosity_lsun, stars.temperature_k, stars.stellar_type)
    assert history["mass_to_light_v"][0].value == pytest.approx(stars.mass_msun.sum() / light.sum(), rel=1e-4)


def test_two_clusters_under_one_name_are_refused(tmp_path):
    files = [write_table(tmp_path / "a.ecsv", 5.0), write_table(tmp_path / "b.ecsv", 5.0)]
    with pytest.raises(InputError, match="are both 5 Gyr old"):
        foreign.places(files, "table", NOTHING)


def test_warnings_say_what_is_thin(tmp_path):
    many = [write_table(tmp_path / f"{k}.ecsv", 1.0 + k, n=2000) for k in range(3)]
    found = foreign.places(many, "table", NOTHING)
    assert [text[:34] for text in foreign.warnings_of(found, 0.001)] == ["3 snapshots with up to 1 Gyr betwe"]
    dark = write_table(tmp_path / "dark.ecsv", 4.0, n=60, luminous=False)
    told = " | ".join(foreign.warnings_of(foreign.places([dark], "table", NOTHING), 0.002))
    assert "a snapshot has 60 stars" in told
    assert "one snapshot" in told
    assert (
        "no luminosity_lsun, radius_rsun, stellar_type in the file: from the masses, by SSE tracks of Z = 0.002" in told
    )
    steady = [place.__class__(place.path, place.key, 10 + 0.5 * k, 5000, ()) for k, place in enumerate(found)]
    assert foreign.warnings_of(steady, 0.001) == []


def test_settings_know_the_files_by_their_content(tmp_path):
    """So that the key of what is made of them changes with them, and not when nothing has changed."""
    file = write_table(tmp_path / "a.ecsv", 5.0)
    given = {"files": [str(tmp_path)], "format": "table"}
    before = Model(**given)
    assert before.files_sha256 == Model(**given | {"files_sha256": "made up"}).files_sha256
    assert Model.model_validate_json(before.model_dump_json()) == before
    assert Model(files=str(file), format="table").files_sha256 == before.files_sha256
    file.write_text(file.read_text() + "\n")
    assert Model(**given).files_sha256 != before.files_sha256
    with pytest.raises(InputError, match="files changed"):
        foreign.adopt_model("mine", before, 0.001, tmp_path)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"files": ["x"]}, "needs files and format"),
        ({"files": ["."], "format": "mocca", "snapshots": 3}, "no snapshots there"),
        ({"snapshots": 3}, "needs half_mass_radius_pc and snapshots"),
        ({"half_mass_radius_pc": 3.0}, "needs half_mass_radius_pc and snapshots"),
        ({"files": ["a.ecsv"], "format": "table", "snapshots": 3}, "snapshots belongs to a simulated one"),
    ],
)
def test_a_model_is_simulated_or_of_files(tmp_path, monkeypatch, given, told):
    write_table(tmp_path / "a.ecsv", 5.0)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=told):
        Model(**given)


def test_formats_of_settings_are_those_of_the_readers():
    (annotation,) = (kind for kind in get_args(Model.model_fields["format"].annotation) if kind is not type(None))
    assert set(get_args(annotation)) == set(formats.FORMATS)
