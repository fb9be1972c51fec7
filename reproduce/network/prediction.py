"""Predictions of trained networks: mass maps, ages and distances of any number of maps in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.errors import InputError
from reproduce.mock.scaler import Scaler
from reproduce.network.architecture import Architecture, load_weights, sha256, weights_file
from reproduce.network.data import batches

# Maps that go through a network at once: enough to fill the cores, 200 MB of activations in the released network.
BATCH_SIZE = 16


@dataclass(frozen=True)
class Prediction:
    """What the two networks say of n maps.

    Attributes
    ----------
    mass : array, shape (n, ny, nx), float32
        log10(M / Msun) of each pixel.
    age_gyr, distance_kpc : array, shape (n,), float32
    """

    mass: NDArray
    age_gyr: NDArray
    distance_kpc: NDArray


@dataclass(frozen=True)
class Networks:
    """Two trained networks and the scaler they were trained with. Made by `load`."""

    encoder_decoder: keras.Model
    regressor: keras.Model
    scaler: Scaler
    architecture: Architecture

    def predict_mass(self, flux: ArrayLike, batch_size: int = BATCH_SIZE) -> NDArray:
        """Mass maps, log10(M / Msun), from flux maps.

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
        maps = self._checked(flux)
        mass = np.empty(maps.shape, np.float32)
        for rows, output in self._run(self.encoder_decoder, maps, batch_size):
            mass[rows] = self.scaler.mass(output[..., 0])
        return mass.reshape(np.shape(flux))

    def predict_age_distance(self, flux: ArrayLike, batch_size: int = BATCH_SIZE) -> tuple[NDArray, NDArray]:
        """Ages [Gyr] and distances [kpc], each of shape (n,), from flux maps as in `predict_mass`."""
        maps = self._checked(flux)
        age, distance = np.empty(len(maps), np.float32), np.empty(len(maps), np.float32)
        for rows, output in self._run(self.regressor, maps, batch_size):
            age[rows] = self.scaler.age_gyr(output[:, 0])
            distance[rows] = self.scaler.distance_kpc(output[:, 1])
        return age, distance

    def predict(self, flux: ArrayLike, batch_size: int = BATCH_SIZE) -> Prediction:
        """Mass maps, ages and distances from flux maps (n, ny, nx) as in `predict_mass`."""
        return Prediction(self.predict_mass(flux, batch_size), *self.predict_age_distance(flux, batch_size))

    def _run(self, model: keras.Model, maps: NDArray, batch_size: int) -> Iterator[tuple[slice, NDArray]]:
        size = min(batch_size, len(maps))
        for rows in batches(len(maps), size):
            light = self.scaler.standardise_flux(maps[rows]).astype(np.float32)[..., None]
            n = len(light)
            if n < size:  # the last batch is filled up: another shape would be compiled anew
                light = np.concatenate([light, np.repeat(light[-1:], size - n, axis=0)])
            yield rows, np.asarray(model.predict_on_batch(light))[:n]

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


def load(folder: Path, scaler: Path) -> Networks:
    """The networks that training wrote.

    The networks are built from our own code by the numbers in ``architecture.json``; the other files are read as
    arrays.

    Parameters
    ----------
    folder
        With ``architecture.json``, ``encoder_decoder.weights.h5`` and ``regressor.weights.h5``.
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
    models = {}
    for network in ("encoder_decoder", "regressor"):
        models[network] = architecture.build(network, seed=0)
        load_weights(models[network], weights_file(folder, network))
    return Networks(**models, scaler=Scaler.from_json(scaler), architecture=architecture)
