"""The search for one network's setting: trials as the tuner proposes them, then the best ones against the paper's.

Trials run side by side, but the tuner is told their results in the order in which it proposed them, and has at most
`tune.at_once` of them open. So what it proposes depends on the settings and not on how many workers there are, which of
them is fast, or whether the search was interrupted.
"""

import dataclasses
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reproduce.learning.weights import weights_file
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_json, whole
from reproduce.workflow.settings import Group
from tuning.outcome import Finalist, Outcome, Tried
from tuning.problem import Problem, Value, applied
from tuning.proposer import FAILURES, Proposal, Proposer, TooManyFailuresError, direction, size
from tuning.runner import Runner
from tuning.settings import Tune
from tuning.space import Dimension, dimensions, paper, reference
from tuning.trial import Trial

Tell = Callable[[float, str], None]
# Share of the work that the trials are; the rest trains the finalists.
SWEEP = 0.6


def search(tune: Tune, train: Group, problem: Problem, folder: Path, runner: Runner, tell: Tell) -> list[Outcome]:
    """Search for the settings of one network after the other, as `Search` does; what is found for the first, such as
    the size of a batch, which both share, is what the second is trained with."""
    outcomes: list[Outcome] = []
    for number, network in enumerate(tune.networks):

        def told(fraction: float, text: str, done: int = number) -> None:
            tell((done + fraction) / len(tune.networks), text)

        best = {name: value for one in outcomes for name, value in one.best.items()}
        one = Search(network, tune, applied(train, best), problem, folder, runner, told)
        outcomes.append(one.run())
    return outcomes


@dataclass(frozen=True)
class Search:
    """The search for one network.

    Attributes
    ----------
    network : str
        Which of the paper's.
    tune, train : Tune, Group
        Settings; `train` has the value of all that is not searched.
    problem : Problem
        The paper's networks.
    folder : Path
        Of the trials; it outlives a kill, and a later search of the same settings goes on with what is there.
    runner : Runner
        Runs and records trials.
    tell : callable
        Is told the fraction that is done, and a text.
    """

    network: str
    tune: Tune
    train: Group
    problem: Problem
    folder: Path
    runner: Runner
    tell: Tell

    def run(self) -> Outcome:
        """Search.

        Raises
        ------
        InputError
            If trial after trial fails, or none is left to choose from.
        """
        space = dimensions(self.tune, self.network)
        search = dataclasses.replace(self, folder=self.folder / self.network)
        before = search._trained_before(space)
        tried = search._sweep(space, before)
        best = ranked(tried, self.tune)
        if not best:
            reasons = tried[-1].message if tried else "there was no time for one"
            raise InputError(f"tune: no trial of the {self.network} was completed ({reasons}); see the runs in MLflow")
        finalists = search._finals(space, best[: self.tune.finalists], before)
        tune, sign = self.tune, sign_of(self.tune)
        judged = [one for one in finalists if one.all(tune.objective)]
        winner = min(judged, key=lambda one: sign * one.mean(tune.objective)) if judged else None
        chosen = (best[0].values, best[0].number) if winner is None else (winner.values, winner.trial)
        how = tune.tuner, tune.objective, sign, tune.seed, tune.trial_epochs
        return Outcome(self.network, *how, space, self._published(space), tried, finalists, *chosen)

    def _published(self, space: list[Dimension]) -> dict[str, Value]:
        return paper(space, self.problem, self.network, self.train)

    def _trial(self, name: str, values: dict[str, Value], members: tuple[int, ...], until: int) -> Trial:
        """A trial without its links to others."""
        train = self.problem.with_epochs(applied(self.train, values), self.tune.trial_epochs)
        folder = self.folder / name.removeprefix(self.network).strip().replace(" ", "-")
        return Trial(name, self.network, values, train, self.problem, folder, members, until, threads=self.tune.threads)

    def _sweep(self, space: list[Dimension], before: Path | None) -> list[Tried]:
        """Run the trials that the tuner proposes."""
        proposer, clock = Proposer(self.tune, space), Clock(self.folder / "clock.json", self.tune.minutes)
        expected = size(self.tune, space)
        members = tuple(range(self.tune.executions))
        begun: deque[tuple[Proposal, Trial, Any]] = deque()
        trials: dict[int, Trial] = {}
        tried: list[Tried] = []
        while True:
            while len(begun) < self.tune.at_once and not clock.over and (proposal := proposer.ask()) is not None:
                name = f"{self.network} trial {proposal.number}"
                trial = self._trial(name, proposal.values, members, proposal.until)
                previous = None if proposal.previous is None else trials[proposal.previous].folder
                trial = dataclasses.replace(trial, previous=previous, looks_through=self._through(before, trial))
                trials[proposal.number] = trial
                begun.append((proposal, trial, self.runner.begin(trial)))
            if not begun:
                break
            proposal, trial, running = begun.popleft()
            tried.append(_tried(trial.name, proposal, self.runner.wait(running), self.tune))
            clock.tick()
            score = tried[-1].numbers.get(self.tune.objective)
            self.tell(SWEEP * min(1.0, len(tried) / expected), f"{trial.name}: {_short(score)}")
            try:
                proposer.tell(proposal.number, score)
            except TooManyFailuresError:
                for failed in tried[-FAILURES:]:  # what made them fail may be mended before the next call
                    trials[failed.number].result.unlink()
                raise InputError(
                    f"tune: {FAILURES} trials of the {self.network} in a row failed, the last with: {tried[-1].message}"
                ) from None
        _name_the_fates(tried, self.tune.trial_epochs)
        for one in tried:
            self.runner.runs[one.name].tags({"trial.status": one.status})
        return tried

    def _finals(self, space: list[Dimension], best: list[Tried], before: Path | None) -> list[Finalist]:
        """Train the best settings, and the paper's, with seeds that no trial had: the best of many trials is partly the
        luckiest, and a new seed does not know that."""
        if not best:
            return []
        finalists = [Finalist(f"best {rank}", one.values, one.number) for rank, one in enumerate(best, start=1)]
        finalists.append(Finalist("paper", reference(space, self._published(space), self.train), None))
        first = self.tune.executions
        begun = []
        for finalist in finalists:
            for member in range(first, first + self.tune.final_seeds):
                name = f"{self.network} {finalist.name} seed {member}"
                trial = self._trial(name, finalist.values, (member,), self.tune.trial_epochs)
                trial = dataclasses.replace(trial, looks_through=self._through(before, trial))
                begun.append((finalist, self.runner.begin(trial)))
        for count, (finalist, running) in enumerate(begun, start=1):
            result = self.runner.wait(running)
            self.tell(
                SWEEP + (1 - SWEEP) * count / len(begun), f"{self.network} {finalist.name}, {count} of {len(begun)}"
            )
            finalist.message = result["message"]
            finalist.numbers += result["trainings"]
        return finalists

    def _trained_before(self, space: list[Dimension]) -> Path | None:
        """Weights of the network that the loss of a trial may look through, trained as `train` says; None if no trial's
        does."""
        names = {self.problem.looks_through(self.network, applied(self.train, one)) for one in _corners(space)}
        network = next((name for name in names if name is not None), None)
        if network is None:
            return None
        folder, epochs = self.folder / f"{network}-of-the-loss", self.problem.epochs(network, self.train)
        name = f"{network} of the loss"
        trial = Trial(name, network, {}, self.train, self.problem, folder, (0,), epochs, threads=self.tune.threads)
        result = self.runner.wait(self.runner.begin(trial))
        if result["status"] == "failed":
            trial.result.unlink()
            raise InputError(f"tune: the {network} that a loss needs: {result['message']}")
        return weights_file(folder, network)

    def _through(self, before: Path | None, trial: Trial) -> tuple[str, Path] | None:
        network = self.problem.looks_through(self.network, trial.train)
        return None if network is None or before is None else (network, before)


def _corners(space: list[Dimension]) -> list[dict[str, Value]]:
    """Settings among which each value of each choice is once."""
    return [{}, *({one.name: value} for one in space if one.kind == "choice" for value in one.values)]


class Clock:
    """Minutes that a search has taken, also over interruptions: what it was after each trial is kept, so that a search
    that goes on decides at each trial as it did before."""

    def __init__(self, path: Path, minutes: float | None) -> None:
        self._path, self._minutes = path, minutes
        self._known: list[float] = read_json(path, kind=list) if path.exists() else []
        self._trials, self._now, self._began = 0, 0.0, time.monotonic()

    @property
    def over(self) -> bool:
        """Whether no trial may begin any more."""
        return self._minutes is not None and self._now >= self._minutes

    def tick(self) -> None:
        """A trial has ended."""
        if self._minutes is None:
            return
        self._trials += 1
        if self._trials > len(self._known):
            passed = (time.monotonic() - self._began) / 60
            self._known.append(passed + (self._known[-1] if self._known else 0.0))
            self._began = time.monotonic()
            with whole(self._path) as partial:
                partial.write_text(json.dumps(self._known), encoding="utf-8")
        self._now = self._known[self._trials - 1]


def sign_of(tune: Tune) -> int:
    """1 if less of the objective is better, -1 if more is."""
    return 1 if direction(tune) == "min" else -1


def ranked(tried: list[Tried], tune: Tune) -> list[Tried]:
    """The settings from best to worst, those that were trained longest first; each at its longest training."""
    sign = sign_of(tune)
    longest: dict[str, Tried] = {}
    for one in sorted(tried, key=lambda one: one.until):
        if tune.objective in one.numbers:
            longest[json.dumps(one.values, sort_keys=True)] = one
    return sorted(longest.values(), key=lambda one: (-one.until, sign * one.numbers[tune.objective]))


def _tried(name: str, proposal: Proposal, result: dict[str, Any], tune: Tune) -> Tried:
    status, numbers, message = result["status"], result["numbers"], result["message"]
    if status == "completed" and tune.objective not in numbers:
        status, message = "failed", f"{tune.objective} cannot be had on these validation maps"
    return Tried(name, proposal.number, proposal.values, proposal.until, proposal.previous, status, numbers, message)


def _name_the_fates(tried: list[Tried], epochs: int) -> None:
    """Say of each trial that was not trained to its end whether it was pruned or went on as another."""
    later = {one.previous: one.number for one in tried if one.previous is not None}
    for one in tried:
        if one.status == "completed" and one.until < epochs:
            went_on = f"continued as trial {later[one.number]}" if one.number in later else None
            one.status = went_on or f"pruned after {one.until} of {epochs} epochs"


def _short(score: float | None) -> str:
    return "failed" if score is None else f"{score:.4g}"
