"""Batches: standardised, shuffled and augmented as said, the same from memory and from the file."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from reproduce.learning import data
from reproduce.learning.stream import shares
from reproduce.workflow.errors import InputError
from tests.support import blobs


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return blobs.write(tmp_path_factory.mktemp("blobs") / "blobs.h5", train=10, validation=7)


def all_batches(batches: data.Batches) -> tuple[np.ndarray, np.ndarray]:
    x, y = zip(*(batches[i] for i in range(len(batches))), strict=True)
    return np.concatenate(x), np.concatenate(y)


def test_plain_batches_are_the_standardised_arrays_in_order(file: Path) -> None:
    image, clean = all_batches(blobs.data(file, "clean").open("validation", 3))
    _, numbers = all_batches(blobs.data(file, "numbers").open("validation", 3))
    with h5py.File(file) as stored:
        np.testing.assert_array_equal(image[..., 0], (stored["validation/image"][:] - 0.15) / 0.3)
        np.testing.assert_array_equal(clean[..., 0], (stored["validation/clean"][:] - 0.15) / 0.3)
        np.testing.assert_allclose(numbers[:, 1], (stored["validation/width"][:] - 2) / 0.6, rtol=1e-6)
    assert image.dtype == clean.dtype == numbers.dtype == np.float32


def test_several_targets_come_by_their_names(file: Path) -> None:
    _, targets = blobs.data(file, "numbers", "clean").open("train", 4)[0]
    assert {name: values.shape for name, values in targets.items()} == {"numbers": (4, 2), "clean": (4, 16, 16, 1)}


def test_epochs_are_shuffled_from_the_stream_alone(file: Path) -> None:
    one, other = (blobs.data(file, "numbers").open("train", 5, stream=(1, 2)) for _ in range(2))
    one.set_epoch(0)
    first = all_batches(one)[1]
    one.set_epoch(3)
    fourth = all_batches(one)[1]
    assert not np.array_equal(first, fourth)
    np.testing.assert_array_equal(np.sort(first, axis=0), np.sort(fourth, axis=0))
    other.set_epoch(3)  # without the epochs before
    np.testing.assert_array_equal(all_batches(other)[1], fourth)


def test_incomplete_batches_are_left_out_only_in_training(file: Path) -> None:
    source = blobs.data(file, "clean")
    assert len(source.open("train", 4, stream=(1, 2))) == 2
    assert len(source.open("train", 4)) == 3
    assert source.open("train", 64, stream=(1, 2))[0][0].shape[0] == 10


def test_augmentation_turns_inputs_and_targets_together(file: Path) -> None:
    plain = blobs.data(file, "clean").open("train", 10, stream=(1, 2))[0]
    turned = blobs.data(file, "clean").open("train", 10, stream=(1, 2), augment=True)[0]
    assert not np.array_equal(plain[0], turned[0])
    kinds = set()
    for i in range(10):
        for symmetry in range(8):
            same = [data.turned(x[i : i + 1], np.array([symmetry]))[0] for x in plain]
            if np.array_equal(same[0], turned[0][i]):
                np.testing.assert_array_equal(same[1], turned[1][i])
                kinds.add(symmetry)
                break
        else:
            pytest.fail(f"item {i} is no symmetry of itself")
    assert len(kinds) > 2


def test_the_eight_symmetries_differ() -> None:
    square = np.arange(9.0).reshape(1, 3, 3, 1)
    images = {data.turned(square, np.array([s])).tobytes() for s in range(8)}
    assert len(images) == 8


def test_reading_from_the_file_gives_the_same_batches(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = blobs.data(file, "clean")
    cached = source.open("train", 4, stream=(5, 6), augment=True)
    monkeypatch.setattr(data, "MEMORY_BYTES", 0)
    read = source.open("train", 4, stream=(5, 6), augment=True)
    assert not read._cache
    for a, b in zip(all_batches(cached), all_batches(read), strict=True):
        np.testing.assert_array_equal(a, b)
    assert cached.target_variances() == pytest.approx(read.target_variances())


def test_variances_are_those_of_the_standardised_targets(file: Path) -> None:
    batches = blobs.data(file, "numbers", "clean").open("validation", 7)
    _, targets = batches[0]
    expected = {"numbers": np.var(targets["numbers"], axis=0).mean(), "clean": np.var(targets["clean"])}
    assert batches.target_variances() == pytest.approx(expected, rel=1e-5)


def broken(file: Path, folder: Path, change: Callable[[h5py.File], object]) -> Path:
    path = folder / "blobs.h5"
    path.write_bytes(file.read_bytes())
    with h5py.File(path, "r+") as stored:
        change(stored)
    return path


def test_values_that_are_not_finite_are_refused(file: Path, tmp_path: Path) -> None:
    def spoil(stored: h5py.File) -> None:
        stored["train/image"][4, 3, 3] = np.nan

    with pytest.raises(InputError, match=r"train/image holds a value that is not finite \(item 4\)"):
        blobs.data(broken(file, tmp_path, spoil), "clean").open("train", 4)


def test_what_is_no_data_set_is_refused(file: Path, tmp_path: Path) -> None:
    def shorten(stored: h5py.File) -> None:
        del stored["train/level"]
        stored["train/level"] = np.ones(3, np.float32)

    path = broken(file, tmp_path, lambda stored: stored["train"].pop("level"))
    with pytest.raises(InputError, match="expected the array train/level"):
        blobs.data(path, "numbers").open("train", 4)
    path = broken(file, tmp_path, shorten)
    with pytest.raises(InputError, match="arrays of one length"):
        blobs.data(path, "numbers").open("train", 4)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match="cannot be read as a data set"):
        blobs.data(path, "numbers").open("train", 4)


def test_a_stream_needs_seeds(file: Path) -> None:
    with pytest.raises(ValueError, match="seeds"):
        blobs.stream(file, 8).open("train", 4)


@pytest.mark.parametrize(("cores", "expected"), [(1, (0, 1)), (2, (1, 1)), (4, (1, 3)), (16, (5, 11))])
def test_drawing_and_training_share_the_cores(cores: int, expected: tuple[int, int]) -> None:
    assert shares(cores) == expected
