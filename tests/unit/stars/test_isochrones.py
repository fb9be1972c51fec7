"""The table of isochrones: shares, thin late phases, its cache."""

from pathlib import Path

import numpy as np
import pytest

from reproduce.stars import isochrones
from reproduce.workflow.errors import InputError
from tests.support.small_isochrones import small_isochrones


def test_stars_of_an_isochrone_are_one_and_its_late_phases_are_many() -> None:
    table = small_isochrones()
    for age in range(len(table.log_age)):
        one = table.at(0, age)
        assert one.share.sum() == pytest.approx(1.0, abs=1e-4) and (one.share >= 0).all()
        assert (np.diff(one.initial_msun) >= 0).all()
        assert one.left_msun <= one.born_msun * (1 + 1e-5)
        light = one.share * one.light[:, 2]
        assert light.max() < 0.1 * light.sum()  # no kind is a large part of a population's light
    born = table.at(0, 0).born_msun
    assert born == pytest.approx(0.57, abs=0.02)  # Kroupa's mean mass from 0.08 to 100 Msun, by its integral


def test_populations_fade_and_redden_with_age() -> None:
    magnitude = np.array([small_isochrones().at(0, age).integrated() for age in range(2, 8)])  # from 40 Myr
    assert (np.diff(magnitude[:, 1]) > 0).all()
    assert magnitude[-1, 0] - magnitude[-1, 2] > magnitude[0, 0] - magnitude[0, 2] + 1.5


def test_the_cache_gives_back_the_table_and_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    asked = {"feh": (-1.0,), "log_ages": np.array([9.5]), "names": ("V",)}
    made = isochrones.isochrones(tmp_path, **asked)
    (path,) = tmp_path.iterdir()
    for _ in range(2):
        again = isochrones.isochrones(tmp_path, **asked)
        np.testing.assert_array_equal(again.magnitude, made.magnitude)
        assert again.bands == ("V",)
        path.write_bytes(path.read_bytes()[:1_000])
    assert list(tmp_path.iterdir()) == [path]


def test_ages_beyond_the_table_are_one_clear_line() -> None:
    with pytest.raises(InputError, match=r"log10 of the age is 11, expected 6\.6 to 10\.08"):
        small_isochrones().nearest(11, 0.0)
