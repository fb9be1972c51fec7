"""PHAT's images of M31, cut into tiles, and its star clusters.

The bricks' files have known names, so that no search is made: they come from the service of MAST that astroquery.mast
downloads from, through the cache. A brick is up to a gigabyte a band; tiles are cut from it row by row.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from numpy.typing import NDArray

import data_manifests
from reproduce.archives import vizier
from reproduce.archives.cache import Download
from reproduce.archives.download import Downloader
from reproduce.archives.formats import is_fits, is_text
from reproduce.archives.image import celestial, first_image, first_line, pixel_area_arcsec2, pixel_scale_arcsec
from reproduce.workflow.errors import InputError

BANDS = ("F336W", "F475W", "F814W")
REFERENCE = 1
"""The band on whose pixels tiles are cut: F475W (ACS)."""
SAME_PIXELS = 0.05
"""Images whose pixels are nearer than this [px] are on one grid; others are put on the reference's."""
MARGIN_PIXELS = 8  # around a tile, of an image that is put on another grid
EMPTY = 0.002
"""A tile is left out if more than this fraction of it has no data in a band."""
REACH = 3.0
"""A tile is left out if a cluster lies nearer than so many effective radii."""
LEAST_RADIUS_ARCSEC = 0.5  # effective radii are at least this here


def brick_files(brick: int, downloader: Downloader, server: str | None = None) -> dict[str, Download]:
    """The images of a brick by band.

    Parameters
    ----------
    brick : int
        1 to 23.
    downloader : Downloader
        Where files are kept.
    server : str, optional
        Address in the place of MAST's.

    Raises
    ------
    InputError
        If there is no such brick, or a file cannot be had.
    """
    archive = data_manifests.load("hst")["phat"]
    programmes = archive["programmes"]
    if not 1 <= brick <= len(programmes):
        raise InputError(f"PHAT: brick is {brick}, expected 1 to {len(programmes)}")
    found = {}
    for band, camera in archive["cameras"].items():
        uri = archive["file"].format(brick=brick, camera=camera, programme=programmes[brick - 1], band=band.lower())
        address = f"{server or archive['url']}/api/v0.1/Download/file"
        found[band] = downloader.get(address, {"uri": uri}, check=is_fits)
    return found


def clusters(name: str, downloader: Downloader, server: str | None = None) -> Table:
    """A catalogue of M31's clusters from VizieR.

    Parameters
    ----------
    name : str
        ``johnson_2015`` (places, effective radii) or ``johnson_2016`` (ages, masses).
    downloader : Downloader
        Where the file is kept.
    server : str, optional
        Address in the place of VizieR's.

    Returns
    -------
    Table
        Columns of `data_manifests/hst.yaml`; numbers that are not known are NaN.

    Raises
    ------
    InputError
        If it cannot be had, lacks a column, or has another number of rows.
    """
    from astroquery.vizier import Vizier

    archive = data_manifests.load("hst")[name]
    query = Vizier(columns=["**"], row_limit=-1, vizier_server=archive["host"])
    payload = query.get_catalogs_async(archive["catalogue"], get_query_payload=True)
    found = downloader.get(server or query._server_to_url(), data=payload, check=is_text("VOTABLE"))
    table = read_clusters(found.path, archive["columns"])
    if archive["rows"] and len(table) != archive["rows"]:
        raise InputError(
            f"{found.url}: {name} has {archive['rows']} clusters, found {len(table)}; look at {found.path}"
        )
    return table


def read_clusters(path: Path, columns: Mapping[str, str]) -> Table:
    """Some columns of VizieR's VOTable, renamed.

    Raises
    ------
    InputError
        If it is no VOTable, or lacks a column.
    """
    raw = vizier.read(path)
    if missing := [own for own in columns.values() if own not in raw.colnames]:
        raise InputError(f"{path}: no column {', '.join(missing)}, found {', '.join(raw.colnames)}")
    table = Table()
    for name, own in columns.items():
        column = raw[own]
        numbers = column.dtype.kind == "f"
        filled = (
            column.filled(np.nan if numbers else 0)
            if hasattr(column, "filled") and column.dtype.kind in "if"
            else column
        )
        table[name] = np.asarray(filled, dtype=np.float64) if numbers else np.asarray(filled)
    return table


@dataclass(frozen=True, eq=False)
class _Image:
    """One band of a brick, whose pixels are read as they are asked for."""

    hdu: fits.ImageHDU
    wcs: WCS
    per_second: float
    origin: str

    def part(self, rows: slice, columns: slice) -> NDArray[np.float64]:
        """Electrons a second; NaN where the image has no data (a drizzled image has exact zeros there)."""
        values = np.asarray(self.hdu.section[rows, columns], dtype=np.float64) * self.per_second
        return np.where(values == 0, np.nan, values)


def tiles(
    files: Mapping[str, Path], side: int, name: str, known: Table | None = None
) -> Iterator[tuple[str, NDArray[np.float32], dict[str, float]]]:
    """Tiles of a brick in three bands on the pixels of F475W.

    Parameters
    ----------
    files : mapping
        FITS file of each of `BANDS`.
    side : int
        Pixels a side.
    name : str
        Of the brick; tiles are called ``name/row/column``.
    known : Table, optional
        Clusters (`ra`, `dec` [deg], `r_eff_arcsec`); tiles where one lies are left out.

    Yields
    ------
    name : str
    rate : array of float32, shape (3, side, side)
        Electrons a second.
    place : dict
        `ra` and `dec` of the middle [deg].

    Raises
    ------
    InputError
        If a file is no FITS image with coordinates.
    """
    with _bands(files) as images:
        reference = images[REFERENCE]
        ny, nx = reference.hdu.shape
        near = _cluster_places(known, reference.wcs, (ny, nx))
        for row in range(ny // side):
            for column in range(nx // side):
                rows, columns = (slice(side * k, side * (k + 1)) for k in (row, column))
                if near is not None and _holds(near, rows, columns):
                    continue
                rate = _rates(images, rows, columns)
                if rate is not None:
                    middle = reference.wcs.pixel_to_world(columns.start + (side - 1) / 2, rows.start + (side - 1) / 2)
                    place = {"ra": float(middle.icrs.ra.deg), "dec": float(middle.icrs.dec.deg)}
                    yield f"{name}/{row}/{column}", rate, place


def cutouts(files: Mapping[str, Path], centres: SkyCoord, side: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Parts of a brick about places, such as those of clusters, on the pixels of F475W.

    Parameters
    ----------
    files : mapping
        FITS file of each of `BANDS`.
    centres : SkyCoord, shape (n,)
        Places; those that the brick does not show are left out.
    side : int
        Pixels a side; the place lies in or beside the middle pixel.

    Yields
    ------
    number : int
        Of the place.
    rate : array of float32, shape (3, side, side)
        Electrons a second.

    Raises
    ------
    InputError
        If a file is no FITS image with coordinates.
    """
    with _bands(files) as images:
        ny, nx = images[REFERENCE].hdu.shape
        x, y = images[REFERENCE].wcs.world_to_pixel(centres)
        for number, (column, row) in enumerate(zip(np.atleast_1d(x), np.atleast_1d(y), strict=True)):
            if not (np.isfinite(column) and np.isfinite(row)):
                continue
            left, low = round(float(column) - (side - 1) / 2), round(float(row) - (side - 1) / 2)
            if left < 0 or low < 0 or left + side > nx or low + side > ny:
                continue
            rate = _rates(images, slice(low, low + side), slice(left, left + side))
            if rate is not None:
                yield number, rate


def every_cutout(files: Mapping[str, Path], centres: SkyCoord, side: int) -> NDArray[np.float32]:
    """`cutouts` about all places, shape (n, 3, side, side) [electrons/s].

    Raises
    ------
    InputError
        As `cutouts`, or if a place is not on all three images.
    """
    found = dict(cutouts(files, centres, side))
    missing = [k for k in range(len(centres)) if k not in found]
    if missing:
        one = centres[missing[0]]
        raise InputError(
            f"{files['F475W']}: {side} x {side} px about {one.ra.deg:.5f} {one.dec.deg:+.5f} are not "
            "on all three images; choose another place"
        )
    return np.stack([found[k] for k in range(len(centres))])


def sample_tiles(
    bricks: Sequence[int], number: int, side: int, seed: int, downloader: Downloader
) -> Iterator[tuple[str, NDArray[np.float32], dict[str, float]]]:
    """Tiles without known clusters, chosen at random from bricks, from each about as many.

    Parameters
    ----------
    bricks : sequence of int
    number : int
        Of all bricks together.
    side : int
        Pixels a side.
    seed : int
        Of the choice.
    downloader : Downloader
        Where files are kept.

    Yields
    ------
    name, rate, place
        As `tiles`.
    """
    known = clusters("johnson_2015", downloader)
    generator = np.random.default_rng(seed)
    wanted = -(-number // len(bricks))
    for brick in bricks:
        files = {band: found.path for band, found in brick_files(brick, downloader).items()}
        kept: list[tuple[str, NDArray[np.float32], dict[str, float]]] = []
        for seen, one in enumerate(tiles(files, side, f"b{brick:02d}", known)):
            if len(kept) < wanted:
                kept.append(one)
            elif (place := int(generator.integers(seen + 1))) < wanted:  # Vitter's reservoir
                kept[place] = one
        yield from kept


def known_clusters(
    bricks: Sequence[int], side: int, downloader: Downloader, server: str | None = None, vizier: str | None = None
) -> Iterator[tuple[str, NDArray[np.float32], dict[str, float]]]:
    """PHAT's clusters on some bricks, each once, with what is published of them.

    Parameters
    ----------
    bricks : sequence of int
    side : int
        Pixels a side of an image.
    downloader : Downloader
        Where files are kept.
    server, vizier : str, optional
        Addresses in the place of MAST's and VizieR's.

    Yields
    ------
    name : str
        Such as ``AP94``.
    rate : array of float32, shape (3, side, side)
        Electrons a second.
    known : dict
        ``ra dec`` [deg], ``r_eff_arcsec``, ``log_age`` [log10 yr], ``log_mass`` [log10 Msun]; NaN: not known.
    """
    places = clusters("johnson_2015", downloader, vizier)
    ages = clusters("johnson_2016", downloader, vizier)
    published = {int(row["name"]): (float(row["log_age"]), float(row["log_mass"])) for row in ages}
    centres = SkyCoord(places["ra"], places["dec"], unit="deg")
    seen: set[int] = set()
    for brick in bricks:
        files = {band: found.path for band, found in brick_files(brick, downloader, server).items()}
        for number, rate in cutouts(files, centres, side):
            name = int(places["name"][number])
            if name in seen:
                continue
            seen.add(name)
            log_age, log_mass = published.get(name, (np.nan, np.nan))
            known = {column: float(places[column][number]) for column in ("ra", "dec", "r_eff_arcsec")}
            yield f"AP{name}", rate, known | {"log_age": log_age, "log_mass": log_mass}


@contextmanager
def _bands(files: Mapping[str, Path]) -> Iterator[list[_Image]]:
    """The images of a brick in the order of `BANDS`, open for as long as the block lasts."""
    with ExitStack() as stack:
        yield [_image(stack.enter_context(_open(files[band])), files[band]) for band in BANDS]


def _open(path: Path) -> fits.HDUList:
    try:
        return fits.open(path, memmap=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be read as FITS ({first_line(error)}); download it again") from None


def _image(file: fits.HDUList, path: Path) -> _Image:
    hdu = first_image(file)
    if hdu is None or len(hdu.shape) != 2:
        raise InputError(f"{path}: expected a FITS image of two dimensions; download it again")
    unit = str(hdu.header.get("BUNIT", file[0].header.get("BUNIT", "ELECTRONS/S"))).upper().replace(" ", "")
    time = hdu.header.get("EXPTIME", file[0].header.get("EXPTIME"))
    if unit not in ("ELECTRONS", "ELECTRONS/S"):
        raise InputError(f"{path}: unit is {unit}, expected ELECTRONS/S or ELECTRONS; convert it")
    if unit == "ELECTRONS" and not (time and time > 0):
        raise InputError(f"{path}: unit is ELECTRONS and EXPTIME {time}, expected the exposure time [s]")
    return _Image(hdu, celestial(hdu.header, str(path)), 1.0 if unit.endswith("/S") else 1 / float(time), str(path))


def _cluster_places(known: Table | None, wcs: WCS, shape: tuple[int, int]) -> NDArray[np.float64] | None:
    """Column, row and radius [px] of clusters."""
    if known is None or len(known) == 0:
        return None
    x, y = wcs.world_to_pixel(SkyCoord(known["ra"], known["dec"], unit="deg"))
    radius = np.nan_to_num(np.asarray(known["r_eff_arcsec"], dtype=np.float64), nan=LEAST_RADIUS_ARCSEC)
    scale = pixel_scale_arcsec(wcs, shape[1] / 2, shape[0] / 2)
    return np.stack([x, y, REACH * np.maximum(radius, LEAST_RADIUS_ARCSEC) / scale], axis=1)


def _holds(near: NDArray[np.float64], rows: slice, columns: slice) -> bool:
    """Whether a cluster's circle meets a tile."""
    x, y, radius = near.T
    dx = np.maximum(np.maximum(columns.start - 0.5 - x, x - columns.stop + 0.5), 0)
    dy = np.maximum(np.maximum(rows.start - 0.5 - y, y - rows.stop + 0.5), 0)
    return bool((np.hypot(dx, dy) < radius).any())


def _rates(images: Sequence[_Image], rows: slice, columns: slice) -> NDArray[np.float32] | None:
    """The bands on the reference's pixels; None if too much is missing. What little is missing is set to the median."""
    reference = images[REFERENCE]
    result = []
    for image in images:
        part = _on_grid(image, reference.wcs, rows, columns)
        if part is None or np.mean(~np.isfinite(part)) > EMPTY:
            return None
        result.append(np.where(np.isfinite(part), part, np.nanmedian(part)))
    return np.array(result, dtype=np.float32)


def _on_grid(image: _Image, wcs: WCS, rows: slice, columns: slice) -> NDArray[np.float64] | None:
    """A tile of an image: cut where the pixels agree, else put on the grid with its light conserved."""
    corners_x = np.array([columns.start, columns.stop - 1, columns.start, columns.stop - 1], dtype=np.float64)
    corners_y = np.array([rows.start, rows.start, rows.stop - 1, rows.stop - 1], dtype=np.float64)
    x, y = image.wcs.world_to_pixel(wcs.pixel_to_world(corners_x, corners_y))
    ny, nx = image.hdu.shape
    dx, dy = x - corners_x, y - corners_y
    shift = round(float(dy.mean())), round(float(dx.mean()))
    if max(np.abs(dx - shift[1]).max(), np.abs(dy - shift[0]).max()) < SAME_PIXELS:
        rows, columns = (slice(s.start + by, s.stop + by) for s, by in zip((rows, columns), shift, strict=True))
        if rows.start < 0 or columns.start < 0 or rows.stop > ny or columns.stop > nx:
            return None
        return image.part(rows, columns)
    if not np.isfinite(x).all() or x.min() < -0.5 or y.min() < -0.5 or x.max() > nx - 0.5 or y.max() > ny - 0.5:
        return None
    from reproject import reproject_exact

    own_rows, own_columns = (
        slice(max(0, int(v.min()) - MARGIN_PIXELS), min(n, int(v.max()) + MARGIN_PIXELS + 2))
        for v, n in ((y, ny), (x, nx))
    )
    grid = wcs[rows, columns]
    shape = rows.stop - rows.start, columns.stop - columns.start
    source = image.wcs[own_rows, own_columns]
    light, _ = reproject_exact((image.part(own_rows, own_columns), source), grid, shape_out=shape)
    middle = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    ratio = pixel_area_arcsec2(grid, *middle) / pixel_area_arcsec2(image.wcs, float(x.mean()), float(y.mean()))
    return light * ratio
