"""Why the masses in cells of our orbits differ from DYNAMITE's: start radii of tubes, and chaos.

    NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1 python -m benchmarks.orbit_masses table.jsonl

Two measurements, two minutes of CPU. *Start radii*: each tube is started again at radii up to 0.6 % smaller or larger,
on the same energy and angle, and the radius is kept that comes nearest to DYNAMITE's masses: one number for each orbit
against 360 masses. *Chaos*: boxes, whose starts agree with DYNAMITE's to 2.5e-7, and the tubes next to the
equipotential are started several times with random shifts as small as what is known of DYNAMITE's starts (2.5e-7;
0.15 %). If DYNAMITE's orbit is one more draw, it lies as far from the mean of the others as each of them does.
"""

import numpy as np

from benchmarks.orbits import PERIODS, ROWS, SAMPLES, TUBES, Orbits, command, fractions
from reproduce.galaxy.orbits.force_table import ForceTable, acceleration
from reproduce.galaxy.orbits.integration import integrate
from reproduce.galaxy.orbits.intrinsic import SpaceGrid
from reproduce.galaxy.orbits.start_space import equipotential_radius

SHIFTS = np.array([0.0, 5e-4, 1e-3, 2e-3, 4e-3, 6e-3])
"""Relative changes of a tube's start radius that are tried, to both sides."""
KNOWN = {"boxes": 2.5e-7, "outer tubes": 1.5e-3}
"""To which the starts agree with DYNAMITE's, relative."""
DRAWS = 6
TOLERANCE = 1e-9


def cells(table: ForceTable, start: np.ndarray, period: float, space: SpaceGrid, samples: np.ndarray) -> np.ndarray:
    """Fractions of an orbit's mass in cells, shape (cells,)."""
    integrate(table, start, PERIODS * period, TOLERANCE, samples)
    return fractions(samples, space)


def shifted(table: ForceTable, start: np.ndarray, shift: float) -> np.ndarray | None:
    """The start at another radius on the same energy and ray; None outside the equipotential. Boxes stay at rest."""
    if not start[3:].any():
        return np.r_[start[:3] * (1 + shift), 0.0, 0.0, 0.0]
    energy = acceleration(table, *start[:3])[0] + 0.5 * (start[3:] ** 2).sum()
    position = start[:3] * (1 + shift)
    radius = np.linalg.norm(position)
    if radius >= equipotential_radius(table, position / radius, energy):
        return None
    return np.r_[position, 0.0, np.sqrt(2 * (energy - acceleration(table, *position)[0])), 0.0]


def fitted(
    table: ForceTable, start: np.ndarray, period: float, space: SpaceGrid, theirs: np.ndarray, samples: np.ndarray
) -> tuple[float, float, float]:
    """The best shift, and the squared distances to DYNAMITE's masses without and with it."""
    found = []
    for shift in np.r_[SHIFTS, -SHIFTS[1:]]:
        one = shifted(table, start, shift)
        if one is not None:
            found.append((((cells(table, one, period, space, samples) - theirs) ** 2).sum(), shift))
    best, shift = min(found)
    return float(shift), found[0][0], best


def scatter(members: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    """Squared distance of DYNAMITE's masses from the mean of n members, and what it would be of one more member.

    A member is (n - 1)/n of the way out from a mean that it is part of; one that is not, (n + 1)/n.
    """
    n = len(members)
    variance = ((members - members.mean(axis=0)) ** 2).sum() / (n - 1)
    return float(((theirs - members.mean(axis=0)) ** 2).sum()), float(variance * (n + 1) / n)


def measure(orbits: Orbits) -> dict[str, object]:
    """Both measurements."""
    table, space, masses, points, periods = orbits.table, orbits.space, orbits.masses, orbits.start, orbits.period
    samples = np.empty((SAMPLES, 6))
    power = (masses**2).sum(axis=1)
    row: dict[str, object] = {}
    fits = np.array([fitted(table, points[k], periods[k], space, masses[k], samples) for k in range(TUBES)])
    for part, name in enumerate(ROWS):
        chosen = np.arange(part, TUBES, len(ROWS))
        for what, column in (("as started", 1), ("radius fitted", 2)):
            row[f"{name} row, {what}"] = float(np.sqrt(fits[chosen, column].sum() / power[chosen].sum()))
        row[f"{name} row, median size of the shift"] = float(np.median(np.abs(fits[chosen, 0])))
    random = np.random.default_rng(1)
    outer = np.arange(len(ROWS) - 1, TUBES, len(ROWS))
    for name, chosen in {"boxes": np.arange(TUBES, len(points)), "outer tubes": outer}.items():
        out, expected = [], []
        for k in chosen:
            draws = [shifted(table, points[k], KNOWN[name] * random.uniform(-1, 1)) for _ in range(DRAWS)]
            members = [cells(table, one, periods[k], space, samples) for one in draws if one is not None]
            one, other = scatter(np.array(members), masses[k])
            out.append(one)
            expected.append(other)
        row[f"{name}, DYNAMITE from the mean of {DRAWS} draws"] = float(np.sqrt(sum(out) / power[chosen].sum()))
        row[f"{name}, one more draw from it"] = float(np.sqrt(sum(expected) / power[chosen].sum()))
        row[f"{name}, median ratio"] = float(np.median(np.sqrt(np.array(out) / np.maximum(expected, 1e-12))))
    return row


def main() -> None:
    """Command line."""
    for name, value in command(measure, __doc__).items():
        print(name, value)


if __name__ == "__main__":
    main()
