"""Trained networks of sets with the correction of their posteriors: the stage `levels`, and what a prediction loads.

The correction is fitted on views of all galaxies that no network was trained with, those kept to choose the epoch and
those kept to test with. The numbers of `set_errors` do not see it: there each test galaxy has one that was fitted
without it (`reproduce.papers.kaur2021.sets.recalibration.folds`).
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.learning.posterior import Mixture
from reproduce.learning.prior import Uniform
from reproduce.papers.kaur2021 import galaxies
from reproduce.papers.kaur2021.galaxies import KINDS
from reproduce.papers.kaur2021.sets import ways
from reproduce.papers.kaur2021.sets.clusters import Seen, appearance
from reproduce.papers.kaur2021.sets.model import Architecture, Masses, SetModel
from reproduce.papers.kaur2021.sets.recalibration import MEDIAN_AND_ENDS, Recalibration, Rows, kinds, quantiles
from reproduce.papers.kaur2021.sets.training import split
from reproduce.papers.kaur2021.sets.views import Draw
from reproduce.papers.kaur2021.settings import Maps, Sets
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

KIND, CALIBRATION = 10, 11  # streams of random numbers
KIND_VIEWS = 4  # of each training galaxy, to learn the kind from

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CorrectedMasses:
    """Dark masses of n galaxies by corrected posteriors.

    Attributes
    ----------
    masses : Masses
        As the networks answer.
    looks : (n, 6) float64
        `sets.clusters.appearance` of each.
    recalibration : Recalibration
    """

    masses: Masses
    looks: Array
    recalibration: Recalibration

    @property
    def remnant(self) -> Array:
        """How likely each is a merger remnant, where discs and remnants are as frequent, shape (n,)."""
        return self.recalibration.remnant(self.looks)

    @property
    def domain(self) -> Array:
        """Above 1 a galaxy is unlike those of the training, shape (n,)."""
        return self.masses.domain

    @property
    def posterior(self) -> Mixture:
        """As the networks answer, without the correction."""
        return self.masses.posterior

    @property
    def prior(self) -> Uniform:
        """Of the dark mass [Msun]."""
        return self.masses.prior

    def quantiles_msun(self, shares: ArrayLike) -> Array:
        """Masses below which the truth lies with these probabilities, (q,) to (q, n)."""
        return self.prior.value(quantiles(self.posterior, self.recalibration.levels(shares, self.looks)))

    def median_msun(self) -> Array:
        """Shape (n,)."""
        return self.quantiles_msun([0.5])[0]

    def intervals_msun(self) -> tuple[Array, Array]:
        """Central intervals that hold 68 and 95 % of the truths, low and high ends, each (2, n)."""
        ends = self.quantiles_msun(MEDIAN_AND_ENDS[1:])
        return ends[:2], ends[2:]


class CorrectedModel:
    """The trained ensemble with its correction.

    Parameters
    ----------
    networks : SetModel
    recalibration : Recalibration
    """

    def __init__(self, networks: SetModel, recalibration: Recalibration) -> None:
        self.networks, self.recalibration = networks, recalibration

    @classmethod
    def load(cls, folder: Path) -> Self:
        """From the folder of the stage `levels`; that of `sets` will do, whose levels are the same for all galaxies.

        Raises
        ------
        InputError
            If one of the files is absent or damaged.
        """
        networks = SetModel.load(folder)
        if not (folder / "levels.json").exists():
            return cls(networks, Recalibration.central(networks.architecture.levels))
        return cls(networks, Recalibration.load(folder))

    @property
    def architecture(self) -> Architecture:
        """What `sets.json` holds."""
        return self.networks.architecture

    def predict(self, seen: Sequence[Seen]) -> CorrectedMasses:
        """Each galaxy's dark mass."""
        looks = np.array([appearance(one) for one in seen])
        return CorrectedMasses(self.networks.predict(seen), looks, self.recalibration)


def make(
    source: Path,
    trained: Path,
    *,
    seen: Maps,
    sets: Sets,
    ends_msun: tuple[float, float],
    folder: Path,
    progress: Progress,
) -> dict[str, float]:
    """Fit the correction, and write all that a prediction needs: copies of the networks' files and ``levels.json``.

    Parameters
    ----------
    source, trained : Path
        ``galaxies.h5``, and the folder of the stage `sets`.
    seen, sets, ends_msun
        Settings.
    folder : Path
        Also receives ``calibration.h5``, the `Rows` that it was fitted with.
    progress : callable
        Is told the fraction done and what is being done.

    Returns
    -------
    dict
        ``kind_right``, the share of the calibration views [%] whose kind is told right; shift and stretch of z for a
        disc and for a remnant that are known to be one, of 100 clusters out to 27 kpc, ``shift_disc`` and so on.
    """
    for path in sorted(trained.iterdir()):
        if path.name != "manifest.json":
            shutil.copyfile(path, folder / path.name)
    chosen = split(source, seen, sets)
    kind = _kinds(source, chosen["train"], sets, ends_msun)
    model = SetModel.load(folder, with_domain=False)
    found: list[Rows] = []
    few = seen.model_copy(update={"views": sets.validation_views})
    for own in galaxies.kinds(source):
        places = [place for group in ("validation", "test") for name, place in chosen[group] if name == own]
        for way in ways.WAYS:
            progress(len(found) / (len(ways.WAYS) * len(KINDS)), f"{own}, {way}")
            views, mass, galaxy = ways.views(way, source, own, places, few, sets, CALIBRATION)
            masses = model.predict(views, with_domain=False)
            below = masses.posterior.cumulative(masses.prior.normal(mass)[:, None])[:, 0]
            looks = np.array([appearance(one) for one in views])
            merged = np.full(len(views), own != KINDS[0])
            found.append(Rows(below, looks, merged, ways.unique(own, galaxy)))
    rows = joined(found)
    with whole(folder / "calibration.h5") as partial, h5py.File(partial, "w") as file:
        for name, values in vars(rows).items():
            file[name] = values
    fitted = Recalibration.fit(kind, rows)
    fitted.save(folder)
    numbers = {"kind_right": 100 * float(np.mean((fitted.remnant(rows.looks) > 0.5) == rows.merged))}
    for name, p in (("disc", 0), ("remnant", 1)):
        numbers[f"shift_{name}"] = fitted.shift[0] + p * fitted.shift[1]
        numbers[f"stretch_{name}"] = float(np.exp(fitted.stretch[0] + p * fitted.stretch[1]))
    return numbers


def read_rows(folder: Path) -> Rows:
    """What the correction of a folder was fitted with."""
    with h5py.File(folder / "calibration.h5") as file:
        return Rows(*(file[name][:] for name in ("below", "looks", "merged", "galaxy")))


def joined(parts: Sequence[Rows]) -> Rows:
    """One after the other."""
    return Rows(*(np.concatenate([getattr(one, name) for one in parts]) for name in vars(parts[0])))


def _kinds(
    source: Path, chosen: tuple[tuple[str, int], ...], sets: Sets, ends_msun: tuple[float, float]
) -> tuple[float, ...]:
    """How likely views of training galaxies are of remnants, by how they look."""
    draw = Draw(source, chosen, sets, ends_msun)
    items = range(KIND_VIEWS * len(chosen))
    looks = [appearance(draw.view(np.random.default_rng([sets.seed, KIND, item]), item)[0]) for item in items]
    return kinds(np.array(looks), np.array([chosen[item % len(chosen)][0] != KINDS[0] for item in items]))
