"""Images of injected stars in the forms in which Pan-STARRS1 gives its stacks."""

import io
from pathlib import Path

import numpy as np
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from reproduce.archives.image import BandImage
from reproduce.sky.camera import light_image
from reproduce.sky.psf import Moffat
from reproduce.sky.settings import Camera

SCALE = 0.25
EXPTIME = {"g": 860.0, "r": 720.0}
BOFFSET, BSOFTEN = 3.0, 40.0


def zero_point(band: str) -> float:
    """AB magnitude of one count in a stack of this band's exposure."""
    return 25 + 2.5 * float(np.log10(EXPTIME[band]))


def stack_wcs(tangent: SkyCoord, centre: SkyCoord, side: int, turned_deg: float = 0.0) -> WCS:
    """Coordinates of a stack: a tangent point somewhere else, as a skycell has, and `centre` near its middle."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [tangent.ra.deg, tangent.dec.deg]
    wcs.wcs.cdelt = [SCALE / 3600, SCALE / 3600]
    c, s = np.cos(np.radians(turned_deg)), np.sin(np.radians(turned_deg))
    wcs.wcs.pc = [[-c, s], [s, c]]
    wcs.wcs.radesys, wcs.wcs.equinox = "FK5", 2000.0
    wcs.wcs.crpix = [0.0, 0.0]
    x, y = wcs.world_to_pixel(centre)
    wcs.wcs.crpix = [side / 2 - round(float(x)), side / 2 - round(float(y))]
    return wcs


def star_counts(
    wcs: WCS, side: int, stars: SkyCoord, magnitudes: NDArray, band: str, fwhm_arcsec: float = 1.1
) -> NDArray[np.float32]:
    """Counts of stars of given AB magnitudes, in the seeing of PS1, integrated over the pixels."""
    x, y = wcs.world_to_pixel(stars)
    counts = 10 ** (-0.4 * (np.asarray(magnitudes) - zero_point(band)))
    camera = Camera(pixels=side, field_arcsec=side * SCALE)
    image = light_image(np.atleast_1d(x) + 0.5, np.atleast_1d(y) + 0.5, counts, camera, Moffat(fwhm_arcsec))
    return image.astype(np.float32)


def cards(band: str) -> dict[str, object]:
    """What a PS1 stack's header says besides its coordinates."""
    return {
        "EXPTIME": EXPTIME[band],
        "HIERARCH FPA.ZP": 25.0,
        "HIERARCH FPA.FILTERID": f"{band}.00000",
        "HIERARCH FPA.FILTER": f"{band}.00000",
        "HIERARCH CELL.SATURATION": 1.2e6,
        "RADESYS": "FK5",
    }


def old_header(wcs: WCS) -> fits.Header:
    """A header with the obsolete ``PC00i00j`` keywords that PS1 writes."""
    header = fits.Header()
    for axis in (1, 2):
        for key, values in (("CTYPE", wcs.wcs.ctype), ("CRVAL", wcs.wcs.crval), ("CRPIX", wcs.wcs.crpix)):
            header[f"{key}{axis}"] = values[axis - 1]
        header[f"CDELT{axis}"] = wcs.wcs.cdelt[axis - 1]
        for other in (1, 2):
            header[f"PC00{axis}00{other}"] = wcs.wcs.get_pc()[axis - 1, other - 1]
    return header


def write_skycell(path: Path, counts: NDArray, wcs: WCS, band: str) -> None:
    """A whole skycell: tile-compressed in the second HDU, counts scaled by an inverse hyperbolic sine."""
    header = old_header(wcs)
    header.update(cards(band))
    header["BOFFSET"], header["BSOFTEN"] = BOFFSET, BSOFTEN
    scaled = 1.0857362 * np.arcsinh((counts - BOFFSET) / (2 * BSOFTEN))
    # quantised finely enough that what is tested is the scale, and not the compression
    hdu = fits.CompImageHDU(scaled.astype(np.float32), header, compression_type="RICE_1", quantize_level=-1e-5)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)


def fitscut_bytes(found: BandImage, centre: SkyCoord, side: int, with_zero_point: bool = True) -> bytes:
    """A cutout as fitscut makes it: linear counts in the primary HDU, NaN beyond the stack's edge."""
    x, y = (round(float(value)) for value in found.wcs.world_to_pixel(centre))
    first_x, first_y = x - side // 2, y - side // 2
    data = np.full((side, side), np.nan, np.float32)
    ny, nx = found.counts.shape
    rows, columns = np.arange(side) + first_y, np.arange(side) + first_x
    inside = np.ix_((rows >= 0) & (rows < ny), (columns >= 0) & (columns < nx))
    there = np.ix_(rows[(rows >= 0) & (rows < ny)], columns[(columns >= 0) & (columns < nx)])
    data[inside] = found.counts[there]
    wcs = found.wcs.deepcopy()
    wcs.wcs.crpix = wcs.wcs.crpix - [first_x, first_y]
    header = old_header(wcs)
    if with_zero_point:
        header.update(cards(found.band))
    stream = io.BytesIO()
    fits.PrimaryHDU(data, header).writeto(stream)
    return stream.getvalue()


def offset(centre: SkyCoord, east_arcsec: NDArray, north_arcsec: NDArray) -> SkyCoord:
    """Positions at distances to the east and north of a centre."""
    return centre.spherical_offsets_by(np.asarray(east_arcsec) * units.arcsec, np.asarray(north_arcsec) * units.arcsec)
