"""Tables of bolometric corrections: what is carried, what is refused, MIST's own files."""

from pathlib import Path

import numpy as np
import pytest

import data_manifests
from reproduce.stars import bands
from reproduce.workflow.errors import InputError
from reproduce.workflow.source import file_digest
from tests.support.places import ROOT


def test_the_table_is_the_one_of_the_manifest() -> None:
    entry = data_manifests.load("photometry")["mist_bolometric"]
    assert file_digest(ROOT / entry["file"]) == entry["sha256"]


def test_a_band_that_is_not_there_is_one_clear_line() -> None:
    with pytest.raises(InputError, match=r"band 'F999W': not in the table of the package, which has F336W, .*; choose"):
        bands.bolometric_corrections(5_000.0, 4.0, 0.0, bands=("F475W", "F999W"))


def test_stars_without_temperature_or_gravity_are_refused() -> None:
    with pytest.raises(InputError, match="found 1 of 2"):
        bands.bolometric_corrections([5_000.0, 0.0], 4.0, 0.0)
    with pytest.raises(InputError, match="log g"):
        bands.bolometric_corrections([5_000.0, 4_000.0], [4.0, np.nan], 0.0)


def test_interpolation_meets_nodes_and_the_middle_between_them() -> None:
    table = bands.mist()
    t, g = 10 ** table.log_temperature[20], table.logg[14]
    there = bands.bolometric_corrections(t, g, table.feh[5], bands=table.bands)[0]
    np.testing.assert_allclose(there, table.bc[5, 20, 14], atol=1e-5)
    middle = bands.bolometric_corrections(t, (table.logg[14] + table.logg[15]) / 2, table.feh[5], bands=table.bands)[0]
    np.testing.assert_allclose(middle, (table.bc[5, 20, 14] + table.bc[5, 20, 15]) / 2, atol=1e-5)


def test_neutron_stars_and_what_has_no_light_are_dark() -> None:
    magnitude = bands.absolute_magnitudes([1.0, 1.0, 0.0], 6_000.0, 4.4, 0.0, stellar_type=[1, 13, 1], bands=("V",))
    assert magnitude[0, 0] == pytest.approx(4.7, abs=0.2)  # the Sun's, near enough
    assert (magnitude[1:] == bands.DARK).all()


def mist_file(folder: Path, feh: float, names: tuple[str, ...], skip: int = 0) -> Path:
    """A file in the form of MIST's, BC = T / 1000 + log g + 10 [Fe/H] + A_V + number of the band."""
    path = folder / f"feh{feh:+.2f}.{names[0]}"
    lines = ["# MIST bolometric corrections", "# Teff logg [Fe/H] Av Rv " + " ".join(names)]
    for t in (3_000.0, 6_000.0, 12_000.0):
        for g in (0.0, 4.0):
            for a_v in (0.0, 1.0):
                values = [t / 1_000 + g + 10 * feh + a_v + k for k in range(len(names))]
                lines.append(" ".join(str(value) for value in (t, g, feh, a_v, 3.1, *values)))
    path.write_text("\n".join(lines[: len(lines) - skip]) + "\n", encoding="utf-8")
    return path


def test_a_file_of_mists_own_tables_is_used_in_its_place(tmp_path: Path) -> None:
    files = [mist_file(tmp_path, feh, (f"{name}", "Other_X")) for feh in (-1.0, 0.0) for name in ("WFC3_UVIS_F336W",)]
    table = bands.read_mist(files)
    found = bands.bolometric_corrections(6_000.0, 2.0, -0.5, bands=("F336W", "Other_X"), table=table)[0]
    np.testing.assert_allclose(found, [6 + 2 - 5, 6 + 2 - 5 + 1], atol=1e-5)
    with pytest.raises(InputError, match=r"band 'V': not in feh-1\.00"):
        bands.absolute_magnitudes(1.0, 6_000.0, 2.0, 0.0, bands=("V",), table=table)


def test_files_that_do_not_fill_a_grid_are_refused(tmp_path: Path) -> None:
    whole, short = (mist_file(tmp_path, feh, ("A_X",), skip) for feh, skip in ((-1.0, 0), (0.0, 4)))
    with pytest.raises(InputError, match="do not have the bands and nodes"):
        bands.read_mist([whole, short])
    (tmp_path / "page.html").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(InputError, match="no MIST table"):
        bands.read_mist([tmp_path / "page.html"])
