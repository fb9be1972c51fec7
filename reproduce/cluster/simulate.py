"""From settings to the files of one cluster: `history.ecsv` and `snapshots.h5`."""

import hashlib
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reproduce.cluster import history
from reproduce.cluster.checkpoint import Checkpoint, Course, State
from reproduce.cluster.evolution import STREAM_MASSES, STREAM_ORBITS, Cluster, Physics, advance, begin, generator
from reproduce.cluster.forecast import TRACKS, Forecast
from reproduce.cluster.initial import Stars, king_concentration, make_cluster
from reproduce.cluster.settings import ClusterSettings
from reproduce.cluster.snapshot import write_snapshots
from reproduce.cluster.tides import Tide, bulge_disc_halo, logarithmic_halo
from reproduce.cluster.units import PC_PER_MYR_IN_KMS, G
from reproduce.stars.imf import kroupa_masses
from reproduce.stars.stellar_evolution import evolution_schedule, kick_shares, stellar_tracks
from reproduce.stars.tracks import Tracks
from reproduce.workflow.errors import InputError

Progress = Callable[[float, str], None]

SAVE_EVERY_S = 20.0  # wall-clock time between checkpoints
FEWEST_TO_TRUST = 4_000  # with 2,000 at 1.6 pc a third too many are left after a Gyr: docs/results_cluster.md
MOST_BLACK_HOLES = 1e-3  # share of the cluster's mass that may stay in black holes: see `_refuse_black_holes`


@dataclass(frozen=True)
class Task:
    """One cluster to be simulated, and where its files go.

    Attributes
    ----------
    name : str
        The simulation; its stars and all its random numbers depend on `settings.seed` and this name.
    settings : ClusterSettings
        All that it is made from.
    folder, checkpoint : Path
        Where files go, and where the state is kept meanwhile; `checkpoint` is removed at the end.
    tracks_cache : Path, optional
        Folder that keeps stellar tracks from run to run.
    """

    name: str
    settings: ClusterSettings
    folder: Path
    checkpoint: Path
    tracks_cache: Path | None = None


def simulate_cluster(task: Task, progress: Progress | None = None) -> None:
    """Simulate one cluster and write `history.ecsv` and `snapshots.h5` into its folder.

    Killed at any time and called again, it goes on from `checkpoint` and ends with the same bytes; files under their
    final names are whole. Snapshots are taken at `snapshot_ages_gyr`, as far as the cluster lives, or evenly
    spaced up to `end_gyr`. With even spacing, a cluster that dissolves before is
    evolved a second time, bit for bit the same, to take as many snapshots evenly up to its end, each at the end of the
    step that reaches its time; only a cluster of fewer steps than snapshots gives fewer.

    Parameters
    ----------
    task : Task
        The cluster.
    progress : callable, optional
        Called with the fraction done and a line of text.
    """
    tell: Progress = progress or (lambda fraction, text: None)
    name, settings = task.name, task.settings
    files = task.folder / "history.ecsv", task.folder / "snapshots.h5"
    if all(file.is_file() for file in files):
        return
    run = evolved(task, progress)
    tell(1.0, "writing")  # also where a cluster has dissolved early
    task.folder.mkdir(parents=True, exist_ok=True)
    shells = (run.store.get(number) for number in range(run.snapshots))
    write_snapshots(files[1], name, settings.seed, settings.metallicity, run.tracks, shells)
    history.write_table(run.rows, files[0], {"simulation": name, "seed": settings.seed, "n_initial": settings.n_stars})
    run.store.remove()


class Evolved(NamedTuple):
    """A cluster at its end: rows of its history, snapshots in a checkpoint, and stellar tracks."""

    rows: list[dict[str, float]]
    snapshots: int
    store: Checkpoint
    tracks: Tracks


def evolved(task: Task, progress: Progress | None = None) -> Evolved:
    """Simulate one cluster, going on from its checkpoint, and write no files but that; see `simulate_cluster`."""
    tell: Progress = progress or (lambda fraction, text: None)
    name, settings = task.name, task.settings
    if settings.n_stars < FEWEST_TO_TRUST:
        warnings.warn(
            f"{name}: {settings.n_stars} stars are fewer than the {FEWEST_TO_TRUST} from which on this code was found "
            "to lose stars as direct N-body does; its numbers serve to see that the chain works",
            stacklevel=2,
        )
    stars, physics = prepare(name, settings, task.tracks_cache, tell)
    tracks = physics.tracks
    assert tracks is not None, "prepare always makes tracks"
    store = checkpoint(task)
    rows, taken = _run(task, stars, physics, store, tell)
    return Evolved(rows, taken, store, tracks)


def checkpoint(task: Task) -> Checkpoint:
    """Where the state of a cluster is kept."""
    digest = f"{task.name} {task.settings.model_dump_json()}"
    return Checkpoint(task.checkpoint, hashlib.sha256(digest.encode()).hexdigest())


def prepare(
    name: str, settings: ClusterSettings, tracks_cache: Path | None = None, tell: Progress | None = None
) -> tuple[Stars, Physics]:
    """Initial stars, and the physics that moves them."""
    masses = kroupa_masses(
        settings.n_stars, settings.imf_low_msun, settings.imf_high_msun, generator(settings.seed, name, STREAM_MASSES)
    )
    tide = galaxy(settings)
    stars = make_cluster(
        masses,
        settings.profile,
        settings.king_concentration if settings.king_w0 is None else king_concentration(settings.king_w0),
        settings.half_mass_radius_pc,
        tide.jacobi_radius(float(masses.sum())),
        generator(settings.seed, name, STREAM_ORBITS),
    )
    tracks = stellar_tracks(
        masses,
        settings.metallicity,
        tracks_cache,
        None if tell is None else lambda f, text: tell(TRACKS * f, text),
        settings.stellar_recipe,
        settings.track_spacing,
    )
    shares = None
    if settings.kicks == "fallback":
        shares = kick_shares(masses, settings.metallicity, settings.stellar_recipe)
    else:
        _refuse_black_holes(stars, tracks, settings.remnant_kick_kms)
    evolution_myr, response_myr = evolution_schedule(
        tracks, settings.end_gyr * 1e3, longest_share=settings.changes_share
    )
    physics = Physics(
        tide=tide,
        tracks=tracks,
        evolution_myr=evolution_myr,
        response_myr=response_myr,
        escape=settings.escape,
        escape_rate=settings.escape_rate,
        coulomb_gamma=settings.coulomb_gamma,
        coulomb_masses=settings.coulomb_masses,
        theta_max=settings.theta_max,
        sweeps=settings.sweeps,
        step_floor_myr=settings.step_floor_myr,
        step_relaxation=settings.step_relaxation,
        window=settings.window,
        heating_constant=settings.heating_constant,
        remnant_kick_kms=settings.remnant_kick_kms,
        kick_share=shares,
    )
    if len(stars) < physics.fewest_stars:
        raise InputError(
            f"simulate.n_stars={len(stars)} is fewer than the {physics.fewest_stars} that local averages over "
            f"simulate.window={settings.window} neighbours need; raise n_stars or lower window"
        )
    return stars, physics


def galaxy(settings: ClusterSettings) -> Tide:
    """The tidal field asked for."""
    field = logarithmic_halo if settings.galaxy == "logarithmic" else bulge_disc_halo
    return field(settings.circular_velocity_kms, settings.galactocentric_radius_kpc)


def _refuse_black_holes(stars: Stars, tracks: Tracks, kick_kms: float) -> None:
    """Refuse kicks so small that black holes would stay.

    A few black holes that stay sink to the centre and drive the cluster by binaries and ejections one at a time; smooth
    three-body heating would overheat the cluster and dissolve it. Their retained mass is estimated from the Maxwellian
    of kicks below the escape speed from the centre.
    """
    late = tracks.at(np.arange(len(tracks)), 100.0)
    black_holes = float(late["mass_msun"][late["stellar_type"] == 14].sum(dtype=np.float64))
    escape = np.sqrt(2 * G * np.sum(stars.m / stars.r)) * PC_PER_MYR_IN_KMS
    x = escape / kick_kms if kick_kms > 0 else np.inf
    kept = black_holes * min(1.0, np.sqrt(2 / np.pi) * x**3 / 3)
    if kept > MOST_BLACK_HOLES * stars.m.sum():
        raise InputError(
            f"simulate.remnant_kick_kms={kick_kms:g} would keep about {kept:.0f} Msun of black holes, more than smooth "
            f"three-body heating can stand for; take a larger kick (the reference is 190 km/s), or kicks=fallback"
        )


@dataclass(frozen=True)
class _Timetable:
    """When a run must do what [Myr].

    Attributes
    ----------
    end : float
        Age at the end.
    snapshots : (wanted,)
        Times of snapshots in a first pass.
    stops : (k,)
        Times at which steps end in every pass, so that passes are alike.
    rows : (rows,)
        Times of rows of the history.
    """

    end: float
    snapshots: NDArray[np.float64]
    stops: NDArray[np.float64]
    rows: NDArray[np.float64]

    @classmethod
    def of(cls, settings: ClusterSettings) -> "_Timetable":
        end, given = settings.end_gyr * 1e3, settings.snapshot_ages_gyr
        snapshots = _evenly(settings.snapshots) * end if given is None else np.array(given) * 1e3
        rows = np.unique(np.concatenate([np.linspace(0, end, 401), np.geomspace(1, end, 101)]))
        return cls(end, snapshots, np.union1d(snapshots, [end]), rows)


def _evenly(count: int) -> NDArray[np.float64]:
    return np.arange(1, count + 1) / count


def _run(
    task: Task, stars: Stars, physics: Physics, store: Checkpoint, tell: Progress
) -> tuple[list[dict[str, float]], int]:
    """Evolve to the end, or go on from the checkpoint; return the history and the number of snapshots taken."""
    settings, table = task.settings, _Timetable.of(task.settings)

    def fresh(last_myr: float) -> State:
        return State(begin(task.name, settings.seed, stars.copy(), physics), [], Course(last_myr))

    state = store.load() or fresh(table.end)
    forecast = Forecast(physics.evolution_myr, physics.response_myr)

    def report(cluster: Cluster, last_myr: float) -> None:
        fraction = forecast.fraction(cluster.time_myr, last_myr, time.process_time())
        tell(fraction, f"{cluster.time_myr / 1e3:.2f} Gyr, {len(cluster.stars)} stars")

    saved = time.monotonic()
    while True:
        state = _record(state, physics, settings, table, store, report)
        cluster, course = state.cluster, state.course
        if cluster.time_myr >= course.last_myr:
            break
        if time.monotonic() - saved > SAVE_EVERY_S:
            store.save(state)
            saved = time.monotonic()
        stop = table.stops[np.searchsorted(table.stops, cluster.time_myr, side="right")]
        if not advance(cluster, physics, float(stop)):
            if settings.snapshot_ages_gyr is not None:
                break
            state = fresh(cluster.time_myr)
            store.save(state)
    return _ended(state, physics, settings.n_stars), state.course.taken


def _record(
    state: State,
    physics: Physics,
    settings: ClusterSettings,
    table: _Timetable,
    store: Checkpoint,
    report: Callable[[Cluster, float], None],
) -> State:
    """Add a row to the history and take a snapshot, where they are due."""
    cluster, rows, course = state.cluster, state.rows, state.course
    due = int(np.searchsorted(table.rows, cluster.time_myr, side="right"))
    if due > course.rows_due:  # the number is kept with the state: read back, it gives no row a second time
        course = replace(course, rows_due=due)
        rows.append(history.row(cluster, physics, settings.n_stars))
        report(cluster, course.last_myr)
    first_pass = course.last_myr == table.end
    times = table.snapshots if first_pass else _evenly(settings.snapshots) * course.last_myr
    if course.following < len(times) and cluster.time_myr >= times[course.following]:
        store.put(cluster, course.taken)
        following = int(np.searchsorted(times, cluster.time_myr, side="right"))
        course = replace(course, taken=course.taken + 1, following=following)
    return State(cluster, rows, course)


def _ended(state: State, physics: Physics, n_initial: int) -> list[dict[str, float]]:
    """The history with the last state as its last row."""
    rows, cluster = state.rows, state.cluster
    if rows and rows[-1]["time_gyr"] == cluster.time_myr / 1e3:
        return rows
    return [*rows, history.row(cluster, physics, n_initial)]
