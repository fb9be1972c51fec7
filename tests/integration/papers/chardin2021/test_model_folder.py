"""The files of a trained model know each other: what does not belong, is damaged or holds no numbers is refused."""

import shutil
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest

from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.papers.chardin2021.trained_model import consistency, model_folder
from reproduce.papers.chardin2021.trained_model.consistency import UncheckedModelWarning
from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from reproduce.workflow.errors import InputError
from tests.integration.papers.chardin2021.test_predict_command import predict
from tests.support.model_folder import write_model_folder
from tests.support.network_maps import one_map

METRICS = {
    f"coverage_{level}_{name}_percent": 1.0 * level for level in (68, 95) for name in ("total_mass", "age", "distance")
}
METRICS |= {
    f"{name}_{network}": 1.0 for name in ("parameters", "validation_r2") for network in ("encoder_decoder", "regressor")
}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of one member in place of two: networks and calibration of the same shapes, but other ones."""
    return write_model_folder(tmp_path_factory.mktemp("other"), members=1)


@pytest.fixture
def whole(model_folder: Path, tmp_path: Path) -> Path:
    """A folder as the stage `model` writes it."""
    write(model_folder, tmp_path / "whole")
    return tmp_path / "whole"


def write(source: Path, folder: Path) -> None:
    folder.mkdir()
    scaler, calibration = source / "scaler.json", source / "calibration.h5"
    model_folder.write(source, scaler, calibration, PROFILES.load("smoke"), METRICS, folder)


def without_digests(folder: Path) -> Path:
    """As folders were before there were digests."""
    (folder / consistency.FILE).unlink()
    with h5py.File(folder / "calibration.h5", "r+") as file:
        del file.attrs["networks_sha256"]
    return folder


def spoil(path: Path, name: str, value: float = np.nan) -> None:
    """Set one number of an array in an HDF5 file."""
    with h5py.File(path, "r+") as file:
        found: list[str] = []
        file.visit(lambda key: found.append(key) if name in key and isinstance(file[key], h5py.Dataset) else None)
        file[found[0]][(0,) * file[found[0]].ndim] = value


def test_a_whole_folder_is_loaded_in_silence(whole: Path) -> None:
    card = (whole / "README.md").read_text(encoding="utf-8")
    for line in (whole / consistency.FILE).read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        assert f"| {name} | {digest} |" in card
    with warnings.catch_warnings():
        warnings.simplefilter("error", UncheckedModelWarning)
        PiDoc.load(whole)


@pytest.mark.parametrize(
    "name", ["regressor-2.weights.h5", "encoder_decoder.weights.h5", "calibration.h5", "scaler.json"]
)
def test_any_changed_file_is_refused(whole: Path, name: str) -> None:
    content = bytearray((whole / name).read_bytes())
    content[-2] ^= 1
    (whole / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}: sha256 \w{{8}}….* damaged, or of another model"):
        PiDoc.load(whole)


def test_absent_and_unlisted_files_are_refused(whole: Path) -> None:
    shutil.copyfile(whole / "regressor.weights.h5", whole / "regressor-3.weights.h5")
    with pytest.raises(InputError, match="names no regressor-3"):
        PiDoc.load(whole)
    (whole / "regressor-3.weights.h5").unlink()
    (whole / "regressor-2.weights.h5").unlink()
    with pytest.raises(InputError, match=r"regressor-2.*: no such file"):
        PiDoc.load(whole)
    (whole / consistency.FILE).write_text("no digests\n")
    with pytest.raises(InputError, match="expected lines 'sha256  name'"):
        PiDoc.load(whole)


def test_a_calibration_of_other_networks_is_refused(model_folder: Path, whole: Path, other: Path) -> None:
    calibration = other / "calibration.h5"
    with pytest.raises(InputError, match=r"calibration\.h5: sha256"):
        PiDoc.load(whole, calibration=calibration)
    with pytest.raises(InputError, match="a calibration of other networks"):
        PiDoc.load(model_folder, calibration=calibration)  # what training wrote has no digests; the calibration has


def test_a_calibration_of_other_features_is_refused_without_digests(whole: Path) -> None:
    with h5py.File(without_digests(whole) / "calibration.h5", "r+") as file:
        mean = file["domain/features/mean"][:-1]
        del file["domain/features/mean"]
        file["domain/features/mean"] = mean
    with pytest.raises(InputError, match=r"knows features of shape \(31,\), these networks have 32"):
        PiDoc.load(whole)


def test_folders_without_digests_are_loaded_with_one_warning(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    without_digests(whole)
    with pytest.warns(UncheckedModelWarning, match="nothing tells whether") as told:
        PiDoc.load(whole)
    assert len([one for one in told if one.category is UncheckedModelWarning]) == 1
    np.save(tmp_path / "map.npy", one_map(np.random.default_rng(1), 10.0, 20.0, 160)[0])
    assert predict(whole, tmp_path / "out", str(tmp_path / "map.npy"), "--no-png") == 0
    assert capsys.readouterr().err.count("nothing tells whether") == 1


@pytest.mark.parametrize(
    ("name", "array", "line"),
    [
        ("encoder_decoder-2.weights.h5", "layers/", "a weight that is not finite"),
        ("regressor.weights.h5", "layers/", "a weight that is not finite"),
        ("calibration.h5", "age/coefficients", "a number that is not finite"),
        ("calibration.h5", "domain/thresholds", "a number that is not finite"),
    ],
)
def test_what_is_no_number_is_refused(whole: Path, name: str, array: str, line: str) -> None:
    spoil(without_digests(whole) / name, array)
    with pytest.raises(InputError, match=f"{name}: holds {line}"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UncheckedModelWarning)
        PiDoc.load(whole)


def test_what_overflows_is_outside_the_domain(whole: Path) -> None:
    """Weights that are finite but far too large: the score looks at the regressor, and sees nothing of them."""
    rng = np.random.default_rng(7)
    maps = np.stack([one_map(rng, 5.0, 25.0, 160)[0] for _ in range(8)])
    assert PiDoc.load(whole).predict(maps).table["in_domain"].any()
    spoil(without_digests(whole) / "encoder_decoder.weights.h5", "layers/", 3e38)
    with pytest.warns(UncheckedModelWarning):
        assert not PiDoc.load(whole).predict(maps).table["in_domain"].any()
