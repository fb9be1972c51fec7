"""Table 3: errors of the networks, of methods without networks on the same images, and of noise alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

CHANNELS = {"one_channel": "one channel", "two_channel": "two channels"}
SUFFIX = {"image": "", "galaxy": "_by_galaxy"}
MEASURES = ("mae", "mae_low", "mae_high", "rmse", "within_5_percent")
PAPER = ("mae", "rmse", "within_5_percent")
METHODS = {
    "tracer": "tracer mass estimator",
    "virial": "virial",
    "jeans": "Jeans",
    "nearest_one_channel": "nearest maps, one channel",
    "nearest_two_channel": "nearest maps, two channels",
}

Numbers = Mapping[str, float]
Published = Mapping[str, Mapping[str, Any]]


def table(
    metrics: Numbers, published: Published, sets: Mapping[str, Sequence[str]], splits: Sequence[str]
) -> pd.DataFrame:
    """Columns ``name galaxies split method mae mae_low mae_high rmse within_5_percent`` and the paper's beside.

    Parameters
    ----------
    metrics : mapping
        As the stage `evaluate` names them; the bounds are those of 95 % over galaxies.
    published : mapping
        The paper's numbers, with ``value``.
    sets : mapping
        The kinds of galaxies of each data set.
    splits : sequence of str
    """
    rows: list[dict[str, Any]] = []

    def add(name: str, galaxies: str, split: str, method: str, form: str, entry: str | None = None) -> None:
        found = {measure: metrics[form.format(measure)] for measure in MEASURES if form.format(measure) in metrics}
        for measure in ("mae_low", "mae_high"):  # bounds stand behind the whole name
            base, _, end = measure.rpartition("_")
            if f"{form.format(base)}_{end}" in metrics:
                found[measure] = metrics[f"{form.format(base)}_{end}"]
        if not found:
            return
        theirs = {}
        if entry is not None:
            theirs = {
                f"published_{one}": published[entry.format(one)]["value"]
                for one in PAPER
                if entry.format(one) in published
            }
        rows.append({"name": name, "galaxies": galaxies, "split": split, "method": method, **found, **theirs})

    for name, kinds in sets.items():
        key, galaxies = name.lower(), " + ".join(kinds)
        group = kinds[0] if len(kinds) == 1 else "both"
        for split in splits:
            end = SUFFIX[split]
            for channels, words in CHANNELS.items():
                form = f"{key}_{{}}_{channels}"
                add(name, galaxies, split, f"network, {words}", form + end, form if split == "image" else None)
            if split == "galaxy":
                for channels, words in CHANNELS.items():
                    add(
                        name,
                        galaxies,
                        split,
                        f"network on fresh views, {words}",
                        f"fresh_{group}_{{}}_{channels}_by_galaxy",
                    )
            for method, words in METHODS.items():
                add(name, galaxies, split, words, f"{method}_{key}_{{}}{end}")
            add(name, galaxies, split, "shot noise alone", f"floor_{key}_{{}}{end}")
            add(name, galaxies, split, "the same answer always", f"constant_{key}_{{}}{end}")
    columns = ["name", "galaxies", "split", "method", *MEASURES, *(f"published_{one}" for one in PAPER)]
    return pd.DataFrame(rows, columns=columns)
