"""What a search needs to know of a paper's networks."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from reproduce.workflow.settings import Group

if TYPE_CHECKING:
    from reproduce.learning.task import Task

Value = bool | int | float | str


class Problem(Protocol):
    """A paper's networks on its data, as a search trains and measures them. It pickles, and is the same in any process.

    `train` is everywhere the paper's settings of training.
    """

    def task(
        self, network: str, member: int, train: Any, folder: Path, *, threads: int | None, until: int | None
    ) -> "Task":
        """One training, its weights and state in `folder`."""
        ...

    def measure(self, network: str, member: int, train: Any, folder: Path) -> dict[str, float]:
        """Numbers of a trained network on the validation data, by the names of the paper's evaluation; ``parameters``
        among them."""
        ...

    def published(self, network: str, train: Any) -> Mapping[str, Value | None]:
        """The paper's own settings, as far as it gives them."""
        ...

    def with_epochs(self, train: Any, epochs: int) -> Any:
        """The settings with this number of epochs for each network."""
        ...

    def epochs(self, network: str, train: Any) -> int:
        """Epochs of a network."""
        ...

    def looks_through(self, network: str, train: Any) -> str | None:
        """The network that has to be trained before, because this one's loss looks through it."""
        ...


def applied(train: Group, values: Mapping[str, Any]) -> Any:
    """The settings of training with some values changed, checked anew."""
    return type(train).model_validate({**train.model_dump(by_alias=True), **values})
