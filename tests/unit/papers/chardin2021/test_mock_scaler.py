"""The scaler: numbers, inverses, files."""

import json
from pathlib import Path

import numpy as np
import pytest

from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.workflow.errors import InputError

AGES = np.array([1.0, 5.0, 12.0])
DISTANCES = np.array([10.0, 50.0, 100.0])


def scaler(mode: str = "separate") -> Scaler:
    return Scaler.from_training((-5.4, 0.97), (-0.85, 0.45), AGES, DISTANCES, mode)


def test_separate_standardises_each_by_its_own_numbers() -> None:
    ours = scaler()
    assert np.allclose(ours.standardise_age(AGES).mean(), 0) and np.allclose(ours.standardise_age(AGES).std(), 1)
    assert np.allclose(ours.standardise_distance(DISTANCES).std(), 1)
    assert ours.distance_mean == pytest.approx(DISTANCES.mean())


def test_joint_has_one_pair_for_both() -> None:
    ours = scaler("joint")
    both = np.concatenate([AGES, DISTANCES])
    assert ours.age_mean == ours.distance_mean == pytest.approx(both.mean())
    assert ours.age_std == ours.distance_std == pytest.approx(both.std())


def test_inverses() -> None:
    ours = scaler()
    values = np.linspace(-3, 2, 7, dtype=np.float32)
    assert np.allclose(ours.mass(ours.standardise_mass(values)), values, atol=1e-6)  # float32 rounding
    assert np.allclose(ours.age_gyr(ours.standardise_age(AGES)), AGES)
    assert np.allclose(ours.distance_kpc(ours.standardise_distance(DISTANCES)), DISTANCES)
    assert ours.standardise_flux(values).dtype == np.float32


def test_file_round_trip(tmp_path: Path) -> None:
    scaler().to_json(tmp_path / "scaler.json")
    assert Scaler.from_json(tmp_path / "scaler.json") == scaler()
    assert [path.name for path in tmp_path.iterdir()] == ["scaler.json"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"flux_std": 0.0}, "flux_std"),
        ({"mass_mean": float("nan")}, "mass_mean"),
        ({"mode": "both"}, "mode"),
        ({"extra": 1.0}, "extra"),
    ],
)
def test_a_file_that_is_no_scaler_is_refused(tmp_path: Path, change: dict, named: str) -> None:
    scaler().to_json(tmp_path / "scaler.json")
    values = json.loads((tmp_path / "scaler.json").read_text()) | change
    (tmp_path / "scaler.json").write_text(json.dumps(values))
    with pytest.raises(InputError, match=named):
        Scaler.from_json(tmp_path / "scaler.json")


def test_a_missing_or_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Scaler.from_json(tmp_path / "none.json")
    (tmp_path / "half.json").write_text('{"flux_mean": ')
    with pytest.raises(InputError, match="cannot be read"):
        Scaler.from_json(tmp_path / "half.json")


def test_one_distance_alone_cannot_be_standardised() -> None:
    with pytest.raises(InputError, match="distance_std"):
        Scaler.from_training((0.0, 1.0), (0.0, 1.0), AGES, np.full(3, 10.0), "separate")
