"""What the galaxies of Kaur et al. (2021) cost: 1,000 discs and 800 merger remnants, 100 views each.

    python -m benchmarks.galaxies table.jsonl [--discs 20] [--mergers 10] [--seed 1] [--n-halo 2400] [--n-baryons 600]

Measures CPU time of a few, without imports and compilation, and says what all would take on two cores. Mergers that
have not merged in time are counted: their share raises the number that must be computed.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from reproduce.galaxy import kinematics, populations
from reproduce.galaxy.settings import MapSettings, Numerics, Ranges

VIEWS = 100
DISCS, REMNANTS = 1_000, 800
CORES = 2


def views_seconds(galaxy: populations.Drawn, generator: np.random.Generator) -> float:
    """CPU time of a galaxy's maps [s]."""
    start = time.process_time()
    clusters = kinematics.choose(galaxy.clusters, min(200, len(galaxy.clusters)), generator)
    views = kinematics.random_views(clusters, VIEWS, generator)
    kinematics.make_maps(views, galaxy.disc_size_kpc, MapSettings(smoothing_kpc=8.75), generator)
    return time.process_time() - start


def measure(n_discs: int, n_mergers: int, seed: int, numerics: Numerics) -> dict[str, float]:
    """Seconds an item, and hours for all."""
    ranges = Ranges()
    quick = Numerics(n_halo=200, n_baryons=50, longest_gyr=0.1)
    views_seconds(populations.merger(ranges, seed, 0, quick), np.random.default_rng(seed))  # compiles
    populations.disc(ranges, seed, 0)
    generator = np.random.default_rng(seed)
    discs, mergers, maps, remnants = [], [], [], []
    for item in range(n_discs):
        start = time.process_time()
        galaxy = populations.disc(ranges, seed, item)
        discs.append(time.process_time() - start)
        maps.append(views_seconds(galaxy, generator))
    for item in range(n_mergers):
        start = time.process_time()
        galaxy = populations.merger(ranges, seed, item, numerics)
        mergers.append(time.process_time() - start)
        assert galaxy.remnant is not None
        remnants.append(galaxy.remnant)
        if galaxy.remnant.merged:
            maps.append(views_seconds(galaxy, generator))
        drawn = {
            name: round(value, 2) for name, value in galaxy.parameters.items() if "_1" not in name and "_2" not in name
        }
        print(item, f"{mergers[-1]:.1f} s, {drawn}, merged after {galaxy.remnant.merged_gyr:.2f} Gyr", flush=True)
    merged = float(np.mean([remnant.merged for remnant in remnants]))
    needed = REMNANTS / max(merged, 1 / n_mergers)
    seconds = DISCS * np.mean(discs) + needed * np.mean(mergers) + (DISCS + REMNANTS) * np.mean(maps)
    return {
        "n_halo": numerics.n_halo,
        "n_baryons": numerics.n_baryons,
        "step_gyr": numerics.step_gyr,
        "disc_cpu_s": float(np.mean(discs)),
        "merger_cpu_s": float(np.mean(mergers)),
        "maps_of_one_galaxy_cpu_s": float(np.mean(maps)),
        "merged": merged,
        "energy_error_median": float(np.median(np.abs([remnant.energy_error for remnant in remnants]))),
        "energy_error_largest": float(np.max(np.abs([remnant.energy_error for remnant in remnants]))),
        "hours_on_two_cores": float(seconds / CORES / 3_600),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--discs", type=int, default=20)
    parser.add_argument("--mergers", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n-halo", type=int, default=Numerics().n_halo)
    parser.add_argument("--n-baryons", type=int, default=Numerics().n_baryons)
    parser.add_argument("--step-gyr", type=float, default=Numerics().step_gyr)
    given = parser.parse_args()
    numerics = Numerics(n_halo=given.n_halo, n_baryons=given.n_baryons, step_gyr=given.step_gyr)
    result = measure(given.discs, given.mergers, given.seed, numerics)
    with given.table.open("a") as stream:
        stream.write(json.dumps(result) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
