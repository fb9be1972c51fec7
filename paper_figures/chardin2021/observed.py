"""What Figures 10 to 12 and Table 3 share: whose images they show, and which clusters the paper singles out."""

import pandas as pd

FAINT = 5
"""The paper's Sect. 5: the five least luminous fields lie within its training set, and are red in Figure 11."""

SOURCES = {
    "synthetic": "SYNTHETIC images of King models, not observations",
    "archive": "Pan-STARRS1 images",
    "files": "images from files",
}


def stem(name: str, source: str) -> str:
    """Name of a figure's files: `name`, and for synthetic images ``<name>_synthetic``."""
    return f"{name}_synthetic" if source == "synthetic" else name


def title(source: str, networks: str) -> str:
    """One line that says whose images and whose networks."""
    return f"{SOURCES[source]}; {networks}"


def faint(clusters: pd.DataFrame) -> "pd.Series[bool]":
    """True for the `FAINT` least luminous clusters, by column ``luminosity_lsun``."""
    return clusters["luminosity_lsun"].rank(method="first") <= FAINT
