"""π-DOC that is told what is known: luminosity map, and distance, [Fe/H] and seeing with their errors, as far as
known, in; mass map and joint posterior of mass, M/L, age and distance out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from reproduce.learning.known import DEX, Known, Limits
from reproduce.papers.chardin2021.names import OBSERVER
from reproduce.papers.chardin2021.trained_model import consistency, user_maps
from reproduce.papers.chardin2021.trained_model.estimates import OUTSIDE, Estimates, luminosity_in_field
from reproduce.workflow.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from reproduce.papers.chardin2021.observer.domain import ObserverDomain
    from reproduce.papers.chardin2021.observer.joint import JointPosterior
    from reproduce.papers.chardin2021.observer.model import Observer

Array = NDArray[np.float64]

BATCH = 16
BOUNDS = {"low95": 0.025, "low68": 0.16, "high68": 0.84, "high95": 0.975}
SIGMAS = 3.0
"""A distance that is given, and is further from that of the light alone, contradicts it."""
METALLICITIES = (-5.0, 1.0)
"""[Fe/H] that can be one."""


class ObserverPiDoc:
    """A trained ensemble that is told what is known; loaded by `PiDoc.load` from a folder with ``observer.json``.

    Notes
    -----
    With the folder that the stage `observer_model` made::

        pidoc = PiDoc.load("outputs/chardin2021/observer_model/KEY")
        found = pidoc.predict(flux_map, distance_kpc=16.0, distance_error_kpc=0.5, metallicity=-1.5)
        found.table[["total_mass_msun", "total_mass_msun_low68", "total_mass_msun_high68"]]
        samples = found.posterior.sample(1_000)  # joint: samples["age_gyr"], samples["total_mass_msun"], ...
    """

    def __init__(self, observer: "Observer", domain: "ObserverDomain") -> None:
        self.observer, self.domain = observer, domain

    @classmethod
    def load(cls, folder: Path) -> Self:
        """From the folder that the stage `observer_model` makes.

        Raises
        ------
        InputError
            If a file is absent or damaged, or they do not belong together.

        Warns
        -----
        UncheckedModelWarning
            If the folder has no ``SHA256SUMS``.
        """
        from reproduce.papers.chardin2021.observer.domain import FILE, ObserverDomain
        from reproduce.papers.chardin2021.observer.model import Observer

        if not consistency.check_digests(folder, {FILE: folder / FILE}, OBSERVER):
            consistency.warn_unchecked(folder)
        return cls(Observer.load(folder), ObserverDomain.load(folder))

    @property
    def pixels(self) -> int:
        """Side of the maps [px]."""
        return self.observer.architecture.pixels

    def predict(
        self,
        flux: Any,
        distance_kpc: Any = None,
        batch_size: int = BATCH,
        distance_error_kpc: Any = None,
        *,
        metallicity: Any = None,
        metallicity_error: Any = None,
        seeing_arcsec: Any = None,
        seeing_error_arcsec: Any = None,
    ) -> Estimates:
        """Mass maps, masses, M/L, ages and distances, from light and from what is known.

        Parameters
        ----------
        flux : array, shape (n, ny, nx) or (ny, nx)
            log10(F / (Lsun kpc^-2)) in V, as `PiDoc.predict` takes it.
        distance_kpc, distance_error_kpc : float, array of shape (n,) or quantity, optional
            Known distances and their standard deviations. NaN, or none: not known. Without an error the distance counts
            as known to the smallest error of the training (1 %).
        batch_size
            Maps that go through the networks at once.
        metallicity, metallicity_error : float or array of shape (n,), optional
            Known [Fe/H] and its standard deviation [dex]; without one, the smallest of the training (0.05).
        seeing_arcsec, seeing_error_arcsec : float or array of shape (n,), optional
            Known full width at half maximum of the point-spread function [arcsec]; without an error, 1 %.

        Returns
        -------
        Estimates
            ``table`` also has the bounds of ``mass_to_light``, and its ``distance_kpc`` is the posterior's, from light
            and what is given together. ``posterior`` gives joint samples.

        Raises
        ------
        InputError
            If a value cannot be one, an error is given without its value, or there are not as many as maps.
        """
        if batch_size < 1:
            raise InputError(f"batch size {batch_size}: expected at least 1")
        from reproduce.papers.chardin2021.observer.joint import JointPosterior

        maps = user_maps.flux_maps(flux)
        n = len(maps)
        known = Known(
            *np.stack(
                [
                    _relative("distance", "kpc", n, distance_kpc, distance_error_kpc),
                    _absolute(n, metallicity, metallicity_error),
                    _relative("seeing", "arcsec", n, seeing_arcsec, seeing_error_arcsec),
                ],
                axis=-1,
            )
        )
        alone = self.observer.predict(maps, None, batch_size)
        found = self.observer.predict(maps, known, batch_size) if known.is_known.any() else alone
        posterior = JointPosterior(found.posterior)
        score = self.domain.score(alone, maps)
        limits = self.observer.architecture.limits
        beyond = _beyond(known, limits)
        table = self._table(posterior, score, beyond, known, maps)
        notes = tuple(
            (*((OUTSIDE.format(score=score[k]),) if score[k] > 1 else ()), *told)
            for k, told in enumerate(_notes(known, limits, beyond, JointPosterior(alone.posterior)))
        )
        return Estimates(found.mass, table, notes, posterior)

    @staticmethod
    def _table(
        posterior: "JointPosterior", score: Array, beyond: NDArray[np.bool_], known: "Known", maps: NDArray
    ) -> "pd.DataFrame":
        import pandas as pd

        middle = {name: values[0] for name, values in posterior.quantiles([0.5]).items()}
        ends = posterior.quantiles(list(BOUNDS.values()))
        inside = (score <= 1) & ~beyond & np.isfinite(middle["total_mass_msun"])
        columns: dict[str, NDArray] = {"in_domain": inside, "domain_score": score}

        def put(name: str) -> None:
            columns[name] = middle[name]
            for end in ("low68", "high68", "low95", "high95"):
                columns[f"{name}_{end}"] = np.where(inside, ends[name][list(BOUNDS).index(end)], np.nan)

        for name in ("total_mass_msun", "age_gyr", "distance_kpc"):
            put(name)
        given = known.is_known[:, 0]
        distance = np.where(given, 10 ** np.where(given, known.values[:, 0], 0.0), middle["distance_kpc"])
        columns["luminosity_lsun"] = luminosity_in_field(maps, distance)
        put("mass_to_light")
        return pd.DataFrame(columns)


def _relative(name: str, unit: str, n: int, value: Any, error: Any) -> Array:
    """log10 of values above 0 and their errors [dex], shape (2, n); the smallest error of all where none is given."""
    if name == "distance":
        values = user_maps.distances_kpc(value, n)
        errors = user_maps.distances_kpc(error, n, "distance_error_kpc")
    else:
        values, errors = (_numbers(one, n, f"{name}{part}_{unit}") for one, part in ((value, ""), (error, "_error")))
        for part, some in (("", values), ("_error", errors)):
            if (bad := some[some <= 0]).size:
                raise InputError(f"{name}{part}_{unit}: expected numbers above 0, found {bad[0]:g}")
    _refuse_lone_errors(f"{name}_error_{unit}", values, errors)
    return np.stack([np.log10(values), _or_least(errors / values / DEX, values)])


def _absolute(n: int, value: Any, error: Any) -> Array:
    """[Fe/H] and its error [dex], shape (2, n)."""
    values, errors = _numbers(value, n, "metallicity"), _numbers(error, n, "metallicity_error")
    low, high = METALLICITIES
    if (bad := values[(values < low) | (values > high)]).size:
        raise InputError(
            f"metallicity: expected [Fe/H] between {low:g} and {high:g}, found {bad[0]:g}; give [Fe/H], not Z"
        )
    if (bad := errors[errors <= 0]).size:
        raise InputError(f"metallicity_error: expected numbers above 0 [dex], found {bad[0]:g}")
    _refuse_lone_errors("metallicity_error", values, errors)
    return np.stack([values, _or_least(errors, values)])


def _or_least(errors: Array, values: Array) -> Array:
    """Errors; 0, which networks take for the smallest that they know, where a value stands alone; NaN without one."""
    return np.where(np.isnan(values), np.nan, np.where(np.isnan(errors), 0.0, errors))


def _refuse_lone_errors(name: str, values: Array, errors: Array) -> None:
    if np.isnan(values).all() and not np.isnan(errors).all():
        raise InputError(f"{name}: given, and its value is not; give the value too")


def _numbers(value: Any, n: int, name: str) -> Array:
    """Numbers of n maps, shape (n,), NaN where not known."""
    if value is None:
        return np.full(n, np.nan)
    try:
        values = np.ma.filled(np.ma.asarray(getattr(value, "value", value), np.float64), np.nan)
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected numbers, found {value!r:.60}") from None
    if values.shape not in ((), (n,)):
        raise InputError(
            f"{name}: found shape {values.shape} for {n} map{'s' if n > 1 else ''}, expected one number, or one for "
            "each map; NaN stands for not known"
        )
    if np.isinf(values).any():
        raise InputError(f"{name}: expected finite numbers; NaN stands for not known")
    return np.broadcast_to(values, (n,)).copy()


def _beyond(known: "Known", limits: "Limits") -> NDArray[np.bool_]:
    """Whether a distance is given that is none of those of the training, by more than `SIGMAS` errors; shape (n,)."""
    low, high = limits.values[0]
    value, slack = known.values[:, 0], SIGMAS * known.errors[:, 0]
    return known.is_known[:, 0] & ((value + slack < low) | (value - slack > high))


def _notes(known: "Known", limits: "Limits", beyond: NDArray[np.bool_], alone: "JointPosterior") -> list[list[str]]:
    """What is to be said of what is given, a list for each map; `alone`: what the light says by itself."""
    low, middle, high = np.log10(alone.quantiles((0.16, 0.5, 0.84))["distance_kpc"])
    used = known.within(limits).is_known
    found: list[list[str]] = [[] for _ in known.values]
    for k, told in enumerate(found):
        value, error = known.values[k], known.errors[k]
        if beyond[k]:
            ends = "{:.3g} to {:.3g}".format(*(10**end for end in limits.values[0]))
            told.append(f"the distance given, {10 ** value[0]:.3g} kpc, is outside the networks' {ends} kpc")
        for place, name in enumerate(("distance", "[Fe/H]", "seeing")):
            if known.is_known[k, place] and not used[k, place]:
                told.append(f"the error of the {name} given is larger than any in the training: it is not used")
        iron = limits.values[1]
        if known.is_known[k, 1] and not iron[0] - SIGMAS * error[1] <= value[1] <= iron[1] + SIGMAS * error[1]:
            told.append(f"[Fe/H] = {value[1]:.2g} is outside the networks' {iron[0]:g} to {iron[1]:g}")
        sigma = (high[k] - low[k]) / 2
        if known.is_known[k, 0] and not beyond[k]:
            apart = abs(value[0] - middle[k]) / np.hypot(sigma, error[0])
            if apart > SIGMAS:
                told.append(
                    f"the distance given, {10 ** value[0]:.3g} kpc, contradicts the light's, "
                    f"{10 ** middle[k]:.3g} kpc ({10 ** low[k]:.3g} to {10 ** high[k]:.3g}; {apart:.1f} sigma): look "
                    "at the distance and at the zero point"
                )
    return found
