"""Robustness: errors with weaker and stronger backgrounds behind the same clusters."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import NDArray

from paper_figures import style

ROWS = {"log_mass": "log mass [dex]", "log_luminosity": r"log $L_V$ [dex]", "log_age": "log age [dex]"}


def draw(
    factors: Sequence[float], errors: Mapping[str, Sequence[NDArray]], strange: Sequence[float], title: str
) -> Figure:
    """Medians and 16 to 84 % of the errors against the factor on the background's light; share outside the domain.

    Parameters
    ----------
    factors : sequence of float
    errors : mapping of sequence of array, shape (n,)
        Predicted minus true of each factor's images, by the keys of `ROWS`.
    strange : sequence of float
        Share of the images that the domain score finds unlike the training [%].
    title : str
        What the clusters and fields are.
    """
    drawing = style.figure("page", 0.34)
    axes = drawing.subplots(1, len(ROWS) + 1)
    drawing.suptitle(title)
    for axis, (name, label) in zip(axes, ROWS.items(), strict=False):
        low, middle, high = np.array([np.percentile(some, (16, 50, 84)) for some in errors[name]]).T
        axis.fill_between(factors, low, high, color=style.BLUE, alpha=0.2, lw=0)
        axis.plot(factors, middle, "o-", ms=3, color=style.BLUE)
        axis.axhline(0, color="0.5", lw=0.6)
        axis.set_ylabel(f"error of {label}")
    axes[-1].plot(factors, strange, "o-", ms=3, color=style.RED)
    axes[-1].set(ylabel="outside the domain [%]", ylim=(-3, 103))
    for axis in axes:
        axis.set(xscale="log", xlabel="background, times")
        axis.axvline(1, color="0.5", lw=0.6, ls=":")
        axis.xaxis.set_major_locator(FixedLocator(list(factors)))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_xticks(list(factors), [f"{factor:g}" for factor in factors], rotation=45)
    return drawing
