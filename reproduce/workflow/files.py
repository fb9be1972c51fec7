"""Files that are whole or absent, and JSON files that hold what they should."""

import json
import os
import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from reproduce.workflow.errors import InputError

MADE_HERE = "delete it and run the command again"

Record = TypeVar("Record")


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


def read_json(path: Path, mend: str = MADE_HERE, kind: type = dict) -> Any:
    """What a JSON file holds.

    Parameters
    ----------
    path : Path
        The file.
    mend : str
        What the user can do where it is not as it should be; by default, that of a file which a stage or the cache
        makes anew where it is gone.
    kind : type
        What it must hold, such as a ``dict`` or a ``list``.

    Raises
    ------
    InputError
        If it is absent, cannot be read as JSON, or holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {mend}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error}); {mend}") from None
    if not isinstance(found, kind):
        raise InputError(f"{path}: expected a {kind.__name__}, found {reprlib.repr(found)}; {mend}")
    return found


def read_record(path: Path, kind: type[Record], mend: str, later: tuple[str, ...] = ()) -> Record:
    """A dataclass from a JSON file that has exactly its fields, each of its type.

    Parameters
    ----------
    path : Path
        The file.
    kind : type
        The dataclass.
    mend : str
        What the user can do where it is not as it should be.
    later : tuple of str
        Fields that files of earlier versions do not have; they get the dataclass's own values.

    Raises
    ------
    InputError
        As `read_json`, and if a field is missing, unknown or of another type.
    """
    values, types = read_json(path, mend), get_type_hints(kind)
    wanted = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    if not set(wanted) - set(later) <= set(values) <= set(wanted):
        raise InputError(f"{path}: expected the keys {', '.join(wanted)}, found {', '.join(values) or 'none'}; {mend}")
    for name, value in values.items():
        try:
            values[name] = TypeAdapter(types[name]).validate_json(json.dumps(value), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in (name, *first["loc"]))
            words = first["msg"][:1].lower() + first["msg"][1:]
            raise InputError(f"{path}: {where} is {reprlib.repr(first['input'])}: {words}; {mend}") from None
    return kind(**values)
