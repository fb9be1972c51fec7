"""The histories of a library's clusters on a machine without the workflow, and a page of all of them.

    python -m benchmarks.cluster_library OUT --workers 16 --seconds 560 --below 400000     # evolve, longest first
    python -m benchmarks.cluster_library OUT --draw                                        # library.png, .csv, .tex

Needs numpy, scipy, numba, h5py, pandas, astropy, pydantic, pyyaml and cosmic-popsynth; no mlflow, no tensorflow. Each
cluster is a process of its own and writes OUT/NAME.ecsv, its history, when it ends; names, stars and numbers are those
of `python -m reproduce simulate --profile library`. Called again, it takes the clusters that are not there, and goes on
from their checkpoints. A line of JSON a cluster and call in OUT/cost.jsonl says CPU seconds and peak memory.
"""

import argparse
import json
import multiprocessing
import resource
import time
from pathlib import Path

from reproduce.cluster import history
from reproduce.cluster.library import completed as settings_of
from reproduce.cluster.library import models, test_names
from reproduce.cluster.settings import ClusterSettings, Library, Simulate
from reproduce.cluster.simulate import Task, evolved


class _LateError(Exception):
    """The time is over; the checkpoint stays."""


def evolve(item: tuple[str, ClusterSettings, Path, Path, float]) -> None:
    """Evolve one cluster until it ends or the clock says `stop`."""
    name, settings, out, checkpoints, stop = item
    if time.time() > stop:
        return
    began = time.process_time()

    def tell(fraction: float, text: str) -> None:
        if time.time() > stop:
            raise _LateError(text)

    reached = "end"
    try:
        run = evolved(Task(name, settings, out, checkpoints / name, None), tell)
        meta = {"simulation": name, "seed": settings.seed, "n_initial": settings.n_stars}
        history.write_table(run.rows, out / f"{name}.ecsv", meta)
        run.store.remove()
    except _LateError as late:
        reached = str(late)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cost = {"cluster": name, "n_stars": settings.n_stars, "reached": reached}
    cost |= {"cpu_s": round(time.process_time() - began, 1), "peak_memory_mb": round(usage.ru_maxrss / 1024)}
    with (out / "cost.jsonl").open("a") as stream:
        stream.write(json.dumps(cost) + "\n")
    print(cost, flush=True)


def draw(out: Path, library: Library) -> None:
    """Draw the figure and write the table of what is there."""
    from astropy.table import Table

    from paper_figures import library as page
    from paper_figures import style

    histories = {file.stem: Table.read(file).to_pandas() for file in sorted(out.glob("*.ecsv"))}
    tested = frozenset(test_names(library))
    style.save(page.draw(histories, tested), out, "library")
    style.save_table(page.table(histories, tested), out, "library", page.UNITS, latex=True)
    print(f"{len(histories)} of {library.clusters} clusters: {out / 'library.png'}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--clusters", type=int, default=32)
    parser.add_argument("--only", nargs="+", help="names of clusters; without: all")
    parser.add_argument("--below", type=int, default=2_000_001, help="only clusters of fewer stars")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="after these, all stop")
    parser.add_argument("--checkpoints", type=Path, help="without: in OUT")
    parser.add_argument("--draw", action="store_true")
    given = parser.parse_args()
    simulate = Simulate(library=Library(clusters=given.clusters))
    given.out.mkdir(parents=True, exist_ok=True)
    if given.draw:
        draw(given.out, simulate.library)
        return
    stop = time.time() + given.seconds
    checkpoints = given.checkpoints or given.out / "checkpoints"
    items = [
        (name, settings_of(simulate, model), given.out, checkpoints, stop)
        for name, model in models(simulate.library).items()
        if not (given.out / f"{name}.ecsv").exists() and (given.only is None or name in given.only)
    ]
    items = sorted((item for item in items if item[1].n_stars < given.below), key=lambda item: -item[1].n_stars)
    context = multiprocessing.get_context("spawn")
    with context.Pool(given.workers, maxtasksperchild=1) as pool:  # a process each: peak memory is its own
        for _ in pool.imap(evolve, items, chunksize=1):
            pass


if __name__ == "__main__":
    main()
