"""Coeval stars of any age and metallicity, from the package's stellar tracks, in a table that is made once.

For each [Fe/H] single stars are evolved on a grid of initial masses, and read off at ages 0.05 dex apart. For each age
more masses are evolved where stars have left the main sequence, halving steps until neighbours are alike, because the
short bright phases span a few 1e-5 of the mass and give much of the light. An isochrone is a list of kinds of stars,
each with the share of all stars born that it stands for by the mass function of Kroupa (2001). No light is interpolated
between kinds: every star that is drawn has been evolved.
"""

import hashlib
import inspect
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.stars import bands, imf, tracks
from reproduce.stars.photometry import DARK_TYPES
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

SOLAR_METALLICITY = 0.02  # Z of the Sun in SSE (Hurley, Pols & Tout 2000)
MASS_LIMITS_MSUN = (0.08, 100.0)
LOG_AGES = np.round(np.arange(6.5, 10.1501, 0.05), 2)  # 3 Myr to 14 Gyr
FEH = (-2.0, -1.4, -0.9, -0.5, -0.2, 0.0)
STEP = 0.01  # in ln m, of the grid of initial masses
EVOLVING = 12  # masses between main sequence and remnants to begin with
HALVINGS = 7
ALIKE_DEX = (0.12, 0.025)
"""Neighbours that have left the main sequence differ by less in log L and log T, or by STEP / 1,000 in ln m."""
_LEFT_MAIN_SEQUENCE, _REMNANT = 2, 10  # SSE's types, the first of each kind


def metallicity_of_feh(feh: float) -> float:
    """Z = 0.02 · 10^[Fe/H], held within SSE's range of 0.0001 to 0.03."""
    return float(np.clip(SOLAR_METALLICITY * 10**feh, 1e-4, 0.03))


def feh_of_metallicity(metallicity: float) -> float:
    """[Fe/H] = log10(Z / 0.02)."""
    return float(np.log10(metallicity / SOLAR_METALLICITY))


@dataclass(frozen=True)
class Isochrone:
    """Kinds of stars of one age and metallicity.

    Attributes
    ----------
    log_age, feh : float
        log10 of the age [yr]; [Fe/H].
    share : array of float64, shape (k,)
        Share of the stars born, of 0.08 to 100 Msun; the sum is 1.
    initial_msun, mass_msun : array of float32, shape (k,)
        Mass at birth and now [Msun].
    magnitude : array of float32, shape (k, bands)
        Absolute Vega magnitudes; `bands.DARK` for what does not shine.
    bands : tuple of str
        Names of the bands.
    """

    log_age: float
    feh: float
    share: NDArray[np.float64]
    initial_msun: NDArray[np.float32]
    mass_msun: NDArray[np.float32]
    magnitude: NDArray[np.float32]
    bands: tuple[str, ...]

    @cached_property
    def light(self) -> NDArray[np.float64]:
        """10^(-0.4 M) of one star of each kind, shape (k, bands)."""
        return 10 ** (-0.4 * self.magnitude.astype(np.float64))

    @property
    def born_msun(self) -> float:
        """Mean mass of a star at birth [Msun]."""
        return float(np.sum(self.share * self.initial_msun))

    @property
    def left_msun(self) -> float:
        """Mean mass of what is left of a star [Msun], remnants included."""
        return float(np.sum(self.share * self.mass_msun))

    def integrated(self) -> NDArray[np.float64]:
        """Absolute magnitudes of a population of 1 Msun formed, shape (bands,)."""
        return -2.5 * np.log10(self.share @ self.light / self.born_msun)


@dataclass(frozen=True)
class Isochrones:
    """Isochrones on a grid of [Fe/H] and age.

    Attributes
    ----------
    feh, log_age : array of float64
        Nodes.
    offset : array of int64, shape (feh, age, 2)
        First row of each isochrone and the one after its last.
    share, initial_msun, mass_msun : array of float32, shape (rows,)
        As in `Isochrone`.
    magnitude : array of float32, shape (rows, bands)
        As in `Isochrone`.
    bands : tuple of str
        Names of the bands.
    """

    feh: NDArray[np.float64]
    log_age: NDArray[np.float64]
    offset: NDArray[np.int64]
    share: NDArray[np.float32]
    initial_msun: NDArray[np.float32]
    mass_msun: NDArray[np.float32]
    magnitude: NDArray[np.float32]
    bands: tuple[str, ...]

    def nearest(self, log_age: float, feh: float) -> Isochrone:
        """The isochrone whose age [log10 yr] and [Fe/H] are nearest.

        Raises
        ------
        InputError
            If the age lies outside the grid.
        """
        half = (self.log_age[1] - self.log_age[0]) / 2 if len(self.log_age) > 1 else 0.05
        if not self.log_age[0] - half <= log_age <= self.log_age[-1] + half:
            raise InputError(
                f"isochrone: log10 of the age is {log_age:g}, expected {self.log_age[0]:g} to {self.log_age[-1]:g}"
            )
        return self.at(int(np.abs(self.feh - feh).argmin()), int(np.abs(self.log_age - log_age).argmin()))

    def at(self, metal: int, age: int) -> Isochrone:
        """The isochrone of two nodes."""
        key = metal * len(self.log_age) + age
        if key not in self._made:
            rows = slice(*self.offset[metal, age])
            self._made[key] = Isochrone(
                log_age=float(self.log_age[age]),
                feh=float(self.feh[metal]),
                share=self.share[rows].astype(np.float64),
                initial_msun=self.initial_msun[rows],
                mass_msun=self.mass_msun[rows],
                magnitude=self.magnitude[rows],
                bands=self.bands,
            )
        return self._made[key]

    @cached_property
    def _made(self) -> dict[int, Isochrone]:
        return {}


def isochrones(
    cache: Path | None = None,
    *,
    feh: tuple[float, ...] = FEH,
    log_ages: NDArray[np.float64] = LOG_AGES,
    names: tuple[str, ...] = bands.HST_BANDS,
    recipe: str = "hurley2000",
) -> Isochrones:
    """The table, from a cache or made anew (a minute on one core for the default grid).

    Parameters
    ----------
    cache : Path, optional
        Folder that keeps tables under a name made from the grid and the code that makes them.
    feh : tuple of float
        [Fe/H], rising, -2.3 to 0.17.
    log_ages : array, shape (n,)
        log10 of the ages [yr], rising, up to 10.16.
    names : tuple of str
        Bands of `bands.mist`.
    recipe : str
        Of winds and remnants, as of `stellar_evolution.stellar_tracks`.

    Returns
    -------
    Isochrones
    """
    path = None if cache is None else cache / f"isochrones-{_digest(feh, log_ages, names, recipe)}.h5"
    if path is not None and path.is_file():
        try:
            return _read(path)
        except (OSError, KeyError):
            path.unlink()  # damaged: made anew below
    made = _make(feh, np.asarray(log_ages, dtype=np.float64), names, recipe)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path, shared=True) as partial, h5py.File(partial, "w") as file:
            for name in ("feh", "log_age", "offset", "share", "initial_msun", "mass_msun", "magnitude"):
                file.create_dataset(name, data=getattr(made, name), fletcher32=True, compression="gzip", shuffle=True)
            file["bands"] = np.array([band.encode() for band in names])
    return made


def _digest(feh: tuple[float, ...], log_ages: NDArray, names: tuple[str, ...], recipe: str) -> str:
    from reproduce.stars import stellar_evolution

    code = "".join(
        inspect.getsource(part) for part in (stellar_evolution, tracks, bands, imf, _make, _isochrone, _refine, _add)
    )
    made_with = f"{code} {feh} {names} {recipe} {MASS_LIMITS_MSUN} {STEP} {EVOLVING} {HALVINGS} {ALIKE_DEX}".encode()
    return hashlib.sha256(made_with + np.asarray(log_ages).tobytes() + bands.mist().bc.tobytes()).hexdigest()[:20]


def _read(path: Path) -> Isochrones:
    with h5py.File(path) as file:
        names = ("feh", "log_age", "offset", "share", "initial_msun", "mass_msun", "magnitude")
        return Isochrones(**{n: file[n][:] for n in names}, bands=tuple(b.decode() for b in file["bands"][:]))


def _make(feh: tuple[float, ...], log_ages: NDArray, names: tuple[str, ...], recipe: str) -> Isochrones:
    low, high = np.log(MASS_LIMITS_MSUN)
    grid = np.exp(np.linspace(low, high, int((high - low) / STEP) + 1))
    grid[[0, -1]] = MASS_LIMITS_MSUN
    parts, offset, begin = [], np.empty((len(feh), len(log_ages), 2), dtype=np.int64), 0
    for i, metals in enumerate(feh):
        first = _evolved(grid, metals, recipe)
        for j, log_age in enumerate(log_ages):
            parts.append(_isochrone(grid, first, metals, float(log_age), names, recipe))
            offset[i, j] = begin, begin + len(parts[-1][0])
            begin = int(offset[i, j, 1])
    share, initial, mass, magnitude = (np.concatenate(column).astype(np.float32) for column in zip(*parts, strict=True))
    return Isochrones(np.array(feh, dtype=np.float64), log_ages, offset, share, initial, mass, magnitude, names)


def _evolved(mass_msun: NDArray, feh: float, recipe: str) -> tracks.Tracks:
    from reproduce.stars.stellar_evolution import stellar_tracks

    return stellar_tracks(mass_msun, metallicity_of_feh(feh), recipe=recipe)


def _isochrone(
    grid: NDArray, first: tracks.Tracks, feh: float, log_age: float, names: tuple[str, ...], recipe: str
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Shares, initial and present masses and magnitudes of the kinds of stars of one age."""
    time_myr = 10 ** (log_age - 6)
    mass, state = _refine(grid, first.at(np.arange(len(grid)), time_myr), feh, time_myr, recipe)
    edges = np.concatenate([MASS_LIMITS_MSUN[:1], np.sqrt(mass[1:] * mass[:-1]), MASS_LIMITS_MSUN[1:]])
    share = np.diff(imf.kroupa_number_below(edges))
    lit = ~np.isin(state["stellar_type"], DARK_TYPES) & (state["temperature_k"] > 0)
    magnitude = bands.absolute_magnitudes(
        np.where(lit, state["luminosity_lsun"], 0.0),
        state["temperature_k"],
        bands.surface_gravity(state["mass_msun"], np.where(lit, state["radius_rsun"], 1.0)),
        feh,
        bands=names,
    )
    return share / share.sum(), mass, state["mass_msun"], magnitude


def _refine(
    mass: NDArray, state: dict[str, NDArray], feh: float, time_myr: float, recipe: str
) -> tuple[NDArray, dict[str, NDArray]]:
    """More masses between the last on the main sequence and the first remnant, until neighbours are alike."""
    left, right = _evolving(state["stellar_type"])
    mass, state = _add(mass, state, np.linspace(mass[left], mass[right], EVOLVING + 2)[1:-1], feh, time_myr, recipe)
    for _ in range(HALVINGS):
        left, right = _evolving(state["stellar_type"])
        steps = [
            np.abs(np.diff(np.log10(np.maximum(state[name], 1e-10)))) for name in ("luminosity_lsun", "temperature_k")
        ]
        wide = (steps[0] > ALIKE_DEX[0]) | (steps[1] > ALIKE_DEX[1])
        wide &= np.diff(np.log(mass)) > STEP / 1_000
        wide[:left], wide[right:] = False, False
        if not wide.any():
            break
        mass, state = _add(mass, state, (mass[1:] + mass[:-1])[wide] / 2, feh, time_myr, recipe)
    return mass, state


def _evolving(kind: NDArray) -> tuple[int, int]:
    """Rows of the last star on the main sequence and of the first remnant (the last star if there is none)."""
    dead = np.flatnonzero(kind >= _REMNANT)
    right = int(dead[0]) if dead.size else len(kind) - 1
    younger = np.flatnonzero(kind[:right] < _LEFT_MAIN_SEQUENCE)
    return (int(younger[-1]) if younger.size else 0), right


def _add(
    mass: NDArray, state: dict[str, NDArray], more: NDArray, feh: float, time_myr: float, recipe: str
) -> tuple[NDArray, dict[str, NDArray]]:
    added = _evolved(more, feh, recipe).at(np.arange(len(more)), time_myr)
    both = np.concatenate([mass, more])
    order = np.argsort(both, kind="stable")
    return both[order], {name: np.concatenate([values, added[name]])[order] for name, values in state.items()}
