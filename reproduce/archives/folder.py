"""Images of the user's own: FITS files of a folder, found by the band and the place in their headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from reproduce.archives import image
from reproduce.archives.image import BandImage, Window
from reproduce.workflow.errors import InputError


@dataclass(frozen=True)
class _Known:
    path: Path
    band: str
    wcs: WCS
    shape: tuple[int, int]


class Folder:
    """FITS images in a folder: cutouts or skycells of PS1, or any linear images with coordinates.

    Parameters
    ----------
    paths : sequence of Path
        The files. The band is read from the header, else from the end of the name (``m53_g.fits``).
    zero_points : dict
        AB magnitude of one count by band, in place of the headers'.

    Raises
    ------
    InputError
        If a file is no FITS image, has no coordinates, or tells no band.
    """

    def __init__(self, paths: Sequence[Path], zero_points: dict[str, float]) -> None:
        self._zero_points = zero_points
        self._known = [_look(path) for path in paths]

    def images(self, window: Window, band: str) -> list[BandImage]:
        """Images of a band that show a window or a part of it, the one that shows its middle best first."""
        near = []
        for known in self._known:
            if known.band == band and (inside := _depth(known, window)) is not None:
                near.append((inside, known.path.name, known.path))
        if not near:
            bands = sorted({known.band for known in self._known})
            raise InputError(
                f"{window.centre.to_string('decimal', precision=5)} deg: none of {len(self._known)} images, in "
                f"{', '.join(bands)}, shows it in {band}; add one to observe.folder, or name other clusters with "
                "observe.clusters"
            )
        chosen = [path for _, _, path in sorted(near, key=lambda item: (-item[0], item[1]))]
        return [image.read(path, band, self._zero_points.get(band), window, origin=path.name) for path in chosen]


def _look(path: Path) -> _Known:
    try:
        with fits.open(path, memmap=False) as file:
            hdu = image.first_image(file)
            if hdu is None or len(hdu.shape) != 2:
                raise InputError(f"{path.name}: expected a FITS image of two dimensions; take it out of observe.folder")
            return _Known(path, _band(hdu.header, path), image.celestial(hdu.header, path.name), hdu.shape)
    except (OSError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path.name}: cannot be read as FITS ({image.first_line(error)}); take it out of observe.folder"
        ) from None


def _band(header: fits.Header, path: Path) -> str:
    stem = path.name.lower().partition(".fit")[0]
    try:
        return image.band_of(header, path.name)
    except InputError:
        if stem.endswith(("_g", "_r", ".g", ".r", "-g", "-r")):
            return stem[-1]
        raise


def _depth(known: _Known, window: Window) -> float | None:
    """How far the window's middle is from the image's nearest edge [px]; None if the image shows nothing of the
    window."""
    x, y = known.wcs.world_to_pixel(window.centre)
    if not (np.isfinite(x) and np.isfinite(y)):
        return None
    ny, nx = known.shape
    depth = float(min(x, y, nx - 1 - x, ny - 1 - y))
    scale = image.pixel_scale_arcsec(known.wcs, float(x), float(y))
    return depth if depth > -window.side_arcsec / scale / 2 else None
