"""Pan-STARRS1 stack images in astroquery's style: astroquery 0.4.11 has no query class for them.

Two services of STScI: ``ps1filenames.py`` names the stacks that show a position, ``fitscut.cgi`` cuts a piece out of
one. Its cutouts are linear counts, north up, 0.25 arcsec a pixel; where a skycell ends they hold NaN.
"""

from collections.abc import Sequence
from pathlib import Path

from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astroquery.query import BaseQuery

import data_manifests
from reproduce.archives.cache import Download
from reproduce.archives.download import Downloader
from reproduce.archives.formats import is_fits, is_text
from reproduce.workflow.errors import InputError

PIXEL_ARCSEC = 0.25
"""Side of a pixel of the stacks (Waters et al. 2020)."""
BANDS = "grizy"
SOUTHERN_LIMIT_DEG = -30.0
"""The 3π survey covers the whole sky north of this declination."""


class PanSTARRSClass(BaseQuery):
    """Queries the Pan-STARRS1 stack images.

    Parameters
    ----------
    downloader : Downloader, optional
        Where files are kept; by default the folder ``panstarrs`` of astroquery's cache.
    server : str, optional
        Address of a mirror, in the place of ``https://ps1images.stsci.edu``.

    Examples
    --------
    >>> from astropy.coordinates import SkyCoord
    >>> from reproduce.archives.panstarrs import PanSTARRSClass
    >>> place = SkyCoord("13 16 27.09 +17 42 00.9", unit=("hourangle", "deg"))  # NGC 5053
    >>> g, r = PanSTARRSClass().get_images(place, bands="gr", size=60 * units.arcsec)  # doctest: +SKIP
    """

    TIMEOUT = 60.0

    def __init__(self, downloader: Downloader | None = None, server: str | None = None) -> None:
        super().__init__()
        self.downloader = downloader or Downloader(
            Path(self.cache_location) / "panstarrs", timeout_s=self.TIMEOUT, session=self._session
        )
        archives = data_manifests.load("archives")
        self.files_url, self.cutout_url = archives["ps1_files"]["url"], archives["ps1_cutout"]["url"]
        if server is not None:
            self.files_url, self.cutout_url = (
                f"{server.rstrip('/')}/cgi-bin/{url.rpartition('/')[2]}" for url in (self.files_url, self.cutout_url)
            )

    def query_files(self, coordinates: SkyCoord, *, bands: str = "gr", cache: bool = True) -> Table:
        """The stacks that show a position.

        Parameters
        ----------
        coordinates : SkyCoord
            One position.
        bands : str
            Letters out of ``grizy``.
        cache : bool
            Use the answer kept from an earlier call.

        Returns
        -------
        Table
            With the columns ``filter`` and ``filename`` among others, a row a stack; of none, no rows.
        """
        if wrong := set(bands) - set(BANDS) or not bands:
            raise InputError(f"bands='{bands}': found {wrong}, expected letters out of {BANDS}")
        position = coordinates.icrs
        query = {"ra": f"{position.ra.deg:.6f}", "dec": f"{position.dec.deg:.6f}", "filters": bands, "type": "stack"}
        found = self.downloader.get(self.files_url, query, check=is_text("filename"), fresh=not cache)
        return Table.read(found.path, format="ascii.basic", guess=False)

    def get_image_list(
        self, coordinates: SkyCoord, *, bands: str = "gr", size: units.Quantity = 60 * units.arcsec, cache: bool = True
    ) -> list[str]:
        """Addresses of the cutouts of a position, one for each stack that shows it, band after band.

        Parameters
        ----------
        coordinates : SkyCoord
            One position.
        bands : str
            Letters out of ``grizy``.
        size : Quantity
            Side of the cutout, an angle.
        cache : bool
            Use the answer kept from an earlier call.

        Raises
        ------
        InputError
            If the position is south of -30 degrees, or there is no stack of a band.
        """
        files = self.query_files(coordinates, bands=bands, cache=cache)
        return [
            f"{self.cutout_url}?{query}" for band in bands for query in self._queries(coordinates, band, size, files)
        ]

    def get_images(
        self, coordinates: SkyCoord, *, bands: str = "gr", size: units.Quantity = 60 * units.arcsec, cache: bool = True
    ) -> list[fits.HDUList]:
        """The cutouts of a position as FITS, in the order of `get_image_list`."""
        return [
            fits.open(found.path, memmap=False)
            for found in self.get_files(coordinates, bands=bands, size=size, cache=cache)
        ]

    def get_files(
        self, coordinates: SkyCoord, *, bands: str = "gr", size: units.Quantity = 60 * units.arcsec, cache: bool = True
    ) -> list[Download]:
        """The cutouts of a position as files in the cache, in the order of `get_image_list`."""
        return [
            self.downloader.get(address, check=is_fits, fresh=not cache)
            for address in self.get_image_list(coordinates, bands=bands, size=size, cache=cache)
        ]

    def _queries(self, coordinates: SkyCoord, band: str, size: units.Quantity, files: Table) -> Sequence[str]:
        position = coordinates.icrs
        refuse_south(f"position {position.to_string('decimal', precision=4)}", float(position.dec.deg))
        names = [str(row["filename"]) for row in files if row["filter"] == band]
        if not names:
            raise InputError(
                f"Pan-STARRS1 has no stack in {band} at {position.to_string('decimal', precision=5)} deg; choose "
                "another position, or give images with observe.source=files"
            )
        pixels = round(float(size.to_value(units.arcsec)) / PIXEL_ARCSEC)
        where = f"ra={position.ra.deg:.6f}&dec={position.dec.deg:.6f}&size={pixels}&format=fits"
        return [f"{where}&red={name}" for name in names]


def refuse_south(name: str, dec_deg: float) -> None:
    """Refuse a cluster that PS1 does not see.

    Raises
    ------
    InputError
        If it lies south of -30°.
    """
    if not dec_deg > SOUTHERN_LIMIT_DEG:
        raise InputError(
            f"{name}: lies at Dec {dec_deg:.2f}, Pan-STARRS1 covers Dec > {SOUTHERN_LIMIT_DEG:g}; leave it out of "
            "observe.clusters, or give images of another survey with observe.source=files"
        )
