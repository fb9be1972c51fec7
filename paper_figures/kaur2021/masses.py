"""Predicted against true masses and their errors, as Figures 5 to 16 have them.

In each figure the networks stand in both splits, and the scatter that the noise of so many velocities makes alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray
from scipy.stats import norm

from paper_figures import style

UNIT_MSUN = 1e12
BINS = 20  # of the true mass, as in the paper
FINE = np.linspace(-1, 1, 81)  # of E_i
SMALLEST = 0.05  # |E_i| of which the paper speaks
CHANNELS = {"one_channel": "one channel", "two_channel": "two channels"}
COLOURS = {"one_channel": style.BLUE, "two_channel": style.ORANGE}  # the paper's
LINES = {"image": "-", "galaxy": "--", "fresh": ":"}
WORDS = {"image": "split by image", "galaxy": "split by galaxy", "fresh": "by galaxy, fresh views"}
OF_SPLIT = {"image": style.BLUE, "galaxy": style.RED, "fresh": style.GREEN}

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Answers:
    """What a network says of the images that it was not trained with.

    Attributes
    ----------
    true, predicted : (n,)
        [Msun].
    """

    true: Array
    predicted: Array

    @property
    def error(self) -> Array:
        """E_i (equation 5)."""
        return (self.predicted - self.true) / self.true


Found = Mapping[tuple[str, str], Answers]  # by channels and by split


def binned(answers: Answers, ends_msun: tuple[float, float]) -> pd.DataFrame:
    """Columns ``true``, ``mean``, ``std`` [Msun] and ``n`` in bins of the true mass; empty bins are left out."""
    edges = np.linspace(*ends_msun, BINS + 1)
    place = np.clip(np.digitize(answers.true, edges) - 1, 0, BINS - 1)
    groups = pd.DataFrame({"bin": place, "true": answers.true, "predicted": answers.predicted}).groupby("bin")
    table = groups["predicted"].agg(["mean", "std", "size"]).fillna(0.0).rename(columns={"size": "n"})
    return table.assign(true=groups["true"].mean())[["true", "mean", "std", "n"]].reset_index(drop=True)


def predicted_true(found: Found, ends_msun: tuple[float, float], floor: float) -> Figure:
    """Figures 5, 8, 11 and 14: mean and standard deviation of the predicted mass in 20 bins of the true one.

    Parameters
    ----------
    found : mapping of Answers
        By (channels, split).
    ends_msun : pair of float
        Range of the true masses [Msun].
    floor : float
        Relative error that shot noise makes alone.
    """
    drawing = style.figure("page", height_ratio=0.46)
    panels = drawing.subplots(1, 2, sharex=True, sharey=True)
    line = np.array(ends_msun) / UNIT_MSUN
    for axes, (channels, title) in zip(panels, CHANNELS.items(), strict=True):
        axes.fill_between(line, line * (1 - floor), line * (1 + floor), color="0.85", lw=0, label="shot noise alone")
        axes.plot(line, line, color="black", lw=0.8)
        for number, (split, words) in enumerate(WORDS.items()):
            if (channels, split) in found:
                table = binned(found[channels, split], ends_msun)
                table[["true", "mean", "std"]] /= UNIT_MSUN
                shift = (number - 1) * 0.12 * (line[1] - line[0]) / BINS
                axes.errorbar(
                    table["true"] + shift, table["mean"], table["std"], color=OF_SPLIT[split], marker="o", ms=2,
                    lw=0.9, elinewidth=0.6, ls=LINES[split], label=words,
                )  # fmt: skip
        axes.set(title=title, xlabel=r"true dark mass $M_c$ [$10^{12}\,M_\odot$]")
    panels[0].set_ylabel(r"predicted $M_p$ [$10^{12}\,M_\odot$]")
    panels[0].legend(loc="upper left")
    return drawing


def error_distribution(found: Found, floor: float) -> Figure:
    """Figures 6, 9, 12 and 15: share of the images in fine bins of E_i."""
    drawing = style.figure("column", height_ratio=0.85)
    axes = drawing.subplots()
    middle, width = (FINE[1:] + FINE[:-1]) / 2, FINE[1] - FINE[0]
    axes.fill_between(middle, norm.pdf(middle, scale=floor) * width, color="0.85", lw=0)
    for (channels, split), answers in found.items():
        share = np.histogram(answers.error, FINE)[0] / len(answers.error)
        axes.plot(middle, share, color=COLOURS[channels], ls=LINES[split])
    axes.axvline(0, color="black", lw=0.5)
    axes.set(xlabel="$E_i = (M_p - M_c) / M_c$", ylabel="$N(E_i)$ / all", xlim=(-1, 1))
    axes.set_ylim(0, 1.3 * axes.get_ylim()[1])
    _legend(axes, found, "upper left")
    return drawing


def cumulative(found: Found, floor: float) -> Figure:
    """Figures 7, 10, 13 and 16: share of the images with a smaller error."""
    drawing = style.figure("column", height_ratio=0.85)
    axes = drawing.subplots()
    edge = np.linspace(0, 1, 201)
    axes.fill_between(edge, 2 * norm.cdf(edge, scale=floor) - 1, color="0.85", lw=0)
    for (channels, split), answers in found.items():
        share = np.searchsorted(np.sort(np.abs(answers.error)), edge, side="right") / len(answers.error)
        axes.plot(edge, share, color=COLOURS[channels], ls=LINES[split])
    axes.axvline(SMALLEST, color="black", lw=0.5)
    axes.set(xlabel="$|E_i|$", ylabel="$N(E < |E_i|)$ / all", xlim=(0, 1), ylim=(0, 1))
    _legend(axes, found, "lower right")
    return drawing


def _legend(axes: Axes, found: Found, place: Literal["upper left", "lower right"]) -> None:
    """Colours for the channels, kinds of lines for the splits."""
    handles: list[Artist] = [
        Line2D([], [], color=COLOURS[name], label=CHANNELS[name]) for name in dict.fromkeys(key[0] for key in found)
    ]
    handles += [
        Line2D([], [], color="0.3", ls=LINES[name], label=WORDS[name])
        for name in dict.fromkeys(key[1] for key in found)
    ]
    handles.append(Patch(color="0.85", label="shot noise alone"))
    axes.legend(
        handles=handles, loc=place, fontsize=6, frameon=True, facecolor="white", edgecolor="none", framealpha=0.8
    )


Panel = Literal["bins", "distribution", "cumulative"]


def numbers(found: Found, ends_msun: tuple[float, float], floor: float, panel: Panel) -> pd.DataFrame:
    """What a figure shows, as one table with the columns ``channels`` and ``split`` in front."""
    tables = []
    for (channels, split), answers in found.items():
        if panel == "bins":
            table = binned(answers, ends_msun)
        elif panel == "distribution":
            share = np.histogram(answers.error, FINE)[0] / len(answers.error)
            table = pd.DataFrame({"error": (FINE[1:] + FINE[:-1]) / 2, "share": share})
            table["shot_noise"] = norm.pdf(table["error"], scale=floor) * (FINE[1] - FINE[0])
        else:
            edge = np.linspace(0, 1, 101)
            share = np.searchsorted(np.sort(np.abs(answers.error)), edge, side="right") / len(answers.error)
            table = pd.DataFrame({"error": edge, "share": share, "shot_noise": 2 * norm.cdf(edge, scale=floor) - 1})
        table.insert(0, "split", split)
        table.insert(0, "channels", channels)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
