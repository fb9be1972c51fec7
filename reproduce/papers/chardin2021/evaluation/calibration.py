"""What an ensemble's predictions are worth: its intervals and its domain, from training and validation maps."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.data import slices
from reproduce.learning.domain import Domain, Whitening
from reproduce.learning.intervals import LEVELS, Intervals
from reproduce.papers.chardin2021.dataset.mapset import MapSet
from reproduce.papers.chardin2021.evaluation import uncertainty
from reproduce.papers.chardin2021.evaluation.batched import BATCH, predicted
from reproduce.papers.chardin2021.evaluation.uncertainty import QUANTITIES, bounds, central
from reproduce.papers.chardin2021.networks.appearance import appearance
from reproduce.papers.chardin2021.networks.architecture import ensemble_sha256
from reproduce.papers.chardin2021.networks.prediction import Summary, load, log_total
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

FILE = "calibration.h5"
# Training maps that the domain is measured with: enough for the covariance of some hundred features.
TRAINING_MAPS = 5_000
VIEWS = ("features", "appearance")


@dataclass(frozen=True)
class Calibration:
    """Intervals of each quantity, the domain, and the sha256 of the networks they were learnt with (empty: unknown)."""

    intervals: dict[str, Intervals]
    domain: Domain
    networks_sha256: str = ""

    def inside(self, summary: Summary) -> NDArray[np.bool_]:
        """Which maps lie inside the domain, shape (n,)."""
        return self.domain.score(summary.features, summary.appearance) <= 1

    def per_map(self, summary: Summary) -> dict[str, NDArray]:
        """``domain_score``, and ``total_mass_low68`` [dex], ``age_high95`` [Gyr] and so on, each of shape (n,)."""
        found = {"domain_score": self.domain.score(summary.features, summary.appearance)}
        for name, both in bounds(self.intervals, summary).items():
            for level, (low, high) in zip(LEVELS, both, strict=True):
                found |= {f"{name}_low{100 * level:.0f}": low, f"{name}_high{100 * level:.0f}": high}
        return found

    def save(self, path: Path) -> None:
        """Write ``calibration.h5``."""
        with whole(path) as partial, h5py.File(partial, "w") as file:
            file.attrs["levels"] = LEVELS
            file.attrs["networks_sha256"] = self.networks_sha256
            for name, intervals in self.intervals.items():
                group = file.create_group(f"intervals/{name}")
                group.attrs["unit"] = QUANTITIES[name][0]
                group.attrs["least_spread"] = intervals.least_spread
                group["coefficients"], group["quantiles"] = intervals.coefficients, intervals.quantiles
            file["domain/looks"], file["domain/thresholds"] = self.domain.looks, self.domain.thresholds
            for view in VIEWS:
                for name, values in asdict(getattr(self.domain, view)).items():
                    file[f"domain/{view}/{name}"] = values

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read ``calibration.h5``.

        Raises
        ------
        InputError
            If it is absent, damaged or of other levels.
        """
        try:
            with h5py.File(path, "r") as file:
                if tuple(file.attrs["levels"]) != LEVELS:
                    raise KeyError(f"levels {tuple(file.attrs['levels'])}, expected {LEVELS}")
                networks_sha256 = str(file.attrs.get("networks_sha256", ""))
                intervals = {
                    name: Intervals(
                        float(file[f"intervals/{name}"].attrs["least_spread"]),
                        file[f"intervals/{name}/coefficients"][()],
                        file[f"intervals/{name}/quantiles"][()],
                    )
                    for name in QUANTITIES
                }
                views = {
                    view: Whitening(*(file[f"domain/{view}/{field.name}"][()] for field in fields(Whitening)))
                    for view in VIEWS
                }
                domain = Domain(**views, looks=file["domain/looks"][()], thresholds=file["domain/thresholds"][()])
        except (OSError, KeyError) as error:
            reason = " ".join(str(error).split())[:150]
            raise InputError(f"{path}: cannot be read as a calibration ({reason}); make it again") from None
        return cls(intervals, domain, networks_sha256)


def calibrate(
    maps: Path,
    networks_folder: Path,
    scaler: Path,
    folder: Path,
    on_progress: Callable[[float, str], None] | None = None,
) -> dict[str, float]:
    """Calibrate an ensemble and write ``calibration.h5``.

    Parameters
    ----------
    maps, scaler
        The data set's ``maps.h5`` and ``scaler.json``.
    networks_folder
        What training wrote.
    folder
        Receives the file.
    on_progress
        Called with the finished fraction and a text.

    Returns
    -------
    dict
        ``interval_68_total_mass_dex``, ``interval_95_age_gyr`` and so on: the median half-widths on the validation
        maps.

    Raises
    ------
    InputError
        If the maps, the networks or the scaler cannot be used, or do not belong together.
    """
    folder.mkdir(parents=True, exist_ok=True)
    networks = load(networks_folder, scaler)
    say = on_progress or (lambda fraction, text: None)
    with MapSet(maps, "validation") as validation:
        truth = {"age": validation.column("age_gyr"), "distance": validation.column("distance_kpc")}
        parts: list[Summary] = []
        totals = []
        for _, _, mass, found in predicted(networks, validation, lambda fraction, text: say(fraction / 2, text)):
            parts.append(found.without_maps())
            totals.append(log_total(mass))
        truth["total_mass"] = np.concatenate(totals)
        seen = Summary.join(parts)
    with MapSet(maps, "train") as training:
        n = training.flux.shape[0]
        chosen = np.unique(np.linspace(0, n - 1, min(n, TRAINING_MAPS)).astype(int))
        looked_at = []
        for rows in slices(len(chosen), BATCH):
            flux = training.flux[chosen[rows]]
            looked_at.append((networks.features(flux), appearance(flux)))
            say(0.5 + 0.5 * rows.stop / len(chosen), f"{rows.stop} of {len(chosen)} training maps")
        features, looks = (np.concatenate(numbers) for numbers in zip(*looked_at, strict=True))
    values = central(seen)
    intervals = {name: uncertainty.fit(name, seen, values[name] - truth[name]) for name in QUANTITIES}
    domain = Domain.fit((features, looks), (seen.features, seen.appearance))
    calibration = Calibration(intervals, domain, ensemble_sha256(networks_folder))
    calibration.save(folder / FILE)
    metrics = {}
    for name, (unit, _) in QUANTITIES.items():
        for level, half in zip(LEVELS, uncertainty.half_widths(intervals[name], name, seen), strict=True):
            metrics[f"interval_{100 * level:.0f}_{name}_{unit.lower()}"] = float(np.median(half))
    return metrics
