"""Training of both networks (paper Sect. 3.2).

One loop serves both: an epoch of `fit`, the validation maps, a checkpoint. Shuffling, augmentation and dropout are
drawn anew for each epoch from (seed, network, epoch); together with the checkpoint that makes a training that was
killed end with the same bytes as one that was left alone.
"""

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from reproduce.errors import InputError
from reproduce.mock.scaler import Scaler
from reproduce.network import backend, checkpoint, losses
from reproduce.network.architecture import NETWORKS, Architecture, save_weights, sha256
from reproduce.network.data import Maps, open_maps
from reproduce.network.files import whole
from reproduce.settings import Train

COLUMNS = ("network", "epoch", "loss", "val_loss", "mse", "val_mse", "r2", "val_r2", "learning_rate")
# Share of the steps in which the cosine schedule rises to its rate, before it falls: Adam's first steps are blind.
WARM_UP = 0.05

OnEpoch = Callable[[str, int, dict[str, float]], None]


@dataclass(frozen=True)
class Recipe:
    """How one of the two networks is trained."""

    network: str
    target: Literal["mass", "age_distance"]
    loss: str | keras.losses.Loss
    epochs: int
    learning_rate: float

    def optimiser(self, schedule: str, steps_per_epoch: int) -> keras.optimizers.Optimizer:
        """Adam with the constant rate of the paper, or with a cosine that falls to zero at the last step."""
        if schedule == "constant":
            return keras.optimizers.Adam(self.learning_rate)
        steps = self.epochs * steps_per_epoch
        warm_up = round(WARM_UP * steps)
        return keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(
                0.0, steps - warm_up, warmup_target=self.learning_rate, warmup_steps=warm_up
            )
            if warm_up
            else keras.optimizers.schedules.CosineDecay(self.learning_rate, steps)
        )


def train(
    maps: Path, scaler: Path, train: Train, folder: Path, checkpoint: Path, on_epoch: OnEpoch | None = None
) -> dict[str, float]:
    """Train both networks and write them.

    Parameters
    ----------
    maps, scaler
        The data set's ``maps.h5`` and ``scaler.json``.
    train
        Settings.
    folder
        Receives ``encoder_decoder.weights.h5``, ``regressor.weights.h5`` (of the epoch with the smallest validation
        loss), ``architecture.json`` and ``history.csv``.
    checkpoint
        Folder for the state after each epoch; a call that finds one goes on from it.
    on_epoch
        Called with (network, epoch from 0, the row of the history without its names) after each epoch, and for the
        epochs before a restart when it goes on.

    Returns
    -------
    dict
        ``validation_r2_<network>``, ``validation_mse_<network>``, ``validation_loss_<network>``,
        ``training_r2_<network>`` at the best epoch (from 0) ``best_epoch_<network>``, and the number of
        ``epochs_<network>`` and ``parameters_<network>``.

    Raises
    ------
    InputError
        If the maps, the scaler, the checkpoint or VGG16's weights cannot be used, or the loss is no longer finite.
    """
    for place in (folder, checkpoint):
        place.mkdir(parents=True, exist_ok=True)
    scales = Scaler.from_json(scaler)
    with open_maps(maps) as file:
        architecture = Architecture.of(train, file["train/flux"].shape[1], scaler)
    identity = _identity(maps, scaler, train)
    histories: dict[str, list[dict[str, float]]] = {}
    metrics: dict[str, float] = {}
    regressor: keras.Model | None = None
    # The encoder-decoder's loss may look through the trained regressor's features.
    for network in reversed(NETWORKS) if train.loss == "regressor" else NETWORKS:
        if network == "regressor":
            recipe = Recipe(network, "age_distance", "mse", train.regressor_epochs, train.regressor_learning_rate)
        else:
            loss = losses.of_encoder_decoder(
                train.loss, architecture.pixels, vgg16_weights=train.vgg16_weights, regressor=regressor
            )
            recipe = Recipe(network, "mass", loss, train.epochs, train.learning_rate)
        state = _fit(
            architecture.build(network, train.seed),
            recipe,
            maps,
            scales,
            train,
            checkpoint / f"{network}.h5",
            identity,
            on_epoch,
        )
        # A new model without an optimiser, whose variables Keras would write beside the weights.
        model = architecture.build(network, train.seed)
        model.set_weights(state.best)
        backend.reseed(model, (train.seed,))
        save_weights(model, folder, network)
        histories[network] = state.history
        metrics |= _metrics(model, state, network)
        regressor = model if network == "regressor" else regressor
    architecture.save(folder)
    _write_history(folder / "history.csv", histories)
    return metrics


def _fit(
    model: keras.Model,
    recipe: Recipe,
    maps: Path,
    scaler: Scaler,
    train: Train,
    path: Path,
    identity: str,
    on_epoch: OnEpoch | None,
) -> checkpoint.State:
    """Train one network from where its checkpoint stands to its last epoch."""
    number = NETWORKS.index(recipe.network)
    stream = (train.seed, number)
    training = Maps(maps, "train", scaler, recipe.target, train.batch_size, stream=(*stream, 0), augment=train.augment)
    validation = Maps(maps, "validation", scaler, recipe.target, train.batch_size)
    variances = training.target_variance(), validation.target_variance()
    optimiser = recipe.optimiser(train.schedule, len(training))
    model.compile(optimiser, recipe.loss, metrics=[keras.metrics.MeanSquaredError(name="mse")])
    optimiser.build(model.trainable_variables)
    state = checkpoint.restore(path, identity, model)
    for epoch, row in enumerate(state.history):
        if on_epoch is not None:
            on_epoch(recipe.network, epoch, row)
    while len(state.history) < recipe.epochs and not _stalled(state, train.patience):
        epoch = len(state.history)
        training.set_epoch(epoch)
        backend.reseed(model, (*stream, 1, epoch))
        row = _epoch(model, training, validation, variances)
        if not np.isfinite(list(row.values())).all():
            raise InputError(
                f"the loss of the {recipe.network} is no longer finite in epoch {epoch + 1}; choose a smaller learning "
                f"rate than {recipe.learning_rate:g}"
            )
        state.history.append(row)
        if state.best_epoch == epoch:
            state.best = model.get_weights()
        checkpoint.save(path, identity, model, state)
        if on_epoch is not None:
            on_epoch(recipe.network, epoch, row)
    return state


def _epoch(model: keras.Model, training: Maps, validation: Maps, variances: tuple[float, float]) -> dict[str, float]:
    """One epoch; the row of the history. R² = 1 - MSE / variance of the target (paper eq. 1, right-hand form)."""
    fitted = {name: values[0] for name, values in model.fit(training, shuffle=False, verbose=0).history.items()}
    checked = model.evaluate(validation, verbose=0, return_dict=True)
    return {
        "loss": float(fitted["loss"]),
        "val_loss": float(checked["loss"]),
        "mse": float(fitted["mse"]),
        "val_mse": float(checked["mse"]),
        "r2": 1 - float(fitted["mse"]) / variances[0],
        "val_r2": 1 - float(checked["mse"]) / variances[1],
        "learning_rate": float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)),
    }


def _stalled(state: checkpoint.State, patience: int | None) -> bool:
    """Whether the validation loss has not fallen for `patience` epochs."""
    if patience is None or not state.history:
        return False
    return len(state.history) - 1 - state.best_epoch >= patience


def _metrics(model: keras.Model, state: checkpoint.State, network: str) -> dict[str, float]:
    best = state.history[state.best_epoch]
    return {
        f"validation_r2_{network}": best["val_r2"],
        f"validation_mse_{network}": best["val_mse"],
        f"validation_loss_{network}": best["val_loss"],
        f"training_r2_{network}": best["r2"],
        f"best_epoch_{network}": float(state.best_epoch),
        f"epochs_{network}": float(len(state.history)),
        f"parameters_{network}": float(model.count_params()),
    }


def _identity(maps: Path, scaler: Path, train: Train) -> str:
    """Digest of what a training depends on: settings, scaler, and the labels of the maps, which tell sets apart."""
    digest = hashlib.sha256(json.dumps(train.model_dump(mode="json"), sort_keys=True).encode())
    digest.update(sha256(scaler).encode())
    with open_maps(maps) as file:
        for group in ("train", "validation"):
            digest.update(repr(file[group]["flux"].shape).encode())
            for name in ("age_gyr", "distance_kpc", "snapshot"):
                digest.update(np.ascontiguousarray(file[group][name][:]).tobytes())
    return digest.hexdigest()


def _write_history(path: Path, histories: dict[str, list[dict[str, float]]]) -> None:
    with whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for network in NETWORKS:
            for epoch, row in enumerate(histories[network]):
                writer.writerow({"network": network, "epoch": epoch, **row})
