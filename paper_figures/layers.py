"""Networks drawn from a table of their layers: a slab for each feature map, arrows for what joins distant layers."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Patch, Rectangle

from paper_figures import style

# What is drawn, by Keras's class: colour and name. Other layers (normalisation, dropout) change no shape.
KINDS = {
    "InputLayer": (style.BLACK, "input"),
    "Conv2D": (style.SKY, "convolution"),
    "MaxPooling2D": (style.RED, "pooling by 2"),
    "UpSampling2D": (style.GREEN, "upsampling by 2"),
    "Concatenate": (style.YELLOW, "joined maps"),
    "Flatten": (style.ORANGE, "flattened"),
    "Dense": (style.PINK, "fully connected"),
    "Reshape": ("0.75", "folding of 4 x 4 px"),
}
GAP = 0.55  # between slabs, in units of the widest
TALLEST = 3.0


def slabs(layers: pd.DataFrame) -> pd.DataFrame:
    """Place of each layer that is drawn.

    Parameters
    ----------
    layers : DataFrame
        Columns ``name``, ``kind``, ``side``, ``channels``, ``inputs`` (names separated by blanks), in the order of
        computation.

    Returns
    -------
    DataFrame
        Columns ``name``, ``kind``, ``side``, ``channels``, ``x`` (left edge), ``width``, ``height``, and ``sources``:
        the names of the drawn layers that it reads.
    """
    parents: dict[str, list[str]] = {
        name: text.split() for name, text in zip(layers["name"], layers["inputs"], strict=True)
    }
    drawn = layers[layers["kind"].isin(KINDS)]
    # a fold is a chain of reshapes and transpositions: its last one stands for all
    folds = drawn["kind"].eq("Reshape") & drawn["kind"].shift(-1).eq("Reshape")
    drawn = drawn[~folds].copy()
    names = set(drawn["name"])

    def sources(name: str) -> list[str]:
        found: list[str] = []
        for parent in parents[name]:
            found += [parent] if parent in names else sources(parent)
        return found

    drawn["sources"] = [sources(name) for name in drawn["name"]]
    drawn["width"] = 0.10 + 0.9 * np.sqrt(np.minimum(drawn["channels"], 512) / 512)
    largest = drawn["side"].max()
    drawn["height"] = TALLEST * np.maximum(np.sqrt(drawn["side"] / largest), 0.06)
    drawn.loc[drawn["side"] == 1, "height"] = 0.4 + 1.4 * np.sqrt(np.minimum(drawn["channels"], 512) / 512)
    drawn.loc[drawn["side"] == 1, "width"] = 0.22
    drawn["x"] = (drawn["width"] + GAP).cumsum() - drawn["width"]
    return drawn.reset_index(drop=True)


def draw(axes: Axes, layers: pd.DataFrame) -> None:
    """Draw a network.

    Parameters
    ----------
    axes : Axes
        Where; its frame is taken away.
    layers : DataFrame
        As for `slabs`.
    """
    placed = slabs(layers).set_index("name")
    for place, (_, row) in enumerate(placed.iterrows()):
        colour = KINDS[row["kind"]][0]
        axes.add_patch(
            Rectangle((row["x"], -row["height"] / 2), row["width"], row["height"], fc=colour, ec="black", lw=0.4)
        )
        text = f"{row['side']:.0f}²×{row['channels']:.0f}" if row["side"] > 1 else f"{row['channels']:.0f}"
        middle = row["x"] + row["width"] / 2
        axes.text(middle, -row["height"] / 2 - 0.08, text, rotation=90, ha="center", va="top", fontsize=5)
        for source in row["sources"]:
            origin = placed.loc[source]
            start = origin["x"] + origin["width"]
            if place and source == placed.index[place - 1]:
                ends, bend = ((start, 0), (row["x"], 0)), 0.0
            else:  # an arc above the slabs, no higher than the figure
                first = origin["x"] + origin["width"] / 2
                ends, bend = (
                    ((first, origin["height"] / 2), (middle, row["height"] / 2)),
                    -min(0.25, 2 / (middle - first)),
                )
            axes.add_patch(
                FancyArrowPatch(
                    *ends,
                    connectionstyle=f"arc3,rad={bend}",
                    arrowstyle="-|>",
                    mutation_scale=4,
                    lw=0.5,
                    color="0.3",
                    shrinkA=0.5,
                    shrinkB=0.5,
                )
            )
    right = float((placed["x"] + placed["width"]).max())
    axes.set(xlim=(-0.1, right + 0.2), ylim=(-TALLEST / 2 - 1.3, TALLEST / 2 + 1.1))
    axes.axis("off")
    used = [kind for kind in KINDS if kind in set(placed["kind"])]
    handles = [Patch(fc=KINDS[kind][0], ec="black", lw=0.4, label=KINDS[kind][1]) for kind in used]
    axes.legend(
        handles=handles, loc="lower center", ncols=len(handles), fontsize=6, handlelength=1.2, columnspacing=1.2
    )


def figure(table: pd.DataFrame, title: str) -> Figure:
    """Figure 1 (the encoder-decoder) or 2 (the regressor).

    Parameters
    ----------
    table : DataFrame
        Columns ``name``, ``kind``, ``side`` [px], ``channels``, ``parameters``, ``inputs``: the layers in order.
    title : str
        What it is.
    """
    drawing = style.figure("page", height_ratio=0.36)
    axes = drawing.subplots()
    draw(axes, table)
    axes.set_title(f"{title}: {table['parameters'].sum():,} parameters; side² × channels")
    return drawing
