"""How the simulator's cost grows with the number of stars.

    python -m benchmarks.cluster_scaling table.jsonl [--n-stars 10000 20000 50000] [--age-gyr 1] [--radius-pc 3.2]

Each size runs in a process of its own, so that peak memory is its own; one line of JSON is added a size. CPU time is
split into stellar tracks and evolution; import and compilation are in neither.
"""

import argparse
import json
import multiprocessing
import resource
import time
from pathlib import Path

from reproduce.cluster.evolution import advance, begin
from reproduce.cluster.settings import ClusterSettings
from reproduce.cluster.simulate import prepare


def run(n_stars: int, age_gyr: float, radius_pc: float) -> dict[str, float]:
    """Time one cluster."""
    settings = ClusterSettings(n_stars=n_stars, half_mass_radius_pc=radius_pc, snapshots=1)
    small = settings.model_copy(update={"n_stars": 1_000})
    stars, physics = prepare("warm", small)  # imports and compiles
    cluster = begin("warm", 1, stars, physics)
    for _ in range(20):
        advance(cluster, physics, 1e3)
    start = time.process_time()
    stars, physics = prepare("scaling", settings)
    tracks = time.process_time() - start
    cluster = begin("scaling", settings.seed, stars, physics)
    start = time.process_time()
    marks: dict[str, float] = {}
    for tenth in range(1, 11):
        stop = age_gyr * 100.0 * tenth
        while cluster.time_myr < stop and advance(cluster, physics, stop):
            pass
        marks[f"cpu_s_at_{tenth * 10}_percent"] = time.process_time() - start
    return {
        "n_stars": n_stars,
        "age_gyr": cluster.time_myr / 1e3,
        "tracks_cpu_s": tracks,
        "evolution_cpu_s": time.process_time() - start,
        "steps": cluster.step,
        "n_left": len(cluster.stars),
        "energy_error": cluster.energy_error(),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **marks,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--n-stars", type=int, nargs="+", default=[10_000, 20_000, 50_000, 100_000])
    parser.add_argument("--age-gyr", type=float, default=1.0)
    parser.add_argument("--radius-pc", type=float, default=3.2)
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    for n_stars in given.n_stars:
        with context.Pool(1) as pool:
            result = pool.apply(run, (n_stars, given.age_gyr, given.radius_pc))
        with given.table.open("a") as stream:
            stream.write(json.dumps(result) + "\n")
        print(result, flush=True)


if __name__ == "__main__":
    main()
