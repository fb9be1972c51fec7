"""π-DOC for an observer: one luminosity map in; mass map, mass, age and distance out, with intervals."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from reproduce.papers.chardin2021.names import CALIBRATION, OBSERVER, PRETRAINED, SCALER, USUAL
from reproduce.papers.chardin2021.trained_model import consistency, user_maps
from reproduce.papers.chardin2021.trained_model.estimates import OUTSIDE, Estimates, luminosity_in_field
from reproduce.workflow.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from reproduce.papers.chardin2021.evaluation.calibration import Calibration
    from reproduce.papers.chardin2021.networks.prediction import Networks, Summary
    from reproduce.papers.chardin2021.trained_model.observer_pidoc import ObserverPiDoc

BATCH = 16


class PiDoc:
    """A trained ensemble with its scaler and its calibration.

    Examples
    --------
    >>> from reproduce import PiDoc
    >>> estimates = PiDoc.pretrained("extended").predict(flux_map)  # log10(F / (Lsun kpc-2)), 160 x 160 px, 40 arcsec
    >>> estimates.mass.shape
    (1, 160, 160)
    >>> list(estimates.table["in_domain"])  # a map without a cluster
    [False]
    """

    def __init__(self, networks: "Networks", calibration: "Calibration") -> None:
        self.networks, self.calibration = networks, calibration

    @classmethod
    def load(
        cls, networks: Path, scaler: Path | None = None, calibration: Path | None = None
    ) -> "Self | ObserverPiDoc":
        """An ensemble from files, of the kind that the folder says.

        ``observer.json`` stands in a folder of networks that are told what is known; they are asked in the same words.

        Parameters
        ----------
        networks
            Folder with ``architecture.json`` or ``observer.json``, and the weights.
        scaler, calibration
            ``scaler.json`` and ``calibration.h5``; none: in the same folder. Networks that are told what is known have
            neither.

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
        if (networks / OBSERVER).is_file():
            from reproduce.papers.chardin2021.trained_model.observer_pidoc import ObserverPiDoc

            if scaler or calibration:
                raise InputError(
                    f"{networks}: networks that are told what is known have no scaler and no calibration apart; leave "
                    "--scaler and --calibration out"
                )
            return ObserverPiDoc.load(networks)
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
    def pretrained(cls, kind: str = USUAL) -> "Self | ObserverPiDoc":
        """Networks that come with the package; their model card is ``README.md`` in their folder.

        Parameters
        ----------
        kind : str
            ``observer``: of clusters of 10⁴ to 1.5·10⁶ stars, which are told what is known. ``extended``: the paper's
            own pair, of clusters of 50,000 stars.

        Raises
        ------
        InputError
            If there is no such kind, or its files are not there.
        """
        if kind not in PRETRAINED:
            raise InputError(f"networks '{kind}': the package has {' and '.join(PRETRAINED)}")
        folder = PRETRAINED[kind]
        if not any((folder / name).is_file() for name in ("architecture.json", OBSERVER)):
            raise InputError(f"{folder}: holds no trained networks; install the package whole, or train your own")
        return cls.load(folder)

    @property
    def pixels(self) -> int:
        """Side of the maps [px]."""
        return self.networks.architecture.pixels

    def predict(
        self,
        flux: Any,
        distance_kpc: Any = None,
        batch_size: int = BATCH,
        distance_error_kpc: Any = None,
        **told: Any,
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
        **told
            What networks of the other kind can be told, such as ``metallicity``; these cannot.

        Raises
        ------
        InputError
            If the shape is wrong, a value is not finite or cannot be log10 F, a distance is not above 0, there are
            not as many distances as maps, or something is known that these networks cannot be told.
        """
        if given := [name for name, value in told.items() if value is not None]:
            raise InputError(
                f"{given[0]}: these networks see light alone and cannot be told it; leave it out, or load networks "
                "that are told what is known (docs/observer.md)"
            )
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
            (*(() if inside else (OUTSIDE.format(score=score),)), *lines)
            for inside, score, lines in zip(table["in_domain"], table["domain_score"], against, strict=True)
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
