"""The layout of the data set's file: what is missing or out of shape is told in one line."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from reproduce.papers.chardin2021.dataset.schema import COLUMNS, GROUPS, TYPES, open_maps
from reproduce.workflow.errors import InputError
from tests.support.network_maps import write_maps


def _drop(name: str) -> Callable[[h5py.File], None]:
    return lambda file: file.__delitem__(name)


def _replace(name: str, shape: tuple[int, ...]) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[name]
        file[name] = np.zeros(shape)

    return change


def test_columns_have_a_type_each() -> None:
    assert set(TYPES.names or ()) == set(COLUMNS)


def test_a_whole_file_is_opened(tmp_path: Path) -> None:
    path, _ = write_maps(tmp_path, train=3, validation=2, test=4, pixels=16)
    with open_maps(path) as file:
        assert [len(file[group]["flux"]) for group in GROUPS] == [3, 2, 4]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_drop("validation"), "expected the array validation/flux, found none"),
        (_drop("test/n_stars"), "expected the array test/n_stars, found none"),
        (_replace("train/mass", (3, 16, 15)), r"train: expected square maps .*, found \(3, 16, 16\) and \(3, 16, 15\)"),
        (_replace("train/age_gyr", (2,)), r"train/age_gyr: expected a value for each of 3 maps, found \(2,\)"),
        (lambda file: file.attrs.update(version=9), "expected 'star-cluster maps' version 1, found .* version 9"),
    ],
)
def test_a_wrong_layout_is_refused(tmp_path: Path, change: Callable[[h5py.File], None], told: str) -> None:
    path, _ = write_maps(tmp_path, train=3, validation=2, test=4, pixels=16)
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(InputError, match=told):
        open_maps(path)
