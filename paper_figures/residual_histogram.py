"""True against predicted values as a 2-D histogram with residuals along both axes (the form of Figures 5, 6 and 8)."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure, SubFigure

ONE_TO_ONE = "red"  # as the paper draws it


def draw(
    figure: Figure | SubFigure,
    histogram: pd.DataFrame,
    residuals: pd.DataFrame,
    true_label: str,
    predicted_label: str,
    spread: str = "std",
    residual_limit: float | None = None,
    residual_label: str = "$r$",
) -> dict[str, Axes]:
    """Draw the histogram with its panel of residuals on the left and at the bottom.

    The left panel holds the residuals r = predicted - true in bins of the PREDICTED value, p(r | predicted): how far a
    prediction is to be trusted. The bottom panel holds them in bins of the TRUE value, p(r | true): what the network
    has learnt (paper Fig. 5).

    Parameters
    ----------
    figure
        Empty figure or sub-figure to draw in.
    histogram
        Columns ``true_low true_high predicted_low predicted_high count``, a row for each cell of a full regular grid.
    residuals
        Columns ``binned_by`` (``predicted`` or ``true``), ``low``, ``high``, ``n``, ``mean`` and the column `spread`;
        bins without values have n = 0.
    true_label, predicted_label
        Names of the axes with units.
    spread
        Column drawn around the mean: ``std`` (Figs. 5 and 6) or ``mae`` (Fig. 8).
    residual_limit
        Residuals are drawn between minus and plus this; None: as far as mean and spread reach.
    residual_label
        Name of the residuals with their unit.

    Returns
    -------
    dict of str to Axes
        ``histogram``, ``left``, ``bottom`` and ``colourbar``.
    """
    # placed by hand: the panels touch the histogram, which a layout engine would prise apart for their labels
    main = figure.add_axes((0.31, 0.285, 0.53, 0.55))
    left = figure.add_axes((0.14, 0.285, 0.155, 0.55), sharey=main)
    bottom = figure.add_axes((0.31, 0.115, 0.53, 0.155), sharex=main)
    colourbar = figure.add_axes((0.86, 0.285, 0.025, 0.55))

    _draw_cells(figure, main, colourbar, histogram)
    limit = residual_limit or _reach(residuals, spread)
    tick = float(f"{0.6 * limit:.1g}")
    ticks, labels = [-tick, 0, tick], [f"−{tick:g}", "0", f"{tick:g}"]

    centre, mean, width = _filled(residuals, "predicted", spread)
    left.axvline(0, color="0.6", lw=0.8)
    left.fill_betweenx(centre, mean - width, mean + width, color="C0", alpha=0.3, lw=0)
    left.plot(mean, centre, color="C0", lw=1, marker=".", ms=2)
    left.set(xlim=(limit, -limit), xlabel=residual_label, ylabel=predicted_label)
    left.set_xticks(ticks, labels)
    left.xaxis.set_label_position("top")
    left.tick_params(labelbottom=False, labeltop=True)

    centre, mean, width = _filled(residuals, "true", spread)
    bottom.axhline(0, color="0.6", lw=0.8)
    bottom.fill_between(centre, mean - width, mean + width, color="C0", alpha=0.3, lw=0)
    bottom.plot(centre, mean, color="C0", lw=1, marker=".", ms=2)
    bottom.set(ylim=(-limit, limit), ylabel=residual_label, xlabel=true_label)
    bottom.set_yticks(ticks, labels)
    bottom.yaxis.set_label_position("right")  # outside: the panels stay close to the histogram
    bottom.tick_params(labelleft=False, labelright=True)
    return {"histogram": main, "left": left, "bottom": bottom, "colourbar": colourbar}


def _draw_cells(figure: Figure | SubFigure, main: Axes, colourbar: Axes, histogram: pd.DataFrame) -> None:
    """The counts, the line of equality and the scale of colours."""
    x, y, counts = _cells(histogram)
    norm = LogNorm(vmin=1, vmax=max(10, counts.max()))
    mesh = main.pcolormesh(x, y, np.ma.masked_equal(counts.T, 0), norm=norm, cmap="viridis", rasterized=True)
    diagonal = [max(x[0], y[0]), min(x[-1], y[-1])]
    main.plot(diagonal, diagonal, color=ONE_TO_ONE, lw=1)
    main.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    main.tick_params(labelbottom=False, labelleft=False)
    figure.colorbar(mesh, cax=colourbar, label="count")


def _filled(residuals: pd.DataFrame, binned_by: str, spread: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Centre, mean and half width of the bins that hold values."""
    rows = residuals[(residuals["binned_by"] == binned_by) & (residuals["n"] > 0)]
    return (rows["low"] + rows["high"]) / 2, rows["mean"], rows[spread].fillna(0)


def _cells(histogram: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges of the true and of the predicted values, and the counts (true, predicted)."""
    table = histogram.sort_values(["true_low", "predicted_low"])
    x = np.unique(np.concatenate([table["true_low"], table["true_high"]]))
    y = np.unique(np.concatenate([table["predicted_low"], table["predicted_high"]]))
    return x, y, table["count"].to_numpy().reshape(len(x) - 1, len(y) - 1)


def _reach(residuals: pd.DataFrame, spread: str) -> float:
    """Half width of the residual axes that holds nearly all of mean ± spread; one odd bin does not stretch it."""
    filled = residuals[residuals["n"] > 0]
    far = (filled["mean"].abs() + filled[spread].fillna(0)).to_numpy()
    return float(1.2 * np.quantile(far, 0.97)) if far.size and far.max() > 0 else 1.0
