"""The stage `observe`: a flux map of each cluster, from an archive, a folder, or synthetic images (paper Sect. 5)."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.table import Table

from reproduce.archives import catalogues, mosaic
from reproduce.archives.cache import Download
from reproduce.archives.cluster_names import find
from reproduce.archives.download import Downloader, UnreachableError
from reproduce.archives.folder import Folder
from reproduce.archives.image import BandImage, Window
from reproduce.archives.panstarrs import refuse_south
from reproduce.archives.services import Service, service
from reproduce.papers.chardin2021.observed.fluxmap import FluxMap, from_images
from reproduce.papers.chardin2021.observed.results import Observation, write
from reproduce.papers.chardin2021.observed.targets import ASSUMED_AGE_GYR, targets
from reproduce.papers.chardin2021.settings import Observe, fits_files
from reproduce.sky.settings import Camera
from reproduce.workflow.errors import InputError

OFFLINE = "PIDOC_OFFLINE"
"""Environment variable: with any value but 0, nothing is downloaded and the cache must do."""
MARGIN_ARCSEC = 20.0
"""What is asked of an archive beyond the field: room for resampling, and sky to check."""
WITHOUT_NETWORK = (
    "without network, give images with observe.source=files and observe.folder=FOLDER, or have them made with "
    "observe.source=synthetic"
)
Images = Callable[[Any, Window], dict[str, BandImage]]


def observe(
    settings: Observe,
    camera: Camera,
    folder: Path,
    cache: Path,
    progress: Callable[[float, str], None],
    servers: dict[str, str] | None = None,
) -> dict[str, float]:
    """Make the flux maps and write them.

    Parameters
    ----------
    settings : Observe
        The setting group.
    camera : Camera
        Grid, smoothing and floor: those of the data set that trains the networks.
    folder : Path
        Where `reproduce.papers.chardin2021.observed.results.write` puts its files.
    cache : Path
        Keeps downloads and stellar tracks.
    progress : callable
        Told the fraction done and a text.
    servers : dict, optional
        Other addresses of the archives, by ``2010``, ``1997``, ``cutouts``, ``skycells`` and ``hips``.

    Returns
    -------
    dict
        Numbers for the run.

    Raises
    ------
    UnreachableError
        If an archive does not answer; the line says what can be done without it.
    InputError
        If a cluster has no map and `settings.skip` is off (those that have keep their downloads), or none has one.
    """
    downloader = Downloader(cache / "downloads", offline=os.environ.get(OFFLINE, "0") not in ("", "0"))
    try:
        rows, catalogue, edition, found = _targets(settings, downloader, servers)
        source = _source(settings, downloader, cache, servers)
        made, refused = _maps(list(rows), source, settings, camera, progress)
    except UnreachableError as error:
        raise UnreachableError(f"{error}; {WITHOUT_NETWORK}") from None
    if refused and (not settings.skip or not made):
        text = "; ".join(f"{name}: {reason}" for name, reason in refused.items())
        way = "" if not made else "; leave them out of observe.clusters, or set observe.skip=true"
        raise InputError(f"{len(refused)} of {len(rows)} clusters have no map: {text}{way}")
    if isinstance(source, _Archive):
        found += source.service.downloads()
    keep = [str(row["name"]) in made for row in rows]
    result = Observation(list(made.values()), rows[keep], catalogue, edition, refused, found)
    return write(result, settings, folder)


def _targets(
    settings: Observe, downloader: Downloader, servers: dict[str, str] | None
) -> tuple[Table, Table, str, list[Download]]:
    """The clusters asked for, the catalogue they are in, its edition, and what was downloaded for it."""
    ours = targets()
    names = settings.clusters or tuple(ours["name"])
    if settings.source != "archive" and all(_is_in(ours, name) for name in names):
        return (
            ours[list(dict.fromkeys(find(ours, name) for name in names))],
            ours,
            "2010, the paper's clusters alone",
            [],
        )
    try:
        catalogue, found = catalogues.harris(settings.catalogue, downloader, servers)
    except UnreachableError as error:
        if settings.source == "archive":
            raise
        other = next(name for name in names if not _is_in(ours, name))
        raise InputError(
            f"cluster '{other}' is none of the paper's {len(ours)}, and the whole catalogue cannot be had: {error}"
        ) from None
    return _rows(catalogue, ours, names), catalogue, settings.catalogue, [found]


def _is_in(table: Table, name: str) -> bool:
    try:
        find(table, name)
    except InputError:
        return False
    return True


def _rows(catalogue: Table, ours: Table, names: tuple[str, ...]) -> Table:
    """Rows of a catalogue, each once, with the published columns: NaN, and an assumed age, for clusters that are not in
    the paper.

    Raises
    ------
    InputError
        If the catalogue lacks some of the names; all of them are told.
    """
    found, missing = [], []
    for name in names:
        try:
            found.append(find(catalogue, name))
        except InputError as error:
            missing.append(str(error))
    if missing:
        raise InputError("; ".join(missing))
    rows = []
    for number in dict.fromkeys(found):
        row = catalogue[number]
        published = ours[find(ours, row["name"])] if _is_in(ours, row["name"]) else None
        values = {column: row[column] for column in catalogue.colnames}
        for column in ours.colnames:
            if column not in values:
                values[column] = _unpublished(column) if published is None else published[column]
        rows.append(values)
    table = Table(rows)
    for column in ours.colnames:
        table[column].unit = ours[column].unit
    return table[ours.colnames]


def _unpublished(column: str) -> Any:
    return {"age_gyr": ASSUMED_AGE_GYR, "age_assumed": True}.get(column, np.nan)


class _Archive:
    """Images from an archive's service."""

    def __init__(self, found: Service) -> None:
        self.service = found

    def __call__(self, row: Any, window: Window) -> dict[str, BandImage]:
        refuse_south(str(row["name"]), float(row["dec"]))
        return {band: mosaic.join(self.service.images(window, band), window) for band in "gr"}


def _source(settings: Observe, downloader: Downloader, cache: Path, servers: dict[str, str] | None) -> Images:
    """What gives the images of a cluster."""
    zero_points = dict(zip("gr", settings.zero_points, strict=True)) if settings.zero_points else {}
    if settings.source == "archive":
        return _Archive(service(settings.service, downloader, zero_points, servers))
    if settings.source == "files" and settings.folder is not None:
        files = Folder(fits_files(settings.folder), zero_points)
        return lambda row, window: {band: mosaic.join(files.images(window, band), window) for band in "gr"}
    from reproduce.papers.chardin2021.observed.synthetic import make_images

    return lambda row, window: make_images(row, settings.seed, cache)


def _maps(
    rows: list[Any],
    source: Images,
    settings: Observe,
    camera: Camera,
    progress: Callable[[float, str], None],
) -> tuple[dict[str, FluxMap], dict[str, str]]:
    """A map for each cluster that has images, and why the others have none."""
    made: dict[str, FluxMap] = {}
    refused: dict[str, str] = {}
    for done, (row, images) in enumerate(_fetched(rows, source, settings, camera)):
        name = str(row["name"])
        progress((done + 1) / len(rows), name)
        try:
            made[name] = _map(row, images(), settings, camera)
        except UnreachableError:
            raise
        except InputError as error:
            refused[name] = str(error)
    return made, refused


def _map(row: Any, images: dict[str, BandImage], settings: Observe, camera: Camera) -> FluxMap:
    return from_images(
        images["g"],
        images["r"],
        name=str(row["name"]),
        centre=_centre(row),
        source=settings.source,
        distance_kpc=float(row["distance_kpc"]),
        camera=camera,
        relation=settings.relation,
        e_b_v=float(row["e_b_v"]) if settings.extinction else 0.0,
        largest_masked=settings.largest_masked,
    )


def _fetched(
    rows: list[Any], source: Images, settings: Observe, camera: Camera
) -> Iterator[tuple[Any, Callable[[], dict[str, BandImage]]]]:
    """Each cluster with a call that gives its images, or raises why there are none; an archive works ahead."""
    windows = [Window(_centre(row), camera.field_arcsec + MARGIN_ARCSEC) for row in rows]
    if settings.source != "archive":
        for row, window in zip(rows, windows, strict=True):
            yield row, partial(source, row, window)
        return
    with ThreadPoolExecutor(max_workers=4) as pool:
        coming = [pool.submit(source, row, window) for row, window in zip(rows, windows, strict=True)]
        try:
            for row, future in zip(rows, coming, strict=True):
                yield row, future.result
        finally:
            pool.shutdown(cancel_futures=True)


def _centre(row: Any) -> SkyCoord:
    return SkyCoord(float(row["ra"]), float(row["dec"]), unit=units.deg)
