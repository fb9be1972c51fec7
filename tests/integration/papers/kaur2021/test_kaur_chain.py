"""Galaxies, maps and classical estimators of Kaur et al. (2021), on a few small galaxies."""

import h5py
import numpy as np
import pytest

from reproduce.papers.kaur2021 import estimators, galaxies, maps
from reproduce.papers.kaur2021.settings import PROFILES
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import InProcess

SETTINGS = PROFILES.load(
    "smoke",
    [
        "galaxies.discs=4",
        "galaxies.mergers=2",
        "maps.field_rd=1.2",
        "galaxies.relax_gyr=0.05",
        "galaxies.settle_gyr=0.1",
    ],
)


def quiet(fraction, text):
    assert 0 <= fraction <= 1
    assert text


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with galaxies.h5 and maps.h5, and the metrics of both."""
    folder = tmp_path_factory.mktemp("kaur")
    metrics = galaxies.make_galaxies(SETTINGS.galaxies, folder, folder / "items", InProcess(), quiet)
    metrics |= maps.make_maps(folder / "galaxies.h5", SETTINGS.maps, SETTINGS.galaxies.halo_msun, folder, quiet)
    return folder, metrics


def test_galaxies_are_there_and_counted(made):
    folder, metrics = made
    assert metrics["discs"] == 4
    assert metrics["mergers"] == 2
    assert metrics["encounters"] == metrics["mergers"] + metrics["not_merged"]
    assert metrics["angular_momentum_error"] < 1e-9
    remnants = galaxies.read(folder / "galaxies.h5", "mergers")
    assert remnants.position_kpc.shape == (2, 120, 3)
    assert ((remnants.halo_msun >= 1e12) & (remnants.halo_msun <= 2e12)).all()
    with h5py.File(folder / "galaxies.h5") as file:
        assert np.isfinite(file["mergers/merged_gyr"][:]).all()


def test_interrupted_work_ends_with_the_same_bytes(made, tmp_path):
    folder, _ = made

    class Killed(InProcess):
        def map(self, function, items):
            for n, item in enumerate(items):
                if n == 3:
                    raise KeyboardInterrupt
                yield function(item)

    with pytest.raises(KeyboardInterrupt):
        galaxies.make_galaxies(SETTINGS.galaxies, tmp_path, tmp_path / "items", Killed(), quiet)
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "items").iterdir()}
    assert len(kept) == 3
    galaxies.make_galaxies(SETTINGS.galaxies, tmp_path, tmp_path / "items", InProcess(), quiet)
    for name, modified in kept.items():
        assert (tmp_path / "items" / name).stat().st_mtime_ns == modified  # not made again
    assert (tmp_path / "galaxies.h5").read_bytes() == (folder / "galaxies.h5").read_bytes()


def test_encounters_that_do_not_merge_are_an_error_when_none_does(tmp_path):
    group = SETTINGS.galaxies.model_copy(
        update={"discs": 0, "mergers": 1, "tries": 2.0, "longest_gyr": 0.1, "n_halo": 100, "n_baryons": 20}
    )
    with pytest.raises(InputError, match="none of 2 encounters merged"):
        galaxies.make_galaxies(group, tmp_path, tmp_path / "items", InProcess(), quiet)


def test_maps_belong_to_their_galaxies(made):
    folder, metrics = made
    images = maps.read(folder / "maps.h5", "discs")
    assert images.velocity_kms.shape == (40, 10, 10)
    assert metrics["images_discs"] == 40
    np.testing.assert_array_equal(images.galaxy, np.repeat(np.arange(4), 10))
    sample = galaxies.read(folder / "galaxies.h5", "discs")
    np.testing.assert_array_equal(images.halo_msun, np.repeat(sample.halo_msun, 10))
    assert ((images.label >= 0) & (images.label <= 10)).all()
    assert np.isfinite(images.velocity_kms).all()
    assert (images.dispersion_kms >= 0).all()


def test_splits_are_by_image_and_by_galaxy(made):
    images = maps.read(made[0] / "maps.h5", "discs")
    assert images.test["image"].sum() == 8
    assert images.test["galaxy"].sum() == 10
    by_galaxy = {bool(images.test["galaxy"][images.galaxy == galaxy].any()) for galaxy in range(4)}
    assert by_galaxy == {True, False}
    for galaxy in range(4):  # all views of a galaxy on one side
        assert len(np.unique(images.test["galaxy"][images.galaxy == galaxy])) == 1


def test_one_galaxy_cannot_be_split(made, tmp_path):
    group = SETTINGS.galaxies.model_copy(update={"discs": 1, "mergers": 0})
    galaxies.make_galaxies(group, tmp_path, tmp_path / "items", InProcess(), quiet)
    with pytest.raises(InputError, match="need two discs at least"):
        maps.make_maps(tmp_path / "galaxies.h5", SETTINGS.maps, group.halo_msun, tmp_path, quiet)


def test_methods_are_measured_on_both_splits(made):
    folder, _ = made
    found, predictions = estimators.measure(
        folder / "galaxies.h5",
        folder / "maps.h5",
        simulated=SETTINGS.galaxies,
        seen=SETTINGS.maps,
        evaluate=SETTINGS.evaluate,
        tell=quiet,
    )
    for kind in ("discs", "mergers"):
        for name in (*estimators.ESTIMATORS, "nearest_one_channel", "nearest_two_channel"):
            for split in maps.SPLITS:
                number = {key: found[f"{kind}.{name}.{split}.{key}"] for key in ("mae", "mae_low", "mae_high")}
                assert number["mae_low"] - 1e-9 <= number["mae"] <= number["mae_high"] + 1e-9
        assert found[f"{kind}.floor.galaxy.mae"] > 0
    images = maps.read(folder / "maps.h5", "discs")
    test = images.test["galaxy"]
    error = predictions["discs/tracer/galaxy"] - images.label[test]
    assert found["discs.tracer.galaxy.mae"] == pytest.approx(np.abs(error).mean())
    # Other views of the same clusters among the training images: the nearest maps find them, if anything does.
    assert found["discs.nearest_two_channel.image.mae"] < found["discs.nearest_two_channel.galaxy.mae"]
