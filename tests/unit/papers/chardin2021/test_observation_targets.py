"""The paper's clusters, its selection rule, and the catalogues it is applied to."""

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from reproduce.archives.catalogues import read_1997, read_2010
from reproduce.archives.cluster_names import find
from reproduce.archives.panstarrs import refuse_south
from reproduce.papers.chardin2021.observed.targets import differences, select, targets
from reproduce.stars.colours import RELATIONS, v_light, v_magnitude
from reproduce.stars.photometry import luminosity_of_magnitude
from reproduce.workflow.errors import InputError
from tests.support import harris_files


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Table:
    path = tmp_path_factory.mktemp("harris") / "mwgc.dat"
    path.write_bytes(harris_files.fixed_width())
    return read_2010(path)


def test_targets_are_table_3() -> None:
    table = targets()
    assert len(table) == 17
    luminosities = np.array(table["luminosity_field_lsun"])
    assert (np.diff(luminosities) > 0).all()  # Table 3 is sorted by them
    for row in table[table["name"] != "NGC 5466"]:
        # M/L times L is the mass that Table 3 prints, to its two decimals (one for NGC 5694); but not for NGC 5466
        mass = row["pidoc_mass_to_light"] * row["luminosity_field_lsun"]
        places = 0.05 if row["name"] == "NGC 5694" else 0.006
        assert np.log10(mass) == pytest.approx(row["pidoc_log10_mass_msun"], abs=places), row["name"]
    assert table["age_assumed"].sum() == 9 and set(table["age_gyr"][table["age_assumed"]]) == {12.0}  # footnote 5
    assert str(table["distance_kpc"].unit) == "kpc" and str(table["luminosity_field_lsun"].unit) == "solLum"
    assert (table["dec"] > -30).all() and table["ra"].max() < 360


def test_rule_takes_and_leaves_with_reasons(catalogue: Table) -> None:
    found = select(catalogue)
    assert found["in_paper"].sum() == 17
    by_name = {row["name"]: row for row in found}
    assert by_name["NGC 5053"]["in_rule"] and by_name["NGC 5053"]["reason"] == ""
    assert "9.4 kpc is not in 10-100" in by_name["NGC 6638"]["reason"]
    assert "L = 2.606e+05 Lsun is not below 1e+05" in by_name["NGC 5024"]["reason"]
    assert by_name["Pal 99"]["in_rule"] and "leaves it out" in by_name["Pal 99"]["reason"]
    assert not any(
        name.startswith("Test") for name in by_name
    )  # too near, too bright, too far south, or without numbers
    assert luminosity_of_magnitude(np.array([4.83, -0.17])) == pytest.approx([1, 100])


@pytest.mark.parametrize("in_degrees", [False, True])
def test_both_editions_are_read(catalogue: Table, tmp_path: Path, in_degrees: bool) -> None:
    path = tmp_path / "votable"
    path.write_bytes(harris_files.votable(in_degrees=in_degrees))
    older = read_1997(path)
    assert (len(catalogue), len(older)) == (157, 147)
    ours = targets()
    for table in (catalogue, older):
        assert differences(table, ours) == []
        for name in ("ra", "dec"):
            np.testing.assert_allclose(table[name][:17], ours[name], atol=1e-5)
        lacking = table[18]
        assert np.isnan([lacking["distance_kpc"], lacking["absolute_magnitude_v"], lacking["metallicity"]]).all()
    assert np.isnan(catalogue[19]["metallicity"])  # weight 0: none was measured
    assert list(catalogue["core_collapsed"][:17]) == list(ours["core_collapsed"])
    assert older["core_collapsed"][find(older, "NGC 7099")] == "yes"


def test_differences_are_told(catalogue: Table) -> None:
    other = catalogue.copy()
    other["distance_kpc"][find(other, "NGC 5053")] = 16.9
    assert differences(other, targets()) == ["NGC 5053: distance_kpc is 16.9 in the catalogue, 17.4 in clusters.yaml"]
    other.remove_row(find(other, "Pal 11"))
    assert any("Pal 11" in line and "no such name" in line for line in differences(other, targets()))


@pytest.mark.parametrize("name", ["NGC 5024", "ngc5024", "M53", "m 53"])
def test_names_are_found(catalogue: Table, name: str) -> None:
    assert catalogue["name"][find(catalogue, name)] == "NGC 5024"


def test_unknown_names_are_one_line(catalogue: Table) -> None:
    assert catalogue["name"][find(catalogue, "Palomar 11")] == "Pal 11"
    with pytest.raises(InputError, match=r"cluster 'NGC 5054': no such name among 157 .* did you mean NGC 5053\?"):
        find(catalogue, "NGC 5054")
    with pytest.raises(InputError, match="give its name as in Harris"):
        find(catalogue, "xyzzy")
    with pytest.raises(InputError, match=r"47 Tuc: lies at Dec -72.08, .* > -30; leave it out"):
        refuse_south("47 Tuc", -72.08)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>moved</html>", "three parts, found 0"),
        (harris_files.fixed_width().partition(b"Part II")[0], "three parts, found 1"),
        (harris_files.fixed_width().replace(b"Test 40 ", b"Test 999", 1), "do not name the same clusters"),
    ],
)
def test_another_file_than_the_catalogue_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "mwgc.dat"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_2010(path)


def test_votable_without_a_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "votable"
    path.write_bytes(harris_files.votable().replace(b'name="Rsun"', b'name="Rgal"'))
    with pytest.raises(InputError, match=r"no column for distance_kpc \(rsun\)"):
        read_1997(path)
    path.write_bytes(b"<html>busy</html>")
    with pytest.raises(InputError, match="no VOTable"):
        read_1997(path)


def test_v_of_g_and_r() -> None:
    """Coefficients as published, and the two relations agree over the colours of a cluster's stars."""
    assert v_magnitude(15.0, 14.0) == pytest.approx(15 - 0.020 - 0.498 - 0.008)  # Kostov & Bonev (2018)
    assert v_magnitude(15.0, 14.0, "kostov-bonev-linear") == pytest.approx(15 - 0.017 - 0.508)
    assert v_magnitude(15.0, 14.0, "tonry") == pytest.approx(14 + 0.005 + 0.462 + 0.013)  # Tonry et al. (2012)
    colour = np.linspace(-0.4, 1.5, 20)
    for relation in RELATIONS:
        # the scatter that both papers give is 0.012 mag; at the reddest giants they part by 0.06
        np.testing.assert_allclose(v_magnitude(colour, 0.0, relation), v_magnitude(colour, 0.0), atol=0.06)


def test_v_light_is_linear_in_noise() -> None:
    """Noise of the pixels, of which a relation in magnitudes would make a bias, averages out."""
    generator = np.random.default_rng(2)
    g, r = np.full((200, 200), 1.0), np.full((200, 200), 1.8)
    noisy = [one + generator.normal(0, 0.5, one.shape) for one in (g, r)]  # signal to noise of 2 to 4 a pixel
    expected = 10 ** (-0.4 * v_magnitude(0.0, -2.5 * np.log10(1.8)))
    found = v_light(*noisy, g, r)
    assert found.mean() == pytest.approx(expected, rel=4 * 0.5 / 200)  # four standard errors of the mean
    assert found[noisy[0] < 0].size > 0 and np.isfinite(found).all()
    dark = np.zeros_like(g)
    assert np.isfinite(v_light(g, r, dark, dark)).all()  # no colour is known: that of no light is 0
