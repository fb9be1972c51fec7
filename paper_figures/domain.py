"""The domain score of maps made as for training, and made otherwise."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from paper_figures import style

HEIGHT_RATIO = 0.022  # of one case, over the width
COLOURS = {"good": style.BLACK, "view": style.BLUE, "built": style.GREEN, "judged": style.ORANGE}
NAMES = {
    "good": "as in training",
    "view": "seen otherwise",
    "built": "strange, kinds that the score was built with",
    "judged": "strange, other kinds",
}


def draw(scores: pd.DataFrame) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    scores : DataFrame
        Columns ``case``, ``group`` (one of `COLOURS`), ``score``, ``outside`` (score above 1); the cases in the order
        to be drawn.
    """
    cases = list(dict.fromkeys(scores["case"]))
    drawing = style.figure("page", height_ratio=max(0.42, HEIGHT_RATIO * len(cases)))
    axes = drawing.subplots()
    for place, case in enumerate(cases):
        rows = scores[scores["case"] == case]
        colour = COLOURS[rows["group"].iloc[0]]
        axes.plot(rows["score"], [place] * len(rows), "|", ms=5, mew=0.6, color=colour, alpha=0.7)
        axes.text(
            1.01, place, f"{100 * rows['outside'].mean():.0f} %", transform=axes.get_yaxis_transform(), va="center"
        )
    axes.axvline(1, color=style.RED, lw=0.8, ls="--", label="2 % of the validation maps are above")
    axes.text(1.01, -1, "outside", transform=axes.get_yaxis_transform(), va="center")
    axes.set(xscale="log", xlabel="domain score", ylim=(len(cases) - 0.5, -1.6))
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(range(len(cases)), cases)
    axes.tick_params(axis="y", length=0)
    shown = [group for group in COLOURS if (scores["group"] == group).any()]
    groups = [Line2D([], [], color=COLOURS[group], marker="|", ls="", label=NAMES[group]) for group in shown]
    handles = [*groups, *axes.get_legend_handles_labels()[0]]
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return drawing
