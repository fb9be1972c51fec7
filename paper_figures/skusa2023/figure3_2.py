"""Figure 3.2: the layers of the deconvolutional network, from the network itself."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from paper_figures import style

COLOURS = {
    "InputLayer": "0.85",
    "Dense": style.ORANGE,
    "Conv2DTranspose": style.SKY,
    "UpSampling2D": style.YELLOW,
    "Reshape": "0.93",
    "Multiply": style.PINK,
}
WIDTH, HEIGHT = 2.6, 0.66
MASK = "mask"  # how the names of the mask's layers begin


def draw(layers: pd.DataFrame, title: str) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    layers : DataFrame
        Columns ``name``, ``kind``, ``shape`` (text), ``parameters``, ``inputs`` (names separated by blanks), in the
        order of computation.
    title : str
    """
    main = [name for name in layers["name"] if not name.startswith(MASK)]
    side = [name for name in layers["name"] if name.startswith(MASK)]
    place = {name: (0.0, -float(row)) for row, name in enumerate(main)}
    place |= {name: (3.2, -float(len(main) - 1 - len(side) + row)) for row, name in enumerate(side)}
    figure = style.figure("column", 1.75, layout="none")
    axis = figure.add_axes((0.01, 0.01, 0.98, 0.95))
    for _, row in layers.iterrows():
        x, y = place[row["name"]]
        axis.add_patch(
            FancyBboxPatch(
                (x - WIDTH / 2, y - HEIGHT / 2),
                WIDTH,
                HEIGHT,
                boxstyle="round,pad=0.02,rounding_size=0.1",
                fc=COLOURS.get(row["kind"], "white"),
                ec="black",
                lw=0.4,
            )
        )
        parameters = f", {row['parameters']:,}" if row["parameters"] else ""
        axis.text(x, y, f"{row['kind']}\n{row['shape']}{parameters}", ha="center", va="center", fontsize=5.5)
        for source in row["inputs"].split():
            sx, sy = place[source]
            if sx == x:
                start, end, bend = (sx, sy - HEIGHT / 2), (x, y + HEIGHT / 2), "arc3,rad=0"
            elif sx < x:
                start, end, bend = (sx + WIDTH / 2, sy), (x, y + HEIGHT / 2), "angle,angleA=0,angleB=90,rad=2"
            else:
                start, end, bend = (sx, sy - HEIGHT / 2), (x + WIDTH / 2, y), "angle,angleA=-90,angleB=0,rad=2"
            axis.add_patch(
                FancyArrowPatch(
                    start, end, connectionstyle=bend, arrowstyle="-|>", mutation_scale=5, lw=0.5, shrinkA=0, shrinkB=0
                )
            )
    axis.set(xlim=(-1.5, 4.7), ylim=(-len(main) + 0.4, 0.6))
    axis.axis("off")
    axis.set_title(title, fontsize=7)
    return figure
