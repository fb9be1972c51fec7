"""Figure 2: maps of V and σ of an isolated disc with rotating clusters."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.kaur2021 import kinematic_maps


def draw(velocity: NDArray[np.floating], dispersion: NDArray[np.floating], field_rd: float) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    velocity, dispersion : (ny, nx)
        [km/s].
    field_rd : float
        Side of the field [R_d].
    """
    drawing = style.figure("column", height_ratio=0.68)
    kinematic_maps.pair(drawing, velocity, dispersion, field_rd / 2)
    return drawing
