"""One observation and what the networks make of it: flux and mass maps side by side, hundreds of times in a row."""

from collections.abc import Sequence
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
    truth : bool
        Whether a third map follows, the true mass map.
    """

    def __init__(
        self,
        flux_range: tuple[float, float],
        mass_range: tuple[float, float],
        field_arcsec: float = 40.0,
        truth: bool = False,
    ) -> None:
        self._figure = style.figure("page", 0.32 if truth else 0.5)
        kinds = [(flux_range, style.FLUX, FLUX_LABEL), (mass_range, style.MASS, MASS_LABEL)]
        kinds += [(mass_range, style.MASS, f"true {MASS_LABEL}")] * truth
        axes = self._figure.subplots(1, len(kinds))
        half = field_arcsec / 2
        blank = np.zeros((2, 2))
        self._maps = []
        for axis, (limits, colours, label) in zip(axes, kinds, strict=True):
            drawn = axis.imshow(blank, cmap=colours, vmin=limits[0], vmax=limits[1], extent=(-half, half, -half, half))
            self._figure.colorbar(drawn, ax=axis, label=label, pad=0.02, fraction=0.046)
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

    def save(self, path: Path, maps: Sequence[NDArray], title: str, captions: Sequence[str]) -> None:
        """Write one page as PNG.

        Parameters
        ----------
        path : path
            Ends in ``.png``; an existing file is replaced.
        maps : sequence of array, shape (ny, nx)
            Flux, predicted and, on a page with truth, true mass, in the logarithms of the colour scales.
        title : str
            Above the page.
        captions : sequence of str
            In the corner of each map.
        """
        from PIL import Image

        self._canvas.restore_region(self._page)
        for drawn, image in zip(self._maps, maps, strict=True):
            drawn.set_data(image)
            drawn.axes.draw_artist(drawn)
        for text, content in zip((self._title, *self._captions), (title, *captions), strict=True):
            text.set_text(content)
            self._figure.draw_artist(text)
        partial = path.with_name(f"{path.name}.partial")
        Image.fromarray(np.asarray(self._canvas.buffer_rgba())[..., :3]).save(partial, format="png", compress_level=1)
        partial.replace(path)


def limits(maps: NDArray) -> tuple[float, float]:
    """Ends of a colour scale: from the lowest thousandth to the highest value of maps of any shape."""
    return float(np.quantile(maps, 1e-3)), float(np.max(maps))
