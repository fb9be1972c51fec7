"""One door to all formats: list what a file holds, read one snapshot of it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType

import numpy as np

from reproduce.cluster.readers import amuse, cmc, common, mocca, nbody6, table
from reproduce.cluster.readers.common import Options
from reproduce.cluster.snapshot import Snapshot
from reproduce.workflow.errors import InputError

FORMATS: Mapping[str, ModuleType] = {"cmc": cmc, "nbody6": nbody6, "mocca": mocca, "amuse": amuse, "table": table}
_DEFAULT = Options()
_EVERY = ("age_gyr", "metallicity")  # options that all formats understand


@dataclass(frozen=True)
class Entry:
    """One snapshot of a file: its key, age [Gyr] (None if the file has none), stars, total mass [Msun].

    `missing` names the stellar columns that the file lacks.
    """

    key: str
    age_gyr: float | None
    n_stars: int
    mass_msun: float
    missing: tuple[str, ...]


def contents(path: Path | str, format: str, options: Options = _DEFAULT) -> list[Entry]:
    """What a file holds, in order of time.

    Parameters
    ----------
    path : Path
    format : str
        A name in `FORMATS`.
    options : Options

    Raises
    ------
    InputError
        If the format is unknown, an option does not apply to it, or the file is not whole.
    """
    path, module = Path(path), _module(format, options)
    return [_entry(key, module.find(path, key, options), options) for key in module.keys(path)]


def look(path: Path | str, format: str, key: str | None = None, options: Options = _DEFAULT) -> Entry:
    """What a file holds of one snapshot; parameters and errors as of `read`."""
    path, module = Path(path), _module(format, options)
    key = common.choose(path, module.keys(path), key)
    return _entry(key, module.find(path, key, options), options)


def _entry(key: str, found: common.Found, options: Options) -> Entry:
    found = found.without_massless()
    mass = np.asarray(found.columns.get("mass_msun", []), dtype=np.float64)
    missing = tuple(name for name in common.STELLAR if name not in found.columns)
    age = found.age_gyr if options.age_gyr is None else options.age_gyr
    return Entry(key, age, len(mass), float(mass.sum()), missing)


def read(path: Path | str, format: str, key: str | None = None, options: Options = _DEFAULT) -> Snapshot:
    """Read one snapshot.

    Parameters
    ----------
    path : Path
    format : str
        A name in `FORMATS`.
    key : str, optional
        Which snapshot, as `contents` names it; may be left out if there is one only.
    options : Options

    Raises
    ------
    InputError
        As `contents`; if the key is unknown or missing, or the file lacks what a snapshot needs.
    """
    path, module = Path(path), _module(format, options)
    keys = module.keys(path)
    key = common.choose(path, keys, key)
    found = module.find(path, key, options)
    return common.snapshot(path, key=key, number=keys.index(key), found=found, options=options)


def known(format: str) -> ModuleType:
    """The reader of a format, or the line that says that there is none."""
    if format not in FORMATS:
        raise InputError(f"no format {format!r}; there are {', '.join(FORMATS)}")
    return FORMATS[format]


def _module(format: str, options: Options) -> ModuleType:
    known(format)
    given = [field.name for field in fields(options) if getattr(options, field.name) != getattr(_DEFAULT, field.name)]
    useless = [name for name in given if name not in (*_EVERY, *FORMATS[format].OPTIONS)]
    if useless:
        useful = ", ".join((*_EVERY, *FORMATS[format].OPTIONS))
        raise InputError(f"format {format} does not use {', '.join(useless)}; it uses {useful}")
    return FORMATS[format]
