"""What an ensemble's predictions are worth: its intervals and its domain, from training and validation maps."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self, TypeVar

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.learning.contrast import Contrast
from reproduce.learning.data import slices
from reproduce.learning.domain import Domain, Whitening
from reproduce.learning.intervals import LEVELS, Intervals
from reproduce.papers.chardin2021.dataset.mapset import MapSet
from reproduce.papers.chardin2021.evaluation import contradictions, mass_to_light, uncertainty
from reproduce.papers.chardin2021.evaluation.batched import BATCH, predicted, summarised
from reproduce.papers.chardin2021.evaluation.map_domain import Brightness, MapDomain
from reproduce.papers.chardin2021.evaluation.mass_to_light import MassToLight
from reproduce.papers.chardin2021.evaluation.uncertainty import QUANTITIES, bounds, central
from reproduce.papers.chardin2021.networks.appearance import NAMES
from reproduce.papers.chardin2021.networks.architecture import ensemble_sha256
from reproduce.papers.chardin2021.networks.prediction import Summary, load, log_total
from reproduce.papers.chardin2021.strange import kinds
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

FILE = "calibration.h5"
# Training maps that the domain is measured with: enough for the covariance of some hundred features.
TRAINING_MAPS = 5_000
VIEWS = ("features", "appearance")
SEED = 17  # of the strange maps
Part = TypeVar("Part", Whitening, Contrast, Brightness, MassToLight)


@dataclass(frozen=True)
class Calibration:
    """What was learnt of an ensemble.

    Attributes
    ----------
    intervals : dict
        Of each quantity.
    domain : MapDomain
        Which maps the networks know.
    mass_to_light : MassToLight or None
        M/L of an age; none: a calibration from before this was learnt.
    networks_sha256 : str
        Of the networks they were learnt with; empty: unknown.
    """

    intervals: dict[str, Intervals]
    domain: MapDomain
    mass_to_light: MassToLight | None = None
    networks_sha256: str = ""

    def inside(self, summary: Summary) -> NDArray[np.bool_]:
        """Which maps lie inside the domain, shape (n,)."""
        return self.domain.score(summary) <= 1

    def per_map(self, summary: Summary) -> dict[str, NDArray]:
        """``domain_score``, and ``total_mass_low68`` [dex], ``age_high95`` [Gyr] and so on, each of shape (n,)."""
        found = {"domain_score": self.domain.score(summary)}
        for name, both in bounds(self.intervals, summary).items():
            for level, (low, high) in zip(LEVELS, both, strict=True):
                found |= {f"{name}_low{100 * level:.0f}": low, f"{name}_high{100 * level:.0f}": high}
        return found

    def contradictions(self, summary: Summary, given_kpc: NDArray, given_error_kpc: ArrayLike = 0.0) -> list[list[str]]:
        """What contradicts distances that are given, NaN where none is, shape (n,): a list of lines for each map."""
        half = uncertainty.half_widths(self.intervals["distance"], "distance", summary)[0]
        error = np.broadcast_to(given_error_kpc, half.shape)
        return contradictions.lines(summary, half, given_kpc, error, self.mass_to_light)

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
            parts: dict[str, object] = {
                "mass_to_light": self.mass_to_light,
                "domain/contrast": self.domain.contrast,
                "domain/brightness": self.domain.brightness,
            }
            for place, near in (("domain", self.domain.near), ("domain/in_all", self.domain.near_in_all)):
                if near is not None:
                    file[f"{place}/looks"], file[f"{place}/thresholds"] = near.looks, near.thresholds
                    parts |= {f"{place}/{view}": getattr(near, view) for view in VIEWS}
            if self.domain.near_in_all is not None:
                file["domain/names"], file["domain/of_all_three"] = list(NAMES), self.domain.thresholds
            for part, values in parts.items():
                for name, array in ({} if values is None else vars(values)).items():
                    file[f"{part}/{name}"] = array

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
                domain = MapDomain(_near(file, "domain"))
                if "domain/names" in file:  # calibrations of earlier versions have but `near`
                    if tuple(name.decode() for name in file["domain/names"][()]) != NAMES:
                        raise KeyError("appearance in the numbers of another version")
                    domain = MapDomain(
                        domain.near,
                        _near(file, "domain/in_all"),
                        _read(file, "domain/contrast", Contrast),
                        _read(file, "domain/brightness", Brightness),
                        file["domain/of_all_three"][()],
                    )
                ratio = _read(file, "mass_to_light", MassToLight)
        except (OSError, KeyError) as error:
            reason = " ".join(str(error).split())[:150]
            raise InputError(f"{path}: cannot be read as a calibration ({reason}); make it again") from None
        return cls(intervals, domain, ratio, networks_sha256)


def _needed(file: h5py.File, name: str, kind: type[Part]) -> Part:
    """An object of arrays from a group of the file."""
    return kind(**{field.name: file[f"{name}/{field.name}"][()] for field in fields(kind)})


def _read(file: h5py.File, name: str, kind: type[Part]) -> Part | None:
    """The same; None where there is no such group."""
    return _needed(file, name, kind) if name in file else None


def _near(file: h5py.File, place: str) -> Domain:
    """How far a map is from the training maps."""
    views = {view: _needed(file, f"{place}/{view}", Whitening) for view in VIEWS}
    return Domain(**views, looks=file[f"{place}/looks"][()], thresholds=file[f"{place}/thresholds"][()])


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
        usual = []
        for rows in slices(len(chosen), BATCH):
            usual.append(networks.predict(training.flux[chosen[rows]]).without_maps())
            say(0.5 + 0.25 * rows.stop / len(chosen), f"{rows.stop} of {len(chosen)} training maps")
        some = np.random.default_rng(SEED).permutation(n)[: kinds.maps_to_build(n)]
        good = training.flux[np.sort(some)]
        camera = training.dataset.camera
    strange = {}
    for done, name in enumerate(kinds.TO_BUILD):
        strange[name] = summarised(networks, kinds.strange(good, camera, name, SEED))
        say(0.75 + 0.25 * (done + 1) / len(kinds.TO_BUILD), f"strange maps: {name}")
    values = central(seen)
    intervals = {name: uncertainty.fit(name, seen, values[name] - truth[name]) for name in QUANTITIES}
    ratio = mass_to_light.log_ratio(seen.total_mass, mass_to_light.log_light(seen), truth["distance"])
    calibration = Calibration(
        intervals,
        MapDomain.fit(Summary.join(usual), seen, strange),
        MassToLight.fit(seen.age_gyr, ratio),
        ensemble_sha256(networks_folder),
    )
    calibration.save(folder / FILE)
    metrics = {}
    for name, (unit, _) in QUANTITIES.items():
        for level, half in zip(LEVELS, uncertainty.half_widths(intervals[name], name, seen), strict=True):
            metrics[f"interval_{100 * level:.0f}_{name}_{unit.lower()}"] = float(np.median(half))
    return metrics
