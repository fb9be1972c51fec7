"""Three-colour stamps of HST images, encircled energies, colour-magnitude diagrams."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures.style import BLACK, BLUE, COLUMN_INCH, COUNTS, GREEN, ORANGE, PAGE_INCH, RC, RED

SUN_LIGHT = (0.024, 0.4, 0.6)
"""Electrons a second in the three bands that have the ratios of a star like the Sun and are white in stamps."""
COLOURS = {"F336W": BLUE, "F475W": GREEN, "F814W": RED}


def three_colours(image: NDArray, softening: float = 4.0) -> NDArray[np.float64]:
    """An image (3, ny, nx) [electrons/s in F336W, F475W, F814W] as red, green and blue, shape (ny, nx, 3).

    The stretch of Lupton et al. (2004, PASP 116, 133): asinh of the mean of the bands with the colours kept. A star of
    the Sun's colours is white; where the field is crowded the scale is wider.
    """
    light = image - np.quantile(image, 0.2, axis=(1, 2), keepdims=True)
    light = np.maximum(light, 0) / np.array(SUN_LIGHT)[:, None, None]
    mean = light.mean(axis=0)
    mean, light = (values / max(1.0, 1.5 * float(np.median(mean))) for values in (mean, light))
    stretched = np.arcsinh(softening * mean) / np.arcsinh(softening * 10)
    rgb = light[::-1] * stretched / np.maximum(mean, 1e-12)
    return np.moveaxis(np.clip(rgb / np.maximum(rgb.max(axis=0), 1.0), 0, 1), 0, -1)


def stamps(
    images: Sequence[Sequence[NDArray]], columns: Sequence[str], rows: Sequence[str], pixel_arcsec: float = 0.05
) -> Figure:
    """A table of three-colour stamps.

    Parameters
    ----------
    images : sequence of sequences of array, shape (3, ny, nx)
        Row by row [electrons/s].
    columns, rows : sequence of str
        Titles.
    pixel_arcsec : float
        Side of a pixel, for the bar of 1 arcsec.
    """
    with plt.rc_context(RC):
        shape = len(rows), len(columns)
        side = PAGE_INCH / shape[1]
        figure, axes = plt.subplots(
            *shape, figsize=(PAGE_INCH, side * shape[0] + 0.2), squeeze=False, layout="constrained"
        )
        for line, name, group in zip(axes, rows, images, strict=True):
            for panel, image in zip(line, group, strict=True):
                panel.imshow(three_colours(image))
                panel.set_xticks([])
                panel.set_yticks([])
            line[0].set_ylabel(name)
            ny = group[0].shape[1]
            line[0].plot([3, 3 + 1 / pixel_arcsec], [0.06 * ny] * 2, color="white", linewidth=2)
            line[0].text(3, 0.08 * ny, "1″", color="white", va="bottom", fontsize=7)
        for panel, title in zip(axes[0], columns, strict=True):
            panel.set_title(title)
    return figure


def encircled_energy(
    radius_arcsec: NDArray, curves: Mapping[str, NDArray], points: Mapping[str, tuple[NDArray, NDArray]] | None = None
) -> Figure:
    """Fraction of a star's light within a radius: curves of our functions, points of others' by band."""
    with plt.rc_context(RC):
        figure, axes = plt.subplots(figsize=(COLUMN_INCH, 0.8 * COLUMN_INCH), layout="constrained")
        styles = dict(zip(curves, ("-", "--", "-."), strict=False))
        for band, values in curves.items():
            axes.plot(radius_arcsec, values, styles[band], color=COLOURS.get(band, BLACK), label=band)
        marks = dict(zip(curves, "os^", strict=False))
        for band, (radius, values) in (points or {}).items():
            axes.plot(
                radius, values, marks[band], color=COLOURS.get(band, BLACK), markersize=3.5, label=f"{band}, TinyTim"
            )
        axes.set(xscale="log", xlabel="Radius [arcsec]", ylabel="Fraction of the light within", ylim=(0, 1.02))
        axes.legend(loc="lower right")
    return figure


def colour_magnitude(
    tracks: Mapping[str, tuple[NDArray, NDArray]], stars: tuple[NDArray, NDArray] | None = None
) -> Figure:
    """F814W against F475W - F814W: isochrones as points, stars of a field behind as a density."""
    with plt.rc_context(RC):
        figure, axes = plt.subplots(figsize=(COLUMN_INCH, 1.15 * COLUMN_INCH), layout="constrained")
        if stars is not None:
            cells = axes.hexbin(*stars, gridsize=70, extent=(-0.8, 5.5, 17.5, 28.5), bins="log", mincnt=1, cmap=COUNTS,
                                linewidths=0)  # fmt: skip
            figure.colorbar(cells, ax=axes, label="Stars of the field", pad=0.02)
        for (name, (colour, magnitude)), shade in zip(tracks.items(), (BLUE, ORANGE, RED, BLACK, GREEN), strict=False):
            axes.plot(colour, magnitude, ".", color=shade, markersize=2.5, label=name)
        axes.set(xlim=(-0.8, 5.5), ylim=(28.5, 17.5), xlabel="F475W − F814W", ylabel="F814W")
        axes.legend(loc="lower right", markerscale=2)
    return figure
