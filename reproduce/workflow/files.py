"""Files that are whole or absent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path, shared: bool = False) -> Iterator[Path]:
    """A name beside `path` to write to; it takes the place of `path` once all bytes are on the disk.

    The name keeps the ending of `path`, from which Keras tells the format, and holds ``.partial``, by which a workspace
    that goes on after a kill knows what to remove. What an interrupted writer leaves behind is overwritten by the next;
    an exception inside the block leaves nothing.

    Parameters
    ----------
    path : Path
        The file.
    shared : bool
        Several processes may write this file at once, all the same bytes: each writes to a name of its own.
    """
    stem, dot, ending = path.name.partition(".")
    process = f".{os.getpid()}" if shared else ""
    partial = path.with_name(f"{stem}.partial{process}{dot}{ending}")
    try:
        yield partial
        settle(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def settle(partial: Path, path: Path) -> None:
    """Give a file that was written under another name its own, once its bytes are on the disk."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
