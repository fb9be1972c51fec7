"""The training of one network: epochs of `fit`, the validation data, a checkpoint after each.

Shuffling, augmentation and dropout are drawn anew for each epoch from the task's seeds and the epoch's number; together
with the checkpoint that makes a training that was killed end with the same bytes as one that was left alone.
"""

import csv
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import keras
import numpy as np

from reproduce.learning import backend, checkpoint
from reproduce.learning.data import Batches
from reproduce.learning.task import Head, Task
from reproduce.learning.weights import save_weights
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

# Share of the steps in which the cosine schedule rises to its rate, before it falls: Adam's first steps are blind.
WARM_UP = 0.05
# Purposes of the random numbers of a task.
SHUFFLING, DROPOUT, FIRST_WEIGHTS = 0, 1, 2

Row = dict[str, float]
OnEpoch = Callable[[int, Row], None]


def fit(task: Task, on_epoch: OnEpoch | None = None) -> list[Row]:
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
        The history, a row for each epoch: ``loss``, ``val_loss``, ``learning_rate``, and of the one head ``mse``,
        ``val_mse``, ``r2``, ``val_r2``; of several the same, and their losses, with ``_TARGET`` behind.

    Raises
    ------
    InputError
        If the data, the checkpoint or a loss cannot be had, or the loss is no longer finite.
    """
    if task.threads is not None:
        backend.limit_threads(task.threads)
    keras.config.set_dtype_policy(task.precision)
    try:
        state = _epochs(task, on_epoch)
    finally:
        keras.config.set_dtype_policy("float32")
    model = _first(task)  # a new model without an optimiser, whose variables Keras would write beside the weights
    model.set_weights(state.best)
    if task.every_step:
        _write_steps(task.steps, state.steps)
    backend.reseed(model, task.seeds[:1])
    save_weights(model, task.weights)
    return state.history


def best_epoch(history: list[Row]) -> int:
    """Number of the epoch with the smallest validation loss."""
    return int(np.argmin([row["val_loss"] for row in history]))


def _first(task: Task) -> keras.Model:
    """The untrained network, its first weights from the task's seeds."""
    model = task.build()
    seed = int(np.random.default_rng(task.stream(FIRST_WEIGHTS)).integers(2**31))
    backend.initialise(model, seed)
    return model


def _epochs(task: Task, on_epoch: OnEpoch | None) -> checkpoint.State:
    model = _first(task)
    with closing(task.data.open("train", task.batch_size, task.stream(SHUFFLING), task.augment)) as training:
        return _train(model, training, task, on_epoch)


def _train(model: keras.Model, training: Batches, task: Task, on_epoch: OnEpoch | None) -> checkpoint.State:
    validation = task.data.open("validation", task.batch_size)
    variances = training.target_variances(), validation.target_variances()
    _compile(model, task, len(training))
    identity = task.identity()
    state = checkpoint.restore(task.state, identity, model)
    for epoch, row in enumerate(state.history):
        if on_epoch is not None:
            on_epoch(epoch, row)
    last = task.epochs if task.until is None else min(task.epochs, task.until)
    while len(state.history) < last and not _stalled(state.history, task.patience):
        epoch = len(state.history)
        training.set_epoch(epoch)
        backend.reseed(model, task.stream(DROPOUT, epoch))
        steps = _Steps() if task.every_step else None
        row = _epoch(model, training, validation, variances, steps)
        if not np.isfinite(list(row.values())).all():
            raise InputError(
                f"the loss of the {task.name} is no longer finite in epoch {epoch + 1}; choose a smaller learning "
                f"rate than {task.learning_rate:g}"
            )
        state.history.append(row)
        state.steps += [] if steps is None else [{"epoch": epoch, **losses} for losses in steps.losses()]
        if task.keep == "last" or best_epoch(state.history) == epoch:
            state.best = model.get_weights()
        checkpoint.save(task.state, identity, model, state)
        if on_epoch is not None:
            on_epoch(epoch, row)
    return state


def _compile(model: keras.Model, task: Task, steps_per_epoch: int) -> None:
    heads = {head.target: head for head in task.heads}
    many = len(heads) > 1
    losses = {name: _loss(head) for name, head in heads.items()}
    metrics = {name: [_squared_error(loss)] for name, loss in losses.items()}
    first = next(iter(heads))
    model.compile(
        _optimiser(task, steps_per_epoch),
        losses if many else losses[first],
        loss_weights={name: head.weight for name, head in heads.items()} if many else None,
        metrics=metrics if many else metrics[first],
    )
    model.optimizer.build(model.trainable_variables)


def _loss(head: Head) -> str | keras.losses.Loss:
    return head.loss if isinstance(head.loss, str) else head.loss()


def _squared_error(loss: str | keras.losses.Loss) -> keras.metrics.Metric:
    """MSE of what the network says, or of the estimate that a loss with a method `point` reads from it."""
    if not hasattr(loss, "point"):
        return keras.metrics.MeanSquaredError(name="mse")
    return keras.metrics.MeanMetricWrapper(
        lambda true, raw: keras.losses.mean_squared_error(true, loss.point(raw)), name="mse"
    )


class _Steps(keras.callbacks.Callback):
    """Collects the losses of the steps of one epoch; Keras tells their means since its beginning."""

    def __init__(self) -> None:
        super().__init__()
        self._means: list[Row] = []

    def on_train_batch_end(self, batch: int, logs: Row | None = None) -> None:
        self._means.append({name: float(value) for name, value in (logs or {}).items() if name.endswith("loss")})

    def losses(self) -> list[Row]:
        """Of each step; all steps have as many items."""
        before = [dict.fromkeys(self._means[0], 0.0), *self._means]
        return [
            {name: (n + 1) * mean - n * before[n][name] for name, mean in means.items()}
            for n, means in enumerate(self._means)
        ]


def _write_steps(path: Path, steps: list[Row]) -> None:
    with whole(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(steps[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(steps)


def _epoch(
    model: keras.Model,
    training: Batches,
    validation: Batches,
    variances: tuple[dict[str, float], dict[str, float]],
    steps: _Steps | None,
) -> Row:
    """One epoch; the row of the history. R² = 1 - MSE / variance of the target, where that varies."""
    told = model.fit(training, shuffle=False, verbose=0, callbacks=[] if steps is None else [steps])
    fitted = {name: values[0] for name, values in told.history.items()}
    checked = model.evaluate(validation, verbose=0, return_dict=True)
    row = {"loss": float(fitted["loss"]), "val_loss": float(checked["loss"])}
    for target, variance in variances[0].items():
        ours, theirs = (f"_{target}", f"{target}_") if len(variances[0]) > 1 else ("", "")
        row[f"loss{ours}"], row[f"val_loss{ours}"] = float(fitted[f"{theirs}loss"]), float(checked[f"{theirs}loss"])
        row[f"mse{ours}"] = float(fitted[f"{theirs}mse"])
        row[f"val_mse{ours}"] = float(checked[f"{theirs}mse"])
        if variance > 0:
            row[f"r2{ours}"] = 1 - row[f"mse{ours}"] / variance
        if variances[1][target] > 0:
            row[f"val_r2{ours}"] = 1 - row[f"val_mse{ours}"] / variances[1][target]
    row["learning_rate"] = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    return row


def _optimiser(task: Task, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Adam with a constant rate, or with a cosine that falls to zero at the last step."""
    if task.schedule == "constant":
        return keras.optimizers.Adam(task.learning_rate)
    steps = task.epochs * steps_per_epoch
    if warm_up := round(WARM_UP * steps):
        schedule = keras.optimizers.schedules.CosineDecay(
            0.0, steps - warm_up, warmup_target=task.learning_rate, warmup_steps=warm_up
        )
    else:
        schedule = keras.optimizers.schedules.CosineDecay(task.learning_rate, steps)
    return keras.optimizers.Adam(schedule)


def _stalled(history: list[Row], patience: int | None) -> bool:
    """Whether the validation loss has not fallen for `patience` epochs."""
    return bool(patience and history) and len(history) - 1 - best_epoch(history) >= (patience or 0)
