"""What the store holds and what a call would run, with times from earlier runs.

Imports neither MLflow nor TensorFlow: it answers at once.
"""

from collections.abc import Sequence

from reproduce.workflow.stages import Chain
from reproduce.workflow.store import Store


def table(chain: Chain, store: Store, profile: str) -> str:
    """One line a stage: key, state, size, when and by which MLflow run it was made, and about how long it takes."""
    rows = [("stage", "key", "state", "size", "made (UTC)", "MLflow run", "takes")]
    for name in chain.stages:
        key = chain.key(name)
        state, size, when, run = _state(store, chain, name), "", "", ""
        manifest = store.manifest(chain.paper, name, key)
        if manifest is not None:
            size = _size(sum(entry["size"] for entry in manifest["files"].values()))
            when = manifest["finished"][:16].replace("T", " ")
            run = manifest["mlflow"]["run_id"][:8]
        rows.append((name, key, state, size, when, run, _duration(expected_seconds(store, chain, name, profile))))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"profile {profile}, store {store.root}", *lines])


def plan(chain: Chain, store: Store, targets: Sequence[str], profile: str) -> str:
    """What a call would run, in order, and about how long."""
    run = to_run(chain, store, targets)
    if not run:
        return f"nothing to run: {', '.join(targets)} {'is' if len(targets) == 1 else 'are'} in the store"
    times = {name: expected_seconds(store, chain, name, profile) for name in run}
    lines = [f"{name}  {chain.key(name)}  {_duration(times[name])}" for name in run]
    known = sum(time for time in times.values() if time is not None)
    unknown = [name for name, time in times.items() if time is None]
    total = [f"about {_duration(known)}"] if known else []
    if unknown:
        total.append(f"not timed before: {', '.join(unknown)}")
    return "\n".join(["would run:", *lines, "; ".join(total)])


def to_run(chain: Chain, store: Store, targets: Sequence[str]) -> list[str]:
    """The stages that a call would run: the missing targets, what they need and is missing, and what is damaged."""
    needed: set[str] = set()

    def visit(name: str) -> None:
        if _state(store, chain, name) != "present":
            needed.add(name)
            for need in chain.needs(name):
                visit(need)

    order = chain.order(targets)
    for name in order:
        if name in targets or _state(store, chain, name) == "damaged":
            visit(name)
    return [name for name in order if name in needed]


def expected_seconds(store: Store, chain: Chain, name: str, profile: str) -> float | None:
    """Wall seconds of the same result's making, or of the profile's last undisturbed one; None if there was none."""
    key = chain.key(name)
    earlier = [
        manifest
        for manifest in store.manifests(chain.paper, name)
        if not manifest["resumed"] and (manifest["profile"] == profile or manifest["key"] == key)
    ]
    same = [manifest for manifest in earlier if manifest["key"] == key]
    best = (same or earlier)[-1:]
    return best[0]["wall_seconds"] if best else None


def _state(store: Store, chain: Chain, name: str) -> str:
    place = chain.paper, name, chain.key(name)
    if not store.exists(*place):
        return "to run"
    return "damaged" if store.damage(*place) else "present"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
