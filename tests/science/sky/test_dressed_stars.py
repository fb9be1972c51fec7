"""Snapshots whose stars are those of another age and [Fe/H]: at their own they are as bright as they are."""

import numpy as np
import pytest

from reproduce.cluster.snapshot import Snapshot
from reproduce.papers.magron2026.drawn import BANDS, RECIPE, SOLAR_V_LIGHT, Stars
from reproduce.sky.hst import HstStars
from reproduce.stars.imf import kroupa_masses
from reproduce.stars.isochrones import Isochrones, isochrones, metallicity_of_feh
from reproduce.stars.stellar_evolution import stellar_tracks

FEH, AGES = (-1.1, -0.3), np.array([8.0, 9.0, 10.0])
N = 30_000


@pytest.fixture(scope="module")
def table() -> Isochrones:
    return isochrones(feh=FEH, log_ages=AGES, names=BANDS, recipe=RECIPE)


@pytest.fixture(scope="module")
def born() -> np.ndarray:
    return np.sort(kroupa_masses(N, 0.08, 100.0, np.random.default_rng(3)))


def evolved(born: np.ndarray, feh: float, log_age: float) -> Stars:
    """Stars of one age as a simulation of this [Fe/H] has them, each with a track of its own."""
    state = stellar_tracks(born, metallicity_of_feh(feh), recipe="fryer2012").at(np.arange(N), 10 ** (log_age - 6))
    place = np.random.default_rng(4).standard_normal((N, 3)).astype(np.float32)
    snapshot = Snapshot(10 ** (log_age - 9), place, np.zeros_like(place), name="C", number=0, **state)
    every = HstStars.of(snapshot, feh, BANDS)
    own = HstStars(place, every.mass_msun, every.light[:, :-1], every.age_gyr, feh, BANDS[:-1], every.name)
    return Stars(own, every.light[:, -1] * SOLAR_V_LIGHT, born.astype(np.float32))


@pytest.mark.parametrize("age", range(3))
def test_stars_of_their_own_age_and_metallicity_are_as_bright_and_heavy_as_they_are(
    table: Isochrones, born: np.ndarray, age: int
) -> None:
    """A kind stands for stars that differ by up to 0.12 dex in luminosity; of some fifty giants the light is then right
    to 0.28 / sqrt(50) = 4 %, three sigma of which are allowed. Masses differ by a step of the grid in the mean."""
    true = evolved(born, -1.1, AGES[age])
    found = true.dressed(table.at(0, age))
    np.testing.assert_allclose(found.hst.light.sum(axis=0), true.hst.light.sum(axis=0), rtol=0.12)
    assert found.v.sum() == pytest.approx(true.v.sum(), rel=0.12)
    assert found.hst.mass_msun.sum() == pytest.approx(true.hst.mass_msun.sum(), rel=0.01)
    np.testing.assert_array_equal(found.hst.position_pc, true.hst.position_pc)
    assert found.hst.age_gyr == pytest.approx(true.hst.age_gyr) and found.hst.feh == -1.1


def test_more_metals_make_redder_stars(table: Isochrones, born: np.ndarray) -> None:
    stars = evolved(born, -1.1, 10.0)
    colour = []
    for metal in range(2):
        blue, red = stars.dressed(table.at(metal, 2)).hst.light.sum(axis=0)[1:]
        colour.append(-2.5 * np.log10(blue / red))
    assert colour[1] > colour[0]
