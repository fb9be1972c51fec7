"""What the store holds and what a call would run, with times from earlier runs.

Imports neither MLflow nor TensorFlow: it answers at once.
"""

import math
from collections.abc import Sequence

from reproduce.workflow.stages import Chain
from reproduce.workflow.store import Store


def table(chain: Chain, store: Store, profile: str, targets: Sequence[str] = (), hashes: bool = False) -> str:
    """One line a stage: key, state, size, when and by which MLflow run it was made, and about how long it takes.

    Parameters
    ----------
    chain : Chain
    store : Store
    profile : str
        Its name, for the heading.
    targets : sequence of str
        Only these and what they need; empty: every stage.
    hashes : bool
        Whether to check the sha256 of every file.
    """
    rows = [("stage", "key", "state", "size", "made (UTC)", "MLflow run", "takes")]
    for name in chain.order(targets) if targets else chain.stages:
        key = chain.key(name)
        state, size, when, run = _state(store, chain, name, hashes), "", "", ""
        manifest = store.manifest(chain.paper, name, key)
        if manifest is not None:
            size = _size(sum(entry["size"] for entry in manifest["files"].values()))
            when = manifest["finished"][:16].replace("T", " ")
            run = manifest["mlflow"]["run_id"][:8]
        rows.append((name, key, state, size, when, run, duration(expected_seconds(store, chain, name))))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([f"profile {profile}, store {store.root}", *lines])


def plan(chain: Chain, store: Store, targets: Sequence[str], hashes: bool = False) -> str:
    """What a call would run, in order, and about how long."""
    run = to_run(chain, store, targets, hashes)
    if not run:
        return f"nothing to run: {', '.join(targets)} {'is' if len(targets) == 1 else 'are'} in the store"
    times = {name: expected_seconds(store, chain, name) for name in run}
    lines = [f"{name}  {chain.key(name)}  {duration(times[name])}" for name in run]
    known = [time for time in times.values() if time is not None]
    untimed = [name for name, time in times.items() if time is None]
    total = [f"about {duration(sum(known))}"] if known else []
    if untimed:
        total.append(f"not timed before: {', '.join(untimed)}")
    return "\n".join(["would run:", *lines, "; ".join(total)])


def to_run(chain: Chain, store: Store, targets: Sequence[str], hashes: bool = False) -> list[str]:
    """The stages that a call would run: the missing targets, what they need and is missing, and what is damaged."""
    order = chain.order(targets)
    states = {name: _state(store, chain, name, hashes) for name in order}
    needed: set[str] = set()
    for name in reversed(order):  # a stage comes after its needs, and so is asked before them
        if states[name] == "damaged" or (name in targets and states[name] != "present"):
            needed.add(name)
        if name in needed:
            needed |= {need for need in chain.needs(name) if states[need] != "present"}
    return [name for name in order if name in needed]


def expected_seconds(store: Store, chain: Chain, name: str) -> float | None:
    """About how long a stage will take, from the runs that the store knows; None if there was none.

    The same result's own time if it was made before in one go; else that of the run, under whatever profile, whose
    amount of work (`Stage.work`) is nearest by its ratio, the latest of several, times that ratio. Other workers,
    machines and fixed costs are not told apart: it is an order of magnitude far from what was run, and good near it.
    """
    earlier = [manifest for manifest in store.manifests(chain.paper, name) if not manifest["resumed"]]
    for manifest in reversed(earlier):
        if manifest["key"] == chain.key(name):
            return manifest["wall_seconds"]
    if not earlier:
        return None
    work = chain.work(name)
    nearest = min(reversed(earlier), key=lambda manifest: abs(math.log(work / manifest["work"])))
    return nearest["wall_seconds"] * work / nearest["work"]


def _state(store: Store, chain: Chain, name: str, hashes: bool) -> str:
    place = chain.paper, name, chain.key(name)
    if not store.exists(*place):
        return "to run"
    return "damaged" if store.damage(*place, hashes) else "present"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def duration(seconds: float | None) -> str:
    """A time for people: 7.2 s, 95 s, 12 min, 3.4 h, 12 days, 2e+07 years."""
    if seconds is None:
        return "not timed before"
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    for unit, length, below in (("min", 60, 100), ("h", 3600, 72), ("days", 86_400, 1000)):
        if seconds < below * length:
            return f"{seconds / length:.1f} {unit}" if unit == "h" else f"{seconds / length:.0f} {unit}"
    return f"{seconds / 31_557_600:.2g} years"
