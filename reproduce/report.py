"""One self-contained HTML page of every figure and table in the store, beside the published numbers, per profile."""

import base64
import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

import data_manifests
from reproduce import comparison, settings
from reproduce.pipeline import Chain
from reproduce.store import Store

OURS = ["diagnostics"]
PAPER = [f"figure{number}" for number in range(1, 13)] + [f"table{number}" for number in range(1, 4)]
TITLES = {"diagnostics": "The simulated clusters"}
ABOUT = {
    "smoke": "Minutes; shows that the chain works. Its numbers mean nothing.",
    "laptop": "A tenth of the paper's maps and the compact encoder-decoder, for a first look on two cores.",
    "workstation": "The paper's snapshots and test maps, half of its training maps, ensembles of compact networks.",
    "extended": "Twelve training clusters and 22 distances in place of two and five; networks as workstation.",
    "paper": "The paper's data, networks, losses, epochs and rates.",
}


def write(store: Store, chain: Chain, profile: str, overrides: Sequence[str]) -> Path:
    """Write ``report.html`` into the store's folder and return its path.

    Parameters
    ----------
    store : Store
        Where results are looked up.
    chain : Chain
        The chain under the settings of this call; it comes first.
    profile : str
        The profile of this call.
    overrides : sequence of str
        What this call changes; if any, the call has a part of its own beside its profile's.
    """
    stages = tuple(chain.stages.values())
    title = f"{profile}, with {', '.join(overrides)}" if overrides else profile
    parts = [_part(store, chain, title, ABOUT.get(profile, ""))]
    for name in settings.profiles():
        if overrides or name != profile:
            other = _part(store, Chain(stages, settings.load(name)), name, ABOUT.get(name, ""))
            if other["made"]:
                parts.append(other)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    beyond = ", ".join(name for name in PAPER if name not in chain.stages) or "none"
    page = environment.get_template("report.html").render(parts=parts, beyond=beyond)
    path = store.root / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name("report.html.partial")
    partial.write_text(page, encoding="utf-8")
    os.replace(partial, path)
    return path


def _part(store: Store, chain: Chain, title: str, about: str) -> dict[str, Any]:
    """What the store holds under one set of settings."""
    possible = [name for name in (*PAPER, *OURS) if name in chain.stages]
    made = [item for name in possible if (item := _item(store, chain, name))]
    missing = [name for name in possible if name not in {item["name"] for item in made}]
    return {
        "id": title.split(",")[0].replace(" ", "-") + ("" if "," not in title else "-changed"),
        "title": f"Profile {title}",
        "about": about,
        "numbers": comparison.rows(metrics, names)
        if (metrics := _metrics(store, chain)) and (names := _names(metrics))
        else [],
        "made": made,
        "missing": ", ".join(missing),
    }


def _names(metrics: dict[str, float]) -> list[str]:
    return [name for name in data_manifests.load("published") if name in metrics]


def _metrics(store: Store, chain: Chain) -> dict[str, float]:
    """All final numbers that the stages of one chain recorded, the evaluation's file among them."""
    found: dict[str, float] = {}
    for name in chain.stages:
        key = chain.key(name)
        manifest = store.manifest(name, key)
        if manifest is None or store.damage(name, key):
            continue
        found |= manifest["metrics"]
        if "metrics.json" in manifest["files"]:
            found |= json.loads((store.folder(name, key) / "metrics.json").read_text(encoding="utf-8"))
    return found


def _item(store: Store, chain: Chain, name: str) -> dict[str, Any] | None:
    key = chain.key(name)
    manifest = store.manifest(name, key)
    if manifest is None or store.damage(name, key):
        return None
    folder = store.folder(name, key)
    images = sorted(file for file in manifest["files"] if file.endswith(".png"))
    tables = sorted(file for file in manifest["files"] if file.startswith(name) and file.endswith(".csv"))
    return {
        "name": name,
        "title": TITLES.get(name) or name.replace("figure", "Figure ").replace("table", "Table "),
        "key": key,
        "images": [{"name": file, "data": base64.b64encode((folder / file).read_bytes()).decode()} for file in images],
        "table": _table(folder / tables[0]) if name.startswith("table") and tables else None,
        "finished": manifest["finished"].replace("T", " ").replace("+00:00", " UTC"),
        "seconds": f"{manifest['wall_seconds']:.0f}",
        "run": manifest["mlflow"]["run_id"],
        "inputs": ", ".join(f"{need} {other}" for need, other in manifest["key_parts"]["needs"].items()),
    }


def _table(path: Path) -> dict[str, Any]:
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return {"columns": [name.replace("_", " ") for name in header], "rows": rows}
