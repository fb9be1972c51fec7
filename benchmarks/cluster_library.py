"""The histories of a library's clusters on a machine without the workflow, and a page of all of them.

    python -m benchmarks.cluster_library OUT --workers 16 --seconds 560 --below 400000     # evolve, longest first
    python -m benchmarks.cluster_library OUT --draw                                        # library.png, .csv, .tex
    python -m benchmarks.cluster_library OUT --own 1000000 3         # instead one cluster: stars, half-mass radius [pc]

Needs numpy, scipy, numba, h5py, pandas, astropy, pydantic, pyyaml and cosmic-popsynth; no mlflow, no tensorflow. Each
cluster is a process of its own and writes OUT/NAME.ecsv, its history, when it ends; names, stars and numbers are those
of `python -m reproduce simulate --profile library`. Where the time is over first, NAME.part.ecsv goes as far as
it came. Called again, it takes the clusters that are not there, and goes on from their checkpoints. A line of JSON a
cluster and call in OUT/cost.jsonl says CPU seconds and peak memory.
"""

import argparse
import json
import multiprocessing
import resource
import time
from pathlib import Path

from reproduce.cluster import history
from reproduce.cluster.library import completed as settings_of
from reproduce.cluster.library import held_out_names, models
from reproduce.cluster.settings import ClusterSettings, Library, Model, Simulate
from reproduce.cluster.simulate import Task, checkpoint, evolved


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

    reached, task = "end", Task(name, settings, out, checkpoints / name, None)
    meta: dict[str, object] = {"simulation": name, "seed": settings.seed, "n_initial": settings.n_stars}
    part = out / f"{name}.part.ecsv"
    try:
        run = evolved(task, tell)
        history.write_table(run.rows, out / f"{name}.ecsv", meta)
        run.store.remove()
        part.unlink(missing_ok=True)
    except _LateError as late:
        reached = str(late)
        state = checkpoint(task).load()
        if state is not None and state.rows:
            history.write_table(state.rows, part, meta)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cost = {"cluster": name, "n_stars": settings.n_stars, "reached": reached}
    cost |= {"cpu_s": round(time.process_time() - began, 1), "peak_memory_mb": round(usage.ru_maxrss / 1024)}
    with (out / "cost.jsonl").open("a") as stream:
        stream.write(json.dumps(cost) + "\n")
    print(cost, flush=True)


def own(stars: float, radius_pc: float) -> dict[str, Model]:
    """One cluster like those of the library, a Plummer sphere at 15 kpc of Z = 0.001."""
    library = Library(clusters=32)
    like = models(library)["L00"].model_dump()
    like |= {"n_stars": round(stars), "half_mass_radius_pc": radius_pc, "galactocentric_radius_kpc": 15.0}
    like |= {"metallicity": 0.001, "profile": "plummer", "king_w0": None}
    return {f"own-{round(stars)}-{radius_pc:g}pc": Model.model_validate(like)}


def draw(out: Path, library: Library) -> None:
    """Draw the figure and write the table of what is there."""
    from astropy.table import Table

    from paper_figures import library as page
    from paper_figures import style

    histories = {file.name.split(".")[0]: Table.read(file).to_pandas() for file in sorted(out.glob("*.ecsv"))}
    tested = frozenset(held_out_names(library))
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
    parser.add_argument("--own", type=float, nargs=2, metavar=("STARS", "PC"), help="this cluster, not the library's")
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
        for name, model in (models(simulate.library) if given.own is None else own(*given.own)).items()
        if not (given.out / f"{name}.ecsv").exists() and (given.only is None or name in given.only)
    ]
    items = sorted((item for item in items if item[1].n_stars < given.below), key=lambda item: -item[1].n_stars)
    context = multiprocessing.get_context("spawn")
    with context.Pool(given.workers, maxtasksperchild=1) as pool:  # a process each: peak memory is its own
        for _ in pool.imap(evolve, items, chunksize=1):
            pass


if __name__ == "__main__":
    main()
