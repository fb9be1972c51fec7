"""DYNAMITE's input files: the light (mge.ecsv), the kinematics, the grid of pixels and their bins.

Read for any galaxy whose folder has them; written for a synthetic one. Formats as of DYNAMITE 3 to 5.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table

from reproduce.galaxy.orbits.losvd import Kinematics
from reproduce.galaxy.orbits.mge import ObservedGaussians
from reproduce.galaxy.orbits.observation import Apertures, PointSpread
from reproduce.workflow.errors import InputError

MGE = "mge.ecsv"
KINEMATICS = "gauss_hermite_kins.ecsv"
APERTURE = "aperture.dat"
BINS = "bins.dat"
MGE_COLUMNS = ("I", "sigma", "q", "PA_twist")
KINEMATICS_COLUMNS = ("v", "dv", "sigma", "dsigma", "h3", "dh3", "h4", "dh4")
APERTURE_HEADER = "#counter_rotation_boxed_aperturefile_version_2"
BINS_HEADER = "#Counterrotaton_binning_version_1"  # the format's own spelling


def read_light(path: Path) -> ObservedGaussians:
    """The multi-Gaussian expansion in an mge.ecsv: columns I (Lsun/pc²), sigma (arcsec), q, PA_twist (deg).

    Raises
    ------
    InputError
        If the file is missing, is no ECSV table, lacks a column or holds a Gaussian that cannot be.
    """
    table = _table(path, MGE_COLUMNS)
    return _naming(path, lambda: ObservedGaussians(*(np.array(table[name], dtype=float) for name in MGE_COLUMNS)))


def read_kinematics(path: Path) -> tuple[Kinematics, PointSpread]:
    """Kinematics of each bin and the point spread function in the table's head (meta: PSF: sigma, weight).

    Rows are sorted by vbin_id, which must count from 1.

    Raises
    ------
    InputError
        As `read_light`; also if bins are not numbered from 1 without gaps, or a dispersion or an error is not above 0.
    """
    table = _table(path, ("vbin_id", *KINEMATICS_COLUMNS))
    order = np.argsort(table["vbin_id"], kind="stable")
    if not np.array_equal(table["vbin_id"][order], np.arange(1, len(table) + 1)):
        raise InputError(f"{path}: vbin_id must number the bins from 1 without gaps; found {len(table)} rows, others")
    try:
        spread = table.meta["PSF"]
        sigma, weight = (np.atleast_1d(np.array(spread[name], dtype=float)) for name in ("sigma", "weight"))
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"{path}: its head lacks 'meta: PSF: sigma: [...], weight: [...]'; add the seeing there"
        ) from None
    columns = [np.array(table[name][order], dtype=float) for name in KINEMATICS_COLUMNS]
    return _naming(path, lambda: (Kinematics(*columns), PointSpread(sigma, weight)))


def read_apertures(aperture: Path, bins: Path) -> Apertures:
    """The grid of pixels in an aperture.dat and the bin of each pixel in a bins.dat (0: none).

    Raises
    ------
    InputError
        If a file is missing or is not what its name says, or the two do not belong together.
    """
    corner_x, corner_y, width, height, angle, nx, ny = _numbers(aperture, APERTURE_HEADER, 7)
    number, *values = _numbers(bins, BINS_HEADER, None)
    if nx != int(nx) or ny != int(ny) or nx < 1 or ny < 1:
        raise InputError(f"{aperture}: expected whole numbers of pixels in the last line, found {nx:g} {ny:g}")
    if number != nx * ny or len(values) != number:
        raise InputError(
            f"{bins}: says {number:g} pixels and holds {len(values)}, but {aperture.name} has {nx:g} x {ny:g}; "
            "take the two files of one galaxy"
        )
    if any(value != int(value) for value in values):
        raise InputError(f"{bins}: bin numbers must be whole; found {next(v for v in values if v != int(v)):g}")
    grid = np.array(values, dtype=np.int64).reshape(int(ny), int(nx))
    return _naming(bins, lambda: Apertures((corner_x, corner_y), (width, height), angle, grid))


def read_folder(folder: Path) -> tuple[ObservedGaussians, Kinematics, PointSpread, Apertures]:
    """All of a galaxy's input files in one folder.

    Raises
    ------
    InputError
        As the other readers; also if the bins and the kinematics are not as many.
    """
    light = read_light(folder / MGE)
    kinematics, spread = read_kinematics(folder / KINEMATICS)
    apertures = read_apertures(folder / APERTURE, folder / BINS)
    if apertures.number != kinematics.mean_kms.size:
        raise InputError(
            f"{folder}: {BINS} has {apertures.number} bins, {KINEMATICS} {kinematics.mean_kms.size} rows; "
            "take the two files of one galaxy"
        )
    return light, kinematics, spread, apertures


def write_folder(
    folder: Path, light: ObservedGaussians, kinematics: Kinematics, spread: PointSpread, apertures: Apertures, note: str
) -> None:
    """Write the four files into an existing folder; `note` stands in the head of the tables (such as "synthetic")."""
    columns = (light.surface_brightness, light.sigma_arcsec, light.axis_ratio, light.twist_deg)
    Table(columns, names=MGE_COLUMNS, meta={"note": note}).write(folder / MGE, format="ascii.ecsv", overwrite=True)
    values = [getattr(kinematics, name) for name in Kinematics.__dataclass_fields__]
    numbers = np.arange(1, kinematics.mean_kms.size + 1)
    psf = {
        "sigma": [float(value) for value in spread.sigma_arcsec],
        "weight": [float(value) for value in spread.weight],
    }
    table = Table([numbers, *values], names=("vbin_id", *KINEMATICS_COLUMNS), meta={"PSF": psf, "note": note})
    table.write(folder / KINEMATICS, format="ascii.ecsv", overwrite=True)
    ny, nx = apertures.bin_of_pixel.shape
    lines = [apertures.corner_arcsec, apertures.size_arcsec, (apertures.angle_deg,), (nx, ny)]
    text = "\n".join(" ".join(repr(value) for value in line) for line in lines)
    (folder / APERTURE).write_text(f"{APERTURE_HEADER}\n{text}\n", encoding="utf-8")
    rows = "\n".join(" ".join(f"{value:7d}" for value in row) for row in apertures.bin_of_pixel)
    (folder / BINS).write_text(f"{BINS_HEADER}\n{nx * ny}\n{rows}\n", encoding="utf-8")


def _table(path: Path, columns: tuple[str, ...]) -> Table:
    _require(path)
    try:
        table = Table.read(path, format="ascii.ecsv")
    except Exception as error:  # astropy raises many kinds for a damaged file
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"{path}: not a readable ECSV table ({reason}); write it anew or fetch it again") from None
    missing = [name for name in columns if name not in table.colnames]
    if missing:
        raise InputError(f"{path}: lacks the columns {', '.join(missing)}; found {', '.join(table.colnames)}")
    for name in columns:
        if table[name].dtype.kind not in "iuf" or (hasattr(table[name], "mask") and np.any(table[name].mask)):
            raise InputError(f"{path}: column {name} must hold a number in every row; fill the gaps or drop the rows")
    return table


def _numbers(path: Path, header: str, count: int | None) -> list[float]:
    """All numbers in a file after the line that says what it is, up to a comment."""
    _require(path)
    first, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    if first.strip() != header:
        raise InputError(
            f"{path}: its first line must be {header!r}, found {first.strip()[:60]!r}; is it another file?"
        )
    words = " ".join(lines).split()
    numbers = []
    for word in words if count is None else words[:count]:
        try:
            numbers.append(float(word))
        except ValueError:
            raise InputError(f"{path}: expected a number, found {word!r}") from None
    if len(numbers) < (1 if count is None else count):
        raise InputError(f"{path}: expected {count or 'at least 1'} numbers after its first line, found {len(numbers)}")
    return numbers


def _require(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such file; a galaxy's folder holds {MGE}, {KINEMATICS}, {APERTURE} and {BINS}")


def _naming(path: Path, make: Callable[[], Any]) -> Any:
    """What `make` returns; an error names the file as well."""
    try:
        return make()
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
