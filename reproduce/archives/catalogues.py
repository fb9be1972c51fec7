"""Harris's (1996) catalogue of globular clusters, editions of 2010 and 1997, as one table.

Both give the columns of `reproduce.archives.cluster_names.COLUMNS`; what is missing is NaN.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import ascii as text_tables
from astropy.table import Table

import data_manifests
from reproduce.archives import vizier
from reproduce.archives.cache import Download
from reproduce.archives.cluster_names import COLUMNS
from reproduce.archives.download import Downloader
from reproduce.archives.formats import is_text
from reproduce.workflow.errors import InputError

PARTS: tuple[dict[str, tuple[int, int]], ...] = (
    {"name": (1, 12), "other_name": (12, 24), "ra": (24, 37), "dec": (37, 50), "distance_kpc": (66, 73)},
    {"name": (1, 12), "metallicity": (12, 18), "weight": (18, 21), "e_b_v": (21, 28), "absolute_magnitude_v": (46, 53)},
    {
        "name": (1, 12),
        "concentration": (48, 56),
        "core_collapsed": (56, 59),
        "r_core_arcmin": (59, 65),
        "r_half_arcmin": (65, 71),
    },
)
"""Columns of the three parts of the 2010 edition that are used: first place and the one after the last, from 0."""
HEADING = re.compile(r"^\s*ID\s{2}")
TEXT = ("name", "other_name", "ra", "dec", "core_collapsed")
COLLAPSED = {"": "no", "c": "yes", "c:": "possibly"}
COLLAPSED_CONCENTRATION = 2.5
"""The concentration by which the catalogue marks a collapsed core (its notes to part III)."""
VIZIER_NAMES = {
    "name": ("id",),
    "other_name": ("name",),
    "ra": ("raj2000", "ra2000"),
    "dec": ("dej2000", "de2000"),
    "distance_kpc": ("rsun",),
    "absolute_magnitude_v": ("mvt", "vmag"),
    "e_b_v": ("ebv",),
    "metallicity": ("feh",),
    "concentration": ("c",),
    "r_core_arcmin": ("rc",),
    "r_half_arcmin": ("rh",),
}
"""Names of the columns at VizieR, letters and digits alone: VizieR writes [Fe/H] in several ways."""


def harris(edition: str, downloader: Downloader, servers: dict[str, str] | None = None) -> tuple[Table, Download]:
    """The catalogue from its archive, and the download that it was read from.

    Parameters
    ----------
    edition : str
        ``2010`` (the author's own page) or ``1997`` (VizieR VII/202).
    downloader : Downloader
        Where the file is kept.
    servers : dict, optional
        Addresses in place of the archives', by ``2010`` and ``1997``.

    Raises
    ------
    InputError
        If it cannot be had, or has another number of rows than that edition.
    """
    servers = servers or {}
    if edition == "2010":
        archive = data_manifests.load("archives")["harris_2010"]
        found = downloader.get(servers.get(edition, archive["url"]), check=is_text("Part III"))
        table = read_2010(found.path)
    else:
        archive = data_manifests.load("archives")["harris_1997"]
        found = _ask_vizier(downloader, archive, servers.get(edition))
        table = read_1997(found.path)
    if len(table) != archive["rows"]:
        raise InputError(
            f"{found.url}: the {edition} edition has {archive['rows']} clusters, found {len(table)}; the archive has "
            f"another edition: look at {found.path}, or take the other one with observe.catalogue"
        )
    return table, found


def _ask_vizier(downloader: Downloader, archive: dict[str, Any], server: str | None) -> Download:
    """astroquery makes the request, the downloader carries it out."""
    from astroquery.vizier import Vizier

    query = Vizier(columns=["**"], row_limit=-1, vizier_server=archive["host"])
    payload = query.get_catalogs_async(archive["catalogue"], get_query_payload=True)
    return downloader.get(server or query._server_to_url(), data=payload, check=is_text("VOTABLE"))


def read_2010(path: Path) -> Table:
    """The fixed-width file of the 2010 edition: three parts, joined by the clusters' names.

    Raises
    ------
    InputError
        If the three parts are not there, or do not name the same clusters.
    """
    parts = _parts(path.read_text(encoding="latin-1").splitlines())
    if len(parts) != len(PARTS):
        raise InputError(f"{path}: expected the catalogue's three parts, found {len(parts)}; download mwgc.dat again")
    tables = [_fixed_width(lines, columns, path) for lines, columns in zip(parts, PARTS, strict=True)]
    names = list(tables[0]["name"])
    if any(list(table["name"]) != names for table in tables):
        raise InputError(f"{path}: its three parts do not name the same clusters; download mwgc.dat again")
    columns = {name: table[name] for table in tables for name in table.colnames}
    metallicity = np.where(columns["weight"] == 0, np.nan, columns["metallicity"])  # weight 0: none was measured
    place = SkyCoord(columns["ra"], columns["dec"], unit=(u.hourangle, u.deg))
    collapsed = [COLLAPSED.get(str(flag).strip(), "no") for flag in columns["core_collapsed"]]
    made = {"ra": place.ra.deg, "dec": place.dec.deg, "metallicity": metallicity, "core_collapsed": collapsed}
    return _table({name: made.get(name, columns.get(name)) for name in COLUMNS})


def read_1997(path: Path) -> Table:
    """VizieR's VOTable of the 1997 edition.

    Raises
    ------
    InputError
        If it is no VOTable, or lacks a column.
    """
    columns = vizier.columns(path, VIZIER_NAMES)
    columns["core_collapsed"] = np.where(columns["concentration"] == COLLAPSED_CONCENTRATION, "yes", "no")
    return _table(columns)


def _parts(lines: Sequence[str]) -> list[list[str]]:
    """Lines of clusters after each heading; they begin with one space and a letter."""
    parts: list[list[str]] = []
    for line in lines:
        if HEADING.match(line):
            parts.append([])
        elif parts and re.match(r"^ [A-Z1-9]\S*\s", line) and len(line) > PARTS[0]["dec"][0]:
            parts[-1].append(line)
    return parts


def _fixed_width(lines: Sequence[str], columns: dict[str, tuple[int, int]], path: Path) -> Table:
    width = max(last for _, last in columns.values())
    try:
        table = text_tables.read(
            [line.ljust(width) for line in lines],
            format="fixed_width_no_header",
            names=list(columns),
            col_starts=[first for first, _ in columns.values()],
            col_ends=[last - 1 for _, last in columns.values()],
            converters={name: [str] for name in TEXT},
            guess=False,
            delimiter=None,
        )
    except text_tables.InconsistentTableError as error:
        raise InputError(f"{path}: cannot be read in fixed width ({error}); download mwgc.dat again") from None
    for name in table.colnames:
        table[name] = (
            [str(value) for value in vizier.filled(table[name])] if name in TEXT else vizier.numbers(table[name])
        )
    return table


def _table(columns: dict[str, Any]) -> Table:
    return Table(
        [columns[name] for name in COLUMNS],
        names=list(COLUMNS),
        units={name: unit for name, unit in COLUMNS.items() if unit},
    )
