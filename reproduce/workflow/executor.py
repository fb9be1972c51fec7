"""One interface for many independent items: in this process, on a local Dask cluster, or on the scheduler given."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from reproduce.workflow import quiet
from reproduce.workflow.errors import InputError

if TYPE_CHECKING:
    from distributed import Future

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Maps a function over items; the function and the items must pickle, the items be idempotent."""

    workers: int

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Results in the order of the items, each as soon as it and those before it are there."""
        ...


class InProcess:
    """One item after the other, here."""

    workers = 1

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        return map(function, items)


class Lazy:
    """A Dask cluster that starts with the first item: a call that finds everything made never pays for it.

    Parameters
    ----------
    workers : int
        The most processes of the local cluster; fewer start where there are fewer items.
    scheduler : str or None
        Address of a running scheduler, such as ``tcp://host:8786``, whose workers see the same disk and the same code.
    """

    def __init__(self, workers: int, scheduler: str | None) -> None:
        self.workers = workers
        self._scheduler = scheduler
        self._client: Any = None
        self._cluster: Any = None

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        items = list(items)
        client = self._connect(len(items))
        futures = client.map(function, items, pure=False)
        try:
            for future in futures:
                yield future.result()
        finally:
            client.cancel(futures)

    def submit(self, function: Callable[[Item], Result], item: Item) -> "Future":
        """Begin one item; its future says when it is done and has its result."""
        return self._connect(self.workers).submit(function, item, pure=False)

    def _connect(self, items: int) -> Any:
        """The client of a cluster with a process for each of so many items, but no more than `workers`."""
        wanted = max(1, min(self.workers, items))
        if self._client is None:
            import dask
            from distributed import Client, LocalCluster

            # items hold what they need; a worker that is paused or killed for its memory would only lose time
            dask.config.set({"distributed.worker.memory.terminate": False, "distributed.worker.memory.pause": False})
            if self._scheduler:
                try:
                    self._client = Client(self._scheduler, timeout=10)
                except (OSError, ValueError) as error:
                    raise InputError(
                        f"--scheduler {self._scheduler} does not answer ({error}); start it, or leave it out"
                    ) from None
                self.workers = max(1, len(self._client.scheduler_info()["workers"]))
            else:
                self._cluster = LocalCluster(
                    n_workers=wanted,
                    threads_per_worker=1,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=50,
                    preload=[quiet.__name__],
                )
                self._client = Client(self._cluster)
        elif self._cluster is not None and wanted > len(self._cluster.worker_spec):
            self._cluster.scale(wanted)
        return self._client

    def close(self) -> None:
        """End the cluster, if it was started."""
        for part in (self._client, self._cluster):
            if part is not None:
                part.close()
        self._client = self._cluster = None


@contextmanager
def processes(given: Executor) -> Iterator[Lazy]:
    """The executor itself, or in the place of this process one other: for items that begin one by one, or need a
    process that has computed nothing before; ended with the block."""
    if isinstance(given, Lazy):
        yield given
        return
    lazy = Lazy(given.workers, None)
    try:
        yield lazy
    finally:
        lazy.close()


@contextmanager
def executor(workers: int, scheduler: str | None = None) -> Iterator[Executor]:
    """The executor for a number of workers; ended with the block."""
    if workers == 1 and not scheduler:
        yield InProcess()
        return
    lazy = Lazy(workers, scheduler)
    try:
        yield lazy
    finally:
        lazy.close()


def default_workers() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
