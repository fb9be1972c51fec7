"""Stars of snapshots prepared for a camera: the same stars, on any number of workers, whole or not at all."""

from pathlib import Path

import numpy as np
import pytest

from reproduce.cluster.snapshot import SnapshotFile
from reproduce.sky.camera import Stars, View, camera_columns, places, stars_of
from reproduce.sky.prepared import StarFile, prepare
from reproduce.sky.settings import Camera
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import InProcess, executor
from tests.support.mock_clusters import snapshot_file


def test_they_are_the_snapshots_stars(tmp_path: Path) -> None:
    sources = {
        name: snapshot_file(tmp_path / name / "snapshots.h5", name, n=500, seed=k) for k, name in enumerate("AB")
    }
    found = prepare(sources, tmp_path / "stars", camera_columns, InProcess())
    assert list(found) == ["A", "B"]
    prepared = StarFile(found["B"])
    with SnapshotFile(sources["B"]) as file:
        assert len(prepared) == len(file) and prepared.metallicity == file.metallicity
        np.testing.assert_array_equal(prepared.n_stars, file.n_stars)
        for number in range(len(file)):
            true, ours = Stars.of(file.read(number)), stars_of(prepared, number)
            assert (ours.age_gyr, ours.name) == (true.age_gyr, true.name)
            np.testing.assert_array_equal(ours.position_pc, true.position_pc)
            for column in ("mass_msun", "luminosity_lsun"):
                np.testing.assert_allclose(getattr(ours, column), getattr(true, column), rtol=2**-23)  # float32


def test_a_part_of_them_at_other_distances(tmp_path: Path) -> None:
    source = snapshot_file(tmp_path / "snapshots.h5", "A", n=500)
    file = StarFile(prepare({"A": source}, tmp_path / "stars", camera_columns, InProcess())["A"])
    every, some = stars_of(file, 0), stars_of(file, 0, slice(100, 180), stretch=1.25)
    camera, view = Camera(), View(15.0, 1.0)
    for (whole, part), middle in zip(
        zip(places(every, camera, view), places(some, camera, view), strict=True), 2 * (camera.pixels / 2,), strict=True
    ):
        np.testing.assert_allclose(part - middle, 1.25 * (whole[100:180] - middle), rtol=1e-6)
    np.testing.assert_array_equal(some.mass_msun, every.mass_msun[100:180])


def test_what_is_prepared_stays_and_other_processes_prepare_the_same(tmp_path: Path) -> None:
    sources = {name: snapshot_file(tmp_path / name / "snapshots.h5", name, n=300) for name in "ABC"}
    first = prepare({"A": sources["A"]}, tmp_path / "one", camera_columns, InProcess())["A"]
    written = first.stat().st_mtime_ns
    one = prepare(sources, tmp_path / "one", camera_columns, InProcess())
    assert one["A"].stat().st_mtime_ns == written
    with executor(2) as two:
        other = prepare(sources, tmp_path / "two", camera_columns, two)
    for name in sources:
        assert one[name].read_bytes() == other[name].read_bytes()


def test_a_broken_or_another_file_is_told(tmp_path: Path) -> None:
    snapshots = snapshot_file(tmp_path / "snapshots.h5", "A", n=300)
    with pytest.raises(InputError, match="prepare the snapshots first"):
        StarFile(snapshots)
    broken = tmp_path / "stars.h5"
    broken.write_bytes(snapshots.read_bytes()[:100])
    with pytest.raises(InputError, match="remove it"):
        StarFile(broken)
