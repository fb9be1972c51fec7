"""Maps as FITS files: an empty primary HDU with the view, and the image extensions FLUX and MASS with WCS and BUNIT.

A file needs astropy alone to be read: ``fits.getdata(path, "FLUX")``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from pydantic import ValidationError

from reproduce.sky.camera import View
from reproduce.sky.maps import Maps
from reproduce.sky.settings import Camera
from reproduce.sky.units import LOG_FLUX, LOG_MASS
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

_CARDS = (
    ("AGE", "age of the cluster [Gyr]"),
    ("DISTANCE", "distance [kpc]"),
    ("SEEING", "FWHM of the PSF [arcsec]"),
    ("LOS_X", "line of sight, snapshot's axes"),
    ("LOS_Y", "line of sight, snapshot's axes"),
    ("LOS_Z", "line of sight, snapshot's axes"),
    ("ROTATION", "rotation on the sky [deg]"),
    ("SHIFT_X", "centre, columns from middle [arcsec]"),
    ("SHIFT_Y", "centre, rows from middle [arcsec]"),
    ("MASS", "mass in the field [Msun]"),
    ("LUMINOSI", "luminosity in the field [Lsun]"),
    ("NSTARS", "stars in the field"),
)


def write_maps(maps: Maps, path: Path | str, history: Sequence[str] = ()) -> None:
    """Write both maps, whole or not at all; the bytes depend on nothing but the maps.

    Parameters
    ----------
    maps : Maps
        The maps; all they hold is written, the camera's settings as JSON in the card CAMERA.
    path : path
        An existing file is replaced.
    history : sequence of str
        Where the cluster is from, a HISTORY card each.
    """
    view = maps.view
    values = (
        maps.age_gyr,
        view.distance_kpc,
        view.fwhm_arcsec,
        *view.line_of_sight,
        90 * (view.quarter_turns % 4),
        *view.shift_arcsec,
        maps.mass_msun,
        maps.luminosity_lsun,
        maps.n_stars,
    )
    primary = fits.PrimaryHDU()
    for (key, comment), value in zip(_CARDS, values, strict=True):
        primary.header[key] = (value, comment)
    primary.header["CAMERA"] = maps.camera.model_dump_json()
    for line in history:
        primary.header.add_history(line)
    images = [
        _image("FLUX", maps.flux, LOG_FLUX, maps),
        _image("MASS", maps.mass, LOG_MASS, maps),
    ]
    with whole(Path(path)) as partial, partial.open("wb") as stream:  # a stream: no name makes it compressed
        fits.HDUList([primary, *images]).writeto(stream)


def _image(name: str, values: Any, unit: str, maps: Maps) -> fits.ImageHDU:
    hdu = fits.ImageHDU(values, header=maps.wcs.to_header(), name=name)
    hdu.header["BUNIT"] = unit
    return hdu


def read_maps(path: Path | str) -> Maps:
    """Read what `write_maps` wrote.

    Raises
    ------
    InputError
        If the file is not a FITS file of maps.
    """
    try:
        with fits.open(path, memmap=False) as file:
            header = file[0].header
            values = {key: header[key] for key, _ in _CARDS}
            camera = Camera.model_validate_json(header["CAMERA"])
            flux, mass = (_data(file, name, unit) for name, unit in (("FLUX", LOG_FLUX), ("MASS", LOG_MASS)))
    except (OSError, KeyError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise InputError(
            f"{path}: no FITS file of a flux and a mass map ({first}); write it with reproduce.sky.map_files.write_maps"
        ) from None
    return Maps(
        flux=flux,
        mass=mass,
        age_gyr=values["AGE"],
        mass_msun=values["MASS"],
        luminosity_lsun=values["LUMINOSI"],
        n_stars=values["NSTARS"],
        view=View(
            distance_kpc=values["DISTANCE"],
            fwhm_arcsec=values["SEEING"],
            line_of_sight=(values["LOS_X"], values["LOS_Y"], values["LOS_Z"]),
            quarter_turns=values["ROTATION"] // 90,
            shift_arcsec=(values["SHIFT_X"], values["SHIFT_Y"]),
        ),
        camera=camera,
    )


def _data(file: fits.HDUList, name: str, unit: str) -> Any:
    hdu = file[name]
    if hdu.header.get("BUNIT") != unit:
        raise KeyError(f"{name} has BUNIT {hdu.header.get('BUNIT')!r}, expected {unit!r}")
    return np.asarray(hdu.data, dtype=np.float32)
