"""Figure 4: maps of one remnant for several numbers of clusters and two smoothing lengths."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.kaur2021 import kinematic_maps

Panel = tuple[int, float, NDArray[np.floating], NDArray[np.floating]]


def draw(panels: Sequence[Panel], field_rd: float) -> Figure:
    """Draw the figure: four pairs of maps, two by two, as the paper has them.

    Parameters
    ----------
    panels : sequence of (n_clusters, R_sm [R_0], velocity (ny, nx), dispersion (ny, nx))
        From upper left to lower right; [km/s].
    field_rd : float
        Side of the field [R_d].
    """
    drawing = style.figure("page", height_ratio=0.7)
    parts = np.asarray(drawing.subfigures(2, 2), dtype=object).ravel()
    for part, (number, smoothing, velocity, dispersion) in zip(parts, panels, strict=False):
        title = f"$N_{{gc}}$ = {number:,}, $R_{{sm}}$ = {smoothing:g} $R_0$"
        kinematic_maps.pair(part, velocity, dispersion, field_rd / 2, title)
    return drawing
