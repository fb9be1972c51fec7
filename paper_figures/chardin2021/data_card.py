"""The figures of the data set's card: distributions, luminosity against age, example maps."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from paper_figures import style
from paper_figures.chardin2021.figure04 import FLUX_LABEL, MASS_LABEL

GROUP_COLOURS = {"train": style.BLUE, "validation": style.ORANGE, "test": style.RED}
QUANTITIES = {
    "log10_mass": MASS_LABEL + " in the field",
    "log10_luminosity": r"$\log_{10}\,L_V\;[L_\odot]$ in the field",
    "mass_to_light": r"$\log_{10}\,M/L_V\;[M_\odot/L_\odot]$ in the field",
    "age_gyr": "age [Gyr]",
    "distance_kpc": "distance [kpc]",
}


def distributions(tables: Mapping[str, Mapping[str, NDArray]]) -> Figure:
    """Histograms of mass, luminosity, M/L, age and distance.

    Parameters
    ----------
    tables : mapping
        For each group of maps the columns named in `QUANTITIES`, each of shape (n,); ``mass_to_light`` is its log10.

    Returns
    -------
    Figure
        Densities, so that groups of different sizes compare.
    """
    figure = style.figure("page", 0.55)
    axes = figure.subplots(2, 3).ravel()
    for axis, (name, label) in zip(axes, QUANTITIES.items(), strict=False):
        together = np.concatenate([np.asarray(table[name]) for table in tables.values()])
        low, high = float(together.min()), float(together.max())
        room = 0.02 * max(high - low, 1e-3)
        bins = np.linspace(low - room, high + room, 41)
        for group, table in tables.items():
            axis.hist(
                table[name],
                bins,
                density=True,
                histtype="step",
                color=GROUP_COLOURS.get(group),
                label=f"{group} ({len(table[name]):,})",
            )
        axis.set_xlabel(label)
    axes[0].set_ylabel("density")
    axes[3].set_ylabel("density")
    handles, labels = axes[0].get_legend_handles_labels()
    axes[5].axis("off")
    axes[5].legend(handles, labels, loc="center", title="maps")
    return figure


def luminosity_against_age(
    age_gyr: NDArray, log10_luminosity: NDArray, distance_kpc: NDArray, most: int = 4000
) -> Figure:
    """V luminosity in the field against age, by distance: the basis of the paper's Figure 10.

    Parameters
    ----------
    age_gyr, log10_luminosity, distance_kpc : array, shape (n,)
        Age [Gyr], log10(L_V / Lsun) in the field, distance [kpc] of each map.
    most : int
        At most this many points are drawn, evenly chosen.

    Returns
    -------
    Figure
    """
    figure = style.figure("column", 0.85)
    axis = figure.subplots()
    step = max(1, len(age_gyr) // most)
    values = np.unique(distance_kpc)
    palette = [style.BLACK, style.BLUE, style.SKY, style.GREEN, style.YELLOW, style.ORANGE, style.RED, style.PINK]
    for k, distance in enumerate(values):
        chosen = np.flatnonzero(distance_kpc == distance)[::step]
        colour = palette[k % len(palette)]
        points = age_gyr[chosen], log10_luminosity[chosen]
        axis.plot(*points, ".", ms=2, color=colour, label=f"{distance:g} kpc", rasterized=True)
    axis.set_xlabel("age [Gyr]")
    axis.set_ylabel(r"$\log_{10}\,L_V\;[L_\odot]$ in the field")
    axis.legend(markerscale=3, ncols=2)
    return figure


def examples(flux: NDArray, mass: NDArray, texts: Sequence[str]) -> Figure:
    """Pairs of maps, four pairs a row.

    Parameters
    ----------
    flux, mass : array, shape (n, ny, nx)
        log10 F [Lsun kpc^-2] and log10 M [Msun].
    texts : sequence of str
        A text for each pair.

    Returns
    -------
    Figure
    """
    rows = -(-len(flux) // 4)
    figure = style.figure("page", 0.125 * rows + 0.03)
    axes = figure.subplots(rows, 8, squeeze=False)
    for axis in axes.ravel():
        axis.axis("off")
    shown = {}
    for kind, maps, colours in (("flux", flux, style.FLUX), ("mass", mass, style.MASS)):
        low, high = float(np.quantile(maps, 1e-3)), float(maps.max())
        for k, image in enumerate(maps):
            axis = axes[k // 4, 2 * (k % 4) + (kind == "mass")]
            shown[kind] = axis.imshow(image, cmap=colours, vmin=low, vmax=high)
            if kind == "flux":
                axis.set_title(texts[k], fontsize=5.5, loc="left", pad=2)
    for kind, label in (("flux", FLUX_LABEL), ("mass", MASS_LABEL)):
        figure.colorbar(shown[kind], ax=list(axes.ravel()), label=label, pad=0.01, aspect=30, shrink=0.9)
    return figure
