"""One self-contained HTML page of every figure and table in the store, beside the published numbers, per profile."""

import base64
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from reproduce.workflow import comparison
from reproduce.workflow.files import read_json, whole
from reproduce.workflow.papers import Paper
from reproduce.workflow.stages import Chain, Stage
from reproduce.workflow.store import Store

PAGE = "report.html"


def write(store: Store, papers: Sequence[Paper], paper: Paper, profile: str, overrides: Sequence[str]) -> Path:
    """Write ``report.html`` into the store's folder and return its path.

    Parameters
    ----------
    store : Store
        Where results are looked up.
    papers : sequence of Paper
        All of them; each that has made something has a chapter.
    paper : Paper
        That of this call; it comes first.
    profile : str
        The profile of this call.
    overrides : sequence of str
        What this call changes; if any, the call has a part of its own beside its profile's.
    """
    chapters = [_chapter(store, paper, profile, overrides)]
    chapters += [_chapter(store, other) for other in papers if other is not paper]
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    page = environment.get_template(PAGE).render(chapters=[chapter for chapter in chapters if chapter["parts"]])
    store.root.mkdir(parents=True, exist_ok=True)
    with whole(store.root / PAGE) as partial:
        partial.write_text(page, encoding="utf-8")
    return store.root / PAGE


def _chapter(store: Store, paper: Paper, profile: str | None = None, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """One paper: a part for this call, if it is about this paper, and one for each profile under which there is
    something."""
    parts = []
    if profile is not None:
        title = f"{profile}, with {', '.join(overrides)}" if overrides else profile
        parts.append(_part(store, paper, paper.chain(profile, overrides), title, paper.profiles.about(profile)))
    for name in paper.profiles.names():
        if overrides or name != profile:
            other = _part(store, paper, paper.chain(name), name, paper.profiles.about(name))
            if other["made"]:
                parts.append(other)
    return {
        "name": paper.name,
        "title": paper.title,
        "about": paper.about,
        "parts": parts,
        "not_ours": paper.not_ours,
    }


def _part(store: Store, paper: Paper, chain: Chain, title: str, about: str) -> dict[str, Any]:
    """What the store holds of a paper under one set of settings."""
    made = [item for name in paper.shown() if (item := _item(store, chain, chain.stages[name]))]
    missing = [name for name in paper.all() if name not in {item["name"] for item in made}]
    metrics = _metrics(store, chain)
    names = [name for name in paper.published if name in metrics]
    return {
        "id": f"{paper.name}-{title.split(',')[0].replace(' ', '-')}{'-changed' if ',' in title else ''}",
        "title": f"Profile {title}",
        "about": about,
        "numbers": comparison.rows(metrics, paper.published, names),
        "made": made,
        "missing": ", ".join(paper.target(name) for name in missing),
    }


def _metrics(store: Store, chain: Chain) -> dict[str, float]:
    """All final numbers that the stages of one chain recorded, the evaluation's file among them."""
    found: dict[str, float] = {}
    for name in chain.stages:
        place = chain.paper, name, chain.key(name)
        manifest = store.manifest(*place)
        if manifest is None or store.damage(*place):
            continue
        found |= manifest["metrics"]
        if "metrics.json" in manifest["files"]:
            found |= read_json(store.folder(*place) / "metrics.json")
    return found


def _item(store: Store, chain: Chain, stage: Stage) -> dict[str, Any] | None:
    name, key = stage.name, chain.key(stage.name)
    manifest = store.manifest(chain.paper, name, key)
    if manifest is None or store.damage(chain.paper, name, key):
        return None
    folder = store.folder(chain.paper, name, key)
    images = sorted(file for file in manifest["files"] if file.endswith(".png"))
    tables = sorted(file for file in manifest["files"] if file.startswith(name) and file.endswith(".csv"))
    return {
        "name": name,
        "title": stage.title,
        "key": key,
        "images": [{"name": file, "data": base64.b64encode((folder / file).read_bytes()).decode()} for file in images],
        "table": _table(folder / tables[0]) if tables and not images else None,
        "finished": manifest["finished"].replace("T", " ").replace("+00:00", " UTC"),
        "seconds": f"{manifest['wall_seconds']:.0f}",
        "run": manifest["mlflow"]["run_id"],
        "inputs": ", ".join(f"{need} {other}" for need, other in manifest["key_parts"]["needs"].items()),
    }


def _table(path: Path) -> dict[str, Any]:
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return {"columns": [name.replace("_", " ") for name in header], "rows": rows}
