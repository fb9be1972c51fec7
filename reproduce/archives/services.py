"""Three ways to Pan-STARRS1 images with one interface: stack cutouts, whole skycells, the HiPS."""

import json
import warnings
from collections.abc import Callable
from typing import Any, Protocol

from astropy import units
from requests.adapters import HTTPAdapter

import data_manifests
from reproduce.archives import image
from reproduce.archives.cache import Download
from reproduce.archives.download import Downloader, DownloadError
from reproduce.archives.formats import is_fits, is_text
from reproduce.archives.image import BandImage, NotShownError, Window
from reproduce.archives.panstarrs import PIXEL_ARCSEC, PanSTARRSClass
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_json

CORNERS_DEG = (45, 135, 225, 315)


class Service(Protocol):
    """Gives images of a place."""

    def images(self, window: Window, band: str) -> list[BandImage]:
        """Images that together show the window as far as the survey does, the one of its middle first."""
        ...

    def downloads(self) -> list[Download]:
        """What it has taken from the archive so far, whether just now or earlier."""
        ...


class _Files:
    """Files from an archive, noted as they are used."""

    def __init__(self, zero_points: dict[str, float]) -> None:
        self._zero_points = zero_points
        self._used: dict[str, Download] = {}

    def downloads(self) -> list[Download]:
        return sorted(self._used.values(), key=lambda found: found.url)

    def _read(self, found: Download, band: str, window: Window) -> BandImage:
        self._used[found.url] = found
        return image.read(found.path, band, self._zero_points.get(band), window, origin=found.url)


class Cutouts(_Files):
    """Cutouts of the stacks: small, and a request each.

    Parameters
    ----------
    query : PanSTARRSClass
        The archive.
    zero_points : dict
        AB magnitude of one count by band, in place of the headers'.
    """

    def __init__(self, query: PanSTARRSClass, zero_points: dict[str, float]) -> None:
        super().__init__(zero_points)
        self._query = query

    def images(self, window: Window, band: str) -> list[BandImage]:
        size = window.side_arcsec * units.arcsec
        addresses = self._query.get_image_list(window.centre, bands=band, size=size)
        found = [self._cutout(address, band, window) for address in addresses[:1]]
        if found[0].bad.any():  # a skycell ends here: its neighbours show the rest
            reach = size / 2 * 2**0.5
            for angle in CORNERS_DEG:
                corner = window.centre.directional_offset_by(angle * units.deg, reach)
                names = self._query.query_files(corner, bands=band)["filename"]
                for name in names:
                    address = f"{addresses[0].rpartition('&red=')[0]}&red={name}"
                    if address not in addresses:
                        addresses.append(address)
            found += [self._cutout(address, band, window) for address in addresses[1:]]
        return found

    def _cutout(self, address: str, band: str, window: Window) -> BandImage:
        return self._read(self._query.downloader.get(address, check=is_fits), band, window)


class Skycells(_Files):
    """Whole skycells from MAST: 30 to 100 MB each, for many positions in a small part of the sky.

    Parameters
    ----------
    downloader : Downloader
        Where files are kept.
    zero_points : dict
        AB magnitude of one count by band, in place of the headers'.
    server : str, optional
        Address in the place of ``https://mast.stsci.edu``.
    """

    def __init__(self, downloader: Downloader, zero_points: dict[str, float], server: str | None = None) -> None:
        super().__init__(zero_points)
        self._downloader = downloader
        self._server = server or data_manifests.load("archives")["mast"]["url"]

    def images(self, window: Window, band: str) -> list[BandImage]:
        places = self._products(window, band)
        address = f"{self._server}/api/v0.1/Download/file"
        found = [self._downloader.get(address, {"uri": place}, check=is_fits) for place in places]
        images, elsewhere = [], []
        for one in found:
            try:
                images.append(self._read(one, band, window))
            except NotShownError as error:  # MAST lists by footprints, which are a little larger than the images
                elsewhere.append(error)
        if not images:
            raise elsewhere[0]
        return images

    def _products(self, window: Window, band: str) -> list[str]:
        """MAST's names of the unconvolved stacks whose footprint meets the window."""
        position = window.centre.icrs
        where = f"ra={position.ra.deg:.6f}&dec={position.dec.deg:.6f}&radius={window.side_arcsec / 2:g}&band={band}"
        answer = self._downloader.keep(
            f"{self._server}/api/v0/invoke?{where}", lambda: self._ask(window, band), check=is_text("[")
        )
        self._used[answer.url] = answer
        places = read_json(answer.path, kind=list)
        if not places:
            raise InputError(
                f"MAST has no Pan-STARRS1 stack in {band} at {position.to_string('decimal', precision=5)} deg; "
                "choose another position, or give images with observe.source=files"
            )
        return list(places)

    def _ask(self, window: Window, band: str) -> bytes:
        from astroquery.exceptions import NoResultsWarning, RemoteServiceError

        observations = mast_observations(self._server, self._downloader.timeout_s)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NoResultsWarning)  # said by the caller, with the position
                found = observations.query_criteria(
                    coordinates=window.centre,
                    radius=window.side_arcsec / 2 * units.arcsec,
                    obs_collection="PS1",
                    filters=[band],
                    dataproduct_type="image",
                )
                products = observations.get_product_list(found)["dataURI"] if len(found) else []
        except RemoteServiceError as error:
            raise DownloadError(f"{self._server}: MAST reports '{image.first_line(error)}'; try again later") from None
        names = {str(name) for name in products if str(name).endswith(f".stk.{band}.unconv.fits")}
        return (json.dumps(sorted(names)) + "\n").encode()


class _Patient(HTTPAdapter):
    """Gives up after a while: astroquery.mast sets no limit."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._timeout_s = timeout_s

    def send(self, request: Any, *options: Any, **named: Any) -> Any:
        return super().send(request, *options, **(named | {"timeout": named.get("timeout") or self._timeout_s}))


def mast_observations(server: str, timeout_s: float) -> Any:
    """astroquery's MAST query class, asking another server if need be, with a limit on each wait [s]."""
    from astroquery.mast import ObservationsClass

    observations = ObservationsClass()
    for scheme in ("http://", "https://"):
        observations._session.mount(scheme, _Patient(timeout_s))
    portal = observations._portal_api_connection
    for name in ("MAST_REQUEST_URL", "COLUMNS_CONFIG_URL"):
        path = getattr(portal, name).partition("://")[2].partition("/")[2]
        setattr(portal, name, f"{server.rstrip('/')}/{path}")
    return observations


class Hips(_Files):
    """Cutouts of the Pan-STARRS1 HiPS: quick, for looking at; without a photometric zero point.

    Parameters
    ----------
    downloader : Downloader
        Where files are kept.
    zero_points : dict
        AB magnitude of one count by band; needed, since the images carry none.
    server : str, optional
        Address in the place of CDS's.
    """

    def __init__(self, downloader: Downloader, zero_points: dict[str, float], server: str | None = None) -> None:
        super().__init__(zero_points)
        self._downloader = downloader
        archive = data_manifests.load("archives")["hips"]
        self._server, self._survey = server or archive["url"], archive["survey"]

    def images(self, window: Window, band: str) -> list[BandImage]:
        from astroquery.hips2fits import hips2fits

        pixels = round(window.side_arcsec / PIXEL_ARCSEC)
        payload = hips2fits.query(
            hips=f"{self._survey}/{band}",
            width=pixels,
            height=pixels,
            projection="TAN",
            ra=window.centre.icrs.ra,
            dec=window.centre.icrs.dec,
            fov=window.side_arcsec * units.arcsec,
            format="fits",
            get_query_payload=True,
        )
        return [self._read(self._downloader.get(self._server, payload, check=is_fits), band, window)]


def service(
    name: str, downloader: Downloader, zero_points: dict[str, float], servers: dict[str, str] | None = None
) -> Service:
    """The service of a name: ``cutouts``, ``skycells`` or ``hips``; `servers` has other addresses by these names."""
    servers = servers or {}
    makers: dict[str, Callable[[], Service]] = {
        "cutouts": lambda: Cutouts(PanSTARRSClass(downloader, servers.get("cutouts")), zero_points),
        "skycells": lambda: Skycells(downloader, zero_points, servers.get("skycells")),
        "hips": lambda: Hips(downloader, zero_points, servers.get("hips")),
    }
    return makers[name]()
