"""What several figures share: maps of coefficients (orbit × aperture), maps on the sky, names."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from paper_figures import style

Extent = tuple[float, float, float, float]
"""Left, right, bottom, top of a field [arcsec]."""

SIGNED = "RdBu_r"  # white at zero; told apart by colour-blind readers
LOSSES = {"l2": r"$L_2$", "l1": r"$L_1$", "l2_error": r"$L_2/\epsilon$", "l1_error": r"$L_1/\epsilon$"}
SKY_LABELS = (r"$V$ [km s$^{-1}$]", r"$\sigma$ [km s$^{-1}$]", r"$h_3$", r"$h_4$")
SERIES = (style.BLUE, style.RED, style.GREEN, style.ORANGE, style.PINK, style.SKY, style.YELLOW)
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))


def coefficient_map(axis: Axes, values: NDArray, limit: float, title: str = "") -> AxesImage:
    """A map (orbits, apertures), the first orbit on top as in the thesis; blue below zero, red above."""
    shown = axis.imshow(
        values, cmap=SIGNED, vmin=-limit, vmax=limit, origin="upper", aspect="auto", interpolation="nearest"
    )
    axis.set_title(title)
    axis.tick_params(top=False, right=False)
    return shown


def coefficient_grid(
    figure: object, rows: Sequence[Sequence[NDArray]], row_names: Sequence[str], titles: Sequence[str], limit: float
) -> tuple[NDArray, AxesImage]:
    """Axes of rows of maps with common axes, and the image that the colour bar is of."""
    axes = figure.subplots(len(rows), len(rows[0]), sharex=True, sharey=True, squeeze=False)  # type: ignore[attr-defined]
    for number, (line, maps) in enumerate(zip(axes, rows, strict=True)):
        for axis, values, title in zip(line, maps, titles, strict=True):
            shown = coefficient_map(axis, values, limit, title if number == 0 else "")
        line[0].set_ylabel(f"{row_names[number]}\norbit" if row_names[number] else "orbit")
    for axis in axes[-1]:
        axis.set_xlabel("aperture")
    return axes, shown


def on_sky(values: NDArray, bins: NDArray[np.int64]) -> NDArray[np.float64]:
    """An image (ny, nx) of values (apertures,) for the aperture number of each pixel, 0 for none."""
    return np.append(np.nan, values)[bins]


def sky_map(axis: Axes, image: NDArray, extent: Extent, limits: tuple[float, float], colours: str) -> AxesImage:
    """A map on the sky [arcsec]."""
    shown = axis.imshow(image, cmap=colours, vmin=limits[0], vmax=limits[1], extent=extent, origin="lower")
    axis.tick_params(top=False, right=False)
    return shown


def symmetric(*arrays: NDArray, share: float = 0.99) -> tuple[float, float]:
    """Ends of a colour scale about zero that hold a share of all values."""
    values = np.concatenate([np.abs(array[np.isfinite(array)]).ravel() for array in arrays])
    limit = float(np.quantile(values, share)) or 1.0
    return -limit, limit


def span(*arrays: NDArray, share: float = 0.99) -> tuple[float, float]:
    """Ends of a colour scale that hold a share of all values."""
    values = np.concatenate([array[np.isfinite(array)].ravel() for array in arrays])
    return float(np.quantile(values, 1 - share)), float(np.quantile(values, share))
