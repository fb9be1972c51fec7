"""Figures 1 and 2 show the layers that the networks have; coverage and domain are drawn as their tables say."""

import numpy as np
import pandas as pd
import pytest

from paper_figures import domain, layers, style, uncertainty
from reproduce.learning.layers import layer_table
from reproduce.papers.chardin2021.networks import encoder_decoder, regressor


@pytest.mark.parametrize(
    ("build", "parameters", "convolutions"),
    [(lambda: encoder_decoder.build(160), 2_182_241, 16), (lambda: regressor.build(160), 517_954, 4)],
)
def test_the_table_holds_every_parameter_and_the_drawing_every_convolution(build, parameters, convolutions):
    table = layer_table(build())
    assert table["parameters"].sum() == parameters
    placed = layers.slabs(table)
    assert (placed["kind"] == "Conv2D").sum() == convolutions
    assert (np.diff(placed["x"]) > placed["width"][:-1]).all()


def test_skip_connections_are_arcs_and_the_rest_a_chain():
    placed = layers.slabs(layer_table(encoder_decoder.build(32, width=0.25, levels=2)))
    places = {name: place for place, name in enumerate(placed["name"])}
    distant = [
        (source, row.name_)
        for row in placed.rename(columns={"name": "name_"}).itertuples()
        for source in row.sources
        if places[source] != places[row.name_] - 1
    ]
    # each level joins its own two blocks; the decoder joins two maps on level 2 and one on level 1 (paper Fig. 1)
    assert len(distant) == 2 + 2 + 1
    without = layers.slabs(layer_table(encoder_decoder.build(32, width=0.25, levels=2, skip_connections=False)))
    assert sum(len(sources) > 1 for sources in without["sources"]) == 2
    assert len(layers.figure(layer_table(encoder_decoder.build(32, width=0.25, levels=2)), "small").axes) == 1


def test_a_fold_is_one_slab():
    placed = layers.slabs(layer_table(regressor.build(96, architecture="compact", width=0.25)))
    assert list(placed["kind"][:3]) == ["InputLayer", "Reshape", "Conv2D"]


def test_coverage_is_drawn_where_the_table_says():
    rows = [
        {"quantity": name, "group": "all", "value": "", "level": level, "n_maps": 10, "coverage": level - 0.05,
         "coverage_low": level - 0.07, "coverage_high": level - 0.02}
        for name in uncertainty.TITLES
        for level in (0.68, 0.95)
    ]  # fmt: skip
    drawing = uncertainty.draw(pd.DataFrame(rows), (0.68, 0.95))
    shares = [line.get_xdata()[0] for line in drawing.axes[0].lines if line.get_marker() in uncertainty.MARKS]
    assert shares == pytest.approx([63, 90])
    style.plt.close(drawing)


def test_domain_scores_are_drawn_with_their_share_outside():
    scores = pd.DataFrame(
        {
            "case": ["usual", "usual", "odd", "odd"],
            "group": ["good", "good", "judged", "judged"],
            "score": [0.5, 0.6, 1.5, 0.8],
            "outside": [0, 0, 1, 0],
        }
    )
    texts = [text.get_text() for text in domain.draw(scores).axes[0].texts]
    assert texts[:2] == ["0 %", "50 %"]
