"""Figures 3, 6 to 9 and Table 2 show what they are handed."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from paper_figures.chardin2021 import figure03, figure06, figure07, figure08, figure09, table2
from reproduce.learning.bins import ResidualHistogram

METRICS = {"total_mass_error_percent": 15.0, "mass_to_light_error_percent": 12.0, "age_mae_gyr": 1.5}
PUBLISHED = {name: {"value": value / 2} for name, value in METRICS.items()}


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def tables(low, high):
    rng = np.random.default_rng(0)
    histogram = ResidualHistogram(np.linspace(low, high, 20))
    true = rng.uniform(low, high, 200)
    histogram.add(true, true + rng.normal(0, 0.1, 200))
    return histogram.histogram(), histogram.residuals()


def written(drawing):
    parts = [drawing, *drawing.subfigs]
    texts = [text.get_text() for part in parts for text in part.texts]
    return " ".join(texts + [text.get_text() for part in parts for axes in part.axes for text in axes.texts])


def test_figure3_has_both_curves_of_both_networks():
    history = pd.DataFrame(
        [
            {
                "network": name,
                "member": 1,
                "epoch": e,
                "mse": 1 / (e + 1),
                "val_mse": 1.1 / (e + 1),
                "r2": 0.8,
                "val_r2": 0.7,
            }
            for name in ("encoder_decoder", "regressor")
            for e in range(5)
        ]
    )
    axes = figure03.draw(history, "how").axes
    assert len(axes) == 4
    np.testing.assert_allclose(axes[0].lines[0].get_ydata(), 1 / np.arange(1, 6))
    np.testing.assert_allclose(axes[1].lines[1].get_ydata(), 1.1 / np.arange(1, 6))
    assert [line.get_ydata()[0] for line in axes[2].lines[2:]] == [0.7, 0.8, 0.9]


def test_figures_6_and_8_say_our_error_and_the_papers():
    said = written(figure06.draw(tables(3, 4.5), tables(0, 4), METRICS, PUBLISHED, "compact, mse"))
    assert "15.0 % (paper 7.5 %)" in said
    assert "12.0 % (paper 6 %)" in said
    assert "1.50 Gyr (paper 0.75 Gyr)" in written(figure08.draw(*tables(0, 14), METRICS, PUBLISHED, "how"))


def test_figure7_draws_true_and_predicted_of_each_map():
    r = np.arange(25) * 1.2
    names = ("mass_msun", "mass_predicted_msun", "mass_to_light", "mass_to_light_predicted")
    rows = [pd.DataFrame({"map": k, "r_arcsec": r, **{name: np.exp(-r) for name in names}}) for k in range(4)]
    mass, ratio, mass_ratio, _ = figure07.draw(pd.concat(rows)).axes
    assert len(mass.lines) == 8 + 2  # and the two lines of the legend
    assert len(ratio.lines) == 8
    np.testing.assert_allclose(mass_ratio.lines[0].get_ydata(), 1)


def test_figure9_marks_the_true_distances():
    low = np.arange(0, 120.0)
    rows = [
        pd.DataFrame({"true_kpc": d, "low": low, "high": low + 1, "density": (low == d).astype(float)})
        for d in (15, 80)
    ]
    axes = figure09.draw(pd.concat(rows)).axes[0]
    assert [line.get_xdata()[0] for line in axes.lines] == [15, 80]


def test_table2_puts_ours_beside_the_published():
    metrics = {f"distance_{kind}_{d}_kpc": float(d) for kind in ("mean", "std", "mae") for d in (15, 70)}
    found = table2.table(metrics, {"distance_mae_15_kpc": {"value": 5.6}}, [15, 70])
    assert found.columns.tolist() == ["quantity", "source", "15_kpc", "70_kpc"]
    assert len(found) == 6
    last = found.iloc[-1]
    assert last["source"] == "published"
    assert last["15_kpc"] == 5.6
    assert np.isnan(last["70_kpc"])
