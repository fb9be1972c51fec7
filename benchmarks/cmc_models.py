"""Clusters with black holes against models of the CMC catalogue (Kremer et al. 2020).

    python -m benchmarks.cmc_models table.jsonl --models n2-rv2-rg20-z0.002 n4-rv4-rg20-z0.002 [--age-gyr 14]

Kroupa 0.08 to 150 Msun, King W0 = 5. A model is named by star number in 10⁵, virial radius [pc], orbit [kpc] and Z, as
in the catalogue; any such name can be run. One line of JSON a model is added at the end; models that are there are
skipped. Published values stand beside ours where this file knows them. CMC's models have 5 % of primordial binaries,
ours none.
"""

import argparse
import json
import re
import resource
import time
from pathlib import Path

import numpy as np

from reproduce.cluster import history
from reproduce.cluster.evolution import advance, begin
from reproduce.cluster.settings import ClusterSettings
from reproduce.cluster.simulate import prepare

# What is published: age [Gyr], and stars, mass [Msun], black holes there.
PUBLISHED: dict[str, list[dict[str, float]]] = {
    "n2-rv2-rg20-z0.002": [
        {"age_gyr": 10.3, "mass_msun": 5.68e4},
        {"age_gyr": 14.0, "mass_msun": 5.41e4, "n_black_hole": 3},
    ],
    "n4-rv4-rg20-z0.002": [
        {"age_gyr": 10.0, "n_stars": 3.42e5, "mass_msun": 1.207e5, "n_black_hole": 92},
        {"age_gyr": 14.0, "n_stars": 3.31e5, "mass_msun": 1.166e5, "n_black_hole": 55},
    ],
}
W0 = 5.0
HALF_OVER_VIRIAL = 0.815  # half-mass over virial radius of a King model of W0 = 5
KEPT = ("n_stars", "mass_msun", "r_half_pc", "r_core_pc", "n_black_hole", "energy_error", "steps")


def settings_of(name: str) -> ClusterSettings:
    """The settings of a model of the catalogue, from its name."""
    found = re.fullmatch(r"n([\d.]+)-rv([\d.]+)-rg([\d.]+)-z([\d.]+)", name)
    if found is None:
        raise SystemExit(f"{name} is no name like n2-rv2-rg20-z0.002")
    stars, virial_pc, orbit_kpc, metallicity = map(float, found.groups())
    return ClusterSettings(
        n_stars=round(stars * 1e5), half_mass_radius_pc=HALF_OVER_VIRIAL * virial_pc,
        galactocentric_radius_kpc=orbit_kpc, metallicity=metallicity,
        profile="king", king_w0=W0, imf_low_msun=0.08, imf_high_msun=150.0, kicks="fallback",
        remnant_kick_kms=265.0, stellar_recipe="fryer2012", track_spacing=1e-3, step_floor_myr=1.0, snapshots=1,
    )  # fmt: skip


def run(name: str, age_gyr: float, tracks: Path | None, own: dict[str, float | str]) -> dict[str, object]:
    """Evolve one model; return its state at a few ages."""
    start = time.process_time()
    settings = settings_of(name).model_copy(update=own)
    stars, physics = prepare(name, settings, tracks)
    cluster = begin(name, settings.seed, stars, physics)
    ages = [age for age in (0.03, 0.1, 0.3, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 10.3, 12.0, 14.0) if age <= age_gyr]
    states, alive = [], True
    for age in ages:
        while alive and cluster.time_myr < age * 1e3:
            alive = advance(cluster, physics, age * 1e3)
        row = history.row(cluster, physics, settings.n_stars)
        states.append({"age_gyr": row["time_gyr"], **{key: row[key] for key in KEPT}})
        print(
            name,
            {k: float(f"{v:.4g}") for k, v in states[-1].items()},
            f"{time.process_time() - start:.0f} s",
            flush=True,
        )
        if not alive:
            break
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"states": states, "cpu_s": time.process_time() - start, "peak_memory_mb": memory}


def compare(name: str, states: list[dict[str, float]]) -> list[str]:
    """Lines: ours over what is published."""
    lines = []
    for published in PUBLISHED.get(name, []):
        near = min(states, key=lambda state: abs(state["age_gyr"] - published["age_gyr"]))
        if not np.isclose(near["age_gyr"], published["age_gyr"], atol=0.01):
            continue
        pairs = [f"{key} {near[key]:.4g} ({value:.4g})" for key, value in published.items() if key != "age_gyr"]
        lines.append(f"{name} at {published['age_gyr']} Gyr: " + ", ".join(pairs))
    return lines


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--models", nargs="+", default=list(PUBLISHED))
    parser.add_argument("--age-gyr", type=float, default=14.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tracks", type=Path, help="folder that keeps stellar tracks from run to run")
    parser.add_argument("--step-floor-myr", type=float, default=1.0)
    parser.add_argument("--escape", default="delayed", help="CMC's is energy")
    parser.add_argument("--theta-max", type=float, default=0.5, help="largest deflection angle of a step [rad]")
    parser.add_argument("--step-relaxation", type=float, default=0.0, help="least step in half-mass relaxation times")
    parser.add_argument(
        "--changes-share", type=float, default=0.0, help="longest time between changes of masses, in ages"
    )
    given = parser.parse_args()
    done = [json.loads(line) for line in given.table.read_text().splitlines()] if given.table.exists() else []
    for name in given.models:
        own = {"seed": given.seed, "step_floor_myr": given.step_floor_myr, "escape": given.escape}
        own |= {field: getattr(given, field) for field in ("theta_max", "step_relaxation", "changes_share")}
        key = {"model": name, "age_gyr": given.age_gyr, **own}
        rows = [row for row in done if key.items() <= row.items()]
        if not rows:
            rows = [key | run(name, given.age_gyr, given.tracks, own)]
            with given.table.open("a") as stream:
                stream.write(json.dumps(rows[0]) + "\n")
        print(*compare(name, rows[0]["states"]), sep="\n", flush=True)


if __name__ == "__main__":
    main()
