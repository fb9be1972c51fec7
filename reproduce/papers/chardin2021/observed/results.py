"""What the stage `observe` leaves: maps, one FITS file a cluster, tables, and where everything came from.

``maps.h5`` has ``flux`` (n, ny, nx), and of each map ``name``, ``distance_kpc``, ``luminosity_lsun``; ``targets.ecsv``
a row a map; ``harris.ecsv`` the catalogue; ``selection.ecsv`` the paper's rule applied to it; ``provenance.json``
every download with its sha256. No file holds a date: when a download came is kept in the cache, beside it.
"""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from astropy.io import fits
from astropy.table import Table

from reproduce.archives.cache import Download
from reproduce.papers.chardin2021.observed.fluxmap import FluxMap
from reproduce.papers.chardin2021.observed.targets import differences, select, targets
from reproduce.papers.chardin2021.settings import Observe, fits_files
from reproduce.sky.units import LOG_FLUX
from reproduce.workflow.files import whole
from reproduce.workflow.source import file_digest

FACTOR = 1.5
"""Our luminosity of the field and the paper's are called alike within this factor."""


@dataclass
class Observation:
    """What the stage writes.

    Attributes
    ----------
    maps : list of FluxMap
        A map a cluster.
    targets : Table
        The clusters, a row a map: catalogue and published columns.
    catalogue : Table
        The catalogue that the clusters were found in.
    edition : str
        Its edition.
    refused : dict
        Why clusters have no map, by name.
    downloads : list of Download
        What came from archives.
    """

    maps: list[FluxMap]
    targets: Table
    catalogue: Table
    edition: str
    refused: dict[str, str] = field(default_factory=dict)
    downloads: list[Download] = field(default_factory=list)


def write(result: Observation, settings: Observe, folder: Path) -> dict[str, float]:
    """Write all files of the stage and return its numbers."""
    table = observed_table(result)
    for one in result.maps:
        write_fits(one, folder / f"{one.name.replace(' ', '_')}.fits")
    _write_maps(result, table, folder / "maps.h5")
    for name, rows in (
        ("targets.ecsv", table),
        ("harris.ecsv", result.catalogue),
        ("selection.ecsv", select(result.catalogue)),
    ):
        _write_text(folder / name, _ecsv(rows))
    provenance = _provenance(result, settings)
    _write_text(folder / "provenance.json", json.dumps(provenance, indent=1, sort_keys=True) + "\n")
    ratio = np.asarray(table["luminosity_lsun"] / table["luminosity_field_lsun"], dtype=np.float64)
    known = np.isfinite(ratio)
    return {
        "clusters": float(len(result.maps)),
        "refused": float(len(result.refused)),
        "catalogue_differences": float(len(provenance["catalogue_differences"])),
        "in_the_paper": float(known.sum()),
        "luminosity_within_a_factor_1.5": float(np.sum(np.abs(np.log(ratio[known])) < np.log(FACTOR))),
    }


def observed_table(result: Observation) -> Table:
    """The clusters with what was measured: ``luminosity_lsun`` and ``v_magnitude`` of the field, ``cross_check_mag``,
    ``source`` and ``warnings``, beside the catalogue's and the published columns."""
    table = result.targets.copy()
    maps = result.maps
    table["luminosity_lsun"] = np.array([_number(one.luminosity_lsun) for one in maps])
    table["v_magnitude"] = np.array([one.v_magnitude for one in maps])
    table["cross_check_mag"] = np.array([_number(one.cross_check_mag) for one in maps])
    table["source"] = [one.source for one in maps]
    table["warnings"] = ["; ".join(one.warnings) for one in maps]
    for name, unit in (("luminosity_lsun", "Lsun"), ("v_magnitude", "mag"), ("cross_check_mag", "mag")):
        table[name].unit = unit
    return table


def write_fits(one: FluxMap, path: Path) -> None:
    """A flux map as FITS: log10 F in the primary HDU, with coordinates, unit, what was measured and the warnings."""
    hdu = fits.PrimaryHDU(one.flux, header=one.wcs.to_header())
    cards: tuple[tuple[str, Any, str], ...] = (
        ("BUNIT", LOG_FLUX, "V flux of each pixel, smoothed"),
        ("OBJECT", one.name, ""),
        ("SOURCE", one.source, "images: archive, files or synthetic"),
        ("VMAG", one.v_magnitude, "V of the field [mag]"),
        ("LUMINOSI", one.luminosity_lsun, "V luminosity of the field [Lsun]"),
    )
    for key, value, comment in cards:
        hdu.header[key] = (value, comment)
    for text in one.warnings:
        hdu.header["COMMENT"] = f"warning: {text}".encode("ascii", "replace").decode()
    stream = io.BytesIO()
    hdu.writeto(stream)
    with whole(path) as partial:
        partial.write_bytes(stream.getvalue())


def _write_maps(result: Observation, table: Table, path: Path) -> None:
    with whole(path) as partial, h5py.File(partial, "w") as file:
        file.create_dataset("flux", data=np.stack([one.flux for one in result.maps])).attrs["unit"] = LOG_FLUX
        names = [str(name).encode() for name in table["name"]]
        file.create_dataset("name", data=np.array(names))
        for name in ("distance_kpc", "luminosity_lsun"):
            data = file.create_dataset(name, data=np.asarray(table[name], dtype=np.float64))
            data.attrs["unit"] = str(table[name].unit)
        file.attrs["source"] = result.maps[0].source


def _provenance(result: Observation, settings: Observe) -> dict[str, Any]:
    files = fits_files(settings.folder) if settings.source == "files" and settings.folder is not None else []
    return {
        "source": settings.source,
        "service": settings.service if settings.source == "archive" else None,
        "catalogue": f"Harris (1996, AJ 112, 1487), edition {result.edition}",
        "catalogue_differences": differences(result.catalogue, _of_paper(result.targets)),
        "downloads": [{"url": one.url, "size": one.size, "sha256": one.sha256} for one in result.downloads],
        "files": {path.name: file_digest(path) for path in files},
        "refused": result.refused,
        "warnings": {one.name: list(one.warnings) for one in result.maps},
    }


def _of_paper(rows: Table) -> Table:
    """The paper's entries of those clusters that are in the paper."""
    ours = targets()
    observed = set(rows["name"])
    return ours[[name in observed for name in ours["name"]]]


def _ecsv(rows: Table) -> str:
    stream = io.StringIO()
    rows.write(stream, format="ascii.ecsv")
    return stream.getvalue()


def _write_text(path: Path, text: str) -> None:
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _number(value: float | None) -> float:
    return np.nan if value is None else value
