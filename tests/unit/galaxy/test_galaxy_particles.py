"""Readers of particles, on small files written here in each layout."""

import astropy.units as u
import h5py
import numpy as np
import pytest
from astropy.table import QTable

from reproduce.galaxy.globular_clusters import ClusterSystem
from reproduce.galaxy.kinematics import make_maps, random_views
from reproduce.galaxy.live import Particles
from reproduce.galaxy.particles import centred, read_gadget, read_table
from reproduce.galaxy.settings import MapSettings
from reproduce.workflow.errors import InputError

N = 30
GENERATOR = np.random.default_rng(8)
XYZ = GENERATOR.normal(size=(N, 3)) * 10
V = GENERATOR.normal(size=(N, 3)) * 100
MASS = GENERATOR.uniform(1e6, 1e7, N)


def write_gadget(path, *, header=(), parameters=None, scale=(1.0, 1.0, 1e-10), masses=True):
    """Disc and halo particles, in units that `scale` makes of kpc, km/s and Msun."""
    with h5py.File(path, "w") as file:
        file.create_group("Header").attrs.update({"Time": 0.3, "Redshift": 0.0, "HubbleParam": 1.0} | dict(header))
        if parameters is not None:
            file.create_group("Parameters").attrs.update(parameters)
        for name, part in (("PartType1", slice(0, 20)), ("PartType2", slice(20, N))):
            group = file.create_group(name)
            group["Coordinates"] = XYZ[part] * scale[0]
            group["Velocities"] = V[part] * scale[1]
            if masses:
                group["Masses"] = MASS[part] * scale[2]
    return path


def check(snapshot, rtol=1e-12):
    np.testing.assert_allclose(snapshot.particles.position_kpc, XYZ, rtol=rtol)
    np.testing.assert_allclose(snapshot.particles.velocity_kms, V, rtol=rtol)
    np.testing.assert_allclose(snapshot.particles.mass_msun, MASS, rtol=rtol)
    assert len(snapshot.of("halo")) == 20
    assert len(snapshot.of("halo", "disc")) == N


def test_isolated_gadget_snapshot(tmp_path):
    check(read_gadget(write_gadget(tmp_path / "a.hdf5")))


def test_comoving_snapshot_with_h(tmp_path):
    a, h = 0.5, 0.7
    header = {"Time": a, "Redshift": 1.0, "HubbleParam": h}
    check(read_gadget(write_gadget(tmp_path / "a.hdf5", header=header, scale=(h / a, 1 / np.sqrt(a), 1e-10 * h))))


def test_units_in_the_parameters(tmp_path):
    units = {
        "UnitLength_in_cm": 3.0856775814913673e24,
        "UnitMass_in_g": 1.988409870698051e33,
        "UnitVelocity_in_cm_per_s": 1.0,
        "ComovingIntegrationOn": 0,
    }
    path = write_gadget(tmp_path / "a.hdf5", parameters=units, scale=(1e-3, 1e5, 1.0))
    check(read_gadget(path))


def test_masses_from_the_header(tmp_path):
    table = [0.0, 2e-4, 3e-4, 0.0, 0.0, 0.0]
    snapshot = read_gadget(write_gadget(tmp_path / "a.hdf5", header={"MassTable": table}, masses=False))
    np.testing.assert_allclose(snapshot.of("halo").mass_msun, 2e6)
    np.testing.assert_allclose(snapshot.of("disc").mass_msun, 3e6)
    with pytest.raises(InputError, match=r"PartType1 has neither Masses nor a mass"):
        read_gadget(write_gadget(tmp_path / "b.hdf5", masses=False))


def test_snapshot_in_two_files(tmp_path):
    for number in range(2):
        path = write_gadget(tmp_path / f"snap.{number}.hdf5", header={"NumFilesPerSnapshot": 2})
    assert len(read_gadget(path).particles) == 2 * N
    (tmp_path / "snap.1.hdf5").unlink()
    with pytest.raises(InputError, match=r"snap\.1\.hdf5: no such file"):
        read_gadget(tmp_path / "snap.0.hdf5")


def test_wrong_gadget_files_are_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_gadget(tmp_path / "none.hdf5")
    (tmp_path / "text.hdf5").write_text("no HDF5")
    with pytest.raises(InputError, match="not a whole HDF5 file"):
        read_gadget(tmp_path / "text.hdf5")
    with h5py.File(tmp_path / "other.hdf5", "w") as file:
        file["x"] = [1.0]
    with pytest.raises(InputError, match="no group Header"):
        read_gadget(tmp_path / "other.hdf5")
    path = write_gadget(tmp_path / "a.hdf5")
    with h5py.File(path, "a") as file:
        file["PartType1/Velocities"][3, 1] = np.nan
    with pytest.raises(InputError, match="a velocity is not a finite number"):
        read_gadget(path)
    with h5py.File(path, "a") as file:
        del file["PartType2/Velocities"]
    with pytest.raises(InputError, match="PartType2 lacks Velocities"):
        read_gadget(path)


def table():
    columns = {name: XYZ[:, i] * u.kpc for i, name in enumerate("xyz")}
    columns |= {f"v{name}": V[:, i] * u.km / u.s for i, name in enumerate("xyz")}
    return QTable(columns | {"mass": MASS * u.Msun, "kind": np.repeat(["halo", "disc"], [20, 10])})


@pytest.mark.parametrize("suffix", [".ecsv", ".fits"])
def test_table(tmp_path, suffix):
    path = tmp_path / f"galaxy{suffix}"
    table().write(path)
    check(read_table(path))


def test_table_in_other_units(tmp_path):
    other = table()
    other["x"] = other["x"].to(u.pc)
    other["vy"] = other["vy"].to(u.kpc / u.Gyr)
    other["mass"] = other["mass"].to(u.kg)
    other.write(tmp_path / "galaxy.ecsv")
    check(read_table(tmp_path / "galaxy.ecsv"))


def test_wrong_tables_are_named(tmp_path):
    path = tmp_path / "galaxy.ecsv"
    wrong = table()
    wrong.remove_column("vz")
    wrong.write(path)
    with pytest.raises(InputError, match="lacks column vz"):
        read_table(path)
    wrong = table()
    wrong["x"] = wrong["x"].value * u.s
    wrong.write(path, overwrite=True)
    with pytest.raises(InputError, match="column x is in s"):
        read_table(path)
    wrong["x"] = wrong["x"].value
    wrong.write(path, overwrite=True)
    with pytest.raises(InputError, match="column x has no unit"):
        read_table(path)
    wrong = table()
    wrong["kind"] = np.repeat(["halo", "dust"], [20, 10])
    wrong.write(path, overwrite=True)
    with pytest.raises(InputError, match="column kind has 'dust'"):
        read_table(path)
    with pytest.raises(InputError, match="expected a table"):
        path.rename(tmp_path / "galaxy.txt")
        read_table(tmp_path / "galaxy.txt")


def test_clusters_of_another_codes_galaxy_become_maps(tmp_path):
    snapshot = read_gadget(write_gadget(tmp_path / "a.hdf5"))
    stars = centred(snapshot.of("disc"), about=snapshot.particles)
    views = random_views(ClusterSystem(stars.position_kpc, stars.velocity_kms), 3, np.random.default_rng(1))
    maps = make_maps(views, 17.5, MapSettings(field_rd=20.0), np.random.default_rng(2))
    np.testing.assert_array_equal(maps.count.sum(axis=(1, 2)), 10)


def test_the_centre_is_the_densest_place():
    generator = np.random.default_rng(4)
    place = np.concatenate([generator.normal(size=(2_000, 3)), generator.normal(size=(1_000, 3)) * 30 + [80, 0, 0]])
    velocity = np.tile([100.0, 0, 0], (3_000, 1))
    moved = centred(Particles(place + np.array([5, -3, 2]), velocity, np.ones(3_000)))
    # The centre is the mean of about 50 of 2,000 particles: 3σ of the mean of the inner ones is below 0.3.
    np.testing.assert_allclose(moved.position_kpc[:2_000].mean(axis=0), 0, atol=0.3)
    np.testing.assert_allclose(moved.velocity_kms, 0, atol=1e-9)
