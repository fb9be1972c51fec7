"""Predictions of a trained ensemble: mass maps, ages and distances of any number of maps in bounded memory."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.learning.prediction import outputs
from reproduce.learning.weights import load_members, sha256
from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.papers.chardin2021.networks.appearance import appearance
from reproduce.papers.chardin2021.networks.architecture import NETWORKS, Architecture
from reproduce.papers.chardin2021.networks.regressor import with_features
from reproduce.workflow.errors import InputError

# Maps that go through a network at once: enough to fill the cores, 200 MB of activations in the released network.
BATCH_SIZE = 16


@dataclass(frozen=True)
class Summary:
    """What an ensemble of k members says of n maps, without the mass maps.

    Attributes
    ----------
    total_mass : array, shape (n,), float32
        log10 of the field's mass [Msun] in the mean mass map.
    age_gyr, distance_kpc : array, shape (n,), float32
        Means over the members.
    members : dict of arrays, shape (k, n), float32
        ``total_mass`` [dex], ``age`` [Gyr] and ``distance`` [kpc] of each member.
    features : array, shape (n, filters), float32
        The first regressor's last convolution, averaged over the field: what it sees in a map.
    appearance : array, shape (n, 6)
        How each flux map looks (`reproduce.papers.chardin2021.networks.appearance`).
    """

    total_mass: NDArray
    age_gyr: NDArray
    distance_kpc: NDArray
    members: dict[str, NDArray]
    features: NDArray
    appearance: NDArray

    @classmethod
    def join(cls, parts: Sequence["Summary"]) -> "Summary":
        """One summary of the maps of several."""
        return Summary(
            total_mass=np.concatenate([part.total_mass for part in parts]),
            age_gyr=np.concatenate([part.age_gyr for part in parts]),
            distance_kpc=np.concatenate([part.distance_kpc for part in parts]),
            members={name: np.concatenate([part.members[name] for part in parts], axis=1) for name in parts[0].members},
            features=np.concatenate([part.features for part in parts]),
            appearance=np.concatenate([part.appearance for part in parts]),
        )


@dataclass(frozen=True)
class Prediction(Summary):
    """What an ensemble says of n maps.

    Attributes
    ----------
    mass : array, shape (n, ny, nx), float32
        log10(M / Msun) of each pixel, the mean over the members.
    """

    mass: NDArray

    def without_maps(self) -> Summary:
        """The same without the maps, which are large."""
        return Summary(**{field.name: getattr(self, field.name) for field in fields(Summary)})


@dataclass(frozen=True)
class Networks:
    """A trained ensemble and the scaler it was trained with. Made by `load`.

    `encoder_decoders` and `regressors` hold one network for each member; a regressor gives (age, distance) and the
    field's mean of its last convolution.
    """

    encoder_decoders: tuple[keras.Model, ...]
    regressors: tuple[keras.Model, ...]
    scaler: Scaler
    architecture: Architecture

    def predict_mass(self, flux: ArrayLike, batch_size: int = BATCH_SIZE) -> NDArray:
        """Mass maps, log10(M / Msun), from flux maps: the mean over the members.

        Parameters
        ----------
        flux : array, shape (n, ny, nx) or (ny, nx)
            log10(F / (Lsun kpc^-2)), finite, of the side that the networks were made for.
        batch_size
            Maps that are worked on at once.

        Returns
        -------
        array, shape of `flux`, float32

        Raises
        ------
        InputError
            If the shape is wrong or a value is not finite.
        """
        return self._masses(self._checked(flux), batch_size)[0].reshape(np.shape(flux))

    def predict(self, flux: ArrayLike, batch_size: int = BATCH_SIZE) -> Prediction:
        """Mass maps, ages, distances and what the members say of them, from flux maps as in `predict_mass`."""
        maps = self._checked(flux)
        mass, totals = self._masses(maps, batch_size)
        n, k = len(maps), self.architecture.members
        ages, distances = np.empty((k, n), np.float32), np.empty((k, n), np.float32)
        features = []
        for member, model in enumerate(self.regressors):
            for rows, (output, seen) in self._run(model, maps, batch_size):
                ages[member, rows] = self.scaler.age_gyr(output[:, 0])
                distances[member, rows] = self.scaler.distance_kpc(output[:, 1])
                if member == 0:
                    features.append(seen)
        members = {"total_mass": totals, "age": ages, "distance": distances}
        return Prediction(
            total_mass=log_total(mass),
            age_gyr=ages.mean(axis=0),
            distance_kpc=distances.mean(axis=0),
            members=members,
            features=np.concatenate(features),
            appearance=appearance(maps),
            mass=mass,
        )

    def _masses(self, maps: NDArray, batch_size: int) -> tuple[NDArray, NDArray]:
        """Mean mass maps (n, ny, nx), and each member's log10 of the field's mass (k, n)."""
        mass = np.zeros(maps.shape, np.float32)
        totals = np.empty((self.architecture.members, len(maps)), np.float32)
        for member, model in enumerate(self.encoder_decoders):
            for rows, (output,) in self._run(model, maps, batch_size):
                found = self.scaler.mass(output[..., 0])
                totals[member, rows] = log_total(found)
                mass[rows] += found / self.architecture.members
        return mass, totals

    def _run(self, model: keras.Model, maps: NDArray, batch_size: int) -> Iterator[tuple[slice, list[NDArray]]]:
        """The outputs of a network, batch by batch."""
        return outputs(model, maps, batch_size, self.scaler.light)

    def _checked(self, flux: ArrayLike) -> NDArray:
        maps = np.asarray(flux)
        side = self.architecture.pixels
        if maps.ndim == 2:
            maps = maps[None]
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
        return maps


def log_total(mass: NDArray) -> NDArray[np.float32]:
    """log10 of the sum over the pixels of maps (n, ny, nx) of log10 M, shape (n,)."""
    return np.log10((10 ** mass.astype(np.float64)).sum(axis=(1, 2))).astype(np.float32)


def load(folder: Path, scaler: Path) -> Networks:
    """The networks that training wrote.

    The networks are built from our own code by the numbers in ``architecture.json``; the other files are read as
    arrays.

    Parameters
    ----------
    folder
        With ``architecture.json`` and each member's weights.
    scaler
        The ``scaler.json`` of the data set that the networks were trained on.

    Raises
    ------
    InputError
        If a file is absent, damaged or of another architecture, or the scaler is another than in training.
    """
    architecture = Architecture.load(folder)
    if sha256(scaler) != architecture.scaler_sha256:
        raise InputError(
            f"{scaler}: not the scaler that the networks in {folder} were trained with; give theirs, or train again"
        )
    models = {
        network: load_members(
            functools.partial(architecture.build, network, seed=0), folder, network, architecture.members
        )
        for network in NETWORKS
    }
    return Networks(
        tuple(models["encoder_decoder"]),
        tuple(with_features(model) for model in models["regressor"]),
        scaler=Scaler.from_json(scaler),
        architecture=architecture,
    )
