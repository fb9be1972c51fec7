"""Trained networks that are told what is known: light and what is known in, mass map and joint posterior out."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.learning.data import slices
from reproduce.learning.frame import Frame
from reproduce.learning.known import Known, Limits
from reproduce.learning.mixtures import moved, stacked, widened
from reproduce.learning.posterior import Mixture
from reproduce.learning.weights import load_weights
from reproduce.papers.chardin2021.names import OBSERVER as FILE
from reproduce.papers.chardin2021.observer import frame
from reproduce.papers.chardin2021.observer.frame import PARAMETERS, QUANTITIES, Scale, frame_of, limits_of
from reproduce.papers.chardin2021.observer.network import build
from reproduce.papers.chardin2021.observer.views import LIGHT_FLOOR, standardised, targets
from reproduce.papers.chardin2021.observer_settings import Train, Views
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_record, whole

Array = NDArray[np.float64]

WEIGHTS = "observer.weights.h5"
MEND = "train them again, or name a folder of networks that the stage observer_model made"
BATCH = 16
READ_AT_ONCE = 256  # views of a set
ONES = (1.0,) * len(PARAMETERS)


@dataclass(frozen=True)
class Architecture:
    """All that a prediction needs beside the weights; the file ``observer.json``, by which a folder is known.

    Attributes
    ----------
    pixels, members, width, regressor_width, dense, components
        As in `network.build`.
    grain
        The same; networks of before it was a setting have none.
    scale : Scale
        Of the training views.
    limits : Limits
        Of what is known.
    widths, widths_distance_known : tuple of float
        Factors by which posteriors are widened along `frame.COORDINATES`, where the distance is not known, and where
        it is.
    kind : {"told"}
        Networks that are told what is known.
    """

    pixels: int
    members: int
    width: float
    regressor_width: float
    dense: int
    components: int
    scale: Scale
    limits: Limits
    widths: tuple[float, ...] = ONES
    widths_distance_known: tuple[float, ...] = ONES
    kind: Literal["told"] = "told"
    grain: bool = False

    @classmethod
    def of(cls, train: Train, views: Views, scale: Scale, pixels: int) -> Self:
        """From the settings and the scale of the training views."""
        names = ("members", "width", "regressor_width", "dense", "components", "grain")
        own: dict[str, Any] = {name: getattr(train, name) for name in names}
        return cls(pixels=pixels, scale=scale, limits=limits_of(views), **own)

    def build(self) -> keras.Model:
        """The untrained networks."""
        return build(
            self.pixels,
            self.scale.light,
            self.members,
            self.width,
            self.regressor_width,
            self.dense,
            self.components,
            self.grain,
        )

    def save(self, folder: Path) -> None:
        """Write ``observer.json``."""
        with whole(folder / FILE) as partial:
            partial.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``observer.json``.

        Raises
        ------
        InputError
            If it is not there or damaged.
        """
        return read_record(folder / FILE, cls, MEND, later=("grain",))


@dataclass(frozen=True)
class Answers:
    """What an ensemble says of n maps.

    Attributes
    ----------
    posterior : Mixture
        Joint, over θ (`frame`).
    mass : array, shape (n, ny, nx), float32
        log10(M / Msun) of each pixel; the pixels add up to the median of the posterior's mass.
    seen : array, shape (n, dense)
        What the first member sees in the light, whatever is known.
    """

    posterior: Mixture
    mass: NDArray[np.float32]
    seen: NDArray[np.float32]

    def without_maps(self) -> "Answers":
        """The same without the mass maps, which are large."""
        return replace(self, mass=self.mass[:, :0, :0])

    @classmethod
    def join(cls, parts: "list[Answers]") -> "Answers":
        """Of all maps of several."""
        return Answers(
            stacked([one.posterior for one in parts]),
            np.concatenate([one.mass for one in parts]),
            np.concatenate([one.seen for one in parts]),
        )


class Observer:
    """The trained ensemble.

    Parameters
    ----------
    architecture : Architecture
    network : keras.Model
        Of all members.
    """

    def __init__(self, architecture: Architecture, network: keras.Model) -> None:
        self.architecture, self.network = architecture, network
        first = network.get_layer("posterior")
        self._looks_in = keras.Model(first.inputs, first.get_layer("seen").output)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """From the files that `training.train` leaves.

        Raises
        ------
        InputError
            If one of them is absent, damaged, or holds a weight that is not finite.
        """
        architecture = Architecture.load(folder)
        network = architecture.build()
        load_weights(network, folder / WEIGHTS)
        if not all(np.isfinite(weights).all() for weights in network.get_weights()):
            raise InputError(f"{folder / WEIGHTS}: holds a weight that is not finite; {MEND}")
        return cls(architecture, network)

    def with_widths(self, widths: ArrayLike) -> "Observer":
        """The same networks with other factors (2, 4), where the distance is not known and where it is."""
        unknown, given = (tuple(float(one) for one in row) for row in np.asarray(widths, np.float64))
        return Observer(replace(self.architecture, widths=unknown, widths_distance_known=given), self.network)

    def with_calibration(self, folder: Path) -> "Observer":
        """The same networks with the factors that the stage `observer_calibrate` wrote."""
        found = Architecture.load(folder)
        return self.with_widths((found.widths, found.widths_distance_known))

    def parameters(self) -> int:
        """Of all members."""
        return int(self.network.count_params())

    def predict(self, flux: ArrayLike, known: Known | None = None, batch_size: int = BATCH) -> Answers:
        """Mass maps and posteriors.

        Parameters
        ----------
        flux : array, shape (n, ny, nx)
            log10(F / (Lsun kpc^-2)).
        known : Known, optional
            What is known of the n clusters; nothing if left out.
        batch_size
            Maps that go through the networks at once.

        Raises
        ------
        InputError
            If the maps are of another size, or a value is not finite.
        """
        maps = self._checked(flux)
        known = (known or Known.nothing(len(maps), len(QUANTITIES))).within(self.architecture.limits)
        return Answers.join([self._answers(maps[rows], known.take(rows)) for rows in slices(len(maps), batch_size)])

    def posterior(self, flux: ArrayLike, known: Known, batch_size: int = BATCH) -> Mixture:
        """The posterior alone, at a third of the time; parameters and errors as of `predict`."""
        maps, known = self._checked(flux), known.within(self.architecture.limits)
        parts = []
        for rows in slices(len(maps), batch_size):
            part = maps[rows], known.take(rows)
            parts.append(self._posterior(*self._coordinates(self._raw(*part), *part), part[1]))
        return stacked(parts)

    def coordinates(self, flux: ArrayLike, known: Known, batch_size: int = BATCH) -> Mixture:
        """What the networks say of z (`frame`), not widened: to learn by how much it has to be."""
        maps, known = self._checked(flux), known.within(self.architecture.limits)
        rows = slices(len(maps), batch_size)
        return stacked(
            [
                self._coordinates(self._raw(maps[some], known.take(some)), maps[some], known.take(some))[0]
                for some in rows
            ]
        )

    def frames(self, flux: ArrayLike, known: Known) -> Frame:
        """What ties z to θ, for maps and what is known of them."""
        architecture, maps = self.architecture, self._checked(flux)
        return frame_of(
            frame.log_light(maps), known.within(architecture.limits), architecture.scale, architecture.limits
        )

    def _raw(self, maps: NDArray, known: Known) -> list[NDArray]:
        """The raw numbers of each member's mixture."""
        both = list(self._inputs(maps, known))
        names = [name for name in targets(self.architecture.members) if "posterior" in name]
        return [np.asarray(self.network.get_layer(name)(both, training=False)) for name in names]

    def _answers(self, maps: NDArray, known: Known) -> Answers:
        light, told = self._inputs(maps, known)
        answers = self.network({"light": light, "known": told}, training=False)
        found = {name: np.asarray(values) for name, values in answers.items()}
        raw = [values for name, values in found.items() if "posterior" in name]
        posterior = self._posterior(*self._coordinates(raw, maps, known), known)
        mean, std = self.architecture.scale.share
        share = np.mean([values[..., 0] for name, values in found.items() if "share" in name], axis=0) * std + mean
        total = posterior.quantiles([0.5])[0, :, frame.MASS]
        seen = np.asarray(self._looks_in([light, told], training=False))
        return Answers(posterior, _with_total(share, total), seen)

    def _inputs(self, maps: NDArray, known: Known) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        light = standardised(maps, self.architecture.scale.light)[..., None].astype(np.float32)
        return light, known.numbers(self.architecture.limits)

    def _coordinates(self, raw: list[NDArray], maps: NDArray, known: Known) -> tuple[Mixture, Frame]:
        """The members' mixture in z, and what ties z to θ."""
        mixture = Mixture.joined([Mixture.of_network(one, len(PARAMETERS)) for one in raw])
        return mixture, self.frames(maps, known)

    def _posterior(self, mixture: Mixture, frames: Frame, known: Known) -> Mixture:
        architecture = self.architecture
        given = known.is_known[:, :1]
        factors = np.where(given, np.array(architecture.widths_distance_known), np.array(architecture.widths))
        return moved(widened(mixture, factors), frames.triangle, frames.shift)

    def _checked(self, flux: ArrayLike) -> NDArray[np.float64]:
        maps = np.asarray(flux, np.float64)
        side = self.architecture.pixels
        if maps.ndim != 3 or maps.shape[1:] != (side, side) or len(maps) == 0:
            raise InputError(
                f"flux maps: expected the shape (n, {side}, {side}) that the networks were made for, found "
                f"{np.shape(flux)}; resample the maps"
            )
        if not np.isfinite(maps).all():
            bad = int(np.argwhere(~np.isfinite(maps))[0][0])
            raise InputError(
                f"flux maps: map {bad} holds a value that is not finite; mask or fill its empty pixels first"
            )
        return np.maximum(maps, np.log10(LIGHT_FLOOR))


def _with_total(share: NDArray, total: Array) -> NDArray[np.float32]:
    """log10 of the mass of each pixel (n, ny, nx) from log10 of their shares, added up to log10 of the total (n,)."""
    missing = total - np.log10((10 ** share.astype(np.float64)).sum(axis=(1, 2)))
    return (share + missing[:, None, None]).astype(np.float32)
