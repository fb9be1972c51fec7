"""Runs trials in other processes and keeps a run of each, its epochs as they end.

Only this process writes to the tracking store; a trial's process writes its checkpoint, and this one reads the epochs
there. So the store has one writer, however many workers there are and wherever they are.
"""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol, Self

from reproduce.learning import checkpoint
from reproduce.workflow.executor import Lazy
from tuning import trial as trials
from tuning.trial import Trial

# Between two looks at the checkpoints of running trials [s].
LOOK_EVERY_S = 0.5


class Run(Protocol):
    """A run of the tracking store."""

    status: str

    def params(self, values: Mapping[str, Any]) -> None: ...
    def metrics(self, values: Mapping[str, float], step: int = 0) -> None: ...
    def tags(self, values: Mapping[str, str]) -> None: ...


class Parent(Protocol):
    """The run that trials are nested under."""

    def child(self, name: str) -> AbstractContextManager[Run]:
        """A new run, which ends with the block."""
        ...

    def adopt(self, name: str) -> Run | None:
        """The run that an interrupted call left finished."""
        ...


class Begun:
    """A trial that was begun, and how much of it has been logged."""

    def __init__(self, trial: Trial, future: Any) -> None:
        self.trial, self.future = trial, future
        self.run: Run | None = None
        self.open = ExitStack()
        self.logged = [0] * len(trial.members)

    def done(self) -> bool:
        """Whether its result is there."""
        return self.future is None or self.future.done()


class Runner:
    """Begins trials and waits for their results.

    Parameters
    ----------
    pool
        Where they run.
    parent
        Under which run they are recorded.
    """

    def __init__(self, pool: Lazy, parent: Parent) -> None:
        self._pool, self._parent = pool, parent
        self._running: list[Begun] = []
        self._open = ExitStack()
        self.runs: dict[str, Run] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._open.__exit__(*error)

    def begin(self, trial: Trial) -> Begun:
        """Begin a trial; one that is finished answers from its file, and keeps the run that it had."""
        if trials.read(trial) is None:
            begun = Begun(trial, self._pool.submit(trials.run, trial))
        else:
            begun = Begun(trial, None)
            begun.run = self._parent.adopt(trial.name)
        if begun.run is None:
            self._running.append(begun)
        else:
            self.runs[trial.name] = begun.run
        return begun

    def wait(self, begun: Begun) -> dict[str, Any]:
        """The result of a trial that was begun; meanwhile the epochs of all running ones are logged."""
        while not begun.done():
            for other in self._running:
                self._log(other)
            time.sleep(LOOK_EVERY_S)
        result = trials.run(begun.trial) if begun.future is None else begun.future.result()
        if begun in self._running:
            self._running.remove(begun)
            self._end(begun, result)
        return result

    def _end(self, begun: Begun, result: dict[str, Any]) -> None:
        trial = begun.trial
        self._log(begun, even_without=True)
        run = self.runs[trial.name]
        run.metrics({**result["numbers"], "seconds": result["seconds"]}, trial.until)
        run.tags({"trial.status": result["status"]})
        if result["status"] == "failed":
            run.status = "FAILED"
            run.tags({"mlflow.note.content": result["message"]})
        begun.open.close()

    def _log(self, begun: Begun, even_without: bool = False) -> None:
        """Log the epochs that are new; open the run when the trial has begun."""
        trial = begun.trial
        if begun.run is None and (even_without or trial.folder.exists()):
            begun.run = self.runs[trial.name] = self._opened(begun)
        if begun.run is None:
            return
        for place, member in enumerate(trial.members):
            history = checkpoint.history(trial.checkpoint(member))
            for epoch in range(begun.logged[place], len(history)):
                ending = f"/{member}" if len(trial.members) > 1 else ""
                begun.run.metrics({f"epoch_{name}{ending}": value for name, value in history[epoch].items()}, epoch)
            begun.logged[place] = len(history)

    def _opened(self, begun: Begun) -> Run:
        trial = begun.trial
        own = self._open.enter_context(begun.open)
        run = own.enter_context(self._parent.child(trial.name))
        run.params({**trial.values, "network": trial.network, "until_epoch": trial.until})
        run.tags({"trial.status": "running", "network": trial.network})
        return run
