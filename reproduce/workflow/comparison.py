"""Our numbers beside the published ones."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reproduce.workflow.files import whole

FILE = "comparison.csv"
COLUMNS = ("metric", "quantity", "published", "ours", "difference", "ours_low", "ours_high", "unit", "where")

Published = Mapping[str, Mapping[str, Any]]


def rows(metrics: Mapping[str, float], published: Published, names: Iterable[str]) -> list[dict[str, str]]:
    """One row for each name of a published number; `ours` is empty where we have none.

    Parameters
    ----------
    metrics : mapping
        Our numbers, with the bounds of their intervals as ``NAME_low`` and ``NAME_high``.
    published : mapping
        The paper's, each with ``value``, ``unit``, ``text`` and ``where``.
    names : iterable of str
        Which of them.
    """
    found = []
    for name in names:
        entry = published[name]
        ours = metrics.get(name)
        found.append(
            {
                "metric": name,
                "quantity": entry["text"],
                "published": f"{entry['value']:g}",
                "ours": "" if ours is None else f"{ours:.4g}",
                "difference": "" if ours is None else f"{ours - entry['value']:+.3g}",
                "ours_low": f"{metrics[f'{name}_low']:.4g}" if f"{name}_low" in metrics else "",
                "ours_high": f"{metrics[f'{name}_high']:.4g}" if f"{name}_high" in metrics else "",
                "unit": entry["unit"],
                "where": entry["where"],
            }
        )
    return found


def write(folder: Path, metrics: Mapping[str, float], published: Published, names: Iterable[str]) -> dict[str, float]:
    """Write the comparison into a stage's folder; return the numbers to log, ours and ``published.<name>``."""
    names = list(names)
    with whole(folder / FILE) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows(metrics, published, names))
    logged = {name: metrics[name] for name in names if name in metrics}
    return logged | {f"published.{name}": float(published[name]["value"]) for name in names}


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a comparison file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def lines(path: Path) -> list[str]:
    """A comparison file as text, a line a number."""
    return [
        f"{row['quantity']}: {row['ours'] or 'not measured'} {row['unit']} "
        f"(published {row['published']} {row['unit']}, {row['where']})"
        for row in read(path)
    ]
