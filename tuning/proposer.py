"""Which setting to try next: Keras Tuner's oracles, asked and told.

An oracle draws from its seed and from what it has been told, in the order in which it was told. So a search that was
killed is brought back by asking and telling again: the trials that were finished answer at once from their own files,
and nothing needs Keras Tuner's ledger, which is written in place, without the random states, by every trial anew. See
docs/decisions/0009-tuning.md.
"""

import math
from dataclasses import dataclass
from typing import Any

import keras_tuner as kt
import numpy as np

from tuning.problem import Value
from tuning.settings import Tune
from tuning.space import Dimension, hyperparameters

# Failures in a row after which a search stops: they are then not the setting's fault.
FAILURES = 3


class _NoLedger:
    """Without the files of Keras Tuner."""

    def save(self) -> None:
        pass

    def _save_trial(self, trial: Any) -> None:
        pass


class _RandomSearch(_NoLedger, kt.oracles.RandomSearchOracle):
    pass


class _Hyperband(_NoLedger, kt.oracles.HyperbandOracle):
    pass


class _Bayesian(_NoLedger, kt.oracles.BayesianOptimizationOracle):
    pass


@dataclass(frozen=True)
class Proposal:
    """A trial to run.

    Attributes
    ----------
    number : int
        From 0.
    values : dict
        The searched settings of `train`.
    until : int
        Epochs to train.
    previous : int or None
        Trial of the same setting to go on from.
    """

    number: int
    values: dict[str, Value]
    until: int
    previous: int | None


class TooManyFailuresError(RuntimeError):
    """Trial after trial failed."""


class Proposer:
    """Asks an oracle for trials and tells it their scores.

    Parameters
    ----------
    tune
        Settings of the search.
    space
        Its dimensions.
    """

    def __init__(self, tune: Tune, space: list[Dimension]) -> None:
        self._tune, self._space = tune, space
        self._oracle = _oracle(tune, space)
        self._trials: dict[int, Any] = {}

    def ask(self) -> Proposal | None:
        """The next trial; None if there is none, or none before more results are told."""
        trial = self._oracle.create_trial(f"trial-{len(self._oracle.trials)}")
        if trial.status != "RUNNING":
            return None
        number, drawn = int(trial.trial_id), trial.hyperparameters.values
        self._trials[number] = trial
        values = {dimension.name: dimension.value(drawn[dimension.name]) for dimension in self._space}
        previous = drawn.get("tuner/trial_id")
        steps = drawn.get("tuner/epochs", math.inf)
        until = min(self._tune.trial_epochs, steps * self._tune.hyperband_step)
        return Proposal(number, values, int(until), None if previous is None else int(previous))

    def tell(self, number: int, score: float | None) -> None:
        """Tell a trial's score, or None for a failure.

        Raises
        ------
        TooManyFailuresError
            If `FAILURES` trials in a row have failed.
        """
        trial = self._trials.pop(number)
        if score is None:
            trial.status = "FAILED"
        else:
            self._oracle.update_trial(trial.trial_id, {"score": score})
            trial.status = "COMPLETED"
        try:
            self._oracle.end_trial(trial)
        except RuntimeError as error:
            raise TooManyFailuresError(str(error)) from error


def direction(tune: Tune) -> str:
    """``min`` or ``max``."""
    if tune.direction != "auto":
        return tune.direction
    return "max" if tune.objective == "val_r2" else "min"


def size(tune: Tune, space: list[Dimension]) -> float:
    """How many trials a search will have if none fails; infinite if only time ends it."""
    if tune.tuner != "Hyperband":
        return tune.trials or math.inf
    trial, proposer = 0, Proposer(tune, space)
    while (proposal := proposer.ask()) is not None:
        proposer.tell(proposal.number, float(proposal.number))
        trial += 1
    return trial


def _oracle(tune: Tune, space: list[Dimension]) -> Any:
    common: dict[str, Any] = {
        "objective": kt.Objective("score", direction(tune)),
        "hyperparameters": hyperparameters(space),
        # Keras Tuner counts its seed up with each value it draws, so that neighbouring seeds would have most trials in
        # common, and to it a seed of 0 is none.
        "seed": int(np.random.default_rng(tune.seed).integers(1, 2**31)),
        "allow_new_entries": False,
        "tune_new_entries": False,
        "max_consecutive_failed_trials": FAILURES,
    }
    if tune.tuner == "Hyperband":
        oracle = _Hyperband(
            max_epochs=math.ceil(tune.trial_epochs / tune.hyperband_step),
            factor=tune.hyperband_factor,
            hyperband_iterations=tune.hyperband_iterations,
            **common,
        )
        oracle.max_trials = tune.trials
    elif tune.tuner == "RandomSearch":
        oracle = _RandomSearch(max_trials=tune.trials, **common)
    else:
        # Keras Tuner's own number of random trials before the model, three a dimension, can be all there are.
        first = 3 * len(space)
        first = first if tune.trials is None else max(3, min(first, tune.trials // 3))
        oracle = _Bayesian(max_trials=tune.trials, num_initial_points=first, **common)
    oracle.verbose = 0
    return oracle
