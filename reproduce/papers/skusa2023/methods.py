"""Every way to have the maps at any M/L: exact rescaling, interpolation, networks.

A method says for some M/L the maps (n, orbits, apertures, 4), from the models of its set alone.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from reproduce.papers.skusa2023 import models
from reproduce.papers.skusa2023.networks import adversary, deconvolution, repaired
from reproduce.papers.skusa2023.settings import Gan, Models, Train

EXACT = "exact"
DEGREES = {"linear": 1, "cubic": 3}


@dataclass(frozen=True)
class Method:
    """A way to have the maps.

    Attributes
    ----------
    kind : str
        ``exact``, ``linear``, ``cubic``, ``mean``, ``blank``, ``dcnn``, ``gan`` or ``repaired``.
    stride : int
        Its set is every so manieth model.
    loss : str
        Of a ``dcnn``.
    """

    kind: str
    stride: int = 1
    loss: str = ""

    @property
    def name(self) -> str:
        """In files and tables: ``cubic.every16``, ``dcnn.l1_error.every4``."""
        return ".".join([self.kind, *([self.loss] if self.loss else []), f"every{self.stride}"])


@dataclass(frozen=True)
class Trained:
    """What the methods are made from: ``models.h5``, folders of trained networks, settings."""

    source: Path
    dcnn: Path
    gan: Path
    repaired: Path
    sets: Models
    train: Train
    gan_settings: Gan


def all_methods(sets: Models, train: Train, gan: Gan, baselines: tuple[str, ...]) -> list[Method]:
    """Those of the table and of the figures, exact rescaling first."""
    first = sets.strides[0]
    found = [Method(EXACT)]
    found += [Method("dcnn", first, loss) for loss in train.losses]
    found += [Method("dcnn", stride, train.chosen) for stride in sets.strides[1:]]
    found += [Method("gan", stride) for stride in gan.strides]
    found += [Method("repaired", stride) for stride in sets.strides]
    found += [Method(kind, stride) for kind in baselines if kind in DEGREES for stride in sets.strides]
    return found + [Method(kind, first) for kind in baselines if kind not in DEGREES]


def maps(method: Method, trained: Trained, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """What a method says for the M/L of some models.

    Parameters
    ----------
    method : Method
    trained : Trained
    rows : (n,) int64
        Which models.

    Returns
    -------
    (n, orbits, apertures, 4) float32
        A GAN knows no M/L: of its draws that one is taken which is nearest to the model, h by h. That is the best it
        could do, and no method: it needs the answer.
    """
    values = models.ratios(trained.sets)[rows]
    if method.kind == EXACT:
        return models.read(trained.source, rows)
    if method.kind in DEGREES:
        return interpolated(trained, method.stride, DEGREES[method.kind], values)
    if method.kind == "repaired":
        return repaired.predict(trained.sets, method.stride, trained.repaired, values)
    if method.kind == "dcnn":
        shape, activation = deconvolution.size(trained.source), trained.train.activation
        found = [
            deconvolution.predict(
                deconvolution.Network(method.loss, method.stride, m), activation, shape, trained.dcnn, values
            )
            for m in models.COEFFICIENTS
        ]
        return np.stack(found, axis=-1)
    if method.kind == "gan":
        return np.stack([nearest_draws(trained, method.stride, m, rows) for m in models.COEFFICIENTS], axis=-1)
    all_maps = models.read(trained.source)
    mean = all_maps.mean(axis=0) if method.kind == "mean" else np.zeros_like(all_maps[0])
    return np.broadcast_to(mean, (len(rows), *mean.shape))


def interpolated(trained: Trained, stride: int, degree: int, mass_to_light: NDArray) -> NDArray[np.float32]:
    """Splines through the maps of a set, value by value; of a lower degree where it has too few models."""
    rows = models.members(trained.sets, stride)
    nodes, degree = models.ratios(trained.sets)[rows], min(degree, len(rows) - 1)
    found = []
    for m in models.COEFFICIENTS:
        spline = make_interp_spline(nodes, models.read(trained.source, rows, (m,))[..., 0], k=degree)
        found.append(spline(np.clip(mass_to_light, nodes[0], nodes[-1])).astype(np.float32))
    return np.stack(found, axis=-1)


def nearest_draws(trained: Trained, stride: int, h: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of a generator's draws, the nearest to each model, shape (n, orbits, apertures)."""
    network = adversary.Network(stride, h)
    drawn = adversary.draws(
        network, trained.source, trained.gan_settings, trained.sets, trained.gan, trained.gan_settings.draws
    )
    true = models.read(trained.source, rows, (h,))[..., 0].reshape(len(rows), -1)
    flat = drawn.reshape(len(drawn), -1)
    distance = (flat**2).sum(axis=1)[None] - 2 * true @ flat.T
    return drawn[np.argmin(distance, axis=1)]
