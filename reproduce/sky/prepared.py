"""Stars of a cluster's snapshots as a camera needs them, worked out once for the many views that are drawn of them.

A file of snapshots holds what the simulation knows; places, masses and light of the stars are worked out of it, which
takes longer than a view. A prepared file holds these columns as they are, and is mapped into memory: reading some stars
of a snapshot copies nothing, and the system keeps what was read for all processes together.

Schema
------
Attributes of the root: ``format`` = "stars for a camera", ``name``, ``metallicity`` (NaN if the snapshots do not say).
``age_gyr``, ``n_stars`` (snapshots,); ``00000/COLUMN`` (n_stars, ...) float32, not compressed.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.snapshot import SnapshotFile
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import Executor
from reproduce.workflow.files import whole
from reproduce.workflow.source import closure, digest, file_digest

FORMAT = "stars for a camera"
KEY_LENGTH = 16  # hexadecimal digits

Columns = Callable[[SnapshotFile, int], Mapping[str, NDArray]]
"""What a camera needs of a snapshot, by name; an array has a row for each star. Pickles."""


class StarFile:
    """Read access to a prepared file.

    Attributes
    ----------
    name : str
        The cluster.
    metallicity : float
        Z.
    ages_gyr, n_stars : array, shape (snapshots,)
        Age [Gyr] and number of stars of each snapshot.

    Raises
    ------
    InputError
        If the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = h5py.File(path)
            found = self._file.attrs.get("format")
        except OSError as error:
            raise InputError(
                f"{path}: no file of prepared stars ({error}); remove it, and run the stage again"
            ) from None
        if found != FORMAT:
            raise InputError(f"{path}: expected '{FORMAT}', found {found!r}; prepare the snapshots first")
        self.name = str(self._file.attrs["name"])
        self.metallicity = float(self._file.attrs["metallicity"])
        self.ages_gyr: NDArray[np.float64] = self._file["age_gyr"][:]
        self.n_stars: NDArray[np.int64] = self._file["n_stars"][:]
        self._bytes = np.memmap(path, np.uint8, mode="r")
        self._columns = functools.cache(self._mapped)

    def __len__(self) -> int:
        return len(self.ages_gyr)

    def read(self, number: int, part: slice = slice(None)) -> dict[str, NDArray[np.float32]]:
        """The columns of a snapshot, of all its stars or some; not to be written to."""
        return {name: values[part] for name, values in self._columns(number).items()}

    def _mapped(self, number: int) -> dict[str, NDArray[np.float32]]:
        return {name: self._place(values) for name, values in self._file[f"{number:05d}"].items()}

    def _place(self, values: h5py.Dataset) -> NDArray[np.float32]:
        """Where a column lies in the file."""
        start = values.id.get_offset()
        if start is None:  # it has no stars, or lies in no one place
            return values[:]
        return self._bytes[start : start + values.nbytes].view(np.float32).reshape(values.shape)


@functools.cache
def opened(path: Path) -> StarFile:
    """A prepared file, opened once a process."""
    return StarFile(path)


def prepare(snapshots: Mapping[str, Path], cache: Path, columns: Columns, executor: Executor) -> dict[str, Path]:
    """Prepare the snapshots of some clusters, or take those that are prepared already.

    Parameters
    ----------
    snapshots
        File of snapshots of each cluster, by name.
    cache
        Receives ``stars/KEY/NAME/stars.h5``, kept for other calls: KEY is a digest of the snapshots' bytes and of the
        source of the columns. What is removed from it is prepared again.
    columns
        What is kept of a snapshot.
    executor
        Prepares one cluster at a time in each process.

    Returns
    -------
    dict of Path
        The prepared files, by name.
    """
    made = executor.map(_prepare, [(name, path, cache / "stars", columns) for name, path in snapshots.items()])
    return dict(zip(snapshots, made, strict=True))


def _prepare(job: tuple[str, Path, Path, Columns]) -> Path:
    name, source, folder, columns = job
    parts = {"snapshots": file_digest(source), "columns": closure(columns), "file": closure(_prepare)}
    key = digest(parts)[:KEY_LENGTH]
    path = folder / key / name / "stars.h5"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with SnapshotFile(source) as snapshots, whole(path, shared=True) as partial, h5py.File(partial, "w") as file:
        file.attrs.update(format=FORMAT, name=snapshots.name, metallicity=snapshots.metallicity)
        file["age_gyr"], file["n_stars"] = snapshots.ages_gyr, snapshots.n_stars
        for number in range(len(snapshots)):
            for column, values in columns(snapshots, number).items():
                file[f"{number:05d}/{column}"] = np.asarray(values, dtype=np.float32)
    return path
