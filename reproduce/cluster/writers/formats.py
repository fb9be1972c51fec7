"""One door to all formats that snapshots are written in."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from reproduce.cluster.snapshot import Snapshot
from reproduce.cluster.writers import amuse, cmc, table
from reproduce.workflow.errors import InputError

Provenance = Mapping[str, str | int | float]
Writer = Callable[[Path, Iterable[Snapshot], Provenance], list[Path]]

FORMATS: Mapping[str, tuple[Writer, tuple[str, ...], bool]] = {
    "amuse": (amuse.write, (".hdf5", ".h5", ".amuse"), True),
    "cmc": (cmc.write, (".h5",), True),
    "table": (table.write, (".ecsv", ".parquet"), False),
    "fits": (table.write, (".fits",), False),
}
"""Writer, endings of its files, and whether a file holds many snapshots."""


def write(path: Path, format: str, snapshots: Iterable[Snapshot], provenance: Provenance) -> list[Path]:
    """Write snapshots, whole or not at all.

    Parameters
    ----------
    path : Path
        Ends in one of the format's endings; an existing file is replaced.
    format : str
        A name in `FORMATS`.
    snapshots : iterable of Snapshot
        In order of time.
    provenance : mapping
        Where they are from; kept in the file.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        If the format is unknown or the path has another ending.
    """
    writer, endings, _ = known(format)
    if not path.name.endswith(endings):
        raise InputError(f"{path}: format {format} is written to files that end in {' or '.join(endings)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    return writer(path, snapshots, provenance)


def known(format: str) -> tuple[Writer, tuple[str, ...], bool]:
    """A format's entry in `FORMATS`, or the line that says that there is none."""
    if format not in FORMATS:
        raise InputError(f"no format {format!r} to write; there are {', '.join(FORMATS)}")
    return FORMATS[format]
