"""What one orbit library costs, and how near it is to DYNAMITE's.

    NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m benchmarks.orbit_library table.jsonl

One line of JSON: CPU seconds of the library's parts and of the 161 sets of maps and fits; the largest error of energy
and of the tabulated force; with DYNAMITE's library in `../shared/data/ngc6278`, the relative L2 differences of h1 to
h4 and of the masses, those between our own libraries of another seed and step, and the best M/L from each library.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from reproduce.galaxy.orbits.force_table import ForceTable, tabulate
from reproduce.galaxy.orbits.intrinsic import intrinsic_masses
from reproduce.galaxy.orbits.library import TABLE_REACH, Integration, OrbitLibrary, orbit_library
from reproduce.galaxy.orbits.losvd import coefficient_maps
from reproduce.galaxy.orbits.observation import projected_masses
from reproduce.galaxy.orbits.start_space import start_space
from reproduce.galaxy.orbits.weights import MassErrors, solve_weights, weight_problem
from reproduce.papers.skusa2023 import ngc6278
from reproduce.papers.skusa2023.dynamite import Reference, distance, maps, reference

RATIOS = np.arange(1.0, 9.001, 0.05)
GALAXY = ngc6278.model()
START = ngc6278.start_grid(GALAXY)
SPACE = ngc6278.space_grid(START)
MOVED = 0.11
"""Margin of the start grid in the place of 0.1: tubes move by 0.1 % of their radius; DYNAMITE's are known no better."""
FRAGILE = 0.1
"""Relative change of h1 to h4 by that, above which an orbit is fragile: at the border of another family."""


def library(
    theirs: Reference, table: ForceTable, seed: int, first_tolerance: float, margin: float = START.margin
) -> OrbitLibrary:
    """The thesis's library by this project."""
    return orbit_library(
        galaxy=GALAXY.potential,
        observation=ngc6278.observation(GALAXY, theirs.apertures),
        start=replace(START, margin=margin),
        space=SPACE,
        integration=Integration(first_tolerance=first_tolerance),
        seed=seed,
        table=table,
    )


def by_order(ours: np.ndarray, theirs: np.ndarray) -> list[float]:
    """Relative differences of h1 to h4."""
    return [distance(ours[..., m], theirs[..., m]) for m in range(4)]


def compare(theirs: Reference) -> dict[str, object]:
    """Time a library and hold it against DYNAMITE's and against itself."""
    table = tabulate(GALAXY.potential, TABLE_REACH * 10**START.log_radius_last)
    library_cpu = time.process_time()
    ours = library(theirs, table, 1, 1e-9)
    library_cpu = time.process_time() - library_cpu
    reseeded = library(theirs, table, 2, 1e-10)
    moved = library(theirs, table, 1, 1e-9, MOVED)
    tubes, boxes = slice(0, 240), slice(240, 360)
    h = {name: maps(one, theirs.kinematics) for name, one in (("ours", ours), ("again", reseeded), ("moved", moved))}
    h_theirs = maps(theirs.library, theirs.kinematics)
    change = np.linalg.norm(h["moved"] - h["ours"], axis=(1, 2)) / np.linalg.norm(h["ours"], axis=(1, 2))
    steady = np.flatnonzero(change[tubes] < FRAGILE)
    return {
        "library_cpu_s": library_cpu,
        "energy_error": float(ours.energy_error.max()),
        "force_error": table.error,
        "fragile_tubes": 120 - len(steady) // 2,
        "tubes_h": by_order(h["ours"][steady], h_theirs[steady]),
        "tubes_h_with_fragile": by_order(h["ours"][tubes], h_theirs[tubes]),
        "tubes_h_reseeded": by_order(h["ours"][tubes], h["again"][tubes]),
        "boxes_h": by_order(h["ours"][boxes], h_theirs[boxes]),
        "boxes_h_reseeded": by_order(h["ours"][boxes], h["again"][boxes]),
        "projected_tubes": distance(ours.projected[tubes], theirs.library.projected[tubes]),
        "projected_boxes": distance(ours.projected[boxes], theirs.library.projected[boxes]),
        "projected_boxes_reseeded": distance(ours.projected[boxes], reseeded.projected[boxes]),
        "intrinsic_steady_tubes": distance(ours.intrinsic[steady], theirs.library.intrinsic[steady]),
        "intrinsic_steady_tubes_moved": distance(moved.intrinsic[steady], ours.intrinsic[steady]),
        "intrinsic_boxes": distance(ours.intrinsic[boxes], theirs.library.intrinsic[boxes]),
        "intrinsic_boxes_reseeded": distance(ours.intrinsic[boxes], reseeded.intrinsic[boxes]),
        "fit_of_ours": fit(ours, theirs),
        "fit_of_dynamites": fit(theirs.library, theirs),
    }


def fit(one: OrbitLibrary, theirs: Reference) -> dict[str, float]:
    """CPU time of 161 sets of maps and of their weights; best M/L and its chi²."""
    intrinsic = intrinsic_masses(GALAXY.potential.stars, SPACE)
    projected = projected_masses(ngc6278.LIGHT, theirs.apertures, ngc6278.SPREAD)
    begin = time.process_time()
    sets = list(coefficient_maps(one, theirs.kinematics, RATIOS))
    maps_cpu, begin, chi2 = time.process_time() - begin, time.process_time(), []
    for coefficients in sets:
        problem = weight_problem(
            library=one,
            coefficients=coefficients,
            intrinsic=intrinsic,
            projected=projected,
            kinematics=theirs.kinematics,
            errors=MassErrors(),
        )
        chi2.append(problem.chi2(solve_weights(problem)))
    best = int(np.argmin(chi2))
    weights_cpu = time.process_time() - begin
    return {
        "maps_cpu_s": maps_cpu,
        "weights_cpu_s": weights_cpu,
        "best_mass_to_light": float(RATIOS[best]),
        "chi2": float(chi2[best]),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--dynamite", type=Path, default=Path("../shared/data/ngc6278"), help="a folder of its files")
    given = parser.parse_args()
    theirs = reference(given.dynamite)
    table = tabulate(GALAXY.potential, TABLE_REACH * 10**START.log_radius_last)
    short = replace(START, n_energy=1, n_i2=1, n_i3=1)
    orbit_library(  # compiles
        galaxy=GALAXY.potential,
        observation=ngc6278.observation(GALAXY, theirs.apertures),
        start=short,
        space=SPACE,
        integration=Integration(periods=5, samples=100),
        seed=1,
        table=table,
    )
    begin = time.process_time()
    tabulate(GALAXY.potential, TABLE_REACH * 10**START.log_radius_last)
    table_cpu = time.process_time() - begin
    begin = time.process_time()
    start_space(table, START)
    row = {"table_cpu_s": table_cpu, "start_space_cpu_s": time.process_time() - begin, **compare(theirs)}
    with given.table.open("a") as stream:
        stream.write(json.dumps(row) + "\n")
    for name, value in row.items():
        print(name, value)


if __name__ == "__main__":
    main()
