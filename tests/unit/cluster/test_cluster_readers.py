"""Readers of other codes' snapshots, on small files written here in each format's layout."""

import gzip

import astropy.units as u
import h5py
import numpy as np
import pytest
from astropy.table import QTable

from reproduce.cluster.readers import amuse, cmc, mocca, nbody6, table
from reproduce.workflow.errors import InputError

N = 40
RNG = np.random.default_rng(5)
XYZ = RNG.normal(size=(N, 3))
V = RNG.normal(size=(N, 3))
MASS = RNG.uniform(0.2, 0.8, N)
LIGHT = MASS**4
SIZE = MASS**0.8
KIND = np.where(MASS < 0.7, 0, 1)


def check(snapshot, age_gyr, centred=True):
    """The stars of this module, whatever file they came through; float32 keeps 6e-8 of each number."""
    assert snapshot.age_gyr == pytest.approx(age_gyr, rel=1e-6)
    np.testing.assert_allclose(snapshot.mass_msun, MASS, rtol=1e-6)
    np.testing.assert_allclose(snapshot.luminosity_lsun, LIGHT, rtol=1e-6)
    np.testing.assert_allclose(snapshot.radius_rsun, SIZE, rtol=1e-6)
    np.testing.assert_array_equal(snapshot.stellar_type, KIND)
    np.testing.assert_allclose(snapshot.temperature_k, 5772 * LIGHT**0.25 / np.sqrt(SIZE), rtol=1e-5)
    if centred:
        np.testing.assert_allclose(snapshot.position_pc, XYZ - np.average(XYZ, axis=0, weights=MASS), atol=1e-6)
        np.testing.assert_allclose(snapshot.velocity_kms, V - np.average(V, axis=0, weights=MASS), atol=1e-6)
    else:
        np.testing.assert_allclose(np.linalg.norm(snapshot.position_pc, axis=1), np.linalg.norm(XYZ, axis=1), rtol=1e-5)


def write_nbody6(path, scale=(1.0, 1.0, 1.0), skip=()):
    with h5py.File(path, "w") as f:
        group = f.create_group("Step#3")
        scalars = np.zeros(15)
        scalars[[0, 2, 3, 5, 11]] = 100.0, 1 / scale[0], 1 / scale[2], 0.5, 1 / scale[1]
        group["000 Scalars"] = scalars
        for i in range(3):
            group[f"{i + 1:03d} X{i + 1}"] = XYZ[:, i] * scale[0]
            group[f"{i + 4:03d} V{i + 1}"] = V[:, i] * scale[1]
        columns = {"023 M": MASS * scale[2], "026 R*": SIZE, "027 L*": LIGHT, "031 KW": KIND}
        for name, values in columns.items():
            if name not in skip:
                group[name] = values


def test_nbody6_in_physical_and_nbody_units(tmp_path):
    write_nbody6(tmp_path / "a.h5part")
    check(nbody6.read(tmp_path / "a.h5part"), 0.05)
    write_nbody6(tmp_path / "b.h5part", scale=(0.5, 0.25, 0.01))
    check(nbody6.read(tmp_path / "b.h5part", step=3, units="nbody"), 0.05)
    with pytest.raises(InputError, match="N-body units"):
        nbody6.read(tmp_path / "b.h5part")
    with pytest.raises(InputError, match="no group Step#7"):
        nbody6.read(tmp_path / "a.h5part", step=7)


def test_missing_luminosity_is_named_or_filled(tmp_path):
    path = tmp_path / "a.h5part"
    write_nbody6(path, skip=("027 L*",))
    with pytest.raises(InputError, match=r"luminosity_lsun.*fill_metallicity"):
        nbody6.read(path)
    filled = nbody6.read(path, fill_metallicity=0.001)
    assert (filled.luminosity_lsun > 0).all()
    write_nbody6(path, skip=("023 M",))
    with pytest.raises(InputError, match="mass_msun"):
        nbody6.read(path, fill_metallicity=0.001)


def cmc_rows():
    r = np.linalg.norm(XYZ, axis=1)
    vr = np.sum(XYZ * V, axis=1) / r
    vt = np.sqrt(np.maximum(np.sum(V**2, axis=1) - vr**2, 0))
    columns = {"#1:id": np.arange(N), "#2:m[MSUN]": MASS, "#3:r": r / 2, "#4:vr": vr, "#5:vt": vt}
    columns |= {"#8:binflag": 0 * r, "#9:m0[MSUN]": 0 * r, "#10:m1[MSUN]": 0 * r}
    columns |= {"#15:startype": KIND, "#16:luminosity[LSUN]": LIGHT, "#17:radius[RSUN]": SIZE}
    for i, name in enumerate(("bin_startype", "bin_star_lum", "bin_star_radius")):
        columns |= {f"#{18 + 2 * i + j}:{name}{j}": 0 * r for j in (0, 1)}
    return columns


def write_conversion(path):
    """One code length is 2 pc; a code velocity is 1 km/s."""
    parsec = 3.0857e18
    path.write_text(
        f"# code unit\nlengthunitcgs={2 * parsec}\nlengthunitparsec=2\ntimeunitsmyr=1000\n"
        f"nbtimeunitcgs={2 * parsec / 1e5}\n"
    )


def write_cmc_text(path, columns):
    with gzip.open(path, "wt") as stream:
        stream.write("# t=1.25 [code units]; All quantities below are in code units unless otherwise specified.\n")
        stream.write(" ".join(columns) + "\n")
        np.savetxt(stream, np.stack(list(columns.values()), axis=1), fmt="%.9e")


def test_cmc_text_and_hdf5(tmp_path):
    write_conversion(tmp_path / "run.conv.sh")
    write_cmc_text(tmp_path / "run.snap0001.dat.gz", cmc_rows())
    check(cmc.read(tmp_path / "run.snap0001.dat.gz", tmp_path / "run.conv.sh"), 1.25, centred=False)
    columns = {name.split(":")[1].replace("[", "_").replace("]", ""): values for name, values in cmc_rows().items()}
    data = np.zeros(N, dtype=[(name, "f8") for name in columns])
    for name, values in columns.items():
        data[name] = values
    with h5py.File(tmp_path / "run.window.snapshots.h5", "w") as f:
        f["1(t=2.5Gyr)/table"] = data
    check(cmc.read(tmp_path / "run.window.snapshots.h5", tmp_path / "run.conv.sh"), 2.5, centred=False)


def test_cmc_binary_becomes_two_stars(tmp_path):
    write_conversion(tmp_path / "run.conv.sh")
    rows = cmc_rows()
    for name, value in {"#8:binflag": 1, "#9:m0[MSUN]": 0.7, "#10:m1[MSUN]": 0.3, "#21:bin_star_lum1": 0.1}.items():
        rows[name] = rows[name].copy()
        rows[name][4] = value
    write_cmc_text(tmp_path / "run.dat.gz", rows)
    snapshot = cmc.read(tmp_path / "run.dat.gz", tmp_path / "run.conv.sh")
    assert len(snapshot) == N + 1
    assert snapshot.mass_msun[[4, N]].tolist() == pytest.approx([0.7, 0.3])
    assert snapshot.luminosity_lsun[N] == pytest.approx(0.1)
    radii = np.linalg.norm(snapshot.position_pc, axis=1)
    assert radii[4] == pytest.approx(radii[N], rel=1e-5)


def test_cmc_truncated_file_is_refused(tmp_path):
    write_conversion(tmp_path / "run.conv.sh")
    path = tmp_path / "run.dat.gz"
    write_cmc_text(path, cmc_rows())
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="not a whole CMC snapshot"):
        cmc.read(path, tmp_path / "run.conv.sh")


def test_mocca_text_with_a_binary(tmp_path):
    values = np.zeros((N, 22))
    r = np.linalg.norm(XYZ, axis=1)
    values[:, [0, 1, 2, 3, 7, 9, 11, 13]] = np.stack([np.arange(N), r, r, r, KIND, MASS, LIGHT, SIZE], axis=1)
    np.savetxt(tmp_path / "snap.dat", values, fmt="%.9e")
    check(mocca.read(tmp_path / "snap.dat", age_gyr=12.0), 12.0, centred=False)
    values[0, [8, 10, 12, 14]] = 1, 0.25, 0.125, 0.5
    np.savetxt(tmp_path / "snap.dat", values, fmt="%.9e")
    snapshot = mocca.read(tmp_path / "snap.dat", age_gyr=12.0)
    assert len(snapshot) == N + 1
    assert snapshot.mass_msun[N] == np.float32(0.25)
    with pytest.raises(InputError, match="expected at least"):
        np.savetxt(tmp_path / "snap.dat", values[:, :9])
        mocca.read(tmp_path / "snap.dat", age_gyr=12.0)


def write_amuse(path, mass_unit="1.98892e+30 * system.get('S.I.').base('mass')"):
    length, time = "system.get('S.I.').base('length')", "system.get('S.I.').base('time')"
    watt = f"3.828e+26 * system.get('S.I.').base('mass') * {length}**2 * {time}**-3"
    with h5py.File(path, "w") as f:
        group = f.create_group("particles/0000000001")
        group.attrs["number_of_particles"] = N
        group["keys"] = np.arange(N)
        attributes = group.create_group("attributes")
        columns = {"mass": (MASS, mass_unit), "luminosity": (LIGHT, watt), "radius": (SIZE * 6.957e8, length)}
        columns |= {axis: (XYZ[:, i] * 3.0856775814913673e16, length) for i, axis in enumerate("xyz")}
        columns |= {f"v{axis}": (V[:, i], f"1000.0 * {length} / {time}") for i, axis in enumerate("xyz")}
        columns |= {"stellar_type": (KIND, "none"), "age": (np.full(N, 3.15576e16), time)}
        for name, (values, unit) in columns.items():
            attributes[name] = values
            attributes[name].attrs["units"] = unit


def test_amuse(tmp_path):
    write_amuse(tmp_path / "set.hdf5")
    snapshot = amuse.read(tmp_path / "set.hdf5")
    np.testing.assert_allclose(snapshot.mass_msun, MASS, rtol=1e-3)  # AMUSE's older solar mass
    np.testing.assert_allclose(snapshot.luminosity_lsun, LIGHT, rtol=1e-5)
    np.testing.assert_allclose(snapshot.radius_rsun, SIZE, rtol=1e-5)
    np.testing.assert_allclose(snapshot.velocity_kms, V - np.average(V, axis=0, weights=MASS), atol=1e-5)
    assert snapshot.age_gyr == pytest.approx(1.0)


def test_amuse_unit_text_is_never_run(tmp_path):
    write_amuse(tmp_path / "set.hdf5", mass_unit="__import__('os').getcwd()")
    with pytest.raises(InputError, match="has the unit"):
        amuse.read(tmp_path / "set.hdf5")


@pytest.mark.parametrize("suffix", [".ecsv", ".parquet"])
def test_table(tmp_path, suffix):
    path = tmp_path / f"stars{suffix}"
    columns = {axis: (XYZ[:, i] * u.pc).to(u.lyr) for i, axis in enumerate("xyz")}
    columns |= {f"v{axis}": V[:, i] * u.km / u.s for i, axis in enumerate("xyz")}
    columns |= {"mass": MASS * u.Msun, "luminosity": LIGHT * u.Lsun, "radius": SIZE * u.Rsun, "stellar_type": KIND}
    stars = QTable(columns, meta={"age_gyr": 7.5})
    stars.write(path)
    check(table.read(path, age_gyr=7.5), 7.5)
    if suffix == ".ecsv":
        check(table.read(path), 7.5)
    stars["mass"] = MASS
    stars.write(path, overwrite=True)
    with pytest.raises(InputError, match="mass has no unit"):
        table.read(path, age_gyr=7.5)


def test_table_without_age_is_refused(tmp_path):
    QTable({"mass": MASS * u.Msun}).write(tmp_path / "stars.ecsv")
    with pytest.raises(InputError, match="give age_gyr"):
        table.read(tmp_path / "stars.ecsv")
