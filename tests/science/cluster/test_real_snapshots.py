"""Readers on real outputs of CMC, NBODY6++GPU and AMUSE, against what is true of them (`shared/data/snapshots`).

Letters are those of issue 17: what each test asks was wrong before.
"""

import gzip

import h5py
import numpy as np
import pytest

from reproduce.cluster.readers import cmc, conversion, formats
from reproduce.cluster.readers.common import Options
from reproduce.workflow.errors import InputError
from tests.support.places import shared_data

KING = "1(t=0.050758988Gyr)"


def snapshots(*parts):
    return shared_data("snapshots", *parts)


def king():
    return Options(conversion=snapshots("cmc", "king.conv.sh"))


def half_mass_radius(radius, mass):
    order = np.argsort(radius)
    return np.interp(0.5, np.cumsum(mass[order]) / mass.sum(), radius[order])


def own_log(column, time):
    """A column of CMC's own log at a code time, both as the log counts columns, from 1."""
    log = np.loadtxt(snapshots("cmc", "king.dyn.dat"))
    return log[np.argmin(np.abs(log[:, 0] - time)), column - 1]


# (a) --------------------------------------------------------------------------------------------------------------


def test_cmc_binary_stars_share_one_place():
    """Before, the median companion was 8.0 pc away in projection; the truth is 2.7 au."""
    path = snapshots("cmc", "king.window.snapshots.h5")
    snapshot = formats.read(path, "cmc", KING, king())
    with h5py.File(path) as f:
        binary = np.flatnonzero(f[KING]["binflag"] == 1)
        rows = len(f[KING])
        separations_au = f[KING]["a_AU"][binary]
    assert len(snapshot) == rows + len(binary) == 893 + 86
    companion = np.arange(rows, len(snapshot))
    distance = np.linalg.norm(snapshot.position_pc[binary] - snapshot.position_pc[companion], axis=1)
    assert np.median(separations_au) == pytest.approx(2.7, abs=0.1)  # as the README says
    assert np.median(distance) <= np.median(separations_au) / 206265


# (c) --------------------------------------------------------------------------------------------------------------


def test_cmc_text_of_2020_holds_the_same_stars_as_hdf5():
    text = formats.read(snapshots("cmc", "reconstructed.snap0001.dat.gz"), "cmc", options=king())
    hdf5 = formats.read(snapshots("cmc", "king.snapshots.h5"), "cmc", "1(t=0.026544006)", king())
    assert text.age_gyr == pytest.approx(hdf5.age_gyr, rel=1e-9)
    for field in ("mass_msun", "luminosity_lsun", "radius_rsun", "stellar_type"):
        # The text has eight digits.
        np.testing.assert_allclose(getattr(text, field), getattr(hdf5, field), rtol=1e-6)


# (d) --------------------------------------------------------------------------------------------------------------


def test_cmc_crossing_times_give_the_age_of_the_log_and_of_the_stars():
    """The README says about 7.4 Myr, but the code's log and its stars say 14.3 Myr.

    The log holds the mass 0.89257782 at the code time 0.0037984859. The luminosity of an 11 Msun star grows by 0.13 dex
    between the two ages; 0.05 dex is asked, for CMC's winds are not ours.
    """
    options = Options(conversion=snapshots("cmc", "tcr.conv.sh"))
    path = snapshots("cmc", "tcr.window.snapshots.h5")
    listed = formats.contents(path, "cmc", options)
    assert listed[1].age_gyr * 1e3 == pytest.approx(14.325, rel=1e-3)
    units = conversion.read(options.conversion)
    code_time = listed[1].age_gyr * 1e3 / units.time_myr
    assert own_log(1, code_time) == pytest.approx(code_time, rel=1e-5)
    assert listed[1].mass_msun / units.mass_msun == pytest.approx(own_log(5, code_time), rel=1e-6)

    from reproduce.stars.stellar_evolution import stellar_tracks

    snapshot = formats.read(path, "cmc", listed[1].key, options)
    star = np.argmin(np.abs(snapshot.mass_msun - 10.85))
    tracks = stellar_tracks(np.array([10.86]), 0.001)  # loses 0.01 Msun until then
    at = {age: tracks.at(np.array([0]), age)["luminosity_lsun"][0] for age in (7.4, 14.325)}
    assert np.log10(at[14.325] / at[7.4]) > 0.12
    assert np.log10(snapshot.luminosity_lsun[star] / at[14.325]) == pytest.approx(0, abs=0.05)


# (e), (f), (g) ----------------------------------------------------------------------------------------------------


def test_nbody6_hierarchies_are_counted_as_the_header_counts():
    entry = formats.contents(snapshots("nbody6pp_beijing", "triples.snap.40_1.h5part"), "nbody6")[0]
    assert entry.n_stars == 215
    assert entry.mass_msun == pytest.approx(116.9, abs=0.05)  # the README's digits; the header's 116.93 is at t = 0


def test_nbody6_stars_of_a_hierarchy_are_together():
    """The five outer orbits have semi-major axes of at most 99 au and eccentricities below 1: apart by at most 2a."""
    path = snapshots("nbody6pp_beijing", "triples.snap.40_1.h5part")
    snapshot = formats.read(path, "nbody6")
    first, second, third = (snapshot.position_pc[200 + 5 * i : 205 + 5 * i] for i in range(3))
    for other in (second, third):
        assert np.linalg.norm(first - other, axis=1).max() < 2.5 * 99.3 / 206265


def test_nbody6_units_are_believed_only_where_the_masses_agree():
    """Before, units='nbody' made 52,226 Msun of 228.5."""
    physical = snapshots("nbody6pp_beijing", "physical.snap.40_2.h5part")
    nbody = snapshots("nbody6pp_beijing", "nbody_units.snap.40_2.h5part")
    with pytest.raises(InputError, match="give units='physical'"):
        formats.contents(physical, "nbody6", Options(units="nbody"))
    with pytest.raises(InputError, match="give units='nbody'"):
        formats.contents(nbody, "nbody6", Options(units="physical"))
    for path in (physical, nbody):
        entry = formats.contents(path, "nbody6")[0]
        # Winds took 0.03 Msun of the first run; the second has no stellar evolution.
        assert entry.mass_msun == pytest.approx(228.548, abs=0.05)
        assert entry.age_gyr == pytest.approx(3 * 0.98803 / 1e3, rel=1e-4)  # Time · T* of the header


def test_nbody6_of_wang_2015():
    path = snapshots("nbody6pp_wang2015", "snap.40_1.h5part")
    with pytest.raises(InputError, match=r"give time_unit_myr .* or age_gyr"):
        formats.contents(path, "nbody6")
    listed = formats.contents(path, "nbody6", Options(time_unit_myr=0.9095))
    assert [entry.key for entry in listed] == ["Step#0", "Step#1", "Step#2", "Step#3"]
    assert {entry.n_stars for entry in listed} == {420}
    assert listed[0].age_gyr == pytest.approx(1.25 * 0.9095 / 1e3)


def test_nbody6_of_wang_2015_resolves_binaries_around_their_centres():
    """The stars' separations are the file's XR, and the stars' centres of mass its XC (relative to each other)."""
    path = snapshots("nbody6pp_wang2015", "snap.40_1.h5part")
    snapshot = formats.read(path, "nbody6", "Step#0", Options(time_unit_myr=0.9095))
    with h5py.File(path) as f:
        table = {name: f["Step#0/Binaries"][name][:].astype(float) for name in f["Step#0/Binaries"]}
    n = len(table["M1"])
    first, second = snapshot.position_pc[-2 * n : -n].astype(float), snapshot.position_pc[-n:].astype(float)
    relative = np.stack([table[f"XR{axis}"] for axis in (1, 2, 3)], axis=1) / 206264.806
    np.testing.assert_allclose(first - second, relative, atol=2e-6)  # float32 of positions of some pc
    weight = (table["M1"] / (table["M1"] + table["M2"]))[:, None]
    centre = weight * first + (1 - weight) * second
    stored = np.stack([table[f"XC{axis}"] for axis in (1, 2, 3)], axis=1)
    np.testing.assert_allclose(centre - centre[0], stored - stored[0], atol=2e-6)


# (h) --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["physical.snap.40_2", "nbody_units.snap.40_2", "triples.snap.40_1"])
def test_clusters_are_centred_where_nbody6_finds_the_density(name):
    """The header's places 6 to 8 hold the code's own density centre.

    Both are Casertano & Hut's estimate, the code's of the stars in the core alone; between 20 and six neighbours, and
    with and without masses as weights, it moves by 0.05 to 0.1 pc in these files of 200 to 420 stars. 0.11 pc is asked,
    half of what the centre of mass is off.
    """
    path = snapshots("nbody6pp_beijing", f"{name}.h5part")
    with h5py.File(path) as f:
        header = f["Step#0/000 Scalars"][:].astype(float)
        first = np.array([f[f"Step#0/00{axis} X{axis}"][0] for axis in (1, 2, 3)], dtype=float)
    options = Options(metallicity=0.001) if name.startswith("nbody") else Options()
    centre = first - formats.read(path, "nbody6", options=options).position_pc[0]
    assert np.linalg.norm(centre - header[6:9]) < 0.11
    by_mass = Options(metallicity=options.metallicity, centre="mass")
    centre_of_mass = first - formats.read(path, "nbody6", options=by_mass).position_pc[0]
    assert np.linalg.norm(centre_of_mass - header[6:9]) > 0.17


# (i), (j) ---------------------------------------------------------------------------------------------------------


def test_ages_of_one_file_are_seen_from_different_sides():
    """Before, cos θ of row i was the same at all ages. The mean of n products of independent ones is 0 ± 1/(3√n)."""
    path = snapshots("cmc", "king.window.snapshots.h5")
    towards = []
    for entry in formats.contents(path, "cmc", king()):
        position = formats.read(path, "cmc", entry.key, king()).position_pc[:893]
        towards.append(position / np.linalg.norm(position, axis=1)[:, None])
    assert abs(np.mean(towards[0][:, 2] * towards[1][:, 2])) < 4 / np.sqrt(9 * 893)
    again = formats.read(path, "cmc", KING, king()).position_pc[:893]
    np.testing.assert_array_equal(again / np.linalg.norm(again, axis=1)[:, None], towards[1])


@pytest.mark.parametrize(
    ("parts", "format", "options", "keys"),
    [
        (("cmc", "king.window.snapshots.h5"), "cmc", king, ["0(t=0Gyr)", KING]),
        (("nbody6pp_beijing", "physical_two_steps.snap.40_0.h5part"), "nbody6", Options, ["Step#0", "Step#1"]),
        (("amuse", "store2_three_sets.hdf5"), "amuse", Options, ["1", "2", "3"]),
    ],
)
def test_of_several_snapshots_none_is_taken_unasked(parts, format, options, keys):
    listed = formats.contents(snapshots(*parts), format, options())
    assert [entry.key for entry in listed] == keys
    ages = [entry.age_gyr for entry in listed]
    assert ages == sorted(ages)
    assert ages[0] < ages[-1]
    with pytest.raises(InputError, match=f"has {len(keys)} snapshots; give key"):
        formats.read(snapshots(*parts), format, options=options())
    assert formats.read(snapshots(*parts), format, keys[1], options()).number == 1


# (k) --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "factor", "message"), [("massunitmsun", 150, "mass unit"), ("lengthunitparsec", 0.25, "length unit")]
)
def test_cmc_conversion_of_another_run_is_refused(tmp_path, unit, factor, message):
    other = tmp_path / "other.conv.sh"
    lines = snapshots("cmc", "king.conv.sh").read_text().splitlines()
    changed = [
        f"{unit}={float(line.split('=')[1]) * factor}" if line.startswith(unit + "=") else line for line in lines
    ]
    other.write_text("\n".join(changed))
    with pytest.raises(InputError, match=f"has the {message} .* give the conv.sh of the same run"):
        formats.contents(snapshots("cmc", "king.snapshots.h5"), "cmc", Options(conversion=other))


@pytest.mark.parametrize("name", ["king.snapshots.h5", "king.window.snapshots.h5", "reconstructed.snap0001.dat.gz"])
def test_cmc_units_measured_in_a_snapshot_are_those_of_its_run(name):
    """So the check's tolerances, 5 and 1 per cent, are far from the truth and from another run's units."""
    path = snapshots("cmc", name)
    for key in cmc.keys(path):
        table, _ = cmc._read_text(path) if path.suffix == ".gz" else cmc._read_hdf5(path, key)
        mass = conversion._mass_unit(table)
        assert mass == pytest.approx(566.452, rel=1e-5)
        assert conversion._length_unit(table, mass) == pytest.approx(6, rel=1e-4)


# What is true of the files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key", "n_objects", "mass", "r_half"),
    [
        ("king.window.snapshots.h5", KING, 893, 471.7626, 5.889),
        ("king.snapshots.h5", "1(t=0.026544006)", 880, 447.6914, 5.587),
    ],
)
def test_cmc_numbers_are_those_of_its_log(name, key, n_objects, mass, r_half):
    """The README's digits. Radii of shells do not depend on the angles, which float32 keeps to 1e-7."""
    snapshot = formats.read(snapshots("cmc", name), "cmc", key, king())
    places = np.unique(np.linalg.norm(snapshot.position_pc, axis=1)).size
    assert places == pytest.approx(n_objects, abs=2)
    assert snapshot.mass_msun.sum(dtype=float) == pytest.approx(mass, abs=1e-3)
    radius = np.linalg.norm(snapshot.position_pc, axis=1)
    assert half_mass_radius(radius, snapshot.mass_msun.astype(float)) == pytest.approx(r_half, rel=0.01)  # one object


def test_cmc_velocities_give_the_kinetic_energy_of_the_log():
    units = conversion.read(king().conversion)
    snapshot = formats.read(snapshots("cmc", "king.snapshots.h5"), "cmc", "1(t=0.026544006)", king())
    energy = 0.5 * np.sum(snapshot.mass_msun * np.sum(snapshot.velocity_kms**2, axis=1)) / units.mass_msun
    assert energy / units.velocity_kms**2 == pytest.approx(own_log(11, 0.026544006), rel=1e-4)


@pytest.mark.parametrize(("name", "key"), [("store1.hdf5", "1"), ("store2_default.hdf5", "1")])
def test_amuse_stars_are_the_true_ones(name, key):
    """(b) store version 2.0. AMUSE's Sun has 3.839e26 W, 1.98892e30 kg and 695,500 km; ours is the IAU's."""
    snapshot = formats.read(snapshots("amuse", name), "amuse", key, Options(centre="mass"))
    with np.load(snapshots("amuse", "truth.npz")) as truth:
        np.testing.assert_allclose(snapshot.mass_msun, truth["m"] * (1.98892 / 1.988409871), rtol=1e-5)
        np.testing.assert_allclose(snapshot.luminosity_lsun, truth["L"] * (3.839 / 3.828), rtol=1e-5)
        np.testing.assert_allclose(snapshot.radius_rsun, truth["R"] * (6.955 / 6.957), rtol=1e-5)
        np.testing.assert_allclose(snapshot.temperature_k, truth["T"], rtol=1e-5)
        np.testing.assert_array_equal(snapshot.stellar_type, truth["k"])
        position = np.stack([truth[axis] for axis in "xyz"], axis=1)
        position -= np.average(position, axis=0, weights=truth["m"])
        np.testing.assert_allclose(snapshot.position_pc, position, atol=1e-5)
    assert snapshot.age_gyr == pytest.approx(0.1, rel=1e-4)


def test_gzip_that_is_cut_short_is_refused(tmp_path):
    whole = snapshots("cmc", "reconstructed.snap0001.dat.gz").read_bytes()
    (tmp_path / "cut.dat.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not a whole CMC snapshot"):
        formats.contents(tmp_path / "cut.dat.gz", "cmc", king())
    lines = gzip.decompress(whole).splitlines()
    (tmp_path / "short.dat.gz").write_bytes(
        gzip.compress(b"\n".join([lines[0], lines[1], lines[2].rsplit(maxsplit=3)[0]]))
    )
    with pytest.raises(InputError, match="expected CMC's two header lines"):
        formats.contents(tmp_path / "short.dat.gz", "cmc", king())
