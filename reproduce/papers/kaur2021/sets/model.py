"""Trained networks of sets on any galaxy's clusters: posterior of the dark mass, intervals, domain score."""

import functools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import keras
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.domain import Domain
from reproduce.learning.domain_file import DomainFile
from reproduce.learning.intervals import LEVELS
from reproduce.learning.posterior import Mixture
from reproduce.learning.prediction import outputs
from reproduce.learning.prior import Uniform
from reproduce.learning.weights import load_members
from reproduce.papers.kaur2021.sets.clusters import Seen, appearance, rows
from reproduce.papers.kaur2021.sets.network import build
from reproduce.papers.kaur2021.settings import Sets
from reproduce.workflow.files import read_record, whole

BATCH = 256
MEND = "run kaur2021.levels, or name another folder of trained networks of sets"

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Architecture:
    """All that a prediction needs beside the weights; the file ``sets.json``.

    Attributes
    ----------
    size, width, depth, components, members, copies, fewest : int
        As in the settings.
    ends_msun : pair of float
        The prior of the dark mass, uniform between these [Msun].
    levels : pair of float
        Levels of the posterior's central intervals that hold 68 and 95 % of the truths on validation galaxies.
    """

    size: int
    width: int
    depth: int
    components: int
    members: int
    copies: int
    fewest: int
    ends_msun: tuple[float, float]
    levels: tuple[float, float] = LEVELS

    @classmethod
    def of(cls, sets: Sets, ends_msun: tuple[float, float]) -> Self:
        """From the settings."""
        names = ("size", "width", "depth", "components", "members", "copies", "fewest")
        return cls(**{name: getattr(sets, name) for name in names}, ends_msun=(ends_msun[0], ends_msun[1]))

    def save(self, folder: Path) -> None:
        """Write ``sets.json``."""
        with whole(folder / "sets.json") as partial:
            partial.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``sets.json``.

        Raises
        ------
        InputError
            If it is not there or damaged.
        """
        return read_record(folder / "sets.json", cls, MEND)


@dataclass(frozen=True)
class Masses:
    """Dark masses of n galaxies.

    Attributes
    ----------
    posterior : Mixture
        Over u, which is standard normal under the prior.
    prior : Uniform
        Of the dark mass [Msun], which turns u into masses.
    domain : (n,)
        Above 1 a galaxy is unlike those of the training; NaN where it was not asked for.
    levels : pair of float
        Of the posterior's intervals that hold 68 and 95 % of the truths.
    """

    posterior: Mixture
    prior: Uniform
    domain: Array
    levels: tuple[float, float] = LEVELS

    def median_msun(self) -> Array:
        """Shape (n,)."""
        return self.prior.value(self.posterior.quantiles([0.5])[0, :, 0])

    def intervals_msun(self) -> tuple[Array, Array]:
        """Central intervals that hold 68 and 95 % of the truths, low and high ends, each (2, n)."""
        low, high = self.posterior.intervals(self.levels)
        return self.prior.value(low[..., 0]), self.prior.value(high[..., 0])


class SetModel:
    """The trained ensemble.

    Parameters
    ----------
    architecture : Architecture
    networks : list of keras.Model
    domain : Domain, optional
    """

    def __init__(self, architecture: Architecture, networks: list[keras.Model], domain: Domain | None) -> None:
        self.architecture, self.networks, self.domain = architecture, networks, domain
        first = networks[0]
        self._looks_in = keras.Model(first.inputs, [first.output, first.get_layer("seen").output])

    @classmethod
    def load(cls, folder: Path, *, with_domain: bool = True) -> Self:
        """From the files that `training.train` leaves.

        Raises
        ------
        InputError
            If one of them is absent or damaged.
        """
        architecture = Architecture.load(folder)
        untrained = functools.partial(
            build,
            architecture.size,
            width=architecture.width,
            depth=architecture.depth,
            components=architecture.components,
        )
        networks = load_members(untrained, folder, "sets", architecture.members)
        return cls(architecture, networks, DomainFile.load(folder).domain if with_domain else None)

    def parameters(self) -> int:
        """Of one network."""
        return int(self.networks[0].count_params())

    def predict(self, galaxies: Sequence[Seen], *, with_domain: bool = True) -> Masses:
        """Posterior of each galaxy's dark mass, averaged over turned, mirrored and reversed copies and the members.

        Galaxies with more clusters than the networks can see at once are seen as many times as there are copies, each
        time with others, which do not depend on the order of the list.
        """
        members = []
        for copy in range(self.architecture.copies):
            turned = [self._copy(seen, copy) for seen in galaxies]
            for network in self.networks:
                (raw,) = self._answers(network, turned)
                members.append(Mixture.of_network(raw, 1))
        score = np.full(len(galaxies), np.nan)
        if with_domain and self.domain is not None:
            score = self.domain.score(*self.described(galaxies))
        prior = Uniform(*self.architecture.ends_msun)
        return Masses(Mixture.joined(members), prior, score, self.architecture.levels)

    def described(self, galaxies: Sequence[Seen]) -> tuple[Array, Array]:
        """What the first network sees of galaxies, (n, width), and six plain numbers of each, (n, 6).

        Of more clusters than the network can see at once it sees those of the first copy; the six numbers are of all.
        """
        _, features = self._answers(self._looks_in, [self._drawn(seen, 0) for seen in galaxies])
        return features.astype(np.float64), np.array([appearance(seen) for seen in galaxies])

    def _copy(self, seen: Seen, copy: int) -> Seen:
        """One of the copies; the same each time."""
        angle = 2 * np.pi * copy / self.architecture.copies
        return self._drawn(seen, copy).turned(angle, mirror=copy % 2 == 1, reverse=copy // 2 % 2 == 1)

    def _drawn(self, seen: Seen, copy: int) -> Seen:
        """The clusters that a copy shows: all, or as many as fit, drawn alike from a list in any order."""
        size = self.architecture.size
        if len(seen) <= size:
            return seen
        order = np.lexsort((seen.error_kms, seen.velocity_kms, seen.y_kpc, seen.x_kpc))
        return seen.take(order[np.random.default_rng([copy, len(seen)]).permutation(len(seen))[:size]])

    def _answers(self, network: keras.Model, galaxies: Sequence[Seen]) -> list[NDArray]:
        size = self.architecture.size
        every = np.stack([rows(seen, size) for seen in galaxies])[..., None]
        found = [answers for _, answers in outputs(network, every, BATCH, lambda batch: batch)]
        return [np.concatenate(each) for each in zip(*found, strict=True)]
