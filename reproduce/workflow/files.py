"""Files that are whole or absent."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to; it takes the place of `path` once all bytes are on the disk.

    The name keeps the ending of `path`, from which Keras tells the format. What an interrupted writer leaves behind is
    overwritten by the next.
    """
    stem, _, ending = path.name.partition(".")
    partial = path.with_name(f"{stem}.partial.{ending}")
    yield partial
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
