"""Snapshots, their file, tracks and what the settings refuse."""

import h5py
import numpy as np
import pytest

from reproduce.cluster import simulate
from reproduce.cluster.history import core_radius
from reproduce.cluster.initial import make_cluster
from reproduce.cluster.settings import ClusterSettings
from reproduce.cluster.snapshot import Shells, Snapshot, SnapshotFile, shorten, write_snapshots
from reproduce.cluster.tides import bulge_disc_halo, escape_energy, logarithmic_halo
from reproduce.cluster.units import PC_PER_MYR_IN_KMS, G
from reproduce.stars.stellar_evolution import evolution_schedule, stellar_tracks
from reproduce.stars.tracks import Tracks
from reproduce.workflow.errors import InputError


@pytest.fixture
def tracks() -> Tracks:
    """Two stars: one brightens for 10 Gyr, one explodes at 10 Myr."""
    return Tracks(
        offset=np.array([0, 2, 5]),
        time_myr=np.array([0, 10_000, 0, 10, 12_000], np.float32),
        mass_msun=np.array([1, 0.9, 20, 8, 8], np.float32),
        luminosity_lsun=np.array([1, 4, 1e4, 0, 0], np.float32),
        radius_rsun=np.array([1, 2, 8, 1e-5, 1e-5], np.float32),
        stellar_type=np.array([1, 1, 1, 14, 14], np.int8),
    )


def test_tracks_interpolate_and_step(tracks):
    now = tracks.at(np.array([0, 1]), 5_000.0)
    assert now["mass_msun"].tolist() == pytest.approx([0.95, 8])
    assert now["luminosity_lsun"].tolist() == pytest.approx([2, 0])
    assert now["temperature_k"].tolist() == pytest.approx([5772, 0], rel=1e-6)
    before = tracks.at(np.array([1]), 9.99)
    assert (before["mass_msun"][0], before["stellar_type"][0]) == (20, 1)
    assert tracks.at(np.array([0]), 14_000.0)["mass_msun"][0] == np.float32(0.9)


def shells(n: int, age: float) -> Shells:
    rng = np.random.default_rng(int(age))
    r, vr, vt = rng.random((3, n)).astype(np.float32)
    return Shells(age, np.arange(n, dtype=np.uint32) % 2, r, vr, vt)


def test_file_gives_back_what_was_written(tmp_path, tracks):
    path, again = tmp_path / "snapshots.h5", tmp_path / "again.h5"
    written = [shells(100, 1.0), shells(80, 2.0)]
    write_snapshots(path, "a", 7, 0.001, tracks, written)
    write_snapshots(again, "a", 7, 0.001, tracks, iter(written))
    assert path.read_bytes() == again.read_bytes()
    with SnapshotFile(path) as f:
        assert (len(f), f.name, f.ages_gyr.tolist(), f.n_stars.tolist()) == (2, "a", [1.0, 2.0], [100, 80])
        first, second = f
        assert first.position_pc.dtype == np.float32
        # 16 bits of mantissa: 2^-17 relative.
        np.testing.assert_allclose(np.linalg.norm(first.position_pc, axis=1), written[0].radius_pc, rtol=1e-5)
        np.testing.assert_allclose(
            np.linalg.norm(second.velocity_kms, axis=1),
            np.hypot(written[1].radial_velocity_kms, written[1].tangential_velocity_kms),
            rtol=1e-5,
        )
        np.testing.assert_array_equal(f.read(0).position_pc, first.position_pc)
        with pytest.raises(InputError, match="snapshots 0 to 1"):
            f.read(2)


def test_damaged_files_are_refused(tmp_path, tracks):
    path = tmp_path / "snapshots.h5"
    write_snapshots(path, "a", 7, 0.001, tracks, [shells(5_000, 1.0)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"snapshots\.h5: not a whole HDF5 file"):
        SnapshotFile(path)
    path.write_bytes(whole)
    with h5py.File(path) as f:
        chunk = f["snapshots/00000/radius_pc"].id.get_chunk_info(0)
    flipped = bytearray(whole)
    flipped[chunk.byte_offset + chunk.size // 2] ^= 0xFF
    path.write_bytes(flipped)
    with pytest.raises(InputError, match=r"snapshots\.h5: damaged"), SnapshotFile(path) as f:
        f.read(0)
    with pytest.raises(InputError, match="no such file"):
        SnapshotFile(tmp_path / "absent.h5")


def a_snapshot(**changes) -> Snapshot:
    one = np.ones(3, np.float32)
    columns = dict.fromkeys(("mass_msun", "luminosity_lsun", "temperature_k", "radius_rsun"), one)
    columns |= {"position_pc": np.eye(3, dtype=np.float32), "velocity_kms": np.eye(3, dtype=np.float32)}
    columns |= {"age_gyr": 1.0, "stellar_type": np.ones(3, np.int8), "name": "a", "number": 0}
    return Snapshot(**(columns | changes))


def test_line_of_sight_becomes_z():
    seen = a_snapshot().along([0, 3, 0])
    assert seen.position_pc[:, 2].tolist() == pytest.approx([0, 1, 0], abs=1e-6)
    np.testing.assert_allclose(seen.position_pc @ seen.position_pc.T, np.eye(3), atol=1e-6)
    for wrong in ([0, 0, 0], [1, 2], np.ones((3, 3))):
        with pytest.raises(InputError, match="line_of_sight"):
            a_snapshot().along(wrong)


@pytest.mark.parametrize(
    ("field", "value"),
    [("mass_msun", -1), ("luminosity_lsun", np.nan), ("position_pc", np.inf), ("velocity_kms", np.nan)],
)
def test_snapshots_refuse_impossible_stars(field, value):
    wrong = getattr(a_snapshot(), field).copy()
    wrong[0] = value
    with pytest.raises(InputError, match=field):
        a_snapshot(**{field: wrong})
    with pytest.raises(InputError, match="shape"):
        a_snapshot(**{field: wrong[:2]})


def test_shorten_keeps_sixteen_bits():
    values = np.random.default_rng(1).normal(size=1000).astype(np.float32)
    np.testing.assert_allclose(shorten(values), values, rtol=2**-17)
    assert not (shorten(values).view(np.uint32) & 0x7F).any()


def test_size_of_a_large_snapshot(tmp_path, tracks):
    path, two = tmp_path / "one.h5", tmp_path / "two.h5"
    rng = np.random.default_rng(1)
    big = Shells(1.0, np.arange(50_000, dtype=np.uint32) % 2, *rng.normal(size=(3, 50_000)).astype(np.float32))
    write_snapshots(path, "a", 1, 0.001, tracks, [big])
    write_snapshots(two, "a", 1, 0.001, tracks, [big, big])
    assert two.stat().st_size - path.stat().st_size < 0.9e6


def test_sse_masses_of_remnants_and_the_cache(tmp_path):
    masses = np.array([0.3, 0.8, 1.0, 5.0, 20.0])
    tracks = stellar_tracks(masses, 0.001, cache=tmp_path)
    late = tracks.at(np.arange(5), 13_000.0)
    assert late["stellar_type"].tolist()[:4] == [0, 1, 11, 11]
    assert late["stellar_type"][4] in (13, 14)
    assert late["mass_msun"][0] == np.float32(0.3)
    assert 0.5 < late["mass_msun"][2] < 0.65  # a carbon-oxygen white dwarf
    stored = next(tmp_path.iterdir())
    again = stellar_tracks(masses, 0.001, cache=tmp_path)
    np.testing.assert_array_equal(again.luminosity_lsun, tracks.luminosity_lsun)
    stored.write_bytes(stored.read_bytes()[:3000])
    np.testing.assert_array_equal(stellar_tracks(masses, 0.001, cache=tmp_path).time_myr, tracks.time_myr)
    with pytest.raises(InputError, match="metallicity"):
        stellar_tracks(masses, 0.5)
    with pytest.raises(InputError, match="imf_low_msun"):
        stellar_tracks(-masses, 0.001)


def test_evolution_schedule_limits_the_mass_lost(tracks):
    times, response = evolution_schedule(tracks, 14_000.0)
    assert times[-1] == 14_000.0
    assert (np.diff(times) > 0).all() and np.diff(times).max() <= 5.0 + 1e-9
    assert (response > 0).all()
    late, _ = evolution_schedule(tracks, 14_000.0, longest_share=0.005)
    steps = np.diff(late)
    assert (steps <= np.maximum(5.0, 0.005 * late[:-1]) + 1e-9).all() and steps.max() > 50
    early = times < 1_000.0
    np.testing.assert_array_equal(late[: early.sum()], times[early])  # while 5 Myr are more than a share of the age


def test_tides():
    tide = logarithmic_halo(220.0, 15.0)
    velocity = 220.0 / PC_PER_MYR_IN_KMS
    assert tide.jacobi_radius(3e4) == pytest.approx((G * 3e4 / (2 * velocity**2)) ** (1 / 3) * 15_000 ** (2 / 3))
    # Beyond bulge and disc the three components approach the halo alone.
    assert bulge_disc_halo(220.0, 300.0).jacobi_radius(3e4) == pytest.approx(
        logarithmic_halo(220.0, 300.0).jacobi_radius(3e4), rel=0.02
    )
    three = bulge_disc_halo(220.0, 8.5)
    assert three.frequency * 8_500 == pytest.approx(velocity)  # the circular velocity asked for, at the Sun
    step = 1e-4  # the analytic gradient against -R dΩ²/dR by differences
    low, high = (bulge_disc_halo(220.0, 15 * (1 + s)).frequency ** 2 for s in (-step, step))
    assert bulge_disc_halo(220.0, 15.0).gradient == pytest.approx(-(high - low) / (2 * step), rel=1e-6)
    with pytest.raises(InputError, match="circular_velocity_kms"):
        bulge_disc_halo(100.0, 15.0)
    assert escape_energy(1e4, 50.0, 50_000) == pytest.approx(-1.1748 * G * 1e4 / 50, rel=1e-3)


def test_core_radius_of_a_plummer_sphere():
    # A sum over stars of ρ² r² is the integral of ρ³ r² dV; inner half of a Plummer sphere with a = 1, by quadrature.
    stars = make_cluster(np.ones(20_000), "plummer", 1.5, 1.305, 1e3, np.random.default_rng(3))
    x = np.linspace(1e-4, 1.305, 20_000)
    density3 = (1 + x**2) ** -7.5
    expected = np.sqrt(np.trapezoid(density3 * x**4, x) / np.trapezoid(density3 * x**2, x))
    assert core_radius(stars.r, stars.m) == pytest.approx(expected, rel=0.05)


def small(**changes) -> ClusterSettings:
    return ClusterSettings(**({"n_stars": 500, "seed": 3, "half_mass_radius_pc": 1.0, "snapshots": 3} | changes))


@pytest.mark.parametrize(
    ("changes", "radius", "message"),
    [
        ({"remnant_kick_kms": 0.0}, 1.0, "black holes"),
        ({}, 30.0, "does not fit"),
        ({"n_stars": 100, "window": 64}, 1.0, "local averages"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes, radius, message):
    with pytest.raises(InputError, match=message):
        simulate.prepare("a", small(half_mass_radius_pc=radius, **changes))


@pytest.mark.parametrize("change", [{"n_stars": 3}, {"imf_low_msun": -1}, {"theta_max": 0}, {"end_gyr": -1}])
def test_absurd_settings_are_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        small(**change)


@pytest.mark.parametrize("masses", [-np.ones(100), np.ones(3)])
def test_absurd_clusters_are_refused(masses):
    with pytest.raises(InputError):
        make_cluster(masses, "plummer", 1.5, 1.0, 20.0, np.random.default_rng(1))
    with pytest.raises(InputError, match="half_mass_radius_pc"):
        make_cluster(np.ones(100), "plummer", 1.5, 0.0, 20.0, np.random.default_rng(1))
