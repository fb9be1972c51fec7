"""Figure 6: true against predicted total mass, and mass-to-light ratio, of every test map."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from paper_figures import residual_histogram, style

MASS = r"$\log_{10}(M_\mathrm{tot}/M_\odot)$"
RATIO = r"$M_\mathrm{tot}/L_\mathrm{tot}$ [$M_\odot/L_\odot$]"


def draw(
    total_mass: tuple[pd.DataFrame, pd.DataFrame],
    mass_to_light: tuple[pd.DataFrame, pd.DataFrame],
    metrics: Mapping[str, float],
    published: Mapping[str, Mapping[str, float]],
    how: str,
) -> Figure:
    """Draw both panels, each with our mean error over bins and the published one.

    Parameters
    ----------
    total_mass, mass_to_light : (histogram, residuals)
        As `residual_histogram.draw` reads them.
    metrics : mapping
        With ``total_mass_error_percent`` and ``mass_to_light_error_percent``.
    published : mapping
        By the same names, mappings with the published ``value`` [%].
    how : str
        What made the prediction.
    """
    drawing = style.figure("page", height_ratio=0.48, layout="none")
    panels = drawing.subfigures(1, 2, squeeze=False)[0]
    for panel, tables, label, name, unit in (
        (panels[0], total_mass, MASS, "total_mass_error_percent", "[dex]"),
        (panels[1], mass_to_light, RATIO, "mass_to_light_error_percent", r"[$M_\odot/L_\odot$]"),
    ):
        names = f"true {label}", f"predicted {label}"
        axes = residual_histogram.draw(panel, *tables, *names, residual_label=f"$r$ {unit}")
        text = f"mean error {style.measured(metrics, name, '{:.1f} %')} (paper {published[name]['value']:g} %)"
        main = axes["histogram"]
        main.text(0.03, 0.97, text, transform=main.transAxes, ha="left", va="top", fontsize=6, bbox=style.BACKING)
    drawing.text(0.5, 0.99, how, ha="center", va="top", fontsize=6)
    return drawing
