"""Random galaxies are pure functions of seed and item, within their ranges."""

import numpy as np
import pytest

from reproduce.galaxy import populations
from reproduce.galaxy.settings import Numerics, Ranges

QUICK = Numerics(n_halo=200, n_baryons=50, step_gyr=0.01, longest_gyr=0.05)


def test_an_item_is_always_the_same_and_no_other():
    ranges = Ranges(n_clusters=20, relax_gyr=0.1)
    first, again, other, seed = (populations.disc(ranges, *key) for key in ((1, 5), (1, 5), (1, 6), (2, 5)))
    np.testing.assert_array_equal(first.clusters.position_kpc, again.clusters.position_kpc)
    assert first.halo_msun == again.halo_msun
    assert len({first.halo_msun, other.halo_msun, seed.halo_msun}) == 3


def test_discs_are_within_their_ranges():
    ranges = Ranges(n_clusters=5, relax_gyr=0, rotation_fraction=(0.1, 0.2), concentration_dex=0.1)
    drawn = [populations.disc(ranges, 1, item) for item in range(60)]
    halo = np.array([each.halo_msun for each in drawn])
    assert 1e11 <= halo.min() < 3e11 < 1.7e12 < halo.max() <= 2e12
    assert all(0.1 <= each.parameters["rotation_fraction"] <= 0.2 for each in drawn)
    assert all(0 <= each.parameters["bulge_to_disc"] <= 4 for each in drawn)
    assert all(each.total_msun == pytest.approx(1.07 * each.halo_msun) for each in drawn)
    scatter = np.std(np.log10([each.parameters["concentration_factor"] for each in drawn]))
    assert scatter == pytest.approx(0.1, abs=0.04)  # 60 draws know it to 9 %; four of them


def test_mergers_are_within_their_ranges():
    ranges = Ranges(n_clusters=5, relax_gyr=0, mass_ratio=(0.1, 0.3))
    for item in range(3):
        drawn = populations.merger(ranges, 1, item, QUICK)
        assert drawn.remnant is not None
        assert 0.1 <= drawn.parameters["mass_ratio"] <= 0.3
        assert 4 <= drawn.parameters["separation_rd"] <= 8
        assert drawn.total_msun == pytest.approx(1.07 * drawn.halo_msun)
        assert drawn.remnant.particles.mass_msun.sum() == pytest.approx(drawn.total_msun)
        assert len(drawn.clusters) == 10
        assert not drawn.remnant.merged


@pytest.mark.parametrize(
    "wrong", [{"halo_msun": (2e12, 1e12)}, {"mass_ratio": (0.5, 2.0)}, {"velocity_factor": (0.1, float("nan"))}]
)
def test_wrong_ranges_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Ranges(**wrong)
