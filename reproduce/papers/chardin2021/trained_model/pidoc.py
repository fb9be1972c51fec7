"""π-DOC for an observer: one luminosity map in; mass map, mass, age and distance out, with intervals."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.papers.chardin2021.names import CALIBRATION, PRETRAINED, SCALER
from reproduce.papers.chardin2021.trained_model import consistency, user_maps
from reproduce.stars.photometry import luminosity_of_flux
from reproduce.workflow.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from reproduce.papers.chardin2021.evaluation.calibration import Calibration
    from reproduce.papers.chardin2021.networks.prediction import Networks, Summary

BATCH = 16
OUTSIDE = (
    "unlike the training maps (domain score {score:.2f}): outside what the networks know; do not trust the numbers, "
    "which have no intervals"
)


@dataclass(frozen=True)
class Estimates:
    """What an ensemble says of n maps.

    Attributes
    ----------
    mass : array, shape (n, ny, nx), float32
        log10(M / Msun) of each pixel.
    table : DataFrame
        One row a map. ``in_domain``: whether the networks know such maps, that is whether the ``domain_score`` is at
        most 1 and the distance above 0; ``total_mass_msun`` (in the field of view), ``age_gyr``, ``distance_kpc``, each
        followed by the bounds of its 68 % and 95 % intervals, ``…_low68``, ``…_high68``, ``…_low95``, ``…_high95``,
        which are NaN outside the domain, where nothing is known of the error; ``luminosity_lsun`` (V) and
        ``mass_to_light`` in the field at the distance given, else at the predicted one.
    notes : tuple of n tuples of str
        What has to be known before the numbers of a map are used: first that it is outside the domain, then where the
        distance given or the M/L contradicts what is found. Empty where nothing is to be said.
    """

    mass: NDArray
    table: "pd.DataFrame"
    notes: tuple[tuple[str, ...], ...]


def none_if_nan(value: Any) -> Any:
    """A value of `Estimates.table` as JSON can hold it: it has no word for NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value


class PiDoc:
    """A trained ensemble with its scaler and its calibration.

    Examples
    --------
    >>> from reproduce import PiDoc
    >>> estimates = PiDoc.pretrained().predict(flux_map)  # log10(F / (Lsun kpc-2)), 160 x 160 px, 40 arcsec
    >>> estimates.mass.shape
    (1, 160, 160)
    >>> list(estimates.table["in_domain"])  # a map without a cluster
    [False]
    """

    def __init__(self, networks: "Networks", calibration: "Calibration") -> None:
        self.networks, self.calibration = networks, calibration

    @classmethod
    def load(cls, networks: Path, scaler: Path | None = None, calibration: Path | None = None) -> Self:
        """An ensemble from files.

        Parameters
        ----------
        networks
            Folder with ``architecture.json`` and the weights.
        scaler, calibration
            ``scaler.json`` and ``calibration.h5``; none: in the same folder.

        Raises
        ------
        InputError
            If a file is absent or damaged, or they do not belong together.

        Warns
        -----
        UncheckedModelWarning
            If nothing tells whether they belong together: neither ``SHA256SUMS`` in the folder, nor the calibration.
        """
        from reproduce.papers.chardin2021.evaluation.calibration import Calibration
        from reproduce.papers.chardin2021.networks import architecture, prediction

        networks = Path(networks)
        scaler, calibration = Path(scaler or networks / SCALER), Path(calibration or networks / CALIBRATION)
        checked = consistency.check_digests(networks, {SCALER: scaler, CALIBRATION: calibration})
        loaded = prediction.load(networks, scaler)
        learnt = Calibration.load(calibration)
        consistency.check_weights(loaded, networks)
        consistency.check_calibration(loaded, learnt, architecture.ensemble_sha256(networks), calibration)
        if not checked and not learnt.networks_sha256:
            consistency.warn_unchecked(networks)
        return cls(loaded, learnt)

    @classmethod
    def pretrained(cls) -> Self:
        """The ensemble that comes with the package; its model card is ``README.md`` in its folder."""
        if not (PRETRAINED / "architecture.json").is_file():
            raise InputError(f"{PRETRAINED}: holds no trained networks; install the package whole, or train your own")
        return cls.load(PRETRAINED)

    @property
    def pixels(self) -> int:
        """Side of the maps [px]."""
        return self.networks.architecture.pixels

    def predict(
        self, flux: Any, distance_kpc: Any = None, batch_size: int = BATCH, distance_error_kpc: Any = None
    ) -> Estimates:
        """Mass maps, masses, ages and distances.

        Parameters
        ----------
        flux : array, shape (n, ny, nx) or (ny, nx)
            log10(F / (Lsun kpc^-2)) in V, with the cluster near the middle; smoothed as in training. Quantities and
            masked arrays as in `user_maps.flux_maps`.
        distance_kpc : float, array of shape (n,) or quantity, optional
            Known distances for the luminosity and M/L, and to compare the predicted ones with; the networks do not see
            them. Without a unit in kpc; NaN: not known.
        batch_size
            Maps that go through the networks at once.
        distance_error_kpc : float, array of shape (n,) or quantity, optional
            Standard deviations of the known distances; none: exact.

        Raises
        ------
        InputError
            If the shape is wrong, a value is not finite or cannot be log10 F, a distance is not above 0, or there are
            not as many distances as maps.
        """
        if batch_size < 1:
            raise InputError(f"batch size {batch_size}: expected at least 1")
        maps = user_maps.flux_maps(flux)
        known = user_maps.distances_kpc(distance_kpc, len(maps))
        prediction = self.networks.predict(maps, batch_size)
        error = np.nan_to_num(user_maps.distances_kpc(distance_error_kpc, len(maps), "distance_error_kpc"))
        distance = np.where(np.isnan(known), prediction.distance_kpc, known)
        bounds = self.calibration.per_map(prediction)
        table = self._table(prediction, bounds, luminosity_in_field(maps, distance))
        against = self.calibration.contradictions(prediction, known, error)
        notes = tuple(
            (*(() if inside else (OUTSIDE.format(score=score),)), *told)
            for inside, score, told in zip(table["in_domain"], table["domain_score"], against, strict=True)
        )
        return Estimates(prediction.mass, table, notes)

    @staticmethod
    def _table(prediction: "Summary", bounds: dict[str, NDArray], luminosity: NDArray) -> "pd.DataFrame":
        import pandas as pd

        # A regressor knows no bounds: a distance that is none says that the map is like no other.
        finite = np.isfinite(prediction.total_mass) & np.isfinite(prediction.age_gyr)
        inside = (bounds["domain_score"] <= 1) & (prediction.distance_kpc > 0) & finite
        columns: dict[str, NDArray] = {"in_domain": inside, "domain_score": bounds["domain_score"]}
        for name, column, value in (
            ("total_mass", "total_mass_msun", prediction.total_mass),
            ("age", "age_gyr", np.maximum(prediction.age_gyr, 0)),  # a regressor knows no bounds
            ("distance", "distance_kpc", prediction.distance_kpc),
        ):
            logarithmic = name == "total_mass"
            columns[column] = _linear(value, logarithmic)
            for end in ("low68", "high68", "low95", "high95"):
                columns[f"{column}_{end}"] = np.where(inside, _linear(bounds[f"{name}_{end}"], logarithmic), np.nan)
        columns["luminosity_lsun"] = luminosity
        columns["mass_to_light"] = columns["total_mass_msun"] / luminosity
        return pd.DataFrame(columns)


def _linear(values: NDArray, logarithmic: bool) -> NDArray[np.float64]:
    values = values.astype(np.float64)
    # far outside the domain a bound may be any number: it stays one that a file can hold
    return 10 ** np.clip(values, -30, 30) if logarithmic else values


def luminosity_in_field(flux: ArrayLike, distance_kpc: ArrayLike) -> NDArray[np.float64]:
    """L = 4 π D² ΣF of maps (n, ny, nx) of log10(F / (Lsun kpc^-2)), at distances (n,) [kpc]: shape (n,) [Lsun]."""
    total = (10 ** np.asarray(flux, np.float64)).sum(axis=(-2, -1))
    return luminosity_of_flux(total, distance_kpc)
