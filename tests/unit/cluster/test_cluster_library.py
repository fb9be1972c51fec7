"""The design of the library: what is asked for, spread evenly, the test clusters first."""

import numpy as np
import pytest

from reproduce.cluster import library
from reproduce.cluster.settings import Library, Simulate
from reproduce.cluster.simulate import galaxy
from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.papers.magron2026.settings import PROFILES as MAGRON
from reproduce.workflow.errors import InputError
from reproduce.workflow.settings import SettingsError

WANTED = Library(clusters=32)


def test_a_library_is_as_wide_as_asked_for():
    clusters = library.clusters(Simulate(library=WANTED))
    assert list(clusters) == library.names(WANTED) and len(clusters) == 32
    n_stars = np.array([one.n_stars for one in clusters.values()])
    assert 10_000 <= n_stars.min() < 13_000 and 1_200_000 < n_stars.max() <= 1_500_000
    large = n_stars >= 1_000_000
    assert large.sum() >= 3 and 0 < large[:8].sum() < large.sum()  # some to learn from, some to be tested with
    for one in clusters.values():
        assert 0.8 <= one.half_mass_radius_pc <= 8 and 2 <= one.galactocentric_radius_kpc <= 30
        assert -2.31 <= np.log10(one.metallicity / library.SOLAR_Z) <= 0
        assert (one.profile == "king") == (one.king_w0 is not None)
        assert one.king_w0 is None or 5 <= one.king_w0 <= 9
        assert one.kicks == "fallback"
        jacobi = galaxy(one).jacobi_radius(one.n_stars * library.MEAN_MASS_MSUN)
        assert one.half_mass_radius_pc < 1.01 * max(library.FULLEST * jacobi, 0.8)
    assert sum(one.profile == "king" for one in clusters.values()) == 16


def test_the_design_fills_space_and_so_do_its_test_clusters():
    points = library.design(WANTED)
    assert library.held_out_names(WANTED) == library.names(WANTED)[:8]
    for dimension in range(5):  # a net: each eighth of every dimension holds an eighth of the points, one for testing
        assert np.bincount((8 * points[:, dimension]).astype(int), minlength=8).tolist() == [4] * 8
        assert np.bincount((8 * points[:8, dimension]).astype(int), minlength=8).tolist() == [1] * 8


def test_both_systems_learn_from_the_same_clusters():
    """So that whoever has simulated the library for one has it for the other (`reproduce.cluster.make`)."""
    ours, theirs = PROFILES.load("observer").simulate, MAGRON.load("workstation").simulate
    one, other = library.clusters(ours), library.clusters(theirs)
    assert len(other) == 32
    assert {name: one[name] for name in other} == other


def test_designs_follow_from_the_seed():
    other = WANTED.model_copy(update={"seed": 2})
    np.testing.assert_array_equal(library.design(WANTED), library.design(WANTED))
    assert not np.isclose(library.design(WANTED), library.design(other)).any()
    assert library.clusters(Simulate()) == {}


def test_settings_draw_another_library_and_refuse_impossible_ones():
    asked = ["simulate.library.clusters=12", "simulate.library.n_stars=[2000,9000]", "simulate.library.large=0"]
    clusters = library.clusters(PROFILES.load("smoke", asked).simulate)
    assert [name for name in clusters if name.startswith("L")] == [f"L{k:02d}" for k in range(12)]
    assert all(clusters[f"L{k:02d}"].n_stars <= 9_000 for k in range(12)) and clusters["MW15"].n_stars == 2_000
    with pytest.raises(InputError, match="large"):
        library.design(Library(clusters=16, n_stars=(1e4, 1e5)))
    for wrong in ("iron=[-3,0]", "n_stars=[9000,2000]", "test=20", "cluster=3"):
        with pytest.raises(SettingsError, match=wrong.partition("=")[0]):
            PROFILES.load("smoke", [*asked, f"simulate.library.{wrong}"])
