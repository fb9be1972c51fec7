"""Mergers of two disc galaxies and of their globular clusters (Kaur et al. 2021, section 2.1.2)."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reproduce.galaxy import nbody
from reproduce.galaxy.globular_clusters import ClusterSystem
from reproduce.galaxy.live import Particles, join, live_galaxy
from reproduce.galaxy.models import Galaxy, structure
from reproduce.galaxy.settings import Numerics
from reproduce.galaxy.spherical import RADII, Array
from reproduce.galaxy.units import GYR, G
from reproduce.workflow.errors import InputError

MERGED = (
    0.5  # an orbit that keeps within this share of the larger disc's size has decayed; a torn satellite strays so far
)
CORE = 1.5  # radius of a galaxy's core in units of its disc's size; see `nbody`
LOOK_GYR = 0.05  # between two looks at the distance of the centres
REST_KPC = 30.0  # the particles inside give the remnant's rest velocity; the centre's own are 75 to 150, too few


@dataclass(frozen=True)
class Encounter:
    """Two galaxies before their merger.

    Attributes
    ----------
    galaxies : pair of Galaxy
        The first is the larger.
    separation_kpc : float
        Distance at the start; the paper has 4 to 8 disc sizes R_d, 140 kpc in Table 1.
    velocity_factor : float
        f_v: the relative velocity, at right angles to the separation, in units of the circular one; 0.05 to 1.
    tilts : pair of float
        θ_i, angles [rad] between each disc's spin and the orbit's axis z, about the y axis.
    """

    galaxies: tuple[Galaxy, Galaxy]
    separation_kpc: float
    velocity_factor: float
    tilts: tuple[float, float]

    def circular_velocity(self) -> float:
        """Relative velocity [km/s] of a circular orbit: (G (M_1 + M_2) / d)^½, masses inside the separation d."""
        inside = sum(float(np.interp(self.separation_kpc, RADII, structure(each).mass)) for each in self.galaxies)
        return float(np.sqrt(G * inside / self.separation_kpc))


@dataclass(frozen=True)
class Remnant:
    """What a merger leaves.

    Attributes
    ----------
    clusters : ClusterSystem
        About the centre of the remnant, or of the first galaxy if they have not merged.
    galaxy : (n,) int64
        0 or 1, the galaxy that each cluster comes from.
    particles : Particles
        The massive particles about the same centre.
    merged : bool
        Whether the centres met and stayed together for `settle_gyr`.
    merged_gyr, end_gyr : float
        When they met for the last time (NaN if not), and when the computation ended.
    energy_error, angular_momentum_error : float
        Change of the total energy, and of the vector of angular momentum, relative to the start.
    """

    clusters: ClusterSystem
    galaxy: NDArray[np.int64]
    particles: Particles
    merged: bool
    merged_gyr: float
    end_gyr: float
    energy_error: float
    angular_momentum_error: float


@dataclass
class _Pair:
    """A merger under way."""

    state: nbody.System
    limit_kpc: float
    one: bool = False  # the galaxies share one expansion
    met_gyr: float = field(default=np.nan)


def merge(
    encounter: Encounter,
    clusters: tuple[ClusterSystem, ClusterSystem],
    generator: np.random.Generator,
    numerics: Numerics,
    look_at: Callable[[float, nbody.System], None] | None = None,
) -> Remnant:
    """Let two galaxies merge.

    Parameters
    ----------
    encounter : Encounter
    clusters : pair of ClusterSystem
        Each galaxy's globular clusters, its disc in the x-y plane. They are tracers without mass.
    generator : numpy.random.Generator
        Of the galaxies' particles.
    numerics : Numerics
    look_at : callable, optional
        Is handed the time [Gyr] and the particles at the start and every `LOOK_GYR`.
    """
    state = prepare(encounter, clusters, generator, numerics)
    if look_at is not None:
        look_at(0.0, state)
    pair = _Pair(state, MERGED * encounter.galaxies[0].disc_size_kpc)
    energy, momentum = sum(nbody.energy(state)), nbody.angular_momentum(state)
    look = max(round(LOOK_GYR / numerics.step_gyr), 1)
    time = 0.0
    while time < numerics.longest_gyr and not (pair.one and time >= pair.met_gyr + numerics.settle_gyr):
        for _ in range(look):
            nbody.step(state, numerics.step_gyr * GYR)
        time += look * numerics.step_gyr
        _watch(pair, time, numerics.settle_gyr)
        if look_at is not None:
            look_at(time, state)
    centre, drift = state.centre(0), rest_velocity(state)
    massive = state.mass > 0
    merged = pair.one and time >= pair.met_gyr + numerics.settle_gyr
    return Remnant(
        clusters=ClusterSystem(state.position[~massive] - centre, state.velocity[~massive] - drift),
        galaxy=np.repeat([0, 1], [len(each) for each in clusters]),
        particles=Particles(state.position[massive] - centre, state.velocity[massive] - drift, state.mass[massive]),
        merged=merged,
        merged_gyr=pair.met_gyr if merged else np.nan,
        end_gyr=time,
        energy_error=sum(nbody.energy(state)) / energy - 1,
        angular_momentum_error=float(
            np.linalg.norm(nbody.angular_momentum(state) - momentum) / np.linalg.norm(momentum)
        ),
    )


def rest_velocity(state: nbody.System, radius_kpc: float = REST_KPC) -> Array:
    """Mean velocity (3,) [km/s] of the mass within `radius_kpc` of the first galaxy's centre.

    Of the default 6,000 particles 2,300 to 3,700 are there: the mean is known to 2 to 5 km/s along each axis, where
    that of the 150 particles of the centre is to 5 to 11 (docs/galaxies.md).
    """
    near = np.linalg.norm(state.position - state.centre(0), axis=1) < radius_kpc
    return np.average(state.velocity[near], axis=0, weights=state.mass[near])


def _watch(pair: _Pair, time: float, settle_gyr: float) -> None:
    """Note when the centres met; half of the settling time later, unite the expansions."""
    if pair.one:
        return
    distance = np.linalg.norm(pair.state.centre(0) - pair.state.centre(1))
    if distance > pair.limit_kpc:
        pair.met_gyr = np.nan
    elif np.isnan(pair.met_gyr):
        pair.met_gyr = time
    elif time >= pair.met_gyr + settle_gyr / 2:
        nbody.unite(pair.state)
        pair.one = True


def prepare(
    encounter: Encounter,
    clusters: tuple[ClusterSystem, ClusterSystem],
    generator: np.random.Generator,
    numerics: Numerics,
) -> nbody.System:
    """The two galaxies at the start, centre of mass at rest in the origin, orbit in the x-y plane."""
    first, second = encounter.galaxies
    if second.total_msun > first.total_msun * (1 + 1e-9):
        raise InputError("the first galaxy of an encounter must be the heavier: exchange them")
    if encounter.separation_kpc <= 0 or encounter.velocity_factor < 0:
        found = f"{encounter.separation_kpc} kpc and {encounter.velocity_factor}"
        raise InputError(f"separation must be positive and velocity_factor 0 or more, found {found}")
    share = second.total_msun / (first.total_msun + second.total_msun)
    speed = encounter.velocity_factor * encounter.circular_velocity()
    massive, tracers, starts = [], [], []
    for galaxy, system, tilt, side in zip(
        encounter.galaxies, clusters, encounter.tilts, (-share, 1 - share), strict=True
    ):
        place, velocity = np.array([side * encounter.separation_kpc, 0, 0]), np.array([0, side * speed, 0])
        turn = _about_y(tilt)
        made = live_galaxy(galaxy, numerics.n_halo, numerics.n_baryons, generator)
        core = np.linalg.norm(made.position_kpc, axis=1) < CORE * galaxy.disc_size_kpc
        massive += [_moved(made.take(core), turn, place, velocity), _moved(made.take(~core), turn, place, velocity)]
        without = Particles(system.position_kpc, system.velocity_kms, np.zeros(len(system)))
        tracers.append(_moved(without, turn, place, velocity))
        starts.append(place)
    every = join(massive + tracers)
    ends = np.cumsum([0] + [len(each) for each in massive + tracers]).tolist()
    kinds = [(0, True), (0, False), (1, True), (1, False), (0, True), (1, True)]
    groups = [nbody.Group(*kind, slice(*ends[i : i + 2])) for i, kind in enumerate(kinds)]
    return nbody.system(every.position_kpc, every.velocity_kms, every.mass_msun, groups, starts, numerics.softening_kpc)


def _moved(particles: Particles, turn: Array, place: Array, velocity: Array) -> Particles:
    """Particles turned and put on their orbit."""
    return Particles(
        particles.position_kpc @ turn + place, particles.velocity_kms @ turn + velocity, particles.mass_msun
    )


def _about_y(angle: float) -> Array:
    """Matrix (3, 3) that turns rows (x, y, z) so that the z axis points to (sin, 0, cos)."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, 0, -sine], [0, 1, 0], [sine, 0, cosine]])
