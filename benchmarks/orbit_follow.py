"""Whether the way in which DYNAMITE follows orbits explains how its masses in cells differ from ours.

    NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1 python -m benchmarks.orbit_follow table.jsonl

DYNAMITE (its `interpolpot`, `orbitstart` and `orblib` sources) takes the force between 640 × 64 × 64 nodes, linear in
ln r and two angles (of which the outermost nodes are put a little inside their planes); follows orbits with a relative
tolerance of 1e-5 in each component, and takes them if the energy holds to 1 %; and looks for the thin orbit with a
tolerance of 1e-4, by a golden section that ends at 2e-4 of the radius. Each of the three is done here in its place, one
after the other, for the 120 tubes of NGC 6278, and the masses in cells are held against DYNAMITE's and against ours.
A minute of CPU.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from benchmarks.orbits import PERIODS, ROWS, SAMPLES, TUBES, Orbits, command, fractions
from reproduce.galaxy.orbits.force_table import ForceTable, acceleration
from reproduce.galaxy.orbits.integration import A_EXTRA, E3, E5, EXTENDED, STAGES, A, B, D, evaluate_dense
from reproduce.galaxy.orbits.start_space import StartGrid, equipotential_radius
from reproduce.galaxy.orbits.weights import MassErrors, solve_weights, weight_problem
from reproduce.papers.skusa2023 import ngc6278
from reproduce.papers.skusa2023.dynamite import Reference, maps

NODES = (640, 64, 64)
CROSSINGS = 400
TOLERANCE, THIN_TOLERANCE = 1e-5, 1e-4
GOLDEN = 0.61803399
KM_IN_PC = 3.2407793e-14
FASTEST, SLOWEST = 6.0, 0.333
"""By which a step may grow and shrink, and below what a rejected one may not."""


class Nodes(NamedTuple):
    """ln(-acceleration / coordinate) at nodes in log10 r, polar angle and azimuth, shape (r, theta, phi, 3)."""

    values: np.ndarray
    first: float
    step: float


@njit
def fill(table, values, first, step):
    """Fill the nodes from a table of the potential."""
    n_r, n_theta, n_phi, _ = values.shape
    d_theta, d_phi = 0.5 * np.pi / (n_theta - 1), 0.5 * np.pi / (n_phi - 1)
    for j in range(n_theta):
        theta = (0.5 if j == 0 else j - 0.1 if j == n_theta - 1 else j) * d_theta
        for k in range(n_phi):
            phi = (0.5 if k == 0 else k - 0.1 if k == n_phi - 1 else k) * d_phi
            x, y, z = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)
            for i in range(n_r):
                r = 10.0 ** (first + i * step)
                _, ax, ay, az = acceleration(table, r * x, r * y, r * z)
                values[i, j, k, 0] = np.log(-ax / (r * x))
                values[i, j, k, 1] = np.log(-ay / (r * y))
                values[i, j, k, 2] = np.log(-az / (r * z))


@njit
def force(nodes, x, y, z):
    """Acceleration between the nodes."""
    n_r, n_theta, n_phi, _ = nodes.values.shape
    flat2 = x * x + y * y
    r = (0.5 * np.log10(flat2 + z * z) - nodes.first) / nodes.step
    theta = np.arctan2(np.sqrt(flat2), abs(z)) * (n_theta - 1) / (0.5 * np.pi)
    phi = np.arctan2(abs(y), abs(x)) * (n_phi - 1) / (0.5 * np.pi)
    i, j, k = min(max(int(r), 0), n_r - 2), min(int(theta), n_theta - 2), min(int(phi), n_phi - 2)
    a, b, c = r - i, theta - j, phi - k
    lx = ly = lz = 0.0
    for u in range(2):
        for v in range(2):
            for w in range(2):
                share = (a if u else 1 - a) * (b if v else 1 - b) * (c if w else 1 - c)
                at = nodes.values[i + u, j + v, k + w]
                lx += share * at[0]
                ly += share * at[1]
                lz += share * at[2]
    return -x * np.exp(lx), -y * np.exp(ly), -z * np.exp(lz)


@njit
def derivative(table, nodes, exact, state, out):
    """Of a state, by the table or by the nodes."""
    out[:3] = state[3:]
    if exact:
        _, ax, ay, az = acceleration(table, state[0], state[1], state[2])
    else:
        ax, ay, az = force(nodes, state[0], state[1], state[2])
    out[3], out[4], out[5] = ax, ay, az


@njit
def stage(state, slopes, weights, n, h, out):
    """A state a weighted sum of slopes further on."""
    for k in range(6):
        total = 0.0
        for j in range(n):
            total += weights[j] * slopes[j, k]
        out[k] = state[k] + h * total


@njit
def first_step(table, nodes, exact, state, slope, tolerance, work, out):
    """Hairer's guess of the first step."""
    one = two = 0.0
    for k in range(6):
        scale = tolerance * abs(state[k]) + (1e-5 * tolerance * KM_IN_PC if k < 3 else 1e-5 * tolerance)
        one += (slope[k] / scale) ** 2
        two += (state[k] / scale) ** 2
    h = 0.01 * np.sqrt(two / one)
    for k in range(6):
        work[k] = state[k] + h * slope[k]
    derivative(table, nodes, exact, work, out)
    bend = 0.0
    for k in range(6):
        scale = tolerance * abs(state[k]) + (1e-5 * tolerance * KM_IN_PC if k < 3 else 1e-5 * tolerance)
        bend += ((out[k] - slope[k]) / scale) ** 2
    return min(100 * h, (0.01 / max(np.sqrt(bend) / h, np.sqrt(one))) ** 0.125)


@njit
def follow(table, nodes, exact, start, duration, tolerance, samples, crossing):
    """Follow an orbit with a tolerance relative to each component.

    Fills `samples` with states at even times or, if `crossing`, with those in which it crosses the plane y = 0; returns
    the relative change of the energy (by the table) to the end, and the number of samples.
    """
    n_samples = samples.shape[0]
    state, new, work = start.copy(), np.empty(6), np.empty(6)
    slopes, dense = np.zeros((EXTENDED, 6)), np.empty((7, 6))
    derivative(table, nodes, exact, state, slopes[0])
    energy = acceleration(table, state[0], state[1], state[2])[0] + 0.5 * (state[3:] ** 2).sum()
    h = first_step(table, nodes, exact, state, slopes[0], tolerance, work, new)
    interval = duration / (n_samples + 4)
    time, due, found, rejected, side = 0.0, 1.5 * interval, 0, False, 0.0
    while time < duration and found < n_samples:
        for i in range(1, STAGES):
            stage(state, slopes, A[i], i, h, new)
            derivative(table, nodes, exact, new, slopes[i])
        stage(state, slopes, B, STAGES, h, new)
        derivative(table, nodes, exact, new, slopes[STAGES])
        error5 = error3 = 0.0
        for k in range(6):
            scale = tolerance * max(abs(state[k]), abs(new[k])) + (1e-19 if k < 3 else 1e-8)
            five = three = 0.0
            for j in range(STAGES + 1):
                five += E5[j] * slopes[j, k]
                three += E3[j] * slopes[j, k]
            error5 += (five / scale) ** 2
            error3 += (three / scale) ** 2
        error = 0.0 if error5 == 0.0 else h * error5 / np.sqrt((error5 + 0.01 * error3) * 6.0)
        shrink = error**0.125 / 0.9
        if error > 1.0:
            h, rejected = h / min(1 / SLOWEST, shrink), True
            continue
        crossed = side * new[1] < 0.0
        if crossed or (not crossing and time + h >= due):
            for i in range(3):
                stage(state, slopes, A_EXTRA[i], STAGES + 1 + i, h, work)
                derivative(table, nodes, exact, work, slopes[STAGES + 1 + i])
            for k in range(6):
                change = new[k] - state[k]
                dense[0, k], dense[1, k] = change, h * slopes[0, k] - change
                dense[2, k] = 2.0 * change - h * (slopes[STAGES, k] + slopes[0, k])
                for i in range(4):
                    total = 0.0
                    for j in range(EXTENDED):
                        total += D[i, j] * slopes[j, k]
                    dense[3 + i, k] = h * total
            if crossing:
                low, high = 0.0, 1.0
                for _ in range(40):
                    middle = 0.5 * (low + high)
                    evaluate_dense(state, dense, middle, work)
                    if abs(work[1]) < 1e-4 * abs(start[0]):
                        break
                    if work[1] * side > 0.0:
                        low = middle
                    else:
                        high = middle
                samples[found] = work
                found += 1
            while not crossing and found < n_samples and due <= time + h:
                evaluate_dense(state, dense, (due - time) / h, samples[found])
                found += 1
                due += interval
        time += h
        state[:], slopes[0], side = new, slopes[STAGES], new[1]
        longer = h / max(1 / FASTEST, min(1 / SLOWEST, shrink))
        h, rejected = (min(longer, h) if rejected else longer), False
    last = acceleration(table, state[0], state[1], state[2])[0] + 0.5 * (state[3:] ** 2).sum()
    return last / energy - 1.0, found


def tube(table: ForceTable, radius: float, angle: float, energy: float) -> np.ndarray:
    """Start of a tube: at rest but for its velocity across the (x, z) plane."""
    x, z = radius * np.cos(angle), radius * np.sin(angle)
    return np.array([x, 0, z, 0, np.sqrt(max(2 * (energy - acceleration(table, x, 0.0, z)[0]), 0.0)), 0])


def thin_radius(
    table: ForceTable, nodes: Nodes, angle: float, energy: float, period: float, inside: float, guess: float, out: float
) -> float:
    """The radius between two others at which a tube is thinnest, as DYNAMITE looks for it."""
    crossings = np.empty((CROSSINGS, 6))

    def width(radius: float) -> float:
        start = tube(table, radius, angle, energy)
        _, n = follow(table, nodes, False, start, 500.0 * CROSSINGS * period, THIN_TOLERANCE, crossings, True)
        radii = np.hypot(crossings[:n, 0], crossings[:n, 2])
        return float(np.ptp(radii))

    if out - guess > guess - inside:
        near, far = guess, guess + (1 - GOLDEN) * (out - guess)
    else:
        near, far = guess - (1 - GOLDEN) * (guess - inside), guess
    of_near, of_far = width(near), width(far)
    while out - inside >= 1e-4 * (near + far):
        if of_far < of_near:
            inside, near, of_near = near, far, of_far
            far = GOLDEN * near + (1 - GOLDEN) * out
            of_far = width(far)
        else:
            out, far, of_far = far, near, of_near
            near = GOLDEN * far + (1 - GOLDEN) * inside
            of_near = width(near)
    return near if of_near < of_far else far


def their_starts(table: ForceTable, nodes: Nodes, grid: StartGrid, periods: np.ndarray) -> np.ndarray:
    """Start points of tubes with thin orbits as DYNAMITE finds them, shape (tubes, 6), in the order of ours."""
    angles = (np.arange(grid.n_i2)[::-1] + 0.5) / grid.n_i2 * np.pi / 2
    radii = np.linspace(grid.log_radius_first, grid.log_radius_last, grid.n_energy)
    parts = (np.arange(grid.n_i3) + 0.1) / (grid.n_i3 - 0.8)
    starts = np.empty((grid.n_energy, grid.n_i2, grid.n_i3, 6))
    share = 0.5
    for e, log_radius in enumerate(radii):
        energy = acceleration(table, 10.0**log_radius, 0.0, 0.0)[0]
        outer = [equipotential_radius(table, np.array([np.cos(a), 0.0, np.sin(a)]), energy) for a in angles]
        thin = 0.0
        for j in range(grid.n_i2 - 1, -1, -1):  # from the long axis to the short one
            edge = outer[j]
            if j == grid.n_i2 - 1:
                inside, guess, out = 0.11 * edge, np.clip(share * edge, 0.12 * edge, 0.88 * edge), 0.89 * edge
            elif j == grid.n_i2 - 2:
                guess = np.clip(thin, 0.02 * edge, 0.99 * edge)
                inside, out = max(guess - 0.1 * edge, 0.01 * edge), min(guess + 0.1 * edge, edge)
            else:
                guess = np.clip(thin, 0.11 * edge, 0.99 * edge)
                inside, out = max(guess - 0.08 * outer[-1], 0.1 * edge), min(guess + 0.08 * outer[-1], edge)
            thin = thin_radius(table, nodes, angles[j], energy, periods[e], inside, guess, out)
            if j == grid.n_i2 - 1:
                share = thin / edge
            for k, part in enumerate(parts):
                starts[e, j, k] = tube(table, thin + (edge - thin) * part, angles[j], energy)
    return starts.reshape(-1, 6)


def tube_weights(dynamite: Reference) -> np.ndarray:
    """Mass that the fit of NGC 6278 at M/L 5 with DYNAMITE's library gives to each tube and its reversal, (tubes,)."""
    problem = weight_problem(
        library=dynamite.library,
        coefficients=maps(dynamite.library, dynamite.kinematics),
        intrinsic=dynamite.intrinsic,
        projected=dynamite.projected,
        kinematics=dynamite.kinematics,
        errors=MassErrors(),
    )
    return solve_weights(problem)[: 2 * TUBES].reshape(-1, 2).sum(axis=1)


def measure(orbits: Orbits) -> dict[str, object]:
    """All ways of following the tubes, against DYNAMITE's library."""
    theirs, weights = orbits.masses[:TUBES], tube_weights(orbits.dynamite)
    grid, table = orbits.grid, orbits.table
    sigma = ngc6278.LIGHT.sigma_arcsec * orbits.galaxy.pc_per_arcsec
    first = np.log10(min(0.1 * sigma.min(), 0.01 * 10**grid.log_radius_first))
    last = np.log10(max(1.05 * 10**grid.log_radius_last, np.sqrt(2) * 6 * sigma.max()))
    nodes = Nodes(np.empty((*NODES, 3)), float(first), float(last - first) / (NODES[0] - 1))
    fill(table, *nodes)
    ours, periods = orbits.start[:TUBES], orbits.period[:TUBES]
    found = their_starts(table, nodes, grid, periods[:: grid.n_i2 * grid.n_i3])
    samples = np.empty((SAMPLES, 6))
    ways = {
        "ours": (ours, True, 1e-9),
        "all theirs": (found, False, TOLERANCE),
        "ours, tolerance 1e-5": (ours, True, TOLERANCE),
        "ours, their force and tolerance": (ours, False, TOLERANCE),
        "their thin orbits": (found, True, 1e-9),
    }
    rows = {name: slice(part, None, len(ROWS)) for part, name in enumerate(ROWS)} | {"all": slice(None)}
    table_row: dict[str, object] = {}
    moved = np.linalg.norm(found[:, :3], axis=1) / np.linalg.norm(ours[:, :3], axis=1) - 1
    table_row["thin orbits moved, median, largest"] = [
        float(np.median(abs(moved[rows["thin"]]))),
        float(abs(moved[rows["thin"]]).max()),
    ]
    base = None
    for name, (starts, exact, tolerance) in ways.items():
        masses, drift = np.empty_like(theirs), np.empty(len(theirs))
        for k, start in enumerate(starts):
            drift[k], n = follow(table, nodes, exact, start, PERIODS * periods[k], tolerance, samples, False)
            masses[k] = fractions(samples[:n], orbits.space)
        base = masses if base is None else base
        for where, other in (("DYNAMITE", theirs), ("ours", base)):
            table_row[f"{name}, from {where}"] = {
                row: float(np.linalg.norm(masses[part] - other[part]) / np.linalg.norm(other[part]))
                for row, part in rows.items()
            }
        squares = ((masses - theirs) ** 2).sum(axis=1)
        each = np.sqrt(squares / (theirs**2).sum(axis=1))
        table_row[f"{name}, tubes within 2 %, median"] = [int((each < 0.02).sum()), float(np.median(each))]
        table_row[f"{name}, worst"] = [
            (int(k), round(float(each[k]), 3), round(float(squares[k] / squares.sum()), 3))
            for k in np.argsort(squares)[::-1][:8]
        ]
        table_row[f"{name}, weighted"] = float(
            np.linalg.norm(weights @ (masses - theirs)) / np.linalg.norm(weights @ theirs)
        )
        table_row[f"{name}, change of energy"] = [float(np.median(abs(drift))), float(abs(drift).max())]
        print(name, {key: value for key, value in table_row.items() if key.startswith(name + ",")}, flush=True)
    return table_row


def main() -> None:
    """Command line."""
    command(measure, __doc__)


if __name__ == "__main__":
    main()
