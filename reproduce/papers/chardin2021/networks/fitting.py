"""The training of one network (paper Sect. 3.2): epochs of `fit`, the validation maps, a checkpoint after each.

Shuffling, augmentation and dropout are drawn anew for each epoch from (seed, network, member, epoch); together with the
checkpoint that makes a training that was killed end with the same bytes as one that was left alone.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from reproduce.learning import backend, checkpoint
from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.papers.chardin2021.networks import losses
from reproduce.papers.chardin2021.networks.architecture import (
    NETWORKS,
    Architecture,
    load_weights,
    member_name,
    save_weights,
    sha256,
    weights_file,
)
from reproduce.papers.chardin2021.networks.data import Maps, open_maps
from reproduce.papers.chardin2021.settings import Train
from reproduce.workflow.errors import InputError

# Share of the steps in which the cosine schedule rises to its rate, before it falls: Adam's first steps are blind.
WARM_UP = 0.05

OnEpoch = Callable[[int, dict[str, float]], None]


@dataclass(frozen=True)
class Task:
    """One network of an ensemble, to be trained in whatever process.

    Attributes
    ----------
    network : str
        ``encoder_decoder`` or ``regressor``.
    member : int
        Its number in the ensemble, from 0: its seeds differ from those of the others.
    maps, scaler : Path
        The data set's ``maps.h5`` and ``scaler.json``.
    train : Train
        Settings.
    folder : Path
        Receives the weights of the epoch with the smallest validation loss. The loss ``regressor`` reads those of the
        regressor of the same member here.
    checkpoint : Path
        Folder for the state after each epoch; a call that finds one goes on from it.
    threads : int, optional
        Cores to use; none: all.
    until : int, optional
        Epochs after which to stop for now, with the learning-rate schedule of all epochs; none: all. A search goes on
        later, from the same checkpoint, with the trials that do well.
    """

    network: str
    member: int
    maps: Path
    scaler: Path
    train: Train
    folder: Path
    checkpoint: Path
    threads: int | None = None
    until: int | None = None

    @property
    def name(self) -> str:
        """Name in files."""
        return member_name(self.network, self.member)

    @property
    def state(self) -> Path:
        """File of the checkpoint."""
        return self.checkpoint / f"{self.name}.h5"

    @property
    def epochs(self) -> int:
        """Epochs asked for."""
        return self.train.regressor_epochs if self.network == "regressor" else self.train.epochs

    @property
    def learning_rate(self) -> float:
        """Largest learning rate."""
        return self.train.regressor_learning_rate if self.network == "regressor" else self.train.learning_rate

    def stream(self, *purpose: int) -> tuple[int, ...]:
        """Seeds of one purpose."""
        return (self.train.seed, NETWORKS.index(self.network), self.member, *purpose)


def fit(task: Task, on_epoch: OnEpoch | None = None) -> list[dict[str, float]]:
    """Train one network from where its checkpoint stands to its last epoch and write its weights.

    Parameters
    ----------
    task
        What to train.
    on_epoch
        Called with (epoch from 0, row of the history) after each epoch, and for the epochs before a restart when it
        goes on. What it raises ends the training, whose checkpoint stays.

    Returns
    -------
    list of dict
        The history: ``loss``, ``val_loss``, ``mse``, ``val_mse``, ``r2``, ``val_r2``, ``learning_rate`` for each epoch.

    Raises
    ------
    InputError
        If the maps, the scaler, the checkpoint or a perceptual loss's weights cannot be used, or the loss is no longer
        finite.
    """
    if task.threads is not None:
        backend.limit_threads(task.threads)
    keras.config.set_dtype_policy(task.train.precision)
    try:
        state = _epochs(task, on_epoch)
    finally:
        keras.config.set_dtype_policy("float32")
    # A new model without an optimiser, whose variables Keras would write beside the weights.
    model = _architecture(task).build(task.network, _first_weights(task))
    model.set_weights(state.best)
    backend.reseed(model, (task.train.seed,))
    save_weights(model, task.folder, task.network, task.member)
    return state.history


def best_epoch(history: list[dict[str, float]]) -> int:
    """Number of the epoch with the smallest validation loss."""
    return int(np.argmin([row["val_loss"] for row in history]))


def _epochs(task: Task, on_epoch: OnEpoch | None) -> checkpoint.State:
    settings, scaler = task.train, Scaler.from_json(task.scaler)
    model = _architecture(task).build(task.network, _first_weights(task))
    target: Literal["mass", "age_distance"] = "age_distance" if task.network == "regressor" else "mass"
    training = Maps(
        task.maps, "train", scaler, target, settings.batch_size, stream=task.stream(0), augment=settings.augment
    )
    validation = Maps(task.maps, "validation", scaler, target, settings.batch_size)
    variances = training.target_variance(), validation.target_variance()
    optimiser = _optimiser(task, len(training))
    model.compile(optimiser, _loss(task, scaler), metrics=[keras.metrics.MeanSquaredError(name="mse")])
    model.optimizer.build(model.trainable_variables)
    identity = _identity(task)
    state = checkpoint.restore(task.state, identity, model)
    for epoch, row in enumerate(state.history):
        if on_epoch is not None:
            on_epoch(epoch, row)
    last = task.epochs if task.until is None else min(task.epochs, task.until)
    while len(state.history) < last and not _stalled(state.history, settings.patience):
        epoch = len(state.history)
        training.set_epoch(epoch)
        backend.reseed(model, task.stream(1, epoch))
        row = _epoch(model, training, validation, variances)
        if not np.isfinite(list(row.values())).all():
            raise InputError(
                f"the loss of the {task.network} is no longer finite in epoch {epoch + 1}; choose a smaller learning "
                f"rate than {task.learning_rate:g}"
            )
        state.history.append(row)
        if best_epoch(state.history) == epoch:
            state.best = model.get_weights()
        checkpoint.save(task.state, identity, model, state)
        if on_epoch is not None:
            on_epoch(epoch, row)
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


def _architecture(task: Task) -> Architecture:
    with open_maps(task.maps) as file:
        return Architecture.of(task.train, file["train/flux"].shape[1], task.scaler)


def _first_weights(task: Task) -> int:
    """Seed of the untrained weights."""
    return int(np.random.default_rng(task.stream(2)).integers(2**31))


def _optimiser(task: Task, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Adam with the constant rate of the paper, or with a cosine that falls to zero at the last step."""
    if task.train.schedule == "constant":
        return keras.optimizers.Adam(task.learning_rate)
    steps = task.epochs * steps_per_epoch
    if warm_up := round(WARM_UP * steps):
        schedule = keras.optimizers.schedules.CosineDecay(
            0.0, steps - warm_up, warmup_target=task.learning_rate, warmup_steps=warm_up
        )
    else:
        schedule = keras.optimizers.schedules.CosineDecay(task.learning_rate, steps)
    return keras.optimizers.Adam(schedule)


def _loss(task: Task, scaler: Scaler) -> str | keras.losses.Loss:
    if task.network == "regressor":
        return "mse"
    architecture, regressor = _architecture(task), None
    if task.train.loss == "regressor":
        regressor = architecture.build("regressor", 0)
        load_weights(regressor, weights_file(task.folder, "regressor", task.member))
    loss = losses.of_encoder_decoder(
        task.train.loss, architecture.pixels, vgg16_weights=task.train.vgg16_weights, regressor=regressor
    )
    if task.train.total_mass_weight == 0:
        return loss
    return losses.WithTotalMass(loss, task.train.total_mass_weight, scaler.mass_std)


def _stalled(history: list[dict[str, float]], patience: int | None) -> bool:
    """Whether the validation loss has not fallen for `patience` epochs."""
    return bool(patience and history) and len(history) - 1 - best_epoch(history) >= (patience or 0)


def _identity(task: Task) -> str:
    """Digest of what a training depends on: settings, scaler, and the labels of the maps, which tell sets apart."""
    digest = hashlib.sha256(json.dumps(task.train.model_dump(mode="json"), sort_keys=True).encode())
    digest.update(sha256(task.scaler).encode())
    with open_maps(task.maps) as file:
        for group in ("train", "validation"):
            digest.update(repr(file[group]["flux"].shape).encode())
            for name in ("age_gyr", "distance_kpc", "snapshot"):
                digest.update(np.ascontiguousarray(file[group][name][:]).tobytes())
    return digest.hexdigest()
