"""From settings to the files of one cluster: `history.ecsv` and `snapshots.h5`."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from reproduce.cluster import history
from reproduce.cluster.checkpoint import Checkpoint
from reproduce.cluster.evolution import STREAM_MASSES, STREAM_ORBITS, Cluster, Physics, advance, begin, generator
from reproduce.cluster.initial import Stars, make_cluster
from reproduce.cluster.settings import Model, Simulate
from reproduce.cluster.snapshot import write_snapshots
from reproduce.cluster.tides import Tide, bulge_disc_halo, logarithmic_halo
from reproduce.cluster.units import PC_PER_MYR_IN_KMS, G
from reproduce.stars.imf import kroupa_masses
from reproduce.stars.stellar_evolution import evolution_schedule, stellar_tracks
from reproduce.stars.tracks import Tracks
from reproduce.workflow.errors import InputError

Progress = Callable[[float, str], None]

SAVE_EVERY_S = 20.0  # wall-clock time between checkpoints
MOST_BLACK_HOLES = 1e-3  # share of the cluster's mass that may stay in black holes: see `_refuse_black_holes`


def simulate(
    name: str,
    model: Model,
    simulate: Simulate,
    folder: Path,
    checkpoint: Path,
    progress: Progress | None = None,
    tracks_cache: Path | None = None,
) -> None:
    """Simulate one cluster and write `history.ecsv` and `snapshots.h5` into `folder`.

    Killed at any time and called again, it goes on from `checkpoint` and ends with the same bytes; files under their
    final names are whole. Snapshots are taken at `simulate.snapshot_ages_gyr`, as far as the cluster lives, or evenly
    spaced up to `simulate.end_gyr`. With even spacing, a cluster that dissolves before is
    evolved a second time, bit for bit the same, to take as many snapshots evenly up to its end, each at the end of the
    step that reaches its time; only a cluster of fewer steps than snapshots gives fewer.

    Parameters
    ----------
    name : str
        The simulation; its stars and all its random numbers depend on `simulate.seed` and this name.
    model : Model
        Initial half-mass radius and number of snapshots.
    simulate : Simulate
        Everything else.
    folder, checkpoint : Path
        Where files go, and where the state is kept meanwhile; `checkpoint` is removed at the end.
    progress : callable, optional
        Called with the fraction done and a line of text.
    tracks_cache : Path, optional
        Folder that keeps stellar tracks from run to run.
    """
    tell: Progress = progress or (lambda fraction, text: None)
    files = folder / "history.ecsv", folder / "snapshots.h5"
    if all(file.is_file() for file in files):
        return
    stars, physics = prepare(name, model, simulate, tracks_cache, tell)
    tracks = physics.tracks
    assert tracks is not None, "prepare always makes tracks"
    digest = f"{name} {model.model_dump_json()} {simulate.model_dump_json(exclude={'models'})}"
    store = Checkpoint(checkpoint, hashlib.sha256(digest.encode()).hexdigest())
    wanted = simulate.snapshots or model.snapshots
    assert wanted is not None, "settings ask it of every simulated model"
    rows, taken = _run(name, simulate, stars, physics, wanted, store, tell)
    folder.mkdir(parents=True, exist_ok=True)
    shells = (store.get(number) for number in range(taken))
    write_snapshots(files[1], name, simulate.seed, simulate.metallicity, tracks, shells)
    history.write_table(rows, files[0], {"simulation": name, "seed": simulate.seed, "n_initial": simulate.n_stars})
    store.remove()


def prepare(
    name: str, model: Model, simulate: Simulate, tracks_cache: Path | None, tell: Progress
) -> tuple[Stars, Physics]:
    """Initial stars, and the physics that moves them."""
    masses = kroupa_masses(
        simulate.n_stars, simulate.imf_low_msun, simulate.imf_high_msun, generator(simulate.seed, name, STREAM_MASSES)
    )
    if model.half_mass_radius_pc is None:
        raise InputError(f"simulate.models.{name}: a cluster of files is not simulated; see reproduce.cluster.foreign")
    tide = galaxy(simulate)
    stars = make_cluster(
        masses,
        simulate.profile,
        simulate.king_concentration,
        model.half_mass_radius_pc,
        tide.jacobi_radius(float(masses.sum())),
        generator(simulate.seed, name, STREAM_ORBITS),
    )
    tracks = stellar_tracks(
        masses, simulate.metallicity, tracks_cache, lambda f, text: tell(0.0, f"{text} {100 * f:.0f} %")
    )
    _refuse_black_holes(stars, tracks, simulate.remnant_kick_kms)
    evolution_myr, response_myr = evolution_schedule(tracks, simulate.end_gyr * 1e3)
    physics = Physics(
        tide=tide,
        tracks=tracks,
        evolution_myr=evolution_myr,
        response_myr=response_myr,
        escape=simulate.escape,
        coulomb_gamma=simulate.coulomb_gamma,
        theta_max=simulate.theta_max,
        sweeps=simulate.sweeps,
        step_floor_myr=simulate.step_floor_myr,
        window=simulate.window,
        heating_constant=simulate.heating_constant,
        remnant_kick_kms=simulate.remnant_kick_kms,
    )
    if len(stars) < physics.fewest_stars:
        raise InputError(
            f"simulate.n_stars={len(stars)} is fewer than the {physics.fewest_stars} that local averages over "
            f"simulate.window={simulate.window} neighbours need; raise n_stars or lower window"
        )
    return stars, physics


def galaxy(simulate: Simulate) -> Tide:
    """The tidal field asked for."""
    field = logarithmic_halo if simulate.galaxy == "logarithmic" else bulge_disc_halo
    return field(simulate.circular_velocity_kms, simulate.galactocentric_radius_kpc)


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
            f"three-body heating can stand for; take a larger kick (the reference is 190 km/s)"
        )


def _run(
    name: str,
    simulate: Simulate,
    stars: Stars,
    physics: Physics,
    wanted: int,
    store: Checkpoint,
    tell: Progress,
) -> tuple[list[dict[str, float]], int]:
    """Evolve to the end, or go on from the checkpoint; return the history and the number of snapshots taken."""
    end = simulate.end_gyr * 1e3
    even = np.arange(1, wanted + 1) / wanted
    given = simulate.snapshot_ages_gyr
    first_times = even * end if given is None else np.array(given) * 1e3
    stops = np.union1d(first_times, [end])  # the clock stops here in every pass, so that passes are alike
    row_times = np.unique(np.concatenate([np.linspace(0, end, 401), np.geomspace(1, end, 101)]))
    found = store.load()
    if found is not None:
        cluster, rows, extra = found
    else:
        cluster, rows = begin(name, simulate.seed, stars.copy(), physics), []
        extra = {"last": end, "taken": 0, "next": 0, "due": 0}
    saved = time.monotonic()
    while True:
        times = first_times if extra["last"] == end else even * extra["last"]
        due = int(np.searchsorted(row_times, cluster.time_myr, side="right"))
        if due > extra["due"]:  # the time is kept with the state: read back, it gives no row a second time
            extra["due"] = due
            rows.append(history.row(cluster, physics, simulate.n_stars))
            tell(cluster.time_myr / extra["last"], f"{cluster.time_myr / 1e3:.2f} Gyr, {len(cluster.stars)} stars")
        if extra["next"] < len(times) and cluster.time_myr >= times[extra["next"]]:
            store.put(cluster, extra["taken"])
            extra["taken"] += 1
            extra["next"] = int(np.searchsorted(times, cluster.time_myr, side="right"))
        if cluster.time_myr >= extra["last"]:
            return _ended(rows, cluster, physics, simulate.n_stars), extra["taken"]
        if time.monotonic() - saved > SAVE_EVERY_S:
            store.save(cluster, rows, extra)
            saved = time.monotonic()
        stop = stops[np.searchsorted(stops, cluster.time_myr, side="right")]
        if not advance(cluster, physics, float(stop)):
            if given is not None:
                return _ended(rows, cluster, physics, simulate.n_stars), extra["taken"]
            extra = {"last": cluster.time_myr, "taken": 0, "next": 0, "due": 0}
            cluster, rows = begin(name, simulate.seed, stars.copy(), physics), []
            store.save(cluster, rows, extra)


def _ended(rows: list[dict[str, float]], cluster: Cluster, physics: Physics, n_initial: int) -> list[dict[str, float]]:
    """The history with the last state as its last row."""
    if rows and rows[-1]["time_gyr"] == cluster.time_myr / 1e3:
        return rows
    return [*rows, history.row(cluster, physics, n_initial)]
