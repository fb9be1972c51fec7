"""Table 2: accuracy of the predicted distances; ours beside the published numbers."""

from collections.abc import Mapping, Sequence

import pandas as pd

ROWS = {
    "mean": "Mean predicted distance (kpc)",
    "std": "Standard deviation (kpc)",
    "mae": "Mean absolute error (kpc)",
}


def table(
    metrics: Mapping[str, float], published: Mapping[str, Mapping[str, float]], distances_kpc: Sequence[float]
) -> pd.DataFrame:
    """Table 2 as it came out.

    Parameters
    ----------
    metrics : mapping
        With ``distance_mean_15_kpc``, ``distance_std_15_kpc``, ``distance_mae_15_kpc`` and so on.
    published : mapping
        By the same names, mappings with the printed ``value``; a distance that the paper does not have stays empty.
    distances_kpc : sequence of float
        True distances.

    Returns
    -------
    DataFrame
        Columns ``quantity``, ``source`` (ours or published) and one column ``<distance>_kpc`` for each distance.
    """
    rows = []
    for kind, words in ROWS.items():
        names = {f"{distance:g}_kpc": f"distance_{kind}_{distance:g}_kpc" for distance in distances_kpc}
        ours = {column: metrics[name] for column, name in names.items() if name in metrics}
        theirs = {column: published[name]["value"] for column, name in names.items() if name in published}
        rows += [{"quantity": words, "source": "ours", **ours}, {"quantity": words, "source": "published", **theirs}]
    return pd.DataFrame(rows)
