"""Figure 5: 2-D histogram of the true against the predicted mass of every pixel of every test map."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from paper_figures import residual_histogram, style

TRUE = r"true $\log_{10}(M/M_\odot)$ per pixel"
PREDICTED = r"predicted $\log_{10}(M/M_\odot)$ per pixel"


def draw(
    histogram: pd.DataFrame,
    residuals: pd.DataFrame,
    metrics: Mapping[str, float],
    published: Mapping[str, Mapping[str, float]],
    how: str,
) -> Figure:
    """Draw the figure as the paper has it, with our error and the published one in its corner.

    Parameters
    ----------
    histogram, residuals : DataFrame
        In the columns that `residual_histogram.draw` reads, in log10(M/Msun).
    metrics : mapping
        With ``pixel_error_percent`` and ``pixel_error_no_low_percent``, the mean error over bins [%].
    published : mapping
        By the same names, mappings with the published ``value`` [%].
    how : str
        What made the prediction, in one or two lines.
    """
    drawing = style.figure("column", height_ratio=0.96, layout="none")
    axes = residual_histogram.draw(drawing, histogram, residuals, TRUE, PREDICTED, residual_label="$r$ [dex]")
    lines = [
        f"{words}: {style.measured(metrics, name, '{:.1f} %')} (paper {published[name]['value']:g} %)"
        for words, name in (("all bins", "pixel_error_percent"), ("without low", "pixel_error_no_low_percent"))
    ]
    main = axes["histogram"]
    main.text(0.03, 0.97, "\n".join(lines), transform=main.transAxes, va="top", fontsize=6, bbox=style.BACKING)
    drawing.text(0.5, 0.99, how, ha="center", va="top", fontsize=6)
    return drawing


def numbers(histogram: pd.DataFrame, residuals: pd.DataFrame) -> pd.DataFrame:
    """The numbers behind the figure in one table; the column ``panel`` tells the three panels apart."""
    counted = histogram[histogram["count"] > 0]
    return pd.concat([counted.assign(panel="histogram"), residuals.assign(panel="residuals")], ignore_index=True)
