"""Which files a user names: by their names, by patterns, or by folders."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from reproduce.cluster.readers import formats
from reproduce.cluster.readers.conversion import beside
from reproduce.workflow.errors import InputError


def files_of(named: Iterable[Path | str], format: str) -> list[Path]:
    """The files named, in the order named.

    Parameters
    ----------
    named : iterable of Path
        Files; patterns such as ``run/snap.40_*``; or folders, of which those files are taken that have the names that
        the code gives them (the first of the format's `PATTERNS` that finds any).
    format : str
        A name in `formats.FORMATS`.

    Raises
    ------
    InputError
        If a name finds nothing.
    """
    patterns = formats.known(format).PATTERNS
    found: list[Path] = []
    for name in map(Path, named):
        if any(sign in name.name for sign in "*?["):
            inside = sorted(path for path in name.parent.glob(name.name) if path.is_file())
        elif name.is_dir():
            inside = next((found for pattern in patterns if (found := sorted(name.glob(pattern)))), [])
        else:
            inside = [name] if name.is_file() else []
        if not inside:
            expected = f"files, a pattern that finds some, or a folder of {' or '.join(patterns)}"
            raise InputError(f"{name}: no snapshots there; expected {expected}")
        found += inside
    return list(dict.fromkeys(found))


def companions(files: Sequence[Path], format: str, conversion: str | None) -> list[Path]:
    """Files without which snapshots cannot be read: CMC's `conv.sh`."""
    if format != "cmc":
        return []
    found = [Path(conversion)] if conversion else [beside(path) for path in files]
    return sorted({path for path in found if path is not None and path.is_file()})
