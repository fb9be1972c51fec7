"""Figures that need only maps: they draw what they are handed."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from paper_figures.chardin2021 import data_card, figure04


@pytest.fixture(autouse=True)
def close_figures() -> object:
    yield
    plt.close("all")


def maps(seed: int, n: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(-1, 0.4, (n, 16, 16)).astype(np.float32)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_figure_4_has_a_row_for_each_kind_of_map(rows: int) -> None:
    extra = dict(zip(("mass", "predicted"), (maps(2), maps(3)), strict=True))
    words = [f"{k} kpc" for k in range(4)]
    drawing = figure04.draw(
        maps(1),
        **{name: extra[name] for name in list(extra)[: rows - 1]},
        field_arcsec=40,
        texts=words,
        predicted_texts=[f"{k} kpc predicted" for k in range(4)],
    )
    panels = [axis for axis in drawing.axes if axis.images]
    assert len(panels) == 4 * rows
    assert np.array_equal(panels[2].images[0].get_array(), maps(1)[2])
    shown = [text.get_text() for axis in panels for text in axis.texts]
    assert shown == (words if rows < 3 else [*words, *(f"{k} kpc predicted" for k in range(4))])
    assert tuple(panels[0].images[0].get_extent()) == (-20, 20, -20, 20)


def test_true_and_predicted_masses_share_one_scale() -> None:
    drawing = figure04.draw(maps(1), maps(2), maps(3) + 1, field_arcsec=40)
    panels = [axis for axis in drawing.axes if axis.images]
    assert len({panel.images[0].get_clim() for panel in panels[4:]}) == 1


def test_data_card_figures_take_small_sets() -> None:
    table = {name: np.array([1.0, 2.0]) for name in data_card.QUANTITIES}
    assert len(data_card.distributions({"train": table, "test": table}).axes) == 6
    drawing = data_card.luminosity_against_age(table["age_gyr"], table["log10_mass"], np.array([10.0, 25.0]))
    assert [line.get_label() for line in drawing.axes[0].lines] == ["10 kpc", "25 kpc"]
    pairs = data_card.examples(maps(1, 5), maps(2, 5), [f"pair {k}" for k in range(5)])
    assert sum(bool(axis.images) for axis in pairs.axes) == 10
