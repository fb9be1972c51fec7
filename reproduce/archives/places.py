"""Places in a user's image, as a command is told them."""

from collections.abc import Sequence
from pathlib import Path

from astropy.coordinates import SkyCoord
from astropy.io import fits

from reproduce.archives.image import celestial, first_image, first_line, pixel_scale_arcsec
from reproduce.workflow.errors import InputError

SCALE = 0.05  # by which pixels may be wider or narrower than those asked for


def centres_on(texts: Sequence[str] | None, path: Path, pixel_arcsec: float) -> SkyCoord:
    """Places of clusters, and a look at the pixels of the image.

    Parameters
    ----------
    texts : sequence of str, optional
        "RA DEC" [deg, or 00:42:44 +41:16:09]; the image's middle if there are none.
    path : Path
        FITS image with coordinates.
    pixel_arcsec : float
        Side that its pixels are to have [arcsec].

    Returns
    -------
    SkyCoord, shape (n,)

    Raises
    ------
    InputError
        If the image cannot be read or has other pixels, or a text is no place.
    """
    try:
        with fits.open(path) as file:
            hdu = first_image(file)
            if hdu is None or len(hdu.shape) != 2:
                raise InputError(f"{path}: expected a FITS image of two dimensions")
            wcs, (ny, nx) = celestial(hdu.header, str(path)), hdu.shape
    except OSError as error:
        raise InputError(f"{path}: cannot be read as FITS ({first_line(error)}); give three FITS files") from None
    scale = pixel_scale_arcsec(wcs, nx / 2, ny / 2)
    if abs(scale / pixel_arcsec - 1) > SCALE:
        raise InputError(
            f"{path}: pixels of {scale:.3f} arcsec, expected {pixel_arcsec:g}; drizzle or resample the images to that"
        )
    if not texts:
        middle = wcs.pixel_to_world([(nx - 1) / 2], [(ny - 1) / 2])
        return middle.icrs
    places = []
    for text in texts:
        try:
            places.append(SkyCoord(text, unit=("hourangle", "deg") if ":" in text or "h" in text else "deg"))
        except ValueError:
            raise InputError(
                f"--at '{text}': expected right ascension and declination, such as '10.685 +41.269'"
            ) from None
    return SkyCoord([one.ra for one in places], [one.dec for one in places])
