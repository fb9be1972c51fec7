"""The searches among sorted stars find exactly what plain ones find."""

import numpy as np
import pytest

from reproduce.cluster import lookup, orbits, places
from reproduce.cluster.initial import Stars, make_cluster
from reproduce.cluster.relaxation import BLOCK, block_edges
from reproduce.cluster.units import G
from reproduce.stars.imf import kroupa_masses
from reproduce.stars.stellar_evolution import advance_masses, mass_rows, stellar_tracks


def cluster(n: int) -> Stars:
    masses = kroupa_masses(n, 0.1, 50.0, np.random.default_rng(1))
    return make_cluster(masses, "plummer", 1.5, 3.2, 60.0, np.random.default_rng(2))


@pytest.mark.parametrize("n", [10, 65, 20_000])
@pytest.mark.parametrize("offset", [0, 3, 9])
def test_lookup_is_searchsorted(n, offset):
    stars = cluster(n)
    stars.r[n // 2 : n // 2 + 3] = stars.r[n // 2]  # stars at one radius
    stars.r[:3] *= 1e-6  # as in a collapsed core: many empty cells
    field = orbits.potential(stars.r, stars.m)
    edges = block_edges(n, offset)
    index = lookup.block_index(stars.r, field.inside, field.outer, edges)
    between = np.sqrt(stars.r[1:] * stars.r[:-1])
    for x in [*stars.r, *between, stars.r[0] / 3, stars.r[-1] * 3]:
        b = lookup.block_at(x, index)
        assert lookup.stars_inside(x, b, stars.r, edges) == np.searchsorted(stars.r, x, side="right")
        assert b == max(np.searchsorted(stars.r[edges[:-1]], x, side="right") - 1, 0)
    expected = np.searchsorted(edges, np.arange(n), side="right") - 1
    assert [lookup.block_of(i, edges) for i in range(n)] == expected.tolist()
    assert BLOCK == 16


def test_turning_points_are_those_of_a_plain_search():
    stars = cluster(3_000)
    field = orbits.potential(stars.r, stars.m)
    edges = block_edges(len(stars), 7)
    index = lookup.block_index(stars.r, field.inside, field.outer, edges)
    energy = orbits.energies(stars.bodies, field)[0]
    momentum2 = (stars.r * stars.vt) ** 2
    inside, outer = field.inside[:-1], field.outer[:-1]  # as seen at each star by a star farther out
    for first in range(0, len(stars) - places.BATCH, places.BATCH):
        batch = places._batch()
        some = np.arange(first, first + places.BATCH)
        batch.star[:], batch.r[:], batch.m[:] = some, stars.r[some], stars.m[some]
        batch.energy[:], batch.momentum2[:] = energy[some], momentum2[some]
        places._find_turning_points(batch, places.BATCH, stars.bodies, field, index)
        for k, i in enumerate(some):
            phi = -G * (inside / stars.r + outer) + G * stars.m[i] / np.maximum(stars.r, stars.r[i])
            allowed = 2 * (energy[i] - phi) - momentum2[i] / stars.r**2 >= 0
            allowed[i] = True
            assert batch.c_peri[k] == i - np.argmin(np.concatenate([allowed[: i + 1][::-1], [False]])) + 1
            assert batch.c_apo[k] == i + np.argmin(np.concatenate([allowed[i:], [False]]))


def test_numbers_inside_is_searchsorted():
    old, new = np.sort(np.random.default_rng(1).integers(0, 400, (2, 500)).astype(float))
    np.testing.assert_array_equal(places.numbers_inside(old, new), np.searchsorted(new, old, side="right"))


def test_masses_follow_the_tracks():
    """Stars whose mass stays are passed over; the others, and the remnants, must be where the tracks are."""
    masses = np.concatenate([kroupa_masses(300, 0.1, 50.0, np.random.default_rng(1)), [9.0, 12.0, 25.0, 40.0]])
    tracks = stellar_tracks(masses, 0.001)
    n = len(masses)
    row, same_until, now = tracks.offset[:-1].copy(), np.zeros(n, np.float32), masses.copy()
    exploded = np.zeros(n, dtype=int)
    for time in np.unique(np.concatenate([np.geomspace(1, 14_000, 300), tracks.time_myr[1::7].astype(float)])):
        exploded += advance_masses(row, same_until, np.arange(n), now, time, mass_rows(tracks))
        np.testing.assert_allclose(now, tracks.at(np.arange(n), time)["mass_msun"], rtol=1e-6)  # float32
    np.testing.assert_array_equal(exploded, tracks.at(np.arange(n), 14_000)["stellar_type"] >= 13)
