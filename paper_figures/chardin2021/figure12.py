"""Figure 12: flux maps of four clusters and the mass maps predicted from them."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from paper_figures.chardin2021 import figure04, observed

DARKEST = 0.02
"""Share of the pixels that have the darkest colour together: sky noise takes a few to zero flux, whose logarithm would
take the colours from all others."""
CLUSTERS = ("NGC 5053", "Pal 11", "NGC 7492", "NGC 5466")


def choose(clusters: pd.DataFrame) -> list[str]:
    """The paper's four clusters, or where one was not observed, the four least luminous."""
    names = list(clusters["name"])
    if set(CLUSTERS) <= set(names):
        return list(CLUSTERS)
    return list(clusters.sort_values("luminosity_lsun")["name"][: len(CLUSTERS)])


def draw(
    flux: NDArray, mass: NDArray, clusters: pd.DataFrame, field_arcsec: float, source: str, networks: str
) -> Figure:
    """Draw the maps, a cluster a column.

    Parameters
    ----------
    flux, mass : array, shape (n, ny, nx)
        log10(F / (Lsun kpc^-2)) and the predicted log10(M / Msun).
    clusters : DataFrame
        A row a map: ``name``, ``age_gyr``, ``distance_kpc`` (literature), ``predicted_total_mass_msun``,
        ``predicted_mass_to_light``, ``predicted_age_gyr``, ``predicted_distance_kpc``.
    field_arcsec : float
        Side of the field [arcsec].
    source : str
        ``archive``, ``files`` or ``synthetic``.
    networks : str
        Whose predictions.
    """
    rows = [row for _, row in clusters.iterrows()]
    known = [f"{row['age_gyr']:.1f} Gyr, {row['distance_kpc']:.1f} kpc" for row in rows]
    predicted = [
        f"{row['predicted_total_mass_msun']:.0f} $M_\\odot$, $M/L$ = {row['predicted_mass_to_light']:.1f}\n"
        f"{row['predicted_age_gyr']:.1f} Gyr, {row['predicted_distance_kpc']:.1f} kpc"
        for row in rows
    ]
    shown = np.maximum(flux, np.quantile(flux, DARKEST))
    drawing = figure04.draw(shown, predicted=mass, field_arcsec=field_arcsec, texts=known, predicted_texts=predicted)
    panels = [axis for axis in drawing.axes if axis.images]
    for axis, row in zip(panels, rows, strict=False):
        axis.set_title(row["name"], fontsize=7)
    for text in (text for axis in panels for text in axis.texts):
        text.set_path_effects([withStroke(linewidth=1.2, foreground="black")])  # legible on any colour
    drawing.suptitle(observed.title(source, networks), fontsize=7)
    return drawing
