"""The network: the scores of a library from its four parameters.

A linear fit with corrections: a layer on the parameters, beside it one on all terms of the second degree and two hidden
layers. The last weights of both corrections begin at zero and decay, so that with a few dozen libraries the linear fit
holds and is bent where they say so. An ensemble: each member leaves out other libraries to stop by, none of them at the
corners, beyond which there are none.
"""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from reproduce.papers.skusa2023.emulator.baselines import Predictor, quadratic_terms
from reproduce.papers.skusa2023.extras.settings import Emulator
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.progress import Progress

if TYPE_CHECKING:
    import keras

    from reproduce.learning.task import Task
    from reproduce.learning.training import History

TERMS, SCORES = "terms", "scores"
LAST_TASK_SEED = 70
DECAY = 3e-4
"""Of the corrections' weights: the sum of squares times this is added to the loss. About what a ridge wants that holds
scores of order one against noise of a tenth, with a few dozen libraries."""


def build(n_terms: int, n_parameters: int, n_scores: int, width: int) -> "keras.Model":
    """The untrained network: terms (n_terms,) without the constant, the first of them the parameters themselves."""
    import keras

    decay = keras.regularizers.L2(DECAY)
    terms = keras.Input((n_terms,), name=TERMS)
    parameters, squares = terms[:, :n_parameters], terms[:, n_parameters:]
    hidden = parameters
    for _ in range(2):
        hidden = keras.layers.Dense(width, activation="tanh")(hidden)
    corrections = [
        keras.layers.Dense(n_scores, kernel_initializer="zeros", use_bias=False, kernel_regularizer=decay)(one)
        for one in (squares, hidden)
    ]
    scores = keras.layers.Add(name=SCORES)([keras.layers.Dense(n_scores)(parameters), *corrections])
    return keras.Model(terms, scores, name="emulator")


def tasks(settings: Emulator, places: np.ndarray, scores: np.ndarray, folder: Path, checkpoint: Path) -> "list[Task]":
    """One training a member; writes the member's data file ``member-1.h5`` into `checkpoint`.

    Parameters
    ----------
    settings : Emulator
    places : array of shape (n, 4)
        In the unit box.
    scores : array of shape (n, k)
        Of order one.
    folder, checkpoint : Path
        Receive weights and states.
    """
    from reproduce.learning.data import Array, ArrayFile
    from reproduce.learning.task import Head, Task
    from reproduce.learning.weights import weights_file

    terms = quadratic_terms(places)[:, 1:]
    inner = np.flatnonzero((np.abs(places) < 1).any(axis=1))
    order = np.random.default_rng([settings.seed, 2]).permutation(inner)
    checkpoint.mkdir(parents=True, exist_ok=True)
    found = []
    for member in range(settings.members):
        out = np.take(order, np.arange(settings.left_out) + member * settings.left_out, mode="wrap")
        kept = np.repeat(np.setdiff1d(np.arange(len(places)), out), settings.passes)
        path = checkpoint / f"member-{member + 1}.h5"
        with whole(path) as partial, h5py.File(partial, "w") as file:
            for group, rows in (("train", kept), ("validation", out)):
                for name, values in ((TERMS, terms), (SCORES, scores)):
                    for column in range(values.shape[1]):
                        file[f"{group}/{name}_{column}"] = values[rows, column].astype(np.float32)
        arrays = {
            name: Array(
                tuple(f"{name}_{c}" for c in range(values.shape[1])), (0.0,) * values.shape[1], (1.0,) * values.shape[1]
            )
            for name, values in ((TERMS, terms), (SCORES, scores))
        }
        found.append(
            Task(
                name=f"emulator {member + 1}",
                build=functools.partial(
                    build,
                    n_terms=terms.shape[1],
                    n_parameters=places.shape[1],
                    n_scores=scores.shape[1],
                    width=settings.width,
                ),
                data=ArrayFile(
                    path, {TERMS: arrays[TERMS]}, {SCORES: arrays[SCORES]}, labels=arrays[SCORES].columns[:1]
                ),
                heads=(Head(SCORES),),
                seeds=(settings.seed, LAST_TASK_SEED, member),
                epochs=settings.epochs,
                batch_size=settings.batch_size,
                learning_rate=settings.learning_rate,
                schedule="cosine",
                weights=weights_file(folder, "emulator", member),
                state=checkpoint / f"emulator-{member + 1}.state",
            )
        )
    return found


def train(
    settings: Emulator,
    places: np.ndarray,
    scores: np.ndarray,
    folder: Path,
    checkpoint: Path,
    executor: Executor,
    progress: Progress | None,
) -> "dict[str, History]":
    """Train all members; their weights stand in `folder` afterwards. Returns the history of each."""
    from dataclasses import replace

    from reproduce.learning.training import side_by_side
    from reproduce.learning.training import train as train_all

    todo = tasks(settings, places, scores, folder, checkpoint)
    place, threads = side_by_side(executor, len(todo))
    return train_all([[replace(task, threads=threads) for task in todo]], place, progress=progress)


def predictor(settings: Emulator, folder: Path, n_scores: int) -> Predictor:
    """The trained ensemble: the members' mean.

    Raises
    ------
    InputError
        If the weights are absent or damaged.
    """
    from reproduce.learning.weights import load_weights, weights_file

    members = []
    n_parameters = 4
    n_terms = quadratic_terms(np.zeros((1, n_parameters))).shape[1] - 1
    for member in range(settings.members):
        network = build(n_terms, n_parameters, n_scores, settings.width)
        load_weights(network, weights_file(folder, "emulator", member))
        members.append(network)

    def predict(asked: np.ndarray) -> np.ndarray:
        terms = quadratic_terms(asked)[:, 1:].astype(np.float32)
        return np.mean([np.asarray(network(terms)) for network in members], axis=0)

    return predict
