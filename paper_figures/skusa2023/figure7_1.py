"""Figures 7.1 to 7.3: kinematic maps of two sources and their difference over the observed errors."""

from typing import Any

from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.skusa2023 import panels

COLOURS = (panels.SIGNED, "inferno", panels.SIGNED, panels.SIGNED)
RESIDUAL = 10.0  # largest residual of the thesis's colours, in errors


def draw(
    first: NDArray,
    second: NDArray,
    errors: NDArray,
    bins: NDArray,
    extent: panels.Extent,
    names: tuple[str, str],
    title: str,
    *,
    residual_alone: bool = False,
) -> Figure:
    """Draw a figure.

    Parameters
    ----------
    first, second, errors : (4, apertures)
        V and σ [km/s], h3, h4; the errors are the observed ones.
    bins : (ny, nx) int
        Aperture of each pixel from 1, 0 for none.
    extent : panels.Extent
        Of the field [arcsec].
    names : pair of str
        What the two are.
    title : str
    residual_alone : bool
        Only the difference, as in Figure 7.3.
    """
    rows = 1 if residual_alone else 3
    figure = style.figure("page", 0.2 + 0.24 * rows)
    bar: dict[str, Any] = {"location": "bottom", "aspect": 18, "pad": 0.02, "extend": "both"}
    axes = figure.subplots(rows, 4, sharex=True, sharey=True, squeeze=False)
    for m, (label, colours) in enumerate(zip(panels.SKY_LABELS, COLOURS, strict=True)):
        both = [panels.on_sky(values[m], bins) for values in (first, second)]
        if not residual_alone:
            ends = panels.span(*both) if m == 1 else panels.symmetric(*both)
            for line, image in zip(axes, both, strict=False):
                shown = panels.sky_map(line[m], image, extent, ends, colours)
            figure.colorbar(shown, ax=[axes[0, m], axes[1, m]], label=label, location="top", aspect=18, pad=0.02)
        image = panels.on_sky((first[m] - second[m]) / errors[m], bins)
        shown = panels.sky_map(axes[-1, m], image, extent, (-RESIDUAL, RESIDUAL), panels.SIGNED)
        figure.colorbar(shown, ax=axes[-1, m], label=f"Δ{label.partition(' ')[0]} / error", **bar)
        axes[-1, m].set_xlabel(r"$x$ [arcsec]")
    words = ["difference"] if residual_alone else [*names, "difference"]
    for line, word in zip(axes, words, strict=True):
        line[0].set_ylabel(f"{word}\n" + r"$y$ [arcsec]")
    figure.suptitle(title, fontsize=8)
    return figure
