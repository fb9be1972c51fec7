"""The state of a training after an epoch, on disk: it loses at most the epoch in which the process died."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

STEPS = "steps"


@dataclass
class State:
    """What has been trained so far.

    Attributes
    ----------
    history : list of dict
        One row for each finished epoch.
    best : list of arrays
        The weights of the epoch with the smallest validation loss.
    steps : list of dict
        The losses of each step, if they are kept.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best: list[np.ndarray] = field(default_factory=list)
    steps: list[dict[str, float]] = field(default_factory=list)


def save(path: Path, identity: str, model: keras.Model, state: State) -> None:
    """Write weights, optimiser and history.

    Parameters
    ----------
    path
        File to replace.
    identity
        Digest of all that the training depends on; only a training with the same one may go on from here.
    """
    arrays = {"weights": model.get_weights(), "best": state.best, "optimiser": _optimiser_values(model)}
    with whole(path) as partial, h5py.File(partial, "w") as file:
        file.attrs["identity"] = identity
        file.attrs["history"] = json.dumps(state.history)
        if state.steps:
            file.create_dataset(STEPS, data=json.dumps(state.steps))  # too long for an attribute
        for group, values in arrays.items():
            for number, value in enumerate(values):
                file[f"{group}/{number:04d}"] = value


def restore(path: Path, identity: str, model: keras.Model) -> State:
    """Bring `model` and its optimiser to the state in the file; an empty state if there is no file.

    Raises
    ------
    InputError
        If the file is damaged or of another training. It is left where it is.
    """
    if not path.exists():
        return State()
    try:
        with h5py.File(path, "r") as file:
            found, history = file.attrs["identity"], json.loads(file.attrs["history"])
            steps = json.loads(file[STEPS][()]) if STEPS in file else []
            groups = [name for name in file if name != STEPS]
            arrays = {group: [file[group][name][()] for name in sorted(file[group])] for group in groups}
        parts = arrays["weights"], arrays["best"], arrays["optimiser"]
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{path}: the checkpoint is damaged or cut short ({' '.join(str(error).split())[:100]}); remove it to "
            f"train the {model.name} from the start"
        ) from None
    if found != identity:
        raise InputError(
            f"{path}: the checkpoint belongs to a training with other settings or maps; remove it to train the "
            f"{model.name} from the start, or give back the earlier settings"
        )
    weights, best, optimiser = parts
    model.set_weights(weights)
    variables: list[Any] = model.optimizer.variables
    for variable, value in zip(variables, optimiser, strict=True):
        variable.assign(value)
    return State(history, best, steps)


def history(path: Path) -> list[dict[str, float]]:
    """The finished epochs of a training that may be going on in another process; empty without a file."""
    if not path.exists():
        return []
    with h5py.File(path, "r", locking=False) as file:
        rows: list[dict[str, float]] = json.loads(file.attrs["history"])
    return rows


def _optimiser_values(model: keras.Model) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(variable) for variable in model.optimizer.variables]
