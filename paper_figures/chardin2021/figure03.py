"""Figure 3: MSE and R² of both networks over the epochs, on the training and on the validation maps."""

import pandas as pd
from matplotlib.figure import Figure

from paper_figures import style

TITLES = {"encoder_decoder": "encoder-decoder", "regressor": "CNN (age, distance)"}


def draw(history: pd.DataFrame, how: str = "") -> Figure:
    """Draw the figure as the paper has it: red for the training maps, blue for the validation maps; the first member of
    an ensemble in full, the others faint.

    Parameters
    ----------
    history : DataFrame
        Columns ``network`` (encoder_decoder or regressor), ``member`` (from 1), ``epoch`` (from 0), ``mse``,
        ``val_mse``, ``r2``, ``val_r2``; MSE of the standardised values.
    how : str
        What was trained, in one line.
    """
    drawing = style.figure("page", height_ratio=0.62)
    axes = drawing.subplots(2, 2, sharex="col", squeeze=False)
    for column, (network, title) in enumerate(TITLES.items()):
        rows = history[history["network"] == network]
        top, bottom = axes[:, column]
        for member, curve in rows.groupby("member"):
            look = {} if member == 1 else {"alpha": 0.3, "lw": 0.7}
            for prefix, colour, name in (("", "red", "training"), ("val_", "blue", "validation")):
                label = name if member == 1 else None
                top.semilogy(curve["epoch"] + 1, curve[f"{prefix}mse"], color=colour, label=label, **look)
                bottom.plot(curve["epoch"] + 1, curve[f"{prefix}r2"], color=colour, **look)
        for level in (0.7, 0.8, 0.9):
            bottom.axhline(level, color="0.6", lw=0.6, ls="--")
        # The first epochs of batch normalisation can be far below; the paper's panels begin near 0.6.
        bottom.set(ylim=(min(0.6, max(0.0, rows["val_r2"].median() - 0.2)), 1.0), xlabel="epoch")
        top.set_title(title)
    axes[0, 0].set_ylabel("MSE")
    axes[1, 0].set_ylabel("$R^2$")
    axes[0, 1].legend()
    drawing.suptitle(how, fontsize=6)
    return drawing
