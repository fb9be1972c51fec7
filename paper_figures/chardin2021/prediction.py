"""One observation and what the networks make of it: flux and mass map side by side, hundreds of times in a row."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from numpy.typing import NDArray

from paper_figures import style

FLUX_LABEL = r"$\log_{10}\,F\;[L_\odot\,\mathrm{kpc}^{-2}]$"
MASS_LABEL = r"$\log_{10}\,M\;[M_\odot]$"


class Panels:
    """A page that is laid out once; each `save` draws only the maps and the texts anew.

    Parameters
    ----------
    flux_range, mass_range : (low, high)
        Ends of the colour scales, log10(F / (Lsun kpc^-2)) and log10(M / Msun); one pair for all pages, so that they
        can be compared.
    field_arcsec : float
        Side of the field [arcsec].
    """

    def __init__(
        self, flux_range: tuple[float, float], mass_range: tuple[float, float], field_arcsec: float = 40.0
    ) -> None:
        self._figure = style.figure("page", 0.5)
        axes = self._figure.subplots(1, 2)
        half = field_arcsec / 2
        blank = np.zeros((2, 2))
        self._maps = []
        for axis, limits, colours, label in zip(
            axes, (flux_range, mass_range), (style.FLUX, style.MASS), (FLUX_LABEL, MASS_LABEL), strict=True
        ):
            drawn = axis.imshow(blank, cmap=colours, vmin=limits[0], vmax=limits[1], extent=(-half, half, -half, half))
            self._figure.colorbar(drawn, ax=axis, label=label, pad=0.02)
            axis.set(xlabel=r"$x$ [arcsec]", ylabel=r"$y$ [arcsec]")
            drawn.set_animated(True)
            self._maps.append(drawn)
        self._title = self._figure.suptitle(" ", fontsize=8, parse_math=False)  # a file's name is no formula
        self._captions = [
            axis.text(0.03, 0.03, "", transform=axis.transAxes, color="white", fontsize=7, parse_math=False)
            for axis in axes
        ]
        for text in (self._title, *self._captions):
            text.set_animated(True)
        plt.close(self._figure)  # no longer kept by pyplot, and drawn on its own canvas
        self._canvas = FigureCanvasAgg(self._figure)
        self._canvas.draw()
        self._page = self._canvas.copy_from_bbox(self._figure.bbox)

    def save(
        self, path: Path, flux: NDArray, mass: NDArray, title: str, flux_caption: str = "", mass_caption: str = ""
    ) -> None:
        """Write one page as PNG.

        Parameters
        ----------
        path : path
            Ends in ``.png``; an existing file is replaced.
        flux, mass : array, shape (ny, nx)
            The maps, in the logarithms of the colour scales.
        title, flux_caption, mass_caption : str
            Above the page, and in the corners of the maps.
        """
        from PIL import Image

        self._canvas.restore_region(self._page)
        for drawn, image in zip(self._maps, (flux, mass), strict=True):
            drawn.set_data(image)
            drawn.axes.draw_artist(drawn)
        for text, content in zip((self._title, *self._captions), (title, flux_caption, mass_caption), strict=True):
            text.set_text(content)
            self._figure.draw_artist(text)
        partial = path.with_name(f"{path.name}.partial")
        Image.fromarray(np.asarray(self._canvas.buffer_rgba())[..., :3]).save(partial, format="png", compress_level=1)
        partial.replace(path)


def limits(maps: NDArray) -> tuple[float, float]:
    """Ends of a colour scale: from the lowest thousandth to the highest value of maps of any shape."""
    return float(np.quantile(maps, 1e-3)), float(np.max(maps))
