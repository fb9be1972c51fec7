"""Tables as VizieR sends them: VOTables, whose names of columns and format of places differ from answer to answer."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import votable
from astropy.table import Table
from numpy.typing import NDArray

from reproduce.archives.image import first_line
from reproduce.workflow.errors import InputError


def read(path: Path) -> Table:
    """The one table of a file, with its own names of columns.

    Raises
    ------
    InputError
        If it is no VOTable.
    """
    try:
        return votable.parse_single_table(path).to_table(use_names_over_ids=True)
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path}: no VOTable ({first_line(error)}); download it again") from None


def columns(path: Path, names: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Columns of a file by our names.

    Parameters
    ----------
    path : Path
    names : mapping
        For each of our names those that the column may have, in lower case without signs; ``ra`` and ``dec`` are there.

    Returns
    -------
    dict
        Lists of text without blanks around it; float64 of numbers, NaN where there is none; ``ra`` and ``dec`` in
        degrees, whether they came so or in hours, minutes and seconds.

    Raises
    ------
    InputError
        If it is no VOTable, or lacks a column.
    """
    raw = read(path)
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in raw.colnames}
    found: dict[str, Any] = {}
    for name, others in names.items():
        known = next((plain[other] for other in others if other in plain), None)
        if known is None:
            raise InputError(f"{path}: no column for {name} ({' or '.join(others)}), found {', '.join(raw.colnames)}")
        column = raw[known]
        is_text = column.dtype.kind in "OSU"
        found[name] = [str(value).strip() for value in filled(column)] if is_text else numbers(column)
    unit = ("hourangle", "deg") if isinstance(found["ra"], list) else "deg"
    place = SkyCoord(found["ra"], found["dec"], unit=unit)
    return found | {"ra": place.ra.deg, "dec": place.dec.deg}


def filled(column: Any) -> Any:
    """A column of text, empty where there is none."""
    return column.filled("") if hasattr(column, "filled") else column


def numbers(column: Any) -> NDArray[np.float64]:
    """A column as float64, NaN where there is none."""
    values = column.astype(np.float64)
    return np.asarray(values.filled(np.nan) if hasattr(values, "filled") else values)
