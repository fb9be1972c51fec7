"""Figure 8: true against predicted age of every test map."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from paper_figures import residual_histogram, style


def draw(
    histogram: pd.DataFrame,
    residuals: pd.DataFrame,
    metrics: Mapping[str, float],
    published: Mapping[str, Mapping[str, float]],
    how: str,
) -> Figure:
    """Draw the figure; the residuals' panels show their mean and the mean absolute error.

    Parameters
    ----------
    histogram, residuals : DataFrame
        As `residual_histogram.draw` reads them, in Gyr.
    metrics, published : mapping
        With ``age_mae_gyr``; of the published one its ``value``.
    how : str
        What made the prediction.
    """
    drawing = style.figure("column", height_ratio=0.96, layout="none")
    axes = residual_histogram.draw(
        drawing, histogram, residuals, "true age [Gyr]", "predicted age [Gyr]", spread="mae", residual_label="$r$ [Gyr]"
    )
    text = (
        f"MAE {style.measured(metrics, 'age_mae_gyr', '{:.2f} Gyr')} (paper {published['age_mae_gyr']['value']:g} Gyr)"
    )
    main = axes["histogram"]
    main.text(0.03, 0.97, text, transform=main.transAxes, ha="left", va="top", fontsize=6, bbox=style.BACKING)
    drawing.text(0.5, 0.99, how, ha="center", va="top", fontsize=6)
    return drawing
