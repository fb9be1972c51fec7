"""Batches of maps: standardised, shuffled and augmented as said, the same from memory and from the file."""

import h5py
import numpy as np
import pytest

from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.papers.chardin2021.networks import data
from reproduce.papers.chardin2021.networks.data import Maps
from reproduce.workflow.errors import InputError
from tests.support.network_maps import write_maps


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    maps, scaler = write_maps(tmp_path_factory.mktemp("maps"), train=10, validation=7, test=4, pixels=32)
    return maps, Scaler.from_json(scaler)


def all_batches(maps):
    x, y = zip(*(maps[i] for i in range(len(maps))), strict=True)
    return np.concatenate(x), np.concatenate(y)


def test_plain_batches_are_the_standardised_maps_in_order(dataset):
    path, scaler = dataset
    light, mass = all_batches(Maps(path, "validation", scaler, "mass", batch_size=3))
    with h5py.File(path) as file:
        np.testing.assert_array_equal(light[..., 0], scaler.standardise_flux(file["validation/flux"][:]))
        np.testing.assert_array_equal(mass[..., 0], scaler.standardise_mass(file["validation/mass"][:]))
        age = scaler.standardise_age(file["validation/age_gyr"][:])
    assert light.dtype == mass.dtype == np.float32
    _, labels = all_batches(Maps(path, "validation", scaler, "age_distance", batch_size=3))
    np.testing.assert_allclose(labels[:, 0], age, rtol=1e-6)


def test_epochs_are_shuffled_from_the_stream_alone(dataset):
    path, scaler = dataset
    maps, other = (Maps(path, "train", scaler, "age_distance", 5, stream=(1, 2)) for _ in range(2))
    maps.set_epoch(0)
    first = all_batches(maps)[1]
    maps.set_epoch(3)
    fourth = all_batches(maps)[1]
    assert not np.array_equal(first, fourth)
    np.testing.assert_array_equal(np.sort(first, axis=0), np.sort(fourth, axis=0))
    other.set_epoch(3)  # without the epochs before
    np.testing.assert_array_equal(all_batches(other)[1], fourth)


def test_incomplete_batches_are_left_out_only_in_training(dataset):
    path, scaler = dataset
    assert len(Maps(path, "train", scaler, "mass", 4, stream=(1, 2))) == 2
    assert len(Maps(path, "train", scaler, "mass", 4)) == 3
    assert Maps(path, "train", scaler, "mass", 64, stream=(1, 2))[0][0].shape[0] == 10


def test_augmentation_turns_light_and_mass_together(dataset):
    path, scaler = dataset
    plain = Maps(path, "train", scaler, "mass", 10, stream=(1, 2))[0]
    turned = Maps(path, "train", scaler, "mass", 10, stream=(1, 2), augment=True)[0]
    assert not np.array_equal(plain[0], turned[0])
    kinds = set()
    for i in range(10):
        for symmetry in range(8):
            same = [data._apply_symmetries(x[i : i + 1], np.array([symmetry]))[0] for x in plain]
            if np.array_equal(same[0], turned[0][i]):
                np.testing.assert_array_equal(same[1], turned[1][i])
                kinds.add(symmetry)
                break
        else:
            pytest.fail(f"map {i} is no symmetry of itself")
    assert len(kinds) > 2


def test_the_eight_symmetries_differ():
    square = np.arange(9.0).reshape(1, 3, 3, 1)
    images = {data._apply_symmetries(square, np.array([s])).tobytes() for s in range(8)}
    assert len(images) == 8


def test_reading_from_the_file_gives_the_same_batches(dataset, monkeypatch):
    path, scaler = dataset
    cached = Maps(path, "train", scaler, "mass", 4, stream=(5, 6), augment=True)
    monkeypatch.setattr(data, "MEMORY_BYTES", 0)
    read = Maps(path, "train", scaler, "mass", 4, stream=(5, 6), augment=True)
    assert not read._cache
    for a, b in zip(all_batches(cached), all_batches(read), strict=True):
        np.testing.assert_array_equal(a, b)
    assert cached.target_variance() == pytest.approx(read.target_variance())
    assert cached.target_variance() == pytest.approx(1, rel=1e-4)  # standardised by the training set's own numbers


def broken(dataset, tmp_path, change):
    path = tmp_path / "maps.h5"
    path.write_bytes(dataset[0].read_bytes())
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def test_values_that_are_not_finite_are_refused(dataset, tmp_path):
    def spoil(file):
        file["train/flux"][4, 3, 3] = np.nan

    with pytest.raises(InputError, match=r"train/flux holds a value that is not finite \(map 4\)"):
        Maps(broken(dataset, tmp_path, spoil), "train", dataset[1], "mass", 4)


def test_what_is_no_data_set_is_refused(dataset, tmp_path):
    path = broken(dataset, tmp_path, lambda file: file["test"].pop("age_gyr"))
    with pytest.raises(InputError, match="expected the array test/age_gyr"):
        data.open_maps(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="cannot be read as a data set"):
        data.open_maps(path)
