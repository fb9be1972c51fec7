"""The evolution of one cluster, step by step: escape, relaxation, new places, stellar evolution.

After Hénon (1971), Joshi, Rasio & Portegies Zwart (2000), Freitag & Benz (2001) and Giersz (2008). The state is plain
arrays and numbers; the random numbers of a step depend on the seed, the name and the step's number, so a run that is
taken up again from any state goes on with the same bits.
"""

import dataclasses
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reproduce.cluster import black_holes, orbits, places, relaxation
from reproduce.cluster.black_holes import Pair
from reproduce.cluster.initial import Stars
from reproduce.cluster.orbits import Potential
from reproduce.cluster.relaxation import Coulomb, Encounters, Visits
from reproduce.cluster.tides import Tide, escape_energy, saddle_energy
from reproduce.cluster.units import PC_PER_MYR_IN_KMS, G
from reproduce.stars.stellar_evolution import MassRows, advance_masses, mass_rows
from reproduce.stars.tracks import Tracks

BOOKS = ("evolution", "kicks", "heating", "escape")  # what changes the cluster's energy

# Purposes of random streams: each draw belongs to one, so that none disturbs another.
STREAM_MASSES, STREAM_ORBITS, STREAM_STEP, STREAM_KICKS, STREAM_ESCAPE, STREAM_HOLES = 10, 11, 12, 13, 14, 15

STRETCH = 1.2  # most by which a base step is lengthened so that whole ones fill the time to the next change of masses


def generator(seed: int, name: str, stream: int, number: int = 0) -> np.random.Generator:
    """The generator of one purpose in one cluster."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), stream, number])


@dataclass(frozen=True)
class Physics:
    """What drives a cluster; the names are those of `settings.Simulate`.

    Without `tide` the cluster is isolated and loses only unbound stars; without `tracks` masses are constant.
    `sweeps` = 0 switches scattering off but keeps the time steps, for tests of all the rest. With `kick_share`
    (n_initial,), the share of the kick that each star's remnant gets, black holes may stay and heat the cluster;
    without it all are kicked alike, and three-body heating is that of stars of all kinds.
    """

    tide: Tide | None
    tracks: Tracks | None
    evolution_myr: NDArray[np.float64]
    response_myr: NDArray[np.float64]
    escape: str = "energy"
    escape_rate: float = 1.4
    coulomb_gamma: float = 0.11
    coulomb_masses: str = "pair"
    theta_max: float = 0.5
    sweeps: int = 8
    step_floor_myr: float = 0.25
    step_relaxation: float = 0.0
    window: int = 32
    heating_constant: float = 90.0
    remnant_kick_kms: float = 190.0
    kick_share: NDArray[np.float64] | None = None

    @cached_property
    def mass_rows(self) -> MassRows:
        """What brings masses up to date."""
        assert self.tracks is not None
        return mass_rows(self.tracks)

    @property
    def fewest_stars(self) -> int:
        """With fewer stars local averages mean nothing: the cluster counts as dissolved."""
        return 2 * self.window + 1


@dataclass
class Cluster:
    """State of a cluster.

    Attributes
    ----------
    stars : Stars
        The bound stars.
    time_myr : float
        Age [Myr].
    step : int
        Steps done.
    evolved : int
        Entries of `Physics.evolution_myr` that are past.
    deficit : float
        Kinetic energy owed by the next moved star [Msun pc²/Myr²].
    booked : dict
        Energy that each process has added so far [Msun pc²/Myr²].
    energy_start : float
        Energy at the beginning.
    saturated : float
        Share of saturated encounters in the last step.
    last_dt : float
        Length of the last step [Myr].
    track_row : (n_initial,) int64, optional
        Each star's row in the tracks: the present one, or where its mass is the same an earlier one.
    same_until : (n_initial,) float32, optional
        Until when each star's mass is known to stay as it is [Myr].
    pairs : dict
        Black holes bound to each other, by the number of the star that stands for both, with both masses, in `stars`.
    field : Potential, optional
        The potential of `stars`, where it is known; whatever changes radii or masses must renew or forget it.
    """

    name: str
    seed: int
    stars: Stars
    time_myr: float = 0.0
    step: int = 0
    evolved: int = 0
    deficit: float = 0.0
    booked: dict[str, float] = dataclasses.field(
        default_factory=lambda: dict.fromkeys(("evolution", "kicks", "heating", "escape"), 0.0)
    )
    energy_start: float = np.nan
    saturated: float = 0.0
    last_dt: float = 0.0
    pairs: dict[int, Pair] = dataclasses.field(default_factory=dict)
    track_row: NDArray[np.int64] | None = None
    same_until: NDArray[np.float32] | None = None
    field: Potential | None = None

    def holes(self, physics: Physics) -> NDArray[np.int64]:
        """Which stars are black holes, innermost first."""
        assert physics.tracks is not None and self.track_row is not None
        heavy = np.flatnonzero(self.stars.m > black_holes.LEAST_MSUN)
        kind = physics.tracks.stellar_type[self.track_row[self.stars.star[heavy]]]
        return heavy[kind == black_holes.BLACK_HOLE]

    def all_stars(self) -> Stars:
        """The stars with the members of pairs apart, at the same place with the same velocity."""
        stars = self.stars
        if not self.pairs:
            return stars
        for i in np.flatnonzero(np.isin(stars.star, list(self.pairs)))[::-1]:
            pair = self.pairs[int(stars.star[i])]
            stars = stars.beside(int(i), pair.second, pair.second_msun)
            stars.m[i] = pair.first_msun
        return stars

    def potential(self) -> Potential:
        """The potential of the stars, kept until they move or change their masses."""
        if self.field is None:
            self.field = orbits.potential(self.stars.r, self.stars.m)
        return self.field

    def energy(self) -> tuple[float, float]:
        """Kinetic and potential energy [Msun pc²/Myr²]."""
        return orbits.energies(self.stars.bodies, self.potential())[1:]

    def relaxation_myr(self) -> float:
        """Half-mass relaxation time [Myr] (Spitzer 1987, Eq. 2-63), with ln Λ = ln(0.02 N)."""
        inside, n = self.potential().inside, len(self.stars)
        half_mass = self.stars.r[np.searchsorted(inside, inside[-1] / 2) - 1]
        crossing = np.sqrt(half_mass**3 / (G * inside[-1]))
        return float(0.138 * n * crossing / max(np.log(0.02 * n), relaxation.LEAST_LOGARITHM))

    def energy_error(self) -> float:
        """(E - E₀ - all that is booked - what is still owed) / |E₀|."""
        expected = self.energy_start + sum(self.booked.values()) + self.deficit
        return (sum(self.energy()) - expected) / abs(self.energy_start)

    def jacobi_pc(self, tide: Tide | None) -> float:
        """Jacobi radius [pc] of the bound mass; infinite without a tide."""
        return tide.jacobi_radius(float(self.stars.m.sum())) if tide is not None else np.inf


def begin(name: str, seed: int, stars: Stars, physics: Physics) -> Cluster:
    """A cluster at time 0."""
    cluster = Cluster(name, seed, stars)
    cluster.energy_start = sum(cluster.energy())
    if physics.tracks is not None:
        cluster.track_row = physics.tracks.offset[:-1].copy()
    return cluster


def advance(cluster: Cluster, physics: Physics, until_myr: float) -> bool:
    """One step, at most to `until_myr`.

    Returns
    -------
    bool
        False, and no step, where the cluster has dissolved.
    """
    _escape(cluster, physics)
    s = cluster.stars
    if len(s) < physics.fewest_stars:
        return False
    random = generator(cluster.seed, cluster.name, STREAM_STEP, cluster.step)
    target, longest = until_myr, np.inf
    if cluster.evolved < len(physics.evolution_myr):
        target = min(target, float(physics.evolution_myr[cluster.evolved]))
        longest = float(physics.response_myr[cluster.evolved])
    edges = relaxation.block_edges(len(s), int(random.integers(relaxation.BLOCK)))
    coulomb = _coulomb(physics, s)
    blocks = relaxation.local_state(s.bodies, edges, physics.window, physics.theta_max, coulomb)
    blocks = blocks._replace(dt=np.minimum(blocks.dt, longest))
    left = target - cluster.time_myr
    dt_base = max(float(blocks.dt[0]), physics.step_floor_myr)
    if physics.step_relaxation:
        dt_base = max(dt_base, physics.step_relaxation * cluster.relaxation_myr())
        dt_base = left / np.ceil(left / (STRETCH * dt_base))  # what was left over would cost as much as a whole step
    arrives = dt_base >= left * (1 - 1e-9)
    dt_base = left if arrives else dt_base
    holes = cluster.holes(physics) if physics.kick_share is not None else np.empty(0, dtype=np.int64)
    system = len(holes) + len(cluster.pairs) >= black_holes.FEWEST  # they keep the stars from a core of their own
    if len(holes) and not system:  # among stars they would raise a mean mass whose fifth power counts
        masses = s.m.copy()
        masses[holes] = np.median(s.m[: physics.fewest_stars])
        blocks = blocks._replace(mass=relaxation.mean_masses(masses, edges, physics.window))
    encounters = Encounters(physics.sweeps, coulomb, 0.0 if system else physics.heating_constant)
    visits = relaxation.relax(random, s.bodies, blocks, encounters, dt_base)
    cluster.saturated = visits.saturated
    cluster.booked["heating"] += visits.heat
    _move(cluster, random, visits, edges)
    cluster.time_myr = target if arrives else cluster.time_myr + dt_base
    cluster.last_dt = dt_base
    cluster.step += 1
    if len(holes) or cluster.pairs:
        _meet(cluster, physics)
    if cluster.evolved < len(physics.evolution_myr) and cluster.time_myr >= physics.evolution_myr[cluster.evolved]:
        cluster.evolved += 1
        _evolve_stars(cluster, physics)
    return True


def _coulomb(physics: Physics, stars: Stars) -> Coulomb:
    """What sets the Coulomb logarithm of the pairs of these stars."""
    logarithm = max(np.log(physics.coulomb_gamma * len(stars)), relaxation.LEAST_LOGARITHM)
    return Coulomb(logarithm, 2 * float(stars.m.mean()) if physics.coulomb_masses == "pair" else 0.0)


def _escape(cluster: Cluster, physics: Physics) -> None:
    """Remove the stars that leave."""
    energy, kinetic, binding = orbits.energies(cluster.stars.bodies, cluster.potential())
    gone = _leaving(cluster, physics, energy)
    if gone.any():
        cluster.stars, cluster.field = cluster.stars.take(~gone), None
        kinetic_after, binding_after = cluster.energy()
        cluster.booked["escape"] += kinetic_after + binding_after - kinetic - binding


def _leaving(cluster: Cluster, physics: Physics, energy: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which stars leave now, by the criterion asked for; an isolated cluster loses those that are not bound."""
    tide = physics.tide
    if tide is None:
        return energy > 0
    mass = float(cluster.potential().inside[-1])
    jacobi = tide.jacobi_radius(mass)
    if physics.escape == "delayed":
        random = generator(cluster.seed, cluster.name, STREAM_ESCAPE, cluster.step)
        saddle = saddle_energy(mass, jacobi)
        return orbits.leaving_late(random, energy, saddle, physics.escape_rate * tide.frequency * cluster.last_dt)
    if physics.escape == "energy":
        return energy > escape_energy(mass, jacobi, len(energy))
    return orbits.reaching(cluster.stars.bodies, energy, cluster.potential(), jacobi)


def _move(cluster: Cluster, random: np.random.Generator, visits: Visits, edges: NDArray[np.int64]) -> None:
    """New radii for the chosen stars, and the velocities that go with them."""
    s = cluster.stars
    drawn = places.draw_radii(random, visits, s.bodies, cluster.potential(), edges)
    order = places.reorder(visits.chosen, drawn.r)
    cluster.stars = moved = s.take(order)
    moved.r = drawn.r[order]
    cluster.field = None
    cluster.deficit = places.settle(
        random, order, visits.chosen, s.r, drawn, moved.bodies, cluster.potential(), cluster.deficit
    )


def _meet(cluster: Cluster, physics: Physics) -> None:
    """What black holes do to each other in the last step; the energy that it gives is booked as heating."""
    holes = cluster.holes(physics)
    there = set(cluster.stars.star[holes].tolist())
    pairs = {star: pair for star, pair in cluster.pairs.items() if star in there}  # the others have left
    random = generator(cluster.seed, cluster.name, STREAM_HOLES, cluster.step)
    field, middle = cluster.potential(), len(cluster.stars) // 2
    depth = float(field.inside[middle] / cluster.stars.r[middle] + field.outer[middle])
    # In a Plummer sphere the potential at the half-mass radius is six times the mean square of one velocity component.
    system = black_holes.System(random, cluster.stars, holes, pairs, G * depth / 6)
    events = system.due(cluster.last_dt)
    if events:
        before = sum(cluster.energy())
        cluster.stars, cluster.field = system.carry_out(events), None
        cluster.booked["heating"] += sum(cluster.energy()) - before
    cluster.pairs = system.pairs


def _evolve_stars(cluster: Cluster, physics: Physics) -> None:
    """Bring masses up to date and kick new neutron stars and black holes."""
    assert physics.tracks is not None and cluster.track_row is not None, "evolution times come with tracks"
    if cluster.same_until is None:  # at the beginning, or read back
        cluster.same_until = np.zeros(len(cluster.track_row), dtype=np.float32)
    s = cluster.stars
    before = sum(cluster.energy())
    exploded = advance_masses(cluster.track_row, cluster.same_until, s.star, s.m, cluster.time_myr, physics.mass_rows)
    cluster.field = None
    for i in np.flatnonzero(np.isin(s.star, list(cluster.pairs))) if cluster.pairs else ():
        s.m[i] = cluster.pairs[int(s.star[i])].mass_msun  # where a state was read back, it has become that of one star
    if (s.m <= 0).any():  # a star that leaves no remnant
        exploded = exploded[s.m > 0]
        cluster.stars = s = s.take(s.m > 0)
    after = sum(cluster.energy())
    cluster.booked["evolution"] += after - before
    if exploded.any():
        count = int(exploded.sum())
        random = generator(cluster.seed, cluster.name, STREAM_KICKS, cluster.evolved)
        kick = random.normal(0, physics.remnant_kick_kms / PC_PER_MYR_IN_KMS, (3, count))
        if physics.kick_share is not None:
            kick *= physics.kick_share[s.star[exploded]]
        s.vr[exploded] += kick[0]
        s.vt[exploded] = np.hypot(s.vt[exploded] + kick[1], kick[2])
        cluster.booked["kicks"] += sum(cluster.energy()) - after
