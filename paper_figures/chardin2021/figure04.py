"""Figure 4: flux maps, the mass maps that belong to them, and the predicted mass maps."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

FLUX_LABEL = r"$\log_{10}\,F\;[L_\odot\,\mathrm{kpc}^{-2}]$"
MASS_LABEL = r"$\log_{10}\,M\;[M_\odot]$"


def draw(
    flux: NDArray,
    mass: NDArray | None = None,
    predicted: NDArray | None = None,
    *,
    field_arcsec: float,
    texts: Sequence[str] = (),
    predicted_texts: Sequence[str] = (),
) -> Figure:
    """Rows of maps, one column an observation (the paper shows four).

    Parameters
    ----------
    flux : array, shape (n, ny, nx)
        log10(F / (Lsun kpc^-2)).
    mass, predicted : array, shape (n, ny, nx), optional
        log10(M / Msun), true and predicted; both share one colour scale.
    field_arcsec : float
        Side of the field [arcsec].
    texts, predicted_texts : sequence of str
        One text a column for the true and the predicted maps (the paper: distance and age); with no mass row, the
        first are put on the flux maps.

    Returns
    -------
    Figure
    """
    rows = [("luminosity", flux, FLUX_LABEL, style.FLUX, () if mass is not None else texts)]
    if mass is not None:
        rows.append(("mass", mass, MASS_LABEL, style.MASS, texts))
    if predicted is not None:
        rows.append(("predicted mass", predicted, MASS_LABEL, style.MASS, predicted_texts))
    n = len(flux)
    figure = style.figure("page", 1.02 * len(rows) / (n + 0.5))
    axes = figure.subplots(len(rows), n, sharex=True, sharey=True, squeeze=False)
    masses = [maps for name, maps, *_ in rows if name != "luminosity"]
    half = field_arcsec / 2
    for line, (name, maps, label, colours, words) in zip(axes, rows, strict=True):
        low, high = _limits([maps] if name == "luminosity" else masses)
        for k, (axis, image) in enumerate(zip(line, maps, strict=True)):
            shown = axis.imshow(image, cmap=colours, vmin=low, vmax=high, extent=(-half, half, -half, half))
            if k < len(words):
                axis.text(0.04, 0.05, words[k], transform=axis.transAxes, color="white", fontsize=6.5)
        line[0].set_ylabel(f"{name}\n" + r"$y$ [arcsec]")
        figure.colorbar(shown, ax=list(line), label=label, pad=0.01, aspect=14)
    for axis in axes[-1]:
        axis.set_xlabel(r"$x$ [arcsec]")
    return figure


def _limits(images: Sequence[NDArray]) -> tuple[float, float]:
    """From the lowest thousandth to the highest value, so that a few empty pixels do not take the colours."""
    values = np.concatenate([np.ravel(image) for image in images])
    return float(np.quantile(values, 1e-3)), float(values.max())
