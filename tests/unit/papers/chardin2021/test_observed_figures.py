"""Figures 10 to 12 and Table 3 show the numbers they are handed, and say whose images they are of."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from paper_figures import style
from paper_figures.chardin2021 import figure10, figure11, figure12, observed, table3
from reproduce.papers.chardin2021.observed.targets import targets


@pytest.fixture(autouse=True)
def close_figures() -> object:
    yield
    plt.close("all")


@pytest.fixture
def clusters() -> pd.DataFrame:
    """The paper's clusters with made-up predictions: a tenth more than the literature."""
    table = targets().to_pandas()
    table["luminosity_lsun"] = 1.2 * table["luminosity_field_lsun"]
    for name in ("mass_to_light", "age_gyr", "distance_kpc"):
        for end, factor in (("", 1.1), ("_low68", 0.9), ("_high68", 1.5)):
            table[f"predicted_{name}{end}"] = factor * table[name]
    for end, factor in (("", 1.0), ("_low68", 0.5), ("_high68", 2.0)):
        table[f"predicted_total_mass_msun{end}"] = factor * 1e3
    table["in_domain"] = table["luminosity_lsun"] < 1e4
    table["domain_score"] = 1.0
    return table


def texts(drawing: plt.Figure) -> str:
    return " ".join(text.get_text() for text in drawing.findobj(plt.Text))


def training() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    n = 50
    return pd.DataFrame(
        {
            "age_gyr": rng.uniform(0, 14, n),
            "luminosity_lsun": rng.uniform(300, 5000, n),
            "distance_kpc": rng.choice([10.0, 25.0, 50.0], n),
        }
    )


def test_synthetic_images_are_called_so(clusters: pd.DataFrame) -> None:
    maps = np.zeros((4, 8, 8))
    for source, words in (("synthetic", "SYNTHETIC"), ("archive", "Pan-STARRS1"), ("files", "from files")):
        assert words in texts(figure10.draw(training(), clusters, source, "made up"))
        assert words in texts(figure11.draw(clusters, source, "made up"))
        assert words in texts(figure12.draw(maps, maps, clusters.iloc[:4], 40, source, "made up"))
        assert source in table3.table(clusters, source)["source"].iloc[0]
    assert observed.stem("figure10", "synthetic") == "figure10_synthetic"
    assert observed.stem("figure10", "archive") == "figure10"


def test_the_five_faintest_are_singled_out(clusters: pd.DataFrame) -> None:
    names = {"NGC 5053", "Pal 11", "NGC 7492", "NGC 5466", "NGC 6517"}  # the paper's Sect. 5
    assert set(clusters["name"][observed.faint(clusters)]) == names


def test_figure_10_shows_maps_and_clusters(clusters: pd.DataFrame) -> None:
    axis = figure10.draw(training(), clusters, "synthetic", "made up").axes[0]
    sizes = [len(group.get_offsets()) for group in axis.collections]
    assert sizes == [50, 17, 12, 5]
    red = axis.collections[3].get_offsets()
    assert sorted(red[:, 1]) == pytest.approx(sorted(clusters["luminosity_lsun"][observed.faint(clusters)]))
    assert axis.get_yscale() == "log"


def test_figure_11_shows_predictions_and_residuals(clusters: pd.DataFrame) -> None:
    axes = figure11.draw(clusters, "archive", "made up").axes
    assert len(axes) == 6
    for axis, name in zip(axes[:3], ("mass_to_light", "age_gyr", "distance_kpc"), strict=True):
        shown = np.concatenate([bars[0].get_xydata() for bars in axis.containers])
        assert sorted(shown[:, 1]) == pytest.approx(sorted(1.1 * clusters[name]))
    for axis, name in zip(axes[3:], ("mass_to_light", "age_gyr", "distance_kpc"), strict=True):
        shown = np.concatenate([bars[0].get_xydata() for bars in axis.containers])
        assert sorted(shown[:, 1]) == pytest.approx(sorted(-0.1 * clusters[name]))


def test_bars_of_residuals_point_the_other_way(clusters: pd.DataFrame) -> None:
    top, bottom = (figure11.draw(clusters, "archive", "made up").axes[column] for column in (2, 5))
    for axis, sign in ((top, 1), (bottom, -1)):
        bars = next(bars for bars in axis.containers if len(bars[0].get_xydata()))
        x, y = bars[0].get_xydata()[0]
        (_, low), (_, high) = bars[2][0].get_segments()[0]
        distance = y / 1.1 if sign == 1 else -y / 0.1
        assert (high - y, y - low)[:: int(sign)] == pytest.approx((0.4 * distance, 0.2 * distance))
        assert x > 0


def test_figure_12_takes_the_papers_clusters_or_the_faintest(clusters: pd.DataFrame) -> None:
    assert figure12.choose(clusters) == ["NGC 5053", "Pal 11", "NGC 7492", "NGC 5466"]
    bright = clusters[clusters["luminosity_lsun"] > 1500]
    assert figure12.choose(bright) == ["NGC 5466", "NGC 6517", "NGC 4590", "NGC 6638"]
    maps = np.random.default_rng(1).normal(-5, 1, (4, 8, 8))
    drawing = figure12.draw(maps, maps + 5, clusters.iloc[:4], 40, "archive", "made up")
    panels = [axis for axis in drawing.axes if axis.images]
    assert [axis.get_title() for axis in panels[:4]] == list(clusters["name"][:4])
    np.testing.assert_array_equal(panels[5].images[0].get_array(), maps[1] + 5)
    assert "12.2 Gyr, 17.4 kpc" in texts(drawing) and "13.5 Gyr, 19.1 kpc" in texts(drawing)


def test_table_3_has_ours_beside_the_published(clusters: pd.DataFrame, tmp_path: Path) -> None:
    made = table3.table(clusters, "synthetic")
    assert len(made) == 34
    ours, theirs = made.iloc[0], made.iloc[1]
    assert (ours["cluster"], ours["source"], theirs["source"]) == ("NGC 5053", "ours (synthetic)", "published")
    assert ours["luminosity"] == pytest.approx(1.2 * 341.23, abs=1e-3)
    assert theirs["predicted_age"] == 13.7 and theirs["predicted_log_mass"] == 2.78
    assert ours["predicted_log_mass_high68"] == pytest.approx(3 + np.log10(2), abs=1e-3)
    style.save_table(made, tmp_path, "table3", table3.UNITS, latex=True)
    again = Table.read(tmp_path / "table3.ecsv")
    assert str(again["predicted_distance_low68"].unit) == "kpc"
    assert {path.suffix for path in tmp_path.iterdir()} == {".csv", ".ecsv", ".tex"}


def test_clusters_that_are_not_in_the_paper_have_one_row(clusters: pd.DataFrame) -> None:
    clusters.loc[0, [name for name in clusters if name.startswith("pidoc_")]] = np.nan
    made = table3.table(clusters, "archive")
    assert list(made["cluster"]).count("NGC 5053") == 1
