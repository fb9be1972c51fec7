"""Single-star evolution from COSMIC's SSE (Hurley, Pols & Tout 2000), the recipes of the paper's N-body code.

COSMIC evolves binaries; a single star is one whose companion is massless (`kstar_2 = 15`, no period). Its table
interface costs milliseconds a star, so the function underneath it is called: that is why the version of cosmic-popsynth
is pinned.
"""

import contextlib
import hashlib
import importlib.metadata
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numba import njit
from numpy.typing import NDArray

from reproduce.stars import track_grid
from reproduce.stars.tracks import COLUMNS, FIRST_REMNANT, Tracks
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

END_MYR = 14_500.0  # tracks reach a little beyond the oldest cluster
TOLERANCE = 0.004  # rows are dropped where interpolation stays this close (relative, in L and R; a tenth of it in mass)
RESPONSE = 0.01  # share of the mass whose loss orbits must follow: see `evolution_schedule`
_CHUNK = 2_000  # stars evolved before their rows are thinned: bounds memory
_ROWS = ["tphys", "kstar_1", "mass_1", "lum_1", "rad_1"]
_ORDER = ("time_myr", "stellar_type", "mass_msun", "luminosity_lsun", "radius_rsun")  # the same, in `Tracks`

# The recipes of standard SSE: winds of Hurley et al. (2000) with η = 0.5, remnants of Belczynski et al. (2002), no
# kicks (the cluster draws them). The rest concerns binaries and does nothing to a single star, but is asked for.
SSE: Mapping[str, Any] = {
    "windflag": 0, "neta": 0.5, "bwind": 0.0, "hewind": 1.0, "eddlimflag": 0, "LBV_flag": 1, "eddfac": 10,
    "zsun": 0.02, "remnantflag": 1, "mxns": 3.0, "wdflag": 1, "ifflag": 0, "wd_mass_lim": 1, "ecsn": 0.0,
    "ecsn_mlow": 0.0, "pts1": 0.05, "pts2": 0.01, "pts3": 0.02, "kickflag": 0, "sigma": 0.0, "bhflag": 0,
    "bhsigmafrac": 1.0,
    "sigmadiv": -20.0, "polar_kick_angle": 90.0, "natal_kick_array": [[-100.0] * 4 + [0.0]] * 2, "mm_mu_ns": 400.0,
    "mm_mu_bh": 200.0, "fryer_mass_limit": 0, "fryer_fmix": 1.0, "fryer_mcrit_nsbh": 5.75, "rembar_massloss": 0.5,
    "maltsev_mode": 0, "maltsev_fallback": 0.5, "maltsev_pf_prob": 0.1, "pisn": 0, "ppi_co_shift": 0.0,
    "ppi_extra_ml": 0.0, "bhspinflag": 0, "bhspinmag": 0.0, "rtmsflag": 0, "tflag": 1, "aic": 0, "ussn": 0,
    "beta": 0.125, "xi": 1.0, "acc2": 1.5, "epsnov": 0.001, "gamma": -2, "alpha1": [1.0, 1.0], "lambdaf": 0.0,
    "qcrit_array": [0.0] * 16, "ce2stageflag": 0, "ceflag": 0, "cekickflag": 2, "cemergeflag": 1, "cehestarflag": 0,
    "grflag": 0, "bhms_coll_flag": 0, "bdecayfac": 1, "qcflag": 5, "rejuvflag": 0, "htpmb": 0, "ST_cr": 0, "ST_tide": 0,
    "don_lim": -1, "acc_lim": [-1, -1], "smt_periastron_check": 0, "bconst": 3000, "ck": 1000,
    "fprimc_array": [2 / 21] * 16, "rejuv_fac": 1.0, "randomseed": 1, "stellar_engine": "sse", "z_accuracy_limit": 0.01,
}  # fmt: skip
# What is asked for: standard SSE, or winds that depend on metallicity (Vink et al. 2001, with those of luminous blue
# variables), remnants of rapid explosions (Fryer et al. 2012) and pair instability (Belczynski et al. 2016).
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "hurley2000": SSE,
    "fryer2012": {**SSE, "windflag": 3, "remnantflag": 3, "pisn": 45},
}
EXPLODES_MSUN = 7.0  # no lighter star explodes alone, at any metallicity
_ZERO_AT_BIRTH = (
    "rad", "lum", "massc", "radc", "menv", "renv", "omega_spin", "B", "bacc", "tacc", "epoch", "tms", "bhspin",
)  # fmt: skip
_LOW_MASS = 0.7  # [Msun] below it a main-sequence star is type 0 (fully convective or nearly so), above it type 1


def stellar_tracks(
    mass_msun: NDArray[np.float64],
    metallicity: float,
    cache: Path | None = None,
    progress: Callable[[float, str], None] | None = None,
    recipe: str = "hurley2000",
    spacing: float = 0.0,
) -> Tracks:
    """Tracks of single stars from the zero-age main sequence to 14.5 Gyr.

    Parameters
    ----------
    mass_msun : (n,)
        Initial masses [Msun], 0.08 to 150.
    metallicity : float
        Mass fraction of metals, 1e-4 to 0.03.
    cache : Path, optional
        Folder that keeps tracks under a name made from the masses, the metallicity and the recipes. A damaged file in
        it is made anew.
    progress : callable, optional
        Called with the fraction done and a line of text.
    recipe : str
        One of `RECIPES`.
    spacing : float
        Distance in ln m of the tracks between which those of light stars are interpolated (`track_grid`); 0: none are.

    Returns
    -------
    Tracks
    """
    mass_msun = np.asarray(mass_msun, dtype=np.float64)
    if not (1e-4 <= metallicity <= 0.03):
        raise InputError(f"simulate.metallicity must lie in SSE's range 0.0001 to 0.03, found {metallicity}")
    if mass_msun.size == 0 or not (mass_msun.min() >= 0.08 and mass_msun.max() <= 150):
        raise InputError("masses must lie between 0.08 and 150 Msun: mend simulate.imf_low_msun and imf_high_msun")
    path = cache / f"tracks-{_digest(mass_msun, metallicity, recipe, spacing)}.h5" if cache is not None else None
    if path is not None and path.is_file():
        try:
            with h5py.File(path, "r") as f:
                return Tracks.read(f)
        except (OSError, KeyError):
            path.unlink()  # made anew below
    made = _interpolated if spacing else _evolve
    tracks = made(mass_msun, _record(metallicity, recipe), progress or (lambda fraction, text: None), spacing)
    if path is not None:
        _store(tracks, path)
    return tracks


def _digest(mass_msun: NDArray[np.float64], metallicity: float, recipe: str, spacing: float) -> str:
    version = importlib.metadata.version("cosmic-popsynth")
    made_with = f"{version} {sorted(RECIPES[recipe].items())} {END_MYR} {TOLERANCE} {metallicity!r}"
    made_with += f" {spacing!r}" if spacing else ""
    return hashlib.sha256(made_with.encode() + mass_msun.tobytes()).hexdigest()[:20]


def _store(tracks: Tracks, path: Path) -> None:
    """Write atomically; two workers on one cluster write the same bytes, and either may win."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path, shared=True) as partial, h5py.File(partial, "w") as f:
        tracks.write(f)


class _Sse:
    """SSE for stars of one metallicity; used as a context, since it writes warnings into the working folder."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        from cosmic import evolve  # 4 s to import: only where tracks are made

        evolve.set_checkstates([])  # no binary-evolution conditions: with dtp = 0 every SSE step is a row
        self._call = evolve._evolve_single_system
        self._record = record
        self._constants: Any = None  # SSE's coefficients of this metallicity, found once
        self._scratch = contextlib.ExitStack()

    def __enter__(self) -> "_Sse":
        folder = self._scratch.enter_context(tempfile.TemporaryDirectory())
        self._scratch.enter_context(contextlib.chdir(folder))  # the file is fort.99, of many rows
        return self

    def __exit__(self, *error: object) -> None:
        self._scratch.close()

    def rows(self, mass_msun: float) -> NDArray[np.float64]:
        """The track of a star: (rows, 5), the columns of `_ROWS`."""
        _, _, table, _, _, self._constants = self._call(_born(self._record, mass_msun), self._constants)
        return table[:, : len(_ROWS)].copy()  # or COSMIC's whole buffer would be kept


def _evolve(
    mass_msun: NDArray[np.float64],
    record: Mapping[str, Any],
    progress: Callable[[float, str], None],
    spacing: float = 0.0,
) -> Tracks:
    """Run SSE star by star and thin its rows chunk by chunk."""
    columns: dict[str, list[NDArray]] = {name: [] for name in COLUMNS}
    counts: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    with _Sse(record) as sse:
        for begin in range(0, len(mass_msun), _CHUNK):
            rows = [sse.rows(mass) for mass in mass_msun[begin : begin + _CHUNK]]
            offset = np.concatenate([[0], np.cumsum([len(table) for table in rows])])
            table = np.concatenate(rows)
            keep = _kept(offset, table)
            for name, values in zip(_ORDER, table.T, strict=True):
                columns[name].append(values[keep].astype(COLUMNS[name][0]))
            counts.append(np.add.reduceat(keep.astype(np.int64), offset[:-1]))
            progress(min(1.0, (begin + _CHUNK) / len(mass_msun)), "stellar tracks")
    offset = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    return Tracks(offset=offset, **{name: np.concatenate(parts) for name, parts in columns.items()})


def _kept(offset: NDArray[np.int64], table: NDArray[np.float64]) -> NDArray[np.bool_]:
    time, kind, mass, luminosity, radius = table.T
    return _thin(offset, time, kind, mass, luminosity, radius, TOLERANCE)


def _interpolated(
    mass_msun: NDArray[np.float64],
    record: Mapping[str, Any],
    progress: Callable[[float, str], None],
    spacing: float,
) -> Tracks:
    """Tracks between those of a grid where that is right, of SSE elsewhere."""
    with _Sse(record) as sse:
        parts = track_grid.tracks(mass_msun, spacing, sse.rows, lambda table: _kept(np.array([0, len(table)]), table))
    rest = np.ones(len(mass_msun), dtype=np.bool_)
    count = np.zeros(len(mass_msun), dtype=np.int64)
    for stars, rows in parts:
        rest[stars] = False
        count[stars] = len(rows) // len(stars)
    own = _evolve(mass_msun[rest], record, progress) if rest.any() else None
    if own is not None:
        count[rest] = np.diff(own.offset)
    offset = np.concatenate([[0], np.cumsum(count)])
    columns = {name: np.empty(offset[-1], dtype=COLUMNS[name][0]) for name in _ORDER}
    while parts:
        stars, rows = parts.pop()
        place = (offset[stars, None] + np.arange(len(rows) // len(stars))).ravel()
        for name, values in zip(_ORDER, rows.T, strict=True):
            columns[name][place] = values
    if own is not None:
        place = np.repeat(rest, count)
        for name in _ORDER:
            columns[name][place] = getattr(own, name)
    return Tracks(offset=offset, **columns)


def kick_shares(mass_msun: NDArray[np.float64], metallicity: float, recipe: str = "hurley2000") -> NDArray[np.float64]:
    """The share of a supernova's kick that each star's remnant gets, where matter that falls back slows black holes.

    A black hole gets 1 - f of the kick of a neutron star, f the share of the ejected matter that falls back: Belczynski
    et al. (2002, Eq. 2) for `hurley2000`, Fryer et al. (2012, Sect. 4) for `fryer2012`. It is read off COSMIC's own
    kick, which is drawn with one seed for all stars.

    Parameters
    ----------
    mass_msun : (n,)
        Initial masses [Msun].
    metallicity : float
        Mass fraction of metals.
    recipe : str
        One of `RECIPES`.

    Returns
    -------
    (n,)
        1 - f; 1 for neutron stars, and for stars that do not explode.
    """
    from cosmic import evolve

    evolve.set_checkstates([])
    asked = {"kickflag": 1, "sigma": 265.0, "bhflag": 3, "randomseed": -5}  # bhflag 3: black holes like neutron stars
    record = _record(metallicity, recipe) | asked
    shares = np.ones(len(mass_msun))
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        _, _, _, kick, _, constants = evolve._evolve_single_system(_born(record, 20.0), None)
        full = kick[0, 2]
        record["bhflag"] = 1
        for i in np.flatnonzero(mass_msun > EXPLODES_MSUN):
            _, _, _, kick, _, constants = evolve._evolve_single_system(_born(record, mass_msun[i]), constants)
            exploded = kick[0, 0] > 0
            shares[i] = kick[0, 2] / full if exploded else 1.0
    return shares


def _born(record: Mapping[str, Any], mass_msun: float) -> dict[str, Any]:
    return dict(record, mass_1=mass_msun, mass0_1=mass_msun, kstar_1=int(mass_msun > _LOW_MASS))


def _record(metallicity: float, recipe: str) -> dict[str, Any]:
    """The call's record for a star whose mass is filled in later."""
    from cosmic import evolve

    columns = np.zeros(len(evolve.ALL_COLUMNS), dtype=int)
    columns[: len(_ROWS)] = [evolve.ALL_COLUMNS.index(name) + 1 for name in _ROWS]  # Fortran counts from one
    record: dict[str, Any] = dict(RECIPES[recipe])
    record.update({f"{name}_{star}": 0.0 for name in _ZERO_AT_BIRTH for star in (1, 2)})
    record.update(n_col_bpp=len(_ROWS), col_inds_bpp=columns, n_col_bcm=len(_ROWS), col_inds_bcm=columns, bin_num=0)
    record.update(kstar_2=15, mass_2=0.0, mass0_2=0.0, porb=0.0, ecc=0.0, metallicity=metallicity)
    record.update(tphys=0.0, tphysf=END_MYR, dtp=0.0)
    return record


@njit(cache=True)
def _thin(offset, time, kind, mass, luminosity, radius, tolerance):
    """Mark the rows that interpolation between the marked ones cannot give back within the tolerance.

    From each kept row the next is the farthest that can be reached; changes of type keep both sides.
    """
    keep = np.zeros(len(time), dtype=np.bool_)
    for star in range(len(offset) - 1):
        last = offset[star + 1] - 1
        anchor = offset[star]
        keep[anchor] = True
        while anchor < last:
            reach = anchor + 1
            while (
                reach < last
                and kind[reach] == kind[anchor]
                and kind[reach + 1] == kind[anchor]
                and _spanned(anchor, reach + 1, time, mass, luminosity, radius, tolerance)
            ):
                reach += 1
            anchor = reach
            keep[anchor] = True
    return keep


@njit(cache=True)
def _spanned(a, b, time, mass, luminosity, radius, tolerance):
    """Whether every row between rows a and b follows from those two."""
    span = time[b] - time[a]
    for k in range(a + 1, b):
        w = (time[k] - time[a]) / span if span > 0 else 0.0
        if abs(mass[a] + w * (mass[b] - mass[a]) - mass[k]) > 0.1 * tolerance * mass[k]:
            return False
        for values in (luminosity, radius):
            if values[a] <= 0 or values[b] <= 0 or values[k] <= 0:
                return False
            if abs((1 - w) * np.log(values[a]) + w * np.log(values[b]) - np.log(values[k])) > tolerance:
                return False
    return True


class MassRows(NamedTuple):
    """The columns of `Tracks` that say how masses change.

    Attributes
    ----------
    offset, time_myr, mass_msun, stellar_type
        See `Tracks`.
    same_until_myr : (rows,) float32
        Until when a star that has reached a row keeps its mass: most stars lose none for many Gyr. A change to another
        remnant ends it, with or without loss of mass.
    """

    offset: NDArray[np.int64]
    time_myr: NDArray[np.float32]
    mass_msun: NDArray[np.float32]
    stellar_type: NDArray[np.int8]
    same_until_myr: NDArray[np.float32]


def mass_rows(tracks: Tracks) -> MassRows:
    """The columns that `advance_masses` reads."""
    columns = tracks.offset, tracks.time_myr, tracks.mass_msun, tracks.stellar_type
    return MassRows(*columns, _same_until(*columns))


@njit(cache=True)
def _same_until(offset, time, mass, kind):
    result = np.empty(len(time), dtype=np.float32)
    for star in range(len(offset) - 1):
        last = offset[star + 1] - 1
        result[last] = np.inf
        for j in range(last - 1, offset[star] - 1, -1):
            if kind[j + 1] >= FIRST_REMNANT and kind[j + 1] != kind[j]:
                result[j] = time[j + 1]
            else:
                result[j] = result[j + 1] if mass[j + 1] == mass[j] else time[j]
    return result


@njit(cache=True)
def advance_masses(row, same_until, star, mass_now, time_myr, tracks):
    """Bring masses to `time_myr`, and name the stars that have become neutron stars or black holes since.

    Parameters
    ----------
    row : (n_initial,) int64, changed
        Each star's row in the tracks; moves on with time only, and not while its mass stays as it is.
    same_until : (n_initial,) float32, changed
        Until when each star's mass is known to stay as it is [Myr]; `tracks.same_until_myr` of its row, or 0.
    star, mass_now : (n,)
        Numbers and masses [Msun] of the bound stars; masses are changed.
    time_myr : float
        Age [Myr].
    tracks : MassRows

    Returns
    -------
    (n,) bool
        Stars whose supernova happened since the last call.
    """
    time, mass, kind = tracks.time_myr, tracks.mass_msun, tracks.stellar_type
    exploded = np.zeros(len(star), dtype=np.bool_)
    for i in range(len(star)):
        s = star[i]
        if time_myr < same_until[s]:
            continue
        j = row[s]
        before = kind[j]
        end = tracks.offset[s + 1]
        while j + 1 < end and time[j + 1] <= time_myr:
            j += 1
        row[s] = j
        same_until[s] = tracks.same_until_myr[j]
        now = mass[j]
        if j + 1 < end and not (kind[j + 1] >= FIRST_REMNANT and kind[j + 1] != kind[j]):
            span = time[j + 1] - time[j]
            if span > 0:
                now += (time_myr - time[j]) / span * (mass[j + 1] - now)
        mass_now[i] = now
        exploded[i] = before < 13 and kind[j] >= 13
    return exploded


def evolution_schedule(
    tracks: Tracks,
    end_myr: float,
    fraction: float = 0.002,
    shortest_myr: float = 0.05,
    longest_myr: float = 5.0,
    longest_share: float = 0.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Times at which masses are brought up to date, and how fast the mass changes then.

    Between two of them the stars lose at most `fraction` of the initial mass (0.2 %: the potential changes gently),
    except where `shortest_myr` says otherwise (one supernova must not stop the clock); `longest_myr`, or the share
    `longest_share` of the age where that is longer, bounds how late a white dwarf can be born.

    Returns
    -------
    times : (k,) float64
        Increasing times [Myr] after 0, the last is `end_myr`.
    response : (k,) float64
        Time [Myr] around each in which the stars lose `RESPONSE` of their mass. No star may keep its place longer: the
        orbits of a cluster adapt to slow mass loss, those of stars that stand still feel it as one blow.
    """
    time = tracks.time_myr.astype(np.float64)
    lost = np.zeros(len(time))
    lost[1:] = np.maximum(tracks.mass_msun[:-1].astype(np.float64) - tracks.mass_msun[1:], 0.0)
    lost[tracks.offset[:-1]] = 0.0  # the step from one star's last row to the next star's first
    order = np.argsort(time, kind="stable")
    time, lost = time[order], np.cumsum(lost[order])
    limit = fraction * float(tracks.mass_msun[tracks.offset[:-1]].sum(dtype=np.float64))
    final = float(tracks.mass_msun[tracks.offset[1:] - 1].sum(dtype=np.float64))
    now, times = 0.0, []
    while now < end_myr:
        gone = float(np.interp(now, time, lost))
        reached = float(time[min(int(np.searchsorted(lost, gone + limit)), len(time) - 1)])
        longest = max(longest_myr, longest_share * now)
        now = min(max(reached, now + shortest_myr), now + longest, end_myr)
        times.append(now)
    at = np.interp(times, time, lost)
    share = 0.5 * RESPONSE * (lost[-1] + final - at)
    response = np.interp(at + share, lost, time, right=np.inf) - np.interp(at - share, lost, time)
    return np.array(times), np.maximum(response, shortest_myr)
