"""`python -m reproduce predict`: files, folders, the bad among the good, and what is written."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from reproduce.__main__ import main
from reproduce.papers.chardin2021.trained_model import predict_command
from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from tests.support.network_maps import one_map

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def flux(seed: int = 1) -> np.ndarray:
    return one_map(np.random.default_rng(seed), 10.0, 20.0, 160)[0]


def predict(model_folder: Path, out: Path, *words: str) -> int:
    return main(["predict", *words, "--networks", str(model_folder), "--out", str(out)])


def test_one_map(model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "cluster.npy", flux())
    assert predict(model_folder, tmp_path / "out", str(tmp_path / "cluster.npy"), "--distance", "20") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "cluster.json",
        "cluster.png",
        "cluster_mass.fits",
    ]
    expected = PiDoc.load(model_folder).predict(flux(), 20.0)
    row = expected.table.iloc[0]
    report = json.loads((tmp_path / "out" / "cluster.json").read_text())
    for name in ("total_mass_msun", "age_gyr_low68", "distance_kpc_high95", "mass_to_light", "domain_score"):
        told = np.nan if report[name] is None else report[name]  # no interval outside the domain
        assert told == pytest.approx(row[name], rel=1e-4, nan_ok=True)
    assert report["warnings"] == list(expected.notes[0])
    assert report["luminosity_at"] == "given distance"
    with fits.open(tmp_path / "out" / "cluster_mass.fits") as file:
        np.testing.assert_allclose(file[0].data, expected.mass[0], atol=1e-4)
        assert file[0].header["BUNIT"] == "log10(Msun)"
        assert file[0].header["CDELT2"] * 3600 == pytest.approx(0.25)
    out = capsys.readouterr().out
    assert f"{np.log10(row['total_mass_msun']):.2f}" in out and "cluster " in out


def test_the_bad_are_told_and_the_good_are_done(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    np.save(folder / "a.npy", flux(1))
    np.save(folder / "z.npy", flux(2))
    np.save(folder / "nan.npy", np.full((160, 160), np.nan))
    (folder / "photo.fits").write_bytes(b"\xff\xd8\xff\xe0 JFIF")
    (folder / "notes.txt").write_text("not an image: left alone")
    assert predict(model_folder, tmp_path / "out", str(folder), str(tmp_path / "absent.fits"), "--no-png") == 2
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        f"{name}{end}" for name in "az" for end in (".json", "_mass.fits")
    }
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert len(errors) == 3
    assert [
        words for words in ("nan.npy", "photo.fits", "absent.fits") if not any(words in line for line in errors)
    ] == []


def test_batches_and_files_give_the_same_bytes(model_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for k in range(3):
        np.save(folder / f"{k}.npy", flux(k))
    for out in ("first", "second"):
        assert predict(model_folder, tmp_path / out, str(folder)) == 0
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()
    predict(model_folder, tmp_path / "other", str(folder), "--batch-size", "2")
    ages = [json.loads((tmp_path / out / "2.json").read_text())["age_gyr"] for out in ("first", "other")]
    assert ages[0] == pytest.approx(ages[1], rel=1e-3)  # float32 sums in another order


def test_strange_maps_are_warned_of(model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ramp = np.linspace(-9, 1, 160) * np.ones((160, 1))
    np.save(tmp_path / "ramp.npy", ramp.astype(np.float32))
    assert predict(model_folder, tmp_path / "out", str(tmp_path / "ramp.npy"), "--no-png") == 0
    found = capsys.readouterr()
    assert found.err.splitlines()[0].startswith("warning: ramp: unlike the training maps")
    row = next(line for line in found.out.splitlines() if line.startswith("ramp"))
    assert row.split()[1] == "OUTSIDE" and row.count("(?)") == 3  # no interval of mass, age and distance
    report = json.loads((tmp_path / "out" / "ramp.json").read_text())
    assert list(report)[:3] == ["image", "in_domain", "warnings"]
    assert report["in_domain"] is False and report["warnings"][0].startswith("unlike the training maps")
    assert all(report[name] is None for name in report if name.endswith(("low68", "high68", "low95", "high95")))


def test_a_distance_that_contradicts_is_told_in_one_line(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "cluster.npy", flux())
    image = str(tmp_path / "cluster.npy")
    assert predict(model_folder, tmp_path / "far", image, "--distance", "5000", "--no-png") == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "the distance given, 5e+03 kpc" in line]
    assert len(lines) == 1 and "contradicts the predicted one" in lines[0]
    words = ("--distance", "5000", "--distance-error", "5000", "--no-png")
    assert predict(model_folder, tmp_path / "vague", image, *words) == 0
    assert "contradicts the predicted one" not in capsys.readouterr().err


NAMES = {
    "ω Cen": "omega Cen",
    "é": "e",
    "星团": "??",
    "cost $_{": "cost $_{",
    os.fsdecode(b"caf\xe9"): "caf?",  # Latin-1: no text in UTF-8
    "v1.2": "v1.2",
}


def test_names_of_any_letters(model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in NAMES:
        np.save(folder / f"{name}.npy", flux())
    too_long = "x" * 245  # with the ending of the mass map longer than a file's name can be
    np.save(folder / f"{too_long}.npy", flux())
    assert predict(model_folder, tmp_path / "out", str(folder)) == 2
    for name, in_header in NAMES.items():
        assert (tmp_path / "out" / f"{name}.png").is_file()
        assert json.loads((tmp_path / "out" / f"{name}.json").read_text())["image"] == str(folder / f"{name}.npy")
        with fits.open(tmp_path / "out" / f"{name}_mass.fits") as file:
            assert file[0].header["OBJECT"] == in_header
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert len(errors) == 1 and "too long" in errors[0] and too_long in errors[0]
    assert not list((tmp_path / "out").glob(f"{too_long}*"))


def test_what_nobody_foresaw_in_one_image_does_not_stop_the_others(
    model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        np.save(tmp_path / f"{name}.npy", flux())
    read = predict_command.read_flux_map

    def fails_on_a(path: Path, *rest: Any) -> Any:
        if path.name == "a.npy":
            raise ZeroDivisionError("of ours")
        return read(path, *rest)

    monkeypatch.setattr(predict_command, "read_flux_map", fails_on_a)
    assert predict(model_folder, tmp_path / "out", str(tmp_path), "--no-png") == 1  # an error of ours
    assert "a.npy: ZeroDivisionError, not foreseen (of ours)" in capsys.readouterr().err
    assert (tmp_path / "out" / "b.json").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--distance", "-3"], "--distance"),
        (["--distance-error", "3"], "belongs to --distance"),
        (["--pixel-scale", "x"], "--pixel-scale"),
        (["--zero-point", "-999"], "zero point is -999"),
        (["--distance", "1e300"], "distance_kpc"),
        (["--pixel-scale", "1e9"], "--pixel-scale"),
        (["--centre", "north"], "right ascension and declination"),
        (["--batch-size", "0"], "--batch-size"),
        (["--scaler", "scaler.json"], "belong to a folder of networks"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_bad_options_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    np.save(tmp_path / "map.npy", flux())
    assert main(["predict", str(tmp_path / "map.npy"), "--out", str(tmp_path / "out"), *words]) == 2
    error = capsys.readouterr().err
    assert told in error and error.count("\n") == 1


def test_bad_places_are_one_line(model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert predict(model_folder, tmp_path / "out", str(tmp_path / "empty")) == 2
    assert "a folder without images" in capsys.readouterr().err
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "same.npy", flux())
    assert predict(model_folder, tmp_path / "out", str(tmp_path / "one"), str(tmp_path / "two")) == 2
    assert "two images are called same.npy" in capsys.readouterr().err
    assert predict(tmp_path / "empty", tmp_path / "out", str(tmp_path / "one" / "same.npy")) == 2
    assert "architecture.json" in capsys.readouterr().err
    (tmp_path / "file").write_text("not a folder")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert predict(model_folder, out, str(tmp_path / "one" / "same.npy")) == 2
        error = capsys.readouterr().err
        assert f"--out {out}: cannot be made a folder" in error and error.count("\n") == 1
