"""All ways to predict a library: each weighs the training libraries, at fixed velocities or in the energies' own."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from reproduce.papers.skusa2023.emulator.baselines import Predictor
from reproduce.papers.skusa2023.emulator.components import Components
from reproduce.papers.skusa2023.emulator.design import Libraries
from reproduce.papers.skusa2023.emulator.process import Processes, group_of_orbits
from reproduce.papers.skusa2023.emulator.velocities import Frame


@dataclass(frozen=True)
class Method:
    """`weights` gives those of the libraries `train`, shape (m, groups, n), at parameters (m, 4); groups are energies
    of tubes, then of boxes. With `scaled`, `train` is in the velocities of the `frame`."""

    frame: Frame
    train: Libraries
    weights: Callable[[np.ndarray], np.ndarray]
    scaled: bool

    def __call__(self, parameters: np.ndarray) -> Libraries:
        """The predicted libraries at parameters (m, 4)."""
        group = group_of_orbits(self.frame.energies)
        share = self.weights(parameters).astype(np.float32)
        made = replace(
            self.train,
            parameters=parameters,
            histogram=_combined(share, self.train.histogram, group),
            intrinsic=_combined(share, self.train.intrinsic, group),
        )
        return self.frame.back(made) if self.scaled else made


def _combined(share: np.ndarray, values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Sums over libraries of values (n, orbits, ...), each group of orbits with its own weights."""
    made = np.empty((len(share), *values.shape[1:]), np.float32)
    for k in range(group.max() + 1):
        chosen = group == k
        made[:, chosen] = np.tensordot(share[:, k], values[:, chosen], 1)
    return made


def by_scores(frame: Frame, train: Libraries, components: Components, predict: Predictor, scaled: bool) -> Method:
    """All orbits alike, by scores predicted from places in the unit box."""
    groups = 2 * len(frame.common)

    def weights(parameters: np.ndarray) -> np.ndarray:
        one = components.weights(predict(components.unit(parameters)))
        return np.repeat(one[:, None], groups, axis=1)

    return Method(frame, train, weights, scaled)


def by_energy(frame: Frame, train: Libraries, processes: Processes) -> Method:
    """Each energy and family by its own process; `train` in the frame's velocities."""
    return Method(frame, train, lambda asked: processes.weights(frame.scales.coordinates(asked)), scaled=True)
