"""The table that the thesis lacks: networks beside exact rescaling and interpolation; and the table of the losses."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

UNITS = {"best": "solar", "shift": "solar", "seconds": "s", "training_seconds": "s"}
NAMES = {
    "exact": "exact rescaling of one library",
    "linear": "linear interpolation",
    "cubic": "cubic interpolation",
    "dcnn": "deconvolutional network (thesis)",
    "gan": "GAN, nearest of its draws",
    "repaired": "repaired network (ours)",
    "mean": "mean map of all models",
    "blank": "blank map",
}
ORDER = ("linear", "cubic", "dcnn", "gan", "repaired", "mean", "blank")
COLUMNS = (
    "error_percent_h1",
    "error_percent_h2",
    "error_percent_h3",
    "error_percent_h4",
    "best",
    "shift",
    "training_seconds",
    "seconds",
)


def baselines(methods: pd.DataFrame, chosen: str) -> pd.DataFrame:
    """The honest table: rescaling one library is exact and instant, and stands first; then each set, every method.

    Parameters
    ----------
    methods : DataFrame
        The evaluation's ``methods.csv``.
    chosen : str
        Loss of the deconvolutional networks that are shown.
    """
    shown = methods[(methods["kind"] != "dcnn") | (methods["loss"] == chosen)].copy()
    shown["rank"] = [ORDER.index(kind) if kind in ORDER else -1 for kind in shown["kind"]]
    shown = shown.sort_values(["models", "rank"], ascending=[False, True], kind="stable")
    shown = pd.concat([shown[shown["kind"] == "exact"], shown[shown["kind"] != "exact"]])
    table = shown[["models", *COLUMNS]].copy()
    table.insert(0, "method", [NAMES[kind] for kind in shown["kind"]])
    return _rounded(table)


def losses(methods: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """The four losses on all models (Sect. 4.3), beside the mean map and a blank one."""
    full = methods[(methods["kind"] == "dcnn") & (methods["stride"] == methods["stride"].min())]
    rest = methods[methods["kind"].isin(["exact", "mean", "blank"])]
    shown = pd.concat([full, rest])
    table = shown[[*COLUMNS, "chi2"]].copy()
    words = [names.get(loss, "") or NAMES[kind] for kind, loss in zip(shown["kind"], shown["loss"], strict=True)]
    table.insert(0, "loss", words)
    return _rounded(table)


def choices(rows: Mapping[str, tuple[Any, Any]]) -> pd.DataFrame:
    """Choices and counts: the thesis's and ours, by name."""
    return pd.DataFrame([{"quantity": name, "thesis": a, "ours": b} for name, (a, b) in rows.items()])


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    for name in table.columns:
        if table[name].dtype == float:
            table[name] = [float(f"{value:.4g}") for value in table[name]]
    return table.reset_index(drop=True)
