"""How much the clusters of Table 1 depend on numerical settings and on the seed.

    python -m benchmarks.cluster_convergence table.jsonl [--model MW15-R1.6] [--n-stars 50000] [--age-gyr 12]

Adds one line of JSON a run and skips runs that are there, so that it can be stopped and called again.
"""

import argparse
import json
import time
from pathlib import Path

from reproduce.cluster import history
from reproduce.cluster.evolution import advance, begin
from reproduce.cluster.library import clusters
from reproduce.cluster.simulate import prepare
from reproduce.papers.chardin2021.settings import Simulate

BASE = Simulate()
VARIANTS: dict[str, dict[str, float | str]] = {
    "reference": {},
    "theta_max halved": {"theta_max": BASE.theta_max / 2},
    "sweeps doubled": {"sweeps": BASE.sweeps * 2},
    "step floor doubled": {"step_floor_myr": BASE.step_floor_myr * 2},
    "window halved": {"window": BASE.window // 2},
    "window doubled": {"window": BASE.window * 2},
    "seed 2": {"seed": 2},
    "seed 3": {"seed": 3},
    "step floor halved": {"step_floor_myr": BASE.step_floor_myr / 2},
    "seed 4": {"seed": 4},
    "seed 5": {"seed": 5},
    "escape by energy": {"escape": "energy"},
    "escape by apocentre": {"escape": "apocentre"},
    "bulge-disc-halo": {"galaxy": "bulge-disc-halo"},
    "heating doubled": {"heating_constant": BASE.heating_constant * 2},
    "one logarithm": {"coulomb_masses": "mean", "coulomb_gamma": 0.02, "escape_rate": 2.0},  # as before, and its rate
}


def run(model: str, n_stars: int, age_gyr: float, changes: dict[str, float | str]) -> dict[str, float]:
    """Evolve one cluster; return its state at the end, when its core collapsed, and the CPU time."""
    settings = clusters(BASE)[model].model_copy(update={"n_stars": n_stars, **changes})
    start = time.process_time()
    stars, physics = prepare(model, settings)
    cluster = begin(model, settings.seed, stars, physics)
    mass, collapse, next_row, error = float(stars.m.sum()), None, 0.0, 0.0
    while cluster.time_myr < age_gyr * 1e3 and advance(cluster, physics, age_gyr * 1e3):
        if cluster.time_myr >= next_row:
            row = history.row(cluster, physics, n_stars)
            error = max(error, abs(row["energy_error"]))
            if collapse is None and row["r_core_pc"] < 0.02 * row["r_half_pc"]:
                collapse = row["time_gyr"]
            next_row += 20.0
    row = history.row(cluster, physics, n_stars)
    return {
        "time_gyr": row["time_gyr"],
        "n_stars": row["n_stars"],
        "mass_fraction": row["mass_msun"] / mass,
        "r_half_pc": row["r_half_pc"],
        "mean_mass_inside_msun": row["mean_mass_inside_msun"],
        "mean_mass_outside_msun": row["mean_mass_outside_msun"],
        "mass_to_light_v": row["mass_to_light_v"],
        "core_collapse_gyr": collapse,
        "energy_error": error,
        "steps": row["steps"],
        "cpu_s": time.process_time() - start,
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--model", default="MW15-R1.6", choices=list(BASE.models))
    parser.add_argument("--n-stars", type=int, default=BASE.n_stars)
    parser.add_argument("--age-gyr", type=float, default=12.0)
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    given = parser.parse_args()
    done = []
    if given.table.exists():
        done = [json.loads(line) for line in given.table.read_text().splitlines()]
    for variant in given.variants:
        key = {"variant": variant, "model": given.model, "n": given.n_stars, "age_gyr": given.age_gyr}
        if any(key.items() <= row.items() for row in done):
            continue
        result = key | run(given.model, given.n_stars, given.age_gyr, VARIANTS[variant])
        with given.table.open("a") as stream:
            stream.write(json.dumps(result) + "\n")
        print(result, flush=True)


if __name__ == "__main__":
    main()
