"""Early expansion and relaxation of small clusters: our Monte Carlo code against direct summation, from the same stars.

    python -m benchmarks.direct_nbody table.jsonl [--n-stars 2000] [--radius-pc 1.6] [--age-myr 300] [--seeds 1 2 3]
    python -m benchmarks.direct_nbody table.jsonl --equal-masses   # no stellar evolution: two-body relaxation alone
    python -m benchmarks.direct_nbody table.jsonl --radius-pc 2.9 --age-myr 6000 --seconds 3000   # to core collapse

2,000 stars at 2.9 pc have the half-mass relaxation time of the paper's 50,000 at 1.6 pc. With `--seconds` the direct
code stops at the first age beyond that many seconds of processor time, and keeps what it has.

Ours is run with a Coulomb logarithm of each pair (γ = 0.11) and, unless masses are equal, with one for all (γ = 0.02,
as the paper's models). All get the same initial stars, isolated, and the same masses at each time; kicks of neutron
stars and black holes are drawn anew in each. One line of JSON a seed is added; seeds that are there are skipped.

The direct code is the fourth-order Hermite scheme with block time steps (Makino & Aarseth 1992), without regularisation
of close pairs: forces are softened by a thousandth of the half-mass radius. That is about the impact parameter of a
90-degree deflection with 1,000 stars, so relaxation hardly feels it, but hard binaries do: the code is right up to core
collapse, not beyond. Tests compare it with a binary's orbit and with the conservation of energy.
"""

import argparse
import json
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reproduce.cluster import evolution
from reproduce.cluster.evolution import Physics
from reproduce.cluster.initial import Stars, make_cluster
from reproduce.cluster.units import PC_PER_MYR_IN_KMS, G
from reproduce.stars.imf import kroupa_masses
from reproduce.stars.stellar_evolution import evolution_schedule, stellar_tracks
from reproduce.stars.tracks import Tracks

SOFTENING = 1e-3  # of the half-mass radius
ACCURACY = 0.02  # η of Aarseth's criterion
LEVELS = 24  # halvings of the longest step
CUT = 20.0  # radius of the outermost star, in half-mass radii
SHARES = (2, 10, 50, 75)  # percent of the mass, or of the number
METALLICITY = 0.001
KICK_KMS = 190.0
MASSIVE_MYR = 100.0  # until then masses change every 0.5 Myr, and later every 5

Array = NDArray[np.float64]


class Particles(NamedTuple):
    """Positions [pc], velocities [pc/Myr], accelerations and their derivatives (3, n); masses, times and steps (n,)."""

    x: Array
    v: Array
    a: Array
    j: Array
    m: Array
    t: Array
    dt: Array


@njit(cache=True, fastmath=True, error_model="numpy")  # or each division would be looked at, and none done side by side
def _force(i, x, v, m, softening2):
    """Acceleration of particle i and its time derivative; a softening of zero is not possible."""
    ax = ay = az = jx = jy = jz = 0.0
    own_x, own_y, own_z, own_u, own_v, own_w = x[0, i], x[1, i], x[2, i], v[0, i], v[1, i], v[2, i]
    for k in range(m.size):
        dx, dy, dz = x[0, k] - own_x, x[1, k] - own_y, x[2, k] - own_z
        ux, uy, uz = v[0, k] - own_u, v[1, k] - own_v, v[2, k] - own_w
        h = 1 / (dx * dx + dy * dy + dz * dz + softening2)  # with the particle itself all terms are zero
        w = G * m[k] * h * np.sqrt(h)
        s = 3 * (dx * ux + dy * uy + dz * uz) * h
        ax += w * dx
        ay += w * dy
        az += w * dz
        jx += w * (ux - s * dx)
        jy += w * (uy - s * dy)
        jz += w * (uz - s * dz)
    return ax, ay, az, jx, jy, jz


@njit(cache=True)
def _start(p, softening2, longest):
    """Forces and first steps of all particles, at one time."""
    for i in range(p.m.size):
        p.a[0, i], p.a[1, i], p.a[2, i], p.j[0, i], p.j[1, i], p.j[2, i] = _force(i, p.x, p.v, p.m, softening2)
    for i in range(p.m.size):
        a = np.sqrt((p.a[:, i] ** 2).sum())
        j = np.sqrt((p.j[:, i] ** 2).sum())
        p.dt[i] = longest
        while p.dt[i] > 0.25 * ACCURACY * a / max(j, 1e-300) and p.dt[i] > longest * 0.5**LEVELS:
            p.dt[i] *= 0.5


@njit(cache=True)
def _advance(p, until, softening2, longest):
    """Integrate all particles, which are at one time, to the time `until`, a multiple of `longest` later."""
    n = p.m.size
    start = p.t[0]
    px, pv = np.empty((3, n)), np.empty((3, n))
    while True:
        now = np.inf
        for i in range(n):
            now = min(now, p.t[i] + p.dt[i])
        if now > until * (1 + 1e-14):
            return
        for i in range(n):
            h = now - p.t[i]
            for c in range(3):
                px[c, i] = p.x[c, i] + h * (p.v[c, i] + h * (p.a[c, i] / 2 + h * p.j[c, i] / 6))
                pv[c, i] = p.v[c, i] + h * (p.a[c, i] + h * p.j[c, i] / 2)
        for i in range(n):
            if p.t[i] + p.dt[i] == now:
                _correct(i, p, px, pv, softening2, longest, now - start)


@njit(cache=True)
def _correct(i, p, px, pv, softening2, longest, since_start):
    """Hermite corrector for particle i, and its next step (Aarseth's criterion)."""
    h = p.dt[i]
    force = _force(i, px, pv, p.m, softening2)
    sums = np.zeros(4)
    for c in range(3):
        a0, j0, a1, j1 = p.a[c, i], p.j[c, i], force[c], force[3 + c]
        second = (-6 * (a0 - a1) - h * (4 * j0 + 2 * j1)) / (h * h)
        third = (12 * (a0 - a1) + 6 * h * (j0 + j1)) / (h * h * h)
        p.x[c, i] = px[c, i] + h**4 / 24 * second + h**5 / 120 * third
        p.v[c, i] = pv[c, i] + h**3 / 6 * second + h**4 / 24 * third
        p.a[c, i], p.j[c, i] = a1, j1
        second += h * third
        sums[0] += a1 * a1
        sums[1] += j1 * j1
        sums[2] += second * second
        sums[3] += third * third
    a, j, s, c3 = np.sqrt(sums[0]), np.sqrt(sums[1]), np.sqrt(sums[2]), np.sqrt(sums[3])
    wanted = np.sqrt(ACCURACY * (a * s + j * j) / max(j * c3 + s * s, 1e-300))
    p.t[i] += h
    while h > wanted and h > longest * 0.5**LEVELS:
        h *= 0.5
    if h == p.dt[i] and 2 * h <= min(wanted, longest) and np.round(since_start / (2 * h)) * 2 * h == since_start:
        h *= 2
    p.dt[i] = h


def particles(stars: Stars, generator: np.random.Generator) -> Particles:
    """Stars of a spherical model with isotropic random directions, in order of their numbers."""
    n = len(stars)
    axes = generator.normal(size=(2, 3, n))
    radial = axes[0] / np.linalg.norm(axes[0], axis=0)
    across = axes[1] - (axes[1] * radial).sum(axis=0) * radial
    across /= np.linalg.norm(across, axis=0)
    x, v = stars.r * radial, stars.vr * radial + stars.vt * across
    order = np.argsort(stars.star)
    zero = np.zeros((3, n))
    return Particles(x[:, order], v[:, order], zero, zero.copy(), stars.m[order], np.zeros(n), np.zeros(n))


def integrate(p: Particles, until_myr: float, softening_pc: float, longest_myr: float) -> None:
    """Move all particles to `until_myr`, a multiple of `longest_myr` later."""
    _start(p, softening_pc**2, longest_myr)
    _advance(p, until_myr, softening_pc**2, longest_myr)


@njit(cache=True)
def energy(p, softening_pc):
    """Total energy [Msun pc²/Myr²]."""
    total = 0.0
    for i in range(p.m.size):
        total += 0.5 * p.m[i] * (p.v[0, i] ** 2 + p.v[1, i] ** 2 + p.v[2, i] ** 2)
        for k in range(i):
            r2 = (p.x[0, i] - p.x[0, k]) ** 2 + (p.x[1, i] - p.x[1, k]) ** 2 + (p.x[2, i] - p.x[2, k]) ** 2
            total -= G * p.m[i] * p.m[k] / np.sqrt(r2 + softening_pc**2)
    return total


def bound_state(p: Particles) -> dict[str, float]:
    """Number, mass [Msun] and radii [pc] that hold shares of mass and number, of the bound stars.

    The centre is that of their inner half.
    """
    bound = p.m > 0
    for _ in range(20):
        middle, drift = np.zeros((3, 1)), np.zeros((3, 1))
        inner = bound
        for _ in range(10):
            weight = np.where(inner, p.m, 0.0)
            middle = (weight * p.x).sum(axis=1, keepdims=True) / weight.sum()
            drift = (weight * p.v).sum(axis=1, keepdims=True) / weight.sum()
            r = np.linalg.norm(p.x - middle, axis=0)
            inner = bound & (r <= np.median(r[bound]))
        order = np.argsort(r)
        mass = np.where(bound, p.m, 0.0)[order]
        inside = np.concatenate([[0], np.cumsum(mass)[:-1]])
        beyond = np.cumsum((mass / r[order])[::-1])[::-1] - mass / r[order]
        phi = np.empty(len(r))
        phi[order] = -G * (inside / r[order] + beyond)
        now = bound & (0.5 * ((p.v - drift) ** 2).sum(axis=0) + phi < 0)
        if (now == bound).all():
            break
        bound = now
    return _lagrangian(r[bound], p.m[bound])


def _lagrangian(r: Array, m: Array) -> dict[str, float]:
    order = np.argsort(r)
    enclosed = np.cumsum(m[order])
    radii = {f"r{share:02d}_pc": float(np.interp(share / 100 * enclosed[-1], enclosed, r[order])) for share in SHARES}
    radii |= {f"n{share:02d}_pc": float(np.quantile(r, share / 100)) for share in SHARES}  # not moved by one heavy star
    return {"n": len(r), "mass_msun": float(enclosed[-1]), **radii}


def run(
    n_stars: int, radius_pc: float, age_myr: float, seed: int, equal: bool, seconds: float = np.inf
) -> dict[str, object]:
    """Evolve the same stars with both codes; return their states at a few times and the direct code's energy error."""
    masses = np.full(n_stars, 0.6)
    tracks = None
    if not equal:
        masses = kroupa_masses(n_stars, 0.1, 50.0, np.random.default_rng([seed, 1]))
        tracks = stellar_tracks(masses, METALLICITY)
    stars = make_cluster(masses, "plummer", 1.5, radius_pc, CUT * radius_pc, np.random.default_rng([seed, 2]))
    ages = [age for age in (10.0, 30.0, 100.0, 200.0, 300.0, *np.arange(500.0, age_myr, 250.0)) if age < age_myr]
    ages += [age_myr]
    start = time.process_time()
    monte_carlo = {
        name: _monte_carlo(stars.copy(), tracks, ages, seed, one_logarithm)
        for name, one_logarithm in (("monte_carlo", False), ("one_logarithm", True))
        if not (equal and one_logarithm)
    }
    middle = time.process_time()
    direct, error = _direct(stars, tracks, ages, seed, SOFTENING * radius_pc, seconds)
    return {
        "ages_myr": ages,
        **monte_carlo,
        "direct": direct,
        "energy_error": error,
        "cpu_monte_carlo_s": middle - start,
        "cpu_direct_s": time.process_time() - middle,
    }


def _monte_carlo(
    stars: Stars, tracks: Tracks | None, ages: list[float], seed: int, one_logarithm: bool
) -> list[dict[str, float]]:
    times, response = np.array([]), np.array([])
    if tracks is not None:
        times, response = evolution_schedule(tracks, ages[-1])
    masses, gamma = ("mean", 0.02) if one_logarithm else ("pair", 0.11)
    physics = Physics(
        None, tracks, times, response, coulomb_masses=masses, coulomb_gamma=gamma, remnant_kick_kms=KICK_KMS
    )
    cluster = evolution.begin("direct", seed, stars, physics)
    states = []
    for age in ages:
        while cluster.time_myr < age and evolution.advance(cluster, physics, age):
            pass
        states.append(_lagrangian(cluster.stars.r, cluster.stars.m))
    return states


def _direct(
    stars: Stars, tracks: Tracks | None, ages: list[float], seed: int, softening_pc: float, seconds: float
) -> tuple[list[dict[str, float]], float]:
    generator = np.random.default_rng([seed, 3])
    p = particles(stars, generator)
    numbers = np.arange(p.m.size)
    begun = time.process_time()
    states: list[dict[str, float]] = []
    expected = energy(p, softening_pc)
    scale, exploded = abs(expected), np.zeros(p.m.size, dtype=bool)
    time_myr = 0.0
    for age in ages:
        while time_myr < age:
            every = 0.5 if time_myr < MASSIVE_MYR else 5.0  # masses change when all particles are at one time
            if tracks is not None:
                before = energy(p, softening_pc)
                now = tracks.at(numbers, time_myr)
                p.m[:] = np.maximum(now["mass_msun"], 1e-12)
                new = (now["stellar_type"] >= 13) & ~exploded
                exploded |= new
                p.v[:, new] += generator.normal(0, KICK_KMS / PC_PER_MYR_IN_KMS, (3, int(new.sum())))
                expected += energy(p, softening_pc) - before
            time_myr += every
            integrate(p, time_myr, softening_pc, every / 8)
        states.append(bound_state(p))
        if time.process_time() - begun > seconds:
            break
    return states, (energy(p, softening_pc) - expected) / scale


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--n-stars", type=int, default=2_000)
    parser.add_argument("--radius-pc", type=float, default=1.6)
    parser.add_argument("--age-myr", type=float, default=300.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--equal-masses", action="store_true")
    parser.add_argument("--seconds", type=float, default=np.inf)
    given = parser.parse_args()
    done = [json.loads(line) for line in given.table.read_text().splitlines()] if given.table.exists() else []
    for seed in given.seeds:
        key = {"n_stars": given.n_stars, "radius_pc": given.radius_pc, "age_myr": given.age_myr}
        key |= {"equal_masses": given.equal_masses, "seed": seed}
        if any(key.items() <= row.items() for row in done):
            continue
        result = key | run(given.n_stars, given.radius_pc, given.age_myr, seed, given.equal_masses, given.seconds)
        with given.table.open("a") as stream:
            stream.write(json.dumps(result) + "\n")
        print(result, flush=True)


if __name__ == "__main__":
    main()
