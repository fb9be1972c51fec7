"""N-body steps of one or two galaxies, with multipole expansions about their centres.

Particles keep to their galaxy for all time, also when the galaxies have merged; its centre is the mean of some of its
innermost particles, chosen anew from time to time. Forces within a galaxy come from the expansion about its own centre.
Forces between galaxies are reciprocal: each pair of particles belongs to one of the two expansions, or half to either.
The expansion about the first galaxy's centre carries the first's core with the second's halo, the one about the
second's the second's core with the first's halo, and both half of core with core and of halo with halo. So a halo's
matter that gathers behind a core that moves through it pulls on that core as the core pulls on it: dynamical friction.

The net force of an expansion on all, which exact gravity would not have, is given back to the particles that define its
centre. Then total energy, momentum and angular momentum are conserved but for the time step and the choosing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reproduce.galaxy import multipole
from reproduce.galaxy.spherical import Array

CENTRAL = 0.1  # share of a galaxy's particles, innermost at the start, among which its centre is looked for
CHOOSE_EVERY = 16  # steps between two choices of the centre's particles


@dataclass(frozen=True)
class Group:
    """Particles that are treated alike.

    Attributes
    ----------
    galaxy : int
        0 or 1.
    core : bool
        Whether they are their galaxy's core or its halo.
    part : slice
        Which particles.
    """

    galaxy: int
    core: bool
    part: slice


@dataclass
class System:
    """Particles that move; changed in place by `step`.

    Attributes
    ----------
    position, velocity, acceleration : (n, 3) float64
        [kpc], [km/s], [(km/s)²/kpc].
    potential : (n,) float64
        [(km/s)²].
    mass : (n,) float64
        [Msun]; tracers have none.
    groups : list of Group
        Of all particles.
    central : list of (k,) int64
        Each galaxy's initially innermost massive particles.
    chosen : list of (k,) int64
        Those that define its centre now.
    inverse : (nodes, terms) float64
        The expansions' radial kernel.
    steps : int
        Steps done.
    """

    position: Array
    velocity: Array
    acceleration: Array
    potential: Array
    mass: Array
    groups: list[Group]
    central: list[NDArray[np.int64]]
    chosen: list[NDArray[np.int64]]
    inverse: Array
    steps: int = 0

    def centre(self, galaxy: int) -> Array:
        """Centre (3,) [kpc] of a galaxy."""
        return self.position[self.chosen[galaxy]].mean(axis=0)

    def centre_velocity(self, galaxy: int) -> Array:
        """Velocity (3,) [km/s] of a galaxy's centre."""
        return self.velocity[self.chosen[galaxy]].mean(axis=0)


def system(
    position: Array, velocity: Array, mass: Array, groups: list[Group], starts: list[Array], softening_kpc: float
) -> System:
    """A system ready to move.

    Parameters
    ----------
    position, velocity, mass, groups
        As in `System`.
    starts : list of (3,)
        Where each galaxy's centre is now [kpc].
    softening_kpc : float
        ε of the expansions.
    """
    central = []
    for galaxy, start in enumerate(starts):
        own = np.concatenate([np.arange(len(mass))[each.part] for each in groups if each.galaxy == galaxy])
        own = own[mass[own] > 0]
        distance = np.linalg.norm(position[own] - start, axis=1)
        central.append(own[np.argsort(distance)[: max(int(CENTRAL * len(own)), 10)]])
    made = System(
        position.copy(), velocity.copy(), np.zeros_like(position), np.zeros(len(mass)), mass, groups, central,
        list(central), multipole.kernel(softening_kpc),
    )  # fmt: skip
    choose_centres(made)
    update_field(made)
    return made


def choose_centres(state: System) -> None:
    """Choose the particles of each centre: closer and closer shares of the central ones, about their own mean.

    The first look is about the median, which finds the galaxy even when almost half of them have been torn away.
    """
    for galaxy, central in enumerate(state.central):
        place = state.position[central]
        centre = np.median(place, axis=0)
        for share in (0.5, 0.5, 0.25, 0.25):
            near = np.argsort(np.linalg.norm(place - centre, axis=1))[: int(share * len(central)) + 1]
            centre = place[near].mean(axis=0)
        state.chosen[galaxy] = central[near]


def carried(home: int, one: Group, other: Group) -> float:
    """Share of the force between two groups that the expansion about galaxy `home`'s centre carries."""
    if one.galaxy == other.galaxy:
        return float(one.galaxy == home)
    return 0.5 * (1 + one.core - other.core) if one.galaxy == home else 0.5 * (1 + other.core - one.core)


def update_field(state: System) -> None:
    """Acceleration and potential of all particles where they are."""
    state.acceleration[:] = 0
    state.potential[:] = 0
    sources = [each for each in state.groups if state.mass[each.part.start] > 0]
    for home in range(len(state.central)):
        centre = state.centre(home)
        before = state.mass @ state.acceleration
        made = {}
        for source in sources:
            if any(carried(home, source, target) for target in state.groups):
                made[source.part.start] = multipole.expand(
                    state.position[source.part], state.mass[source.part], centre, state.inverse
                )
        for target in state.groups:
            shares = {source.part.start: carried(home, source, target) for source in sources}
            total = multipole.combine([made[start] for start in made], [shares[start] for start in made])
            part = target.part
            multipole.add_field(total, state.position[part], state.acceleration[part], state.potential[part])
        chosen = state.chosen[home]
        net = state.mass @ state.acceleration - before
        state.acceleration[chosen] -= net / len(chosen) / state.mass[chosen, None]


def step(state: System, time: float) -> None:
    """One leapfrog step (kick, drift, kick) of `time` [kpc/(km/s)]."""
    state.velocity += 0.5 * time * state.acceleration
    state.position += time * state.velocity
    state.steps += 1
    if state.steps % CHOOSE_EVERY == 0:
        choose_centres(state)
    update_field(state)
    state.velocity += 0.5 * time * state.acceleration


def unite(state: System) -> None:
    """Expand all galaxies about one centre from now on: right, and faster, when they have become one."""
    massive = int(np.count_nonzero(state.mass))
    state.groups = [Group(0, True, slice(0, massive)), Group(0, True, slice(massive, len(state.mass)))]
    state.central = [np.concatenate(state.central)]
    state.chosen = list(state.central)
    choose_centres(state)
    update_field(state)


def energy(state: System) -> tuple[float, float]:
    """Kinetic and potential energy [Msun (km/s)²]."""
    kinetic = 0.5 * np.sum(state.mass * np.sum(state.velocity**2, axis=1))
    return float(kinetic), float(0.5 * state.mass @ state.potential)


def angular_momentum(state: System) -> Array:
    """Σ m x × v (3,) [Msun kpc km/s] about the origin."""
    return state.mass @ np.cross(state.position, state.velocity)
