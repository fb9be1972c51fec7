"""Curves of an ensemble: each member's in a run of its own, so that MLflow draws all members in one chart.

MLflow draws one chart for each name of a metric, with one line for each run that is chosen. Members told apart by the
name of the metric would get a chart each.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reproduce.workflow.tracking import Run


class Curves(Protocol):
    """Takes the numbers of one member at one step."""

    def __call__(self, member: int, values: Mapping[str, float], step: int) -> None: ...


@contextmanager
def curves(run: "Run | None", members: int) -> Iterator[Curves]:
    """Log the members' numbers: into runs called ``member 1``, ``member 2`` nested under `run`, which end with the
    block; a single member's into `run` itself; nowhere without a run. Members count from 1."""
    if run is None:
        yield lambda member, values, step: None
        return
    if members == 1:
        yield lambda member, values, step: run.metrics(values, step)
        return
    opened: dict[int, Run] = {}
    with ExitStack() as stack:

        def log(member: int, values: Mapping[str, float], step: int) -> None:
            if member not in opened:
                opened[member] = stack.enter_context(run.child(f"member {member}"))
            opened[member].metrics(values, step)

        yield log


def by_name(log: Curves) -> Callable[[str, int, dict[str, float]], None]:
    """Logs the epochs of networks by their names, ``resnet-2`` being the second member of ``resnet``."""

    def on_epoch(name: str, epoch: int, values: dict[str, float]) -> None:
        network, _, member = name.partition("-")
        log(int(member or 1), {f"{network}/{key}": value for key, value in values.items()}, epoch)

    return on_epoch
