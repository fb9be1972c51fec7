"""Maps of V and σ side by side, as Figures 2, 4, 17, 18 and 19 have them."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from numpy.typing import NDArray

VELOCITY = "RdBu_r"  # towards and away from us
DISPERSION = "viridis"


def panel(axes: Axes, values: NDArray[np.floating], half: float, *, signed: bool, limit: float | None = None) -> Any:
    """Draw one map.

    Parameters
    ----------
    axes : Axes
    values : (ny, nx)
        [km/s].
    half : float
        Half the field's side, in the unit of the axes' labels.
    signed : bool
        Whether it is V, drawn about 0, or σ.
    limit : float, optional
        Largest value of the colours [km/s].
    """
    limit = float(np.abs(values).max()) if limit is None else limit
    limit = limit or 1.0
    colours = plt.get_cmap(VELOCITY if signed else DISPERSION)
    return axes.imshow(
        values, extent=(-half, half, -half, half), cmap=colours, vmin=-limit if signed else 0.0, vmax=limit
    )


def pair(
    drawing: Figure | SubFigure,
    velocity: NDArray[np.floating],
    dispersion: NDArray[np.floating],
    half: float,
    title: str = "",
) -> None:
    """V on the left and σ on the right, each with its scale; lengths in R_d."""
    left, right = drawing.subplots(1, 2, sharey=True)
    for axes, values, signed, name in ((left, velocity, True, "$V$"), (right, dispersion, False, r"$\sigma$")):
        drawn = panel(axes, values, half, signed=signed)
        bar = drawing.colorbar(drawn, ax=axes, location="top", aspect=18)
        bar.set_label(f"{name} [km s$^{{-1}}$]")
        axes.set_xlabel("$x$ [$R_d$]")
    left.set_ylabel("$y$ [$R_d$]")
    if title:
        drawing.suptitle(title, fontsize=7)
