"""The file of a `Domain`, beside the weights of the networks that it belongs to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import h5py

from reproduce.learning.domain import Domain, Whitening
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole


@dataclass(frozen=True)
class DomainFile:
    """A `Domain` and its file ``domain.h5``."""

    domain: Domain

    def save(self, folder: Path) -> None:
        """Write ``domain.h5``."""
        with whole(folder / "domain.h5") as partial, h5py.File(partial, "w") as file:
            for name in ("features", "appearance"):
                for part in ("mean", "std", "matrix"):
                    file[f"{name}/{part}"] = getattr(getattr(self.domain, name), part)
            file["looks"], file["thresholds"] = self.domain.looks, self.domain.thresholds

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``domain.h5``.

        Raises
        ------
        InputError
            If it is not there or damaged.
        """
        try:
            with h5py.File(folder / "domain.h5") as file:
                parts = {
                    name: Whitening(*(file[f"{name}/{part}"][:] for part in ("mean", "std", "matrix")))
                    for name in ("features", "appearance")
                }
                return cls(Domain(parts["features"], parts["appearance"], file["looks"][:], file["thresholds"][:]))
        except (OSError, KeyError) as error:
            reason = " ".join(str(error).split())[:100]
            raise InputError(
                f"{folder / 'domain.h5'}: missing or damaged ({reason}); train the networks again"
            ) from None
