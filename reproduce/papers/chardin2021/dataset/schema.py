"""What stands in the data set's file `maps.h5` (format 1), for those who write it and those who read it.

Attributes of the root: `format` = "star-cluster maps", `version`, `settings` (JSON), `simulations` (names).
Groups `train`, `validation`, `test`, each with

=======================================  ====================  ========================================================
data set                                 shape, type           what
=======================================  ====================  ========================================================
`flux`                                   (n, ny, nx) f4        log10(F / (Lsun kpc^-2)); one map a chunk
`mass`                                   (n, ny, nx) f4        log10(M / Msun); one map a chunk
`age_gyr` `distance_kpc` `fwhm_arcsec`   (n,) f8               of the snapshot; of the view
`snapshot`                               (n,) i4               its number in the simulation's file
`simulation`                             (n,) i2               its place in the attribute `names` of this data set
`shift_arcsec`                           (n, 2) f8             centre from the middle of the field, columns and rows
`rotation_deg`                           (n,) i2               0, 90, 180 or 270
`line_of_sight`                          (n, 3) f8             unit vector in the snapshot's axes
`mass_msun` `luminosity_lsun`            (n,) f8               of the stars in the field, before PSF and smoothing (V)
`n_stars`                                (n,) i4               stars in the field
=======================================  ====================  ========================================================
"""

from pathlib import Path

import h5py
import numpy as np

from reproduce.sky.units import LOG_FLUX, LOG_MASS
from reproduce.workflow.errors import InputError

FORMAT = "star-cluster maps"
VERSION = 1
GROUPS = ("train", "validation", "test")
MAPS = {"flux": LOG_FLUX, "mass": LOG_MASS}
"""The two maps and their units."""
COLUMNS = {
    "age_gyr": "Gyr",
    "distance_kpc": "kpc",
    "fwhm_arcsec": "arcsec",
    "snapshot": "number",
    "simulation": "number",
    "shift_arcsec": "arcsec",
    "rotation_deg": "deg",
    "line_of_sight": "unit vector",
    "mass_msun": "Msun",
    "luminosity_lsun": "Lsun",
    "n_stars": "number",
}
"""What is known of a map beside its pixels, and the units."""
TYPES = np.dtype(
    [
        ("simulation", "i2"),
        ("snapshot", "i4"),
        ("distance_kpc", "f8"),
        ("fwhm_arcsec", "f8"),
        ("age_gyr", "f8"),
        ("shift_arcsec", "f8", (2,)),
        ("rotation_deg", "i2"),
        ("line_of_sight", "f8", (3,)),
        ("mass_msun", "f8"),
        ("luminosity_lsun", "f8"),
        ("n_stars", "i4"),
    ]
)
"""One value of each of `COLUMNS`: first what tells the maps apart, then what drawing them found."""


def open_maps(path: Path | str) -> h5py.File:
    """The data set's file, opened for reading, its layout checked.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    InputError
        If it cannot be read, is of another format, misses a group or an array, or its arrays disagree in shape.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path}: cannot be read as a data set ({error}); make the data set again") from None
    if wrong := _fault(file):
        file.close()
        raise InputError(f"{path}: {wrong}; make the data set again")
    return file


def _fault(file: h5py.File) -> str | None:
    """What is wrong with a file's layout, in words; None if nothing is."""
    found = file.attrs.get("format"), file.attrs.get("version")
    if found != (FORMAT, VERSION):
        return f"expected '{FORMAT}' version {VERSION}, found {found[0]!r} version {found[1]}"
    for group in GROUPS:
        for name in (*MAPS, *COLUMNS):
            if not isinstance(file.get(f"{group}/{name}"), h5py.Dataset):
                return f"expected the array {group}/{name}, found none"
        shape = file[group]["flux"].shape
        if len(shape) != 3 or shape[1] != shape[2] or file[group]["mass"].shape != shape or 0 in shape:
            found = shape, file[group]["mass"].shape
            return f"{group}: expected square maps (n, ny, nx) of flux and mass, found {found[0]} and {found[1]}"
        for name in COLUMNS:
            if (rows := file[group][name].shape[:1]) != shape[:1]:
                return f"{group}/{name}: expected a value for each of {shape[0]} maps, found {rows}"
    return None
