"""Figure 19: a map of V without noise, with noise, and the noise."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.kaur2021 import kinematic_maps


def draw(without: NDArray[np.floating], noisy: NDArray[np.floating], field_rd: float) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    without, noisy : (ny, nx)
        V [km/s].
    field_rd : float
        Side of the field [R_d].
    """
    drawing = style.figure("page", height_ratio=0.42)
    panels = drawing.subplots(1, 3, sharey=True)
    limit = float(max(np.abs(without).max(), np.abs(noisy).max()))
    noise = noisy - without
    shown = (("without noise", without, limit), ("with noise", noisy, limit), ("noise", noise, np.abs(noise).max()))
    for axes, (title, values, most) in zip(panels, shown, strict=True):
        drawn = kinematic_maps.panel(axes, values, field_rd / 2, signed=True, limit=float(most))
        bar = drawing.colorbar(drawn, ax=axes, location="top", aspect=22)
        bar.set_label(f"$V$ [km s$^{{-1}}$], {title}")
        axes.set_xlabel("$x$ [$R_d$]")
    panels[0].set_ylabel("$y$ [$R_d$]")
    return drawing
