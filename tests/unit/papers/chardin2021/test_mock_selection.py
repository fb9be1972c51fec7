"""Which maps are chosen, and their views."""

import numpy as np
import pytest

from reproduce.papers.chardin2021.dataset import selection
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.workflow.errors import InputError

SIZES = {"MW15-R1.6": 40, "MW15-R4": 30, "MW15": 25}


def rows(items: np.ndarray) -> set[tuple]:
    return {tuple(item.tolist()) for item in items}


def test_no_map_twice_and_none_in_both_sets() -> None:
    chosen = selection.select(Dataset(train=301, validation=101, test_snapshots=10), SIZES)
    train, validation = rows(chosen["train"]), rows(chosen["validation"])
    assert (len(train), len(validation)) == (301, 101)
    assert not train & validation


def test_simulations_share_equally_and_all_views_occur() -> None:
    chosen = selection.select(Dataset(train=301, validation=101, test_snapshots=10), SIZES)
    assert np.bincount(chosen["train"]["simulation"]).tolist() == [151, 150]
    assert set(chosen["train"]["distance_kpc"]) == {10, 25, 50, 75, 100}
    assert set(chosen["train"]["fwhm_arcsec"]) == {0.5, 1.5}


def test_all_combinations_can_be_asked_for() -> None:
    chosen = selection.select(Dataset(train=400, validation=200, test_snapshots=25), SIZES)
    assert len(rows(chosen["train"]) | rows(chosen["validation"])) == 600


def test_test_set_is_snapshot_major_and_even() -> None:
    test = selection.select(Dataset(train=2, validation=2, test_snapshots=3), SIZES)["test"]
    assert test["snapshot"].tolist() == [0] * 4 + [12] * 4 + [24] * 4
    assert test["distance_kpc"].tolist() == [15, 30, 60, 80] * 3
    assert set(test["fwhm_arcsec"]) == {1.0} and set(test["simulation"]) == {2}
    one = selection.select(Dataset(train=2, validation=2, test_snapshots=1), SIZES)["test"]
    assert set(one["snapshot"]) == {24}


@pytest.mark.parametrize(
    ("asked", "named"),
    [({"train": 601}, "MW15-R4, which has 300"), ({"test_snapshots": 26}, "MW15 has 25")],
)
def test_more_maps_than_there_are_is_refused(asked: dict, named: str) -> None:
    with pytest.raises(InputError, match=named):
        selection.select(Dataset(**({"train": 2, "validation": 2, "test_snapshots": 2} | asked)), SIZES)


def test_the_seed_changes_the_choice_and_the_views() -> None:
    first, second = (Dataset(train=50, validation=10, test_snapshots=2, seed=seed) for seed in (1, 2))
    a, b = (selection.select(settings, SIZES)["train"] for settings in (first, second))
    assert rows(a) != rows(b)
    assert selection.view(first, "train", 0, a[0]) != selection.view(second, "train", 0, a[0])


def test_views_are_random_within_their_limits() -> None:
    settings = Dataset(train=2, validation=2, test_snapshots=2, shift_arcsec=3.0)
    item = selection.select(settings, SIZES)["train"][0]
    views = [selection.view(settings, "train", number, item) for number in range(2000)]
    shifts = np.array([view.shift_arcsec for view in views])
    sights = np.array([view.line_of_sight for view in views])
    turns = np.bincount([view.quarter_turns for view in views], minlength=5)
    assert np.abs(shifts).max() <= 3.0
    assert shifts.std() == pytest.approx(3 / np.sqrt(3), rel=0.03)  # 2 sigma of a standard deviation of 4000 numbers
    assert np.allclose(np.linalg.norm(sights, axis=1), 1)
    assert np.abs(sights.mean(axis=0)).max() < 4 / np.sqrt(3 * 2000)  # isotropic: 4 sigma of the mean
    assert turns[4] == 0 and np.abs(turns[:4] - 500).max() < 4 * np.sqrt(2000 * 3 / 16)  # 4 sigma, binomial


def test_a_view_depends_on_group_and_number_alone() -> None:
    settings = Dataset(train=20, validation=10, test_snapshots=2)
    item = selection.select(settings, SIZES)["train"][3]
    assert selection.view(settings, "train", 3, item) == selection.view(settings, "train", 3, item)
    assert selection.view(settings, "train", 3, item) != selection.view(settings, "train", 4, item)
    assert selection.view(settings, "train", 3, item) != selection.view(settings, "validation", 3, item)
    streams = [selection.effects_generator(settings, group, 3).random() for group in ("train", "test")]
    assert streams[0] != streams[1]
