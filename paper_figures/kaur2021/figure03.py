"""Figure 3: the clusters of the fiducial merger over time."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style

PANELS = 6
REACH = 6.0  # half the side of a panel, in R_d
PLANES = ((0, 2, "z"), (0, 1, "y"))  # the paper's x-z; and x-y, in which the orbit lies


def draw(time_gyr: NDArray[np.floating], position: NDArray[np.floating]) -> Figure:
    """Draw the figure: times from left to right; the upper row is the paper's projection, the lower the orbit's plane.

    Parameters
    ----------
    time_gyr : (n,)
    position : (n, clusters, 3)
        In R_d; the first half of the clusters is the first galaxy's.
    """
    drawing = style.figure("page", height_ratio=0.4)
    panels = drawing.subplots(2, PANELS, sharex=True, sharey=True)
    half = position.shape[1] // 2
    for column, place in enumerate(np.linspace(0, len(time_gyr) - 1, PANELS).round().astype(int)):
        for row, (x, y, name) in enumerate(PLANES):
            axes = panels[row, column]
            for clusters, colour in ((slice(0, half), style.BLUE), (slice(half, None), style.RED)):
                axes.plot(position[place, clusters, x], position[place, clusters, y], ".", ms=1.3, color=colour)
            axes.set(aspect="equal", xlim=(-REACH, REACH), ylim=(-REACH, REACH))
            if column == 0:
                axes.set_ylabel(f"${name}$ [$R_d$]")
        panels[0, column].set_title(f"{time_gyr[place]:.2f} Gyr")
        panels[1, column].set_xlabel("$x$ [$R_d$]")
    return drawing
