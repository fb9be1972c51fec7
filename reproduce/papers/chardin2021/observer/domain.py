"""Whether a map is one that the networks know: the score of the paper's own networks (`evaluation.map_domain`), of what
these ones see and say of a map when nothing is known of the cluster."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.contrast import Contrast
from reproduce.learning.data import slices
from reproduce.learning.domain import Domain, Whitening
from reproduce.papers.chardin2021.evaluation.map_domain import Brightness, MapDomain
from reproduce.papers.chardin2021.networks.appearance import NAMES, appearance
from reproduce.papers.chardin2021.networks.prediction import Summary
from reproduce.papers.chardin2021.observer import frame
from reproduce.papers.chardin2021.observer.model import READ_AT_ONCE, Answers, Observer
from reproduce.papers.chardin2021.observer.sets import Fixed
from reproduce.papers.chardin2021.observer.views import LIGHT_FLOOR
from reproduce.papers.chardin2021.strange import kinds
from reproduce.sky.settings import Camera
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

FILE = "domain.h5"
SEED = 18  # of the strange maps
Part = TypeVar("Part", Whitening, Contrast, Brightness)


@dataclass(frozen=True)
class ObserverDomain:
    """The place of the training views among all maps, and its file ``domain.h5``."""

    domain: MapDomain

    @classmethod
    def fit(cls, observer: Observer, train: Fixed, validation: Fixed, camera: Camera) -> Self:
        """From training and validation views, and strange maps that are made of some training views."""
        rng = np.random.default_rng(SEED)
        good = train.flux[np.sort(rng.permutation(len(train.flux))[: kinds.maps_to_build(len(train.flux))])]
        strange = {name: _described(observer, kinds.strange(good, camera, name, SEED)) for name in kinds.TO_BUILD}
        usual, unseen = (_described(observer, one.flux) for one in (train, validation))
        return cls(MapDomain.fit(usual, unseen, strange))

    def score(self, answers: Answers, flux: NDArray) -> NDArray[np.float64]:
        """Of n maps, from what the networks say of them with nothing known: above 1 a map is outside, shape (n,)."""
        return self.domain.score(summary(answers, flux))

    def save(self, folder: Path) -> None:
        """Write ``domain.h5``."""
        near, in_all = self.domain.near, self.domain.near_in_all
        with whole(folder / FILE) as partial, h5py.File(partial, "w") as file:
            file["names"], file["of_all_three"] = list(NAMES), self.domain.thresholds
            for place, one in (("near", near), ("in_all", in_all)):
                if one is not None:
                    file[f"{place}/looks"], file[f"{place}/thresholds"] = one.looks, one.thresholds
                    for view in ("features", "appearance"):
                        _write(file, f"{place}/{view}", getattr(one, view))
            _write(file, "contrast", self.domain.contrast)
            _write(file, "brightness", self.domain.brightness)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``domain.h5``.

        Raises
        ------
        InputError
            If it is absent, damaged, or of another version.
        """
        try:
            with h5py.File(folder / FILE) as file:
                if tuple(name.decode() for name in file["names"][()]) != NAMES:
                    raise KeyError("appearance in the numbers of another version")
                near, in_all = (
                    Domain(
                        _read(file, f"{place}/features", Whitening),
                        _read(file, f"{place}/appearance", Whitening),
                        file[f"{place}/looks"][()],
                        file[f"{place}/thresholds"][()],
                    )
                    for place in ("near", "in_all")
                )
                contrast, brightness = _read(file, "contrast", Contrast), _read(file, "brightness", Brightness)
                return cls(MapDomain(near, in_all, contrast, brightness, file["of_all_three"][()]))
        except (OSError, KeyError) as error:
            reason = " ".join(str(error).split())[:100]
            raise InputError(f"{folder / FILE}: missing or damaged ({reason}); calibrate the networks again") from None


def summary(answers: Answers, flux: NDArray) -> Summary:
    """What networks say of maps as the domain score looks at it."""
    said = frame.readable(answers.posterior.quantiles([0.5])[0])
    age, distance = 10 ** said[:, frame.AGE], 10 ** said[:, frame.DISTANCE]
    return Summary(
        total_mass=said[:, frame.MASS],
        age_gyr=age,
        distance_kpc=distance,
        members={},
        features=answers.seen,
        appearance=appearance(np.maximum(flux, np.log10(LIGHT_FLOOR))),
    )


def _described(observer: Observer, flux: NDArray) -> Summary:
    parts = [
        summary(observer.predict(flux[rows]).without_maps(), flux[rows]) for rows in slices(len(flux), READ_AT_ONCE)
    ]
    return Summary.join(parts)


def _write(file: h5py.File, place: str, part: object) -> None:
    for name, values in vars(part).items():
        file[f"{place}/{name}"] = values


def _read(file: h5py.File, place: str, kind: type[Part]) -> Part:
    return kind(**{one.name: file[f"{place}/{one.name}"][()] for one in fields(kind)})
