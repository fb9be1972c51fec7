"""Figure 9: distribution of errors for merger remnants."""

import pandas as pd
from matplotlib.figure import Figure

from paper_figures.kaur2021 import masses


def draw(found: masses.Found, ends_msun: tuple[float, float], floor: float) -> Figure:
    """Draw the figure; parameters as `masses.error_distribution`."""
    return masses.error_distribution(found, floor)


def numbers(found: masses.Found, ends_msun: tuple[float, float], floor: float) -> pd.DataFrame:
    """What it shows; parameters as `masses.numbers`."""
    return masses.numbers(found, ends_msun, floor, "distribution")
