"""Table 2: data sets, networks and what the paper calls accuracy, split by image as published and by galaxy."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

CHANNELS = ("one_channel", "two_channel")
READINGS = ("accuracy", "accuracy_bins", "accuracy_errors")
SUFFIX = {"image": "", "galaxy": "_by_galaxy"}

Numbers = Mapping[str, float]
Published = Mapping[str, Mapping[str, Any]]


def table(
    metrics: Numbers, published: Published, sets: Mapping[str, Mapping[str, Any]], splits: Sequence[str]
) -> pd.DataFrame:
    """Columns ``name images galaxies convolutions epochs split`` and, for each channel, three readings and the paper's.

    Parameters
    ----------
    metrics : mapping
        ``dl1_accuracy_one_channel``, ``dl1_accuracy_bins_two_channel_by_galaxy`` and so on: 1 - MAE / 10; 1 - the mean
        over 20 bins of the error of the mean mass; 1 - the mean of |E_i|.
    published : mapping
        The paper's numbers, with ``value``.
    sets : mapping
        Of each data set ``kinds`` and ``convolutions``.
    splits : sequence of str
    """
    rows = []
    for name, chosen in sets.items():
        key = name.lower()
        for split in splits:
            row: dict[str, Any] = {
                "name": name,
                "images": round(metrics[f"{key}_images"]),
                "galaxies": " + ".join(chosen["kinds"]),
                "convolutions": chosen["convolutions"],
                "epochs": round(metrics["training_epochs"]),
                "split": split,
            }
            for channels in CHANNELS:
                for reading in READINGS:
                    row[f"{reading}_{channels}"] = metrics.get(f"{key}_{reading}_{channels}{SUFFIX[split]}")
                entry = published.get(f"{key}_accuracy_{channels}") if split == "image" else None
                row[f"published_{channels}"] = entry["value"] if entry else None
            rows.append(row)
    return pd.DataFrame(rows)
