"""Figure 5: predicted against true dark masses of discs."""

import pandas as pd
from matplotlib.figure import Figure

from paper_figures.kaur2021 import masses


def draw(found: masses.Found, ends_msun: tuple[float, float], floor: float) -> Figure:
    """Draw the figure; parameters as `masses.predicted_true`."""
    return masses.predicted_true(found, ends_msun, floor)


def numbers(found: masses.Found, ends_msun: tuple[float, float], floor: float) -> pd.DataFrame:
    """What it shows; parameters as `masses.numbers`."""
    return masses.numbers(found, ends_msun, floor, "bins")
