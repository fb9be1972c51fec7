"""The claim of the abstract cell by cell, and what was aimed at beside what came out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

NAMES = {"network": "network", "bins": "softmax over bins", "photometry": "photometry and curve of growth"}
PARAMETERS = ("age", "mass", "size")


def claim(cells: pd.DataFrame, limits: Mapping[str, float], scatters: Mapping[str, float]) -> pd.DataFrame:
    """A row for each cell: limits of the cell, number of clusters, and of each parameter bias, its error, scatter,
    whether both are within the limits, and the scatter of photometry.

    Parameters
    ----------
    cells : DataFrame
        ``cells_disc.csv`` of the stage `evaluate`.
    limits, scatters : mapping of float
        Largest |bias| and scatter by parameter [dex].
    """
    edges = ["age_low", "age_high", "mass_low", "mass_high"]
    rows = []
    for place, group in cells.groupby(edges):
        row = dict(zip(edges, place, strict=True)) | {"n": int(group["n"].iloc[0])}
        for parameter in PARAMETERS:
            of = {one["method"]: one for one in group[group["parameter"] == parameter].to_dict("records")}
            ours = of["network"]
            row |= {
                f"{parameter}_bias": round(ours["bias"], 3),
                f"{parameter}_bias_error": round(ours["bias_error"], 3),
                f"{parameter}_scatter": round(ours["scatter"], 3),
                f"{parameter}_holds": bool(
                    abs(ours["bias"]) < limits[parameter] and ours["scatter"] < scatters[parameter]
                ),
                f"{parameter}_scatter_photometry": round(of["photometry"]["scatter"], 3),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def methods(metrics: Mapping[str, float]) -> pd.DataFrame:
    """A row for each group of test images, method and parameter: bias, scatter, rms, coverage of its intervals."""
    measures = ("bias", "scatter", "rms", "coverage_68", "coverage_95", "worst_bias", "worst_scatter",
                "cells_within_bias", "cells_within_scatter", "cells_better")  # fmt: skip
    rows = []
    for group in ("all", "disc"):
        for method, words in NAMES.items():
            for parameter in (*PARAMETERS, "a_v"):
                name = f"{group}.{method}.{parameter}"
                found = {one: metrics.get(f"{name}.{one}", np.nan) for one in measures}
                if np.isfinite(found["scatter"]):
                    rows.append({"clusters": group, "method": words, "parameter": parameter, **found})
    return pd.DataFrame(rows)


def aims(metrics: Mapping[str, float], limits: Mapping[str, float], scatters: Mapping[str, float]) -> pd.DataFrame:
    """``aim asked ours reached``: what was set out to be reached in the abstract's range on the disc's fields."""
    rows = []

    def add(aim: str, name: str, asked: str, low: float, high: float) -> None:
        if name in metrics:
            ours = metrics[name]
            rows.append({"aim": aim, "asked": asked, "ours": round(ours, 3), "reached": bool(low <= ours <= high)})

    for one in PARAMETERS:
        name = f"disc.network.{one}"
        add(f"{one}: largest |bias| of a cell [dex]", f"{name}.worst_bias", f"< {limits[one]:g}", 0, limits[one])
        add(
            f"{one}: largest scatter of a cell [dex]", f"{name}.worst_scatter", f"< {scatters[one]:g}", 0, scatters[one]
        )
        add(f"{one}: scatter over all cells [dex]", f"{name}.scatter", f"< {scatters[one]:g}", 0, scatters[one])
        add(f"{one}: share of the cells with a smaller error than photometry", f"{name}.cells_better", "1", 1, 1)
    for group in ("all", "disc"):
        for one in (*PARAMETERS, "a_v"):
            for level, margin in ((68, 5), (95, 3)):
                name = f"{group}.network.{one}.coverage_{level}"
                add(f"{one}: truths in {level} % intervals, {group} [%]", name, f"{level} ± {margin}",
                    level - margin, level + margin)  # fmt: skip
    return pd.DataFrame(rows, columns=["aim", "asked", "ours", "reached"])
