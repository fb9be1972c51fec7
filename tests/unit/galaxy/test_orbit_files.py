"""DYNAMITE's files: read back as written; one clear line for each kind of damage."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from reproduce.galaxy.orbits import dynamite_files
from reproduce.galaxy.orbits.losvd import Kinematics
from reproduce.galaxy.orbits.observation import Apertures
from reproduce.papers.skusa2023 import ngc6278
from reproduce.workflow.errors import InputError
from tests.support.places import shared_data


def _kinematics(n: int) -> Kinematics:
    random = np.random.default_rng(3)
    return Kinematics(*(random.uniform(0.5, 2.0, n) for _ in fields(Kinematics)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    apertures = Apertures((-2.0, -1.5), (4.0, 3.0), -36.4, np.array([[1, 1, 2, 0], [3, 1, 2, 0], [3, 3, 2, 4]]))
    dynamite_files.write_folder(tmp_path, ngc6278.LIGHT, _kinematics(4), ngc6278.SPREAD, apertures, "synthetic")
    return tmp_path


def test_a_folder_is_read_as_it_was_written(folder: Path) -> None:
    light, kinematics, spread, apertures = dynamite_files.read_folder(folder)
    assert light.sigma_arcsec == pytest.approx(ngc6278.LIGHT.sigma_arcsec, rel=1e-15)
    assert kinematics.h4_error == pytest.approx(_kinematics(4).h4_error, rel=1e-15)
    assert (spread.sigma_arcsec, spread.weight) == (ngc6278.SPREAD.sigma_arcsec, ngc6278.SPREAD.weight)
    assert apertures.bin_of_pixel.tolist() == [[1, 1, 2, 0], [3, 1, 2, 0], [3, 3, 2, 4]]
    assert (apertures.corner_arcsec, apertures.size_arcsec, apertures.angle_deg) == ((-2.0, -1.5), (4.0, 3.0), -36.4)


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        ("mge.ecsv", "%ECSV", "ECSV", "not a readable ECSV table"),
        ("mge.ecsv", "sigma", "size", "lacks the columns sigma"),
        ("mge.ecsv", "26819.14", "-26819.14", "Gaussian 1 has I = -26819.1"),
        ("mge.ecsv", "26819.14", '""', "column I must hold a number in every row"),
        ("gauss_hermite_kins.ecsv", "PSF", "seeing", "its head lacks 'meta: PSF"),
        ("gauss_hermite_kins.ecsv", "\n2 ", "\n3 ", "vbin_id must number the bins"),
        ("aperture.dat", "#counter", "#other", "its first line must be"),
        ("aperture.dat", "-36.4", "north", "expected a number, found 'north'"),
        ("aperture.dat", "4 3", "5 3", "says 12 pixels and holds 12, but aperture.dat has 5 x 3"),
        ("aperture.dat", "4 3", "4", "expected 7 numbers after its first line, found 6"),
        ("bins.dat", "      0", "      7", "without gaps"),
        ("bins.dat", "      4", "    3.5", "must be whole"),
        ("bins.dat", "      4", "      3", "bins.dat has 3 bins, gauss_hermite_kins.ecsv 4 rows"),
    ],
)
def test_a_damaged_file_gets_one_line(folder: Path, file: str, before: str, after: str, says: str) -> None:
    text = (folder / file).read_text()
    assert before in text
    (folder / file).write_text(text.replace(before, after))
    with pytest.raises(InputError) as error:
        dynamite_files.read_folder(folder)
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert str(folder) in str(error.value)


@pytest.mark.parametrize("file", ["mge.ecsv", "gauss_hermite_kins.ecsv", "aperture.dat", "bins.dat"])
def test_a_missing_or_empty_file_gets_one_line(folder: Path, file: str) -> None:
    (folder / file).write_text("")
    with pytest.raises(InputError, match=file):
        dynamite_files.read_folder(folder)
    (folder / file).unlink()
    with pytest.raises(InputError, match="no such file"):
        dynamite_files.read_folder(folder)


@pytest.mark.parametrize(("name", "value"), [("dispersion_kms", -5.0), ("h3_error", 0.0), ("mean_kms", np.nan)])
def test_kinematics_that_cannot_be_name_their_aperture(name: str, value: float) -> None:
    columns = {field.name: np.ones(3) for field in fields(Kinematics)}
    columns[name][2] = value
    with pytest.raises(InputError, match=f"{name} in aperture 3 is"):
        Kinematics(**columns)


def test_the_example_of_dynamite() -> None:
    light, kinematics, spread, apertures = dynamite_files.read_folder(shared_data("ngc6278"))
    assert light.surface_brightness.tolist() == ngc6278.MANIFEST["mge"]["surface_brightness_lsun_pc2"]
    assert apertures.number == kinematics.mean_kms.size == 152
    assert (apertures.bin_of_pixel > 0).sum() == 1786
    assert spread.sigma_arcsec.tolist() == [1.06]
