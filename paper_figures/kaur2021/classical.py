"""Methods without networks on the paper's kind of data, beside the errors that the paper has for its networks."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

PUBLISHED = {"discs": "dl1", "mergers": "dl2"}  # the networks that were trained and tested on one kind alone
COLUMNS = (
    "mae",
    "mae_low",
    "mae_high",
    "rmse",
    "within_5_percent",
    "accuracy_label",
    "accuracy_bins",
    "accuracy_errors",
)


def table(
    metrics: Mapping[str, float],
    published: Mapping[str, Mapping[str, Any]],
    kinds: Sequence[str],
    methods: Sequence[str],
    splits: Sequence[str],
) -> pd.DataFrame:
    """Errors of the label, 0 to 10.

    Parameters
    ----------
    metrics : mapping
        With ``discs.tracer.image.mae`` and so on: kind, method, split, measure.
    published : mapping
        With ``dl1_mae_one_channel`` and so on, mappings with the printed ``value``.
    kinds, methods, splits : sequence of str
        Names in `metrics`.

    Returns
    -------
    DataFrame
        Columns ``galaxies``, ``method``, ``split`` and those of `COLUMNS`; what the paper does not give is empty.
    """
    rows: list[dict[str, Any]] = []
    for kind in kinds:
        for method in methods:
            for split in splits:
                ours = {name: metrics.get(f"{kind}.{method}.{split}.{name}") for name in COLUMNS}
                rows.append({"galaxies": kind, "method": method, "split": split, **ours})
        for channels in ("one", "two"):
            theirs = {
                name: published[f"{PUBLISHED[kind]}_{name}_{channels}_channel"]["value"]
                for name in ("mae", "rmse", "within_5_percent")
            }
            rows.append(
                {"galaxies": kind, "method": f"network, {channels} channel (paper)", "split": "image", **theirs}
            )
    return pd.DataFrame(rows, columns=["galaxies", "method", "split", *COLUMNS])
