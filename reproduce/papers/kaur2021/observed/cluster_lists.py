"""A user's own list of globular clusters, as CSV, ECSV or VOTable: places, velocities, errors.

Places are right ascension and declination in degrees (``ra``, ``dec``; sexagesimal where they are text), or ``x_kpc``
and ``y_kpc`` about the galaxy's centre. Velocities are ``velocity`` [km/s] and errors ``error`` [km/s]; columns with
units are converted, several usual names are known.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from reproduce.archives.sluggs import NO_VELOCITY_KMS
from reproduce.papers.kaur2021.observed.systems import FARTHEST_DEG, Array, project
from reproduce.papers.kaur2021.sets.clusters import Seen, checked
from reproduce.workflow.errors import InputError

FORMATS = {".csv": "ascii.csv", ".ecsv": "ascii.ecsv", ".vot": "votable", ".xml": "votable", ".votable": "votable"}
NAMES = {
    "ra": ("ra", "raj2000", "ra_deg", "radeg", "right_ascension"),
    "dec": ("dec", "dej2000", "dec_deg", "dedeg", "declination"),
    "x": ("x_kpc", "x"),
    "y": ("y_kpc", "y"),
    "velocity": ("velocity", "velocity_kms", "hrv", "rv", "v", "vlos", "radial_velocity"),
    "error": ("error", "error_kms", "e_hrv", "e_rv", "e_velocity", "velocity_error", "rv_error"),
}
"""Names of columns, in small letters."""
CLIP = 5.0  # robust standard deviations from the median beyond which a velocity is most likely no cluster's


@dataclass(frozen=True)
class ClusterList:
    """A user's clusters.

    Attributes
    ----------
    seen : Seen
        Those with a velocity, about the centre; velocities relative to their mean or to the one given.
    warnings : tuple of str
        What was left out or assumed.
    """

    seen: Seen
    warnings: tuple[str, ...]


def read(
    path: Path,
    *,
    distance_mpc: float | None = None,
    centre: SkyCoord | None = None,
    velocity_kms: float | None = None,
) -> ClusterList:
    """Read a list of clusters.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.ecsv``, ``.vot`` or ``.xml``.
    distance_mpc : float, optional
        Needed for places on the sky.
    centre : SkyCoord, optional
        Of the galaxy; the median place of the clusters if left out.
    velocity_kms : float, optional
        The galaxy's; only clusters far from it are told of, since masses count from the clusters' own mean.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, has a unit that does not convert, or places that cannot be.
    """
    table = _table(path)
    known = {name.strip().lower(): name for name in table.colnames}
    found = {what: next((known[name] for name in names if name in known), None) for what, names in NAMES.items()}
    if found["velocity"] is None:
        raise InputError(f"{path}: no column velocity, found {', '.join(table.colnames)}; name it velocity [km/s]")
    velocity = _numbers(path, table, found["velocity"], u.km / u.s)
    error = np.zeros(len(table)) if found["error"] is None else _numbers(path, table, found["error"], u.km / u.s)
    told = [] if found["error"] is not None else ["no column error: velocities are taken as exact"]
    has = np.isfinite(velocity) & (velocity != NO_VELOCITY_KMS)
    if not has.all():
        told.append(f"{int((~has).sum())} of {len(has)} clusters have no velocity and are left out")
    if unknown := int((~np.isfinite(error[has])).sum()):
        usual = float(np.nanmedian(error)) if np.isfinite(error).any() else 0.0
        told.append(f"{unknown} clusters have no error; {usual:g} km/s, the median, is assumed")
        error = np.where(np.isfinite(error), error, usual)
    x, y = _places(path, table, found, distance_mpc, centre, told)
    seen = checked(x[has], y[has], velocity[has], error[has], str(path))
    if len(seen) > 2:
        middle = np.median(seen.velocity_kms) if velocity_kms is None else velocity_kms
        away = np.abs(seen.velocity_kms - middle)
        spread = 1.4826 * np.median(np.abs(seen.velocity_kms - np.median(seen.velocity_kms)))
        if far := int((away > CLIP * max(float(spread), 1.0)).sum()):
            told.append(
                f"{far} velocities are more than {CLIP:g} standard deviations from {middle:.0f} km/s: stars, or "
                "another galaxy's clusters? Leave them out if so"
            )
    return ClusterList(seen, tuple(told))


def _table(path: Path) -> Table:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise InputError(f"{path}: expected a list that ends in {', '.join(FORMATS)}")
    try:
        table = Table.read(path, format=form)
    except Exception as error:  # astropy raises many kinds; all mean the same to the user
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: cannot be read as {form} ({reason})") from None
    if len(table) == 0:
        raise InputError(f"{path}: has no clusters")
    return table


def _numbers(path: Path, table: Table, name: str, unit: u.UnitBase) -> Array:
    """A column in a unit, NaN where it is blank."""
    column = table[name]
    try:
        values = np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan)
    except (TypeError, ValueError):
        raise InputError(f"{path}: column {name} holds text, expected numbers in {unit}") from None
    if column.unit is None:
        return values
    try:
        return np.asarray((values * u.Unit(column.unit)).to_value(unit))
    except (u.UnitConversionError, TypeError, ValueError):
        raise InputError(
            f"{path}: column {name} is in {column.unit}, expected a unit that converts to {unit}"
        ) from None


def _places(
    path: Path,
    table: Table,
    found: dict[str, str | None],
    distance_mpc: float | None,
    centre: SkyCoord | None,
    told: list[str],
) -> tuple[Array, Array]:
    if found["x"] is not None and found["y"] is not None:
        if centre is not None:
            raise InputError(f"{path}: has x and y about the centre, so that --centre has no effect; leave it out")
        return _numbers(path, table, found["x"], u.kpc), _numbers(path, table, found["y"], u.kpc)
    if found["ra"] is None or found["dec"] is None:
        names = ", ".join(table.colnames)
        raise InputError(f"{path}: no columns ra and dec, or x_kpc and y_kpc, found {names}")
    if distance_mpc is None:
        raise InputError(f"{path}: has places on the sky; say how far the galaxy is with --distance MPC")
    ra, dec = _degrees(path, table, found["ra"], found["dec"])
    if centre is None:
        ra_centre = float(np.degrees(np.angle(np.nanmedian(np.exp(1j * np.radians(ra))))))
        centre = SkyCoord(ra_centre % 360, float(np.nanmedian(dec)), unit=u.deg)
        told.append(
            f"no --centre: the median place of the clusters, {centre.ra.deg:.4f} {centre.dec.deg:.4f} deg, is taken"
        )
    x, y = project(ra, dec, (float(centre.ra.deg), float(centre.dec.deg)), distance_mpc)
    far = np.degrees(np.nanmax(np.hypot(x, y)) / (1_000 * distance_mpc))
    if far > FARTHEST_DEG:
        raise InputError(
            f"{path}: a cluster is {far:.1f} deg from the centre; expected degrees, or sexagesimal text, and the "
            "galaxy's own clusters"
        )
    return x, y


def _degrees(path: Path, table: Table, ra: str, dec: str) -> tuple[Array, Array]:
    text = [table[name].dtype.kind in "OSU" for name in (ra, dec)]
    if not any(text):
        return _numbers(path, table, ra, u.deg), _numbers(path, table, dec, u.deg)
    try:
        hours = bool(re.search(r"[:hH ]", str(table[ra][0]).strip()))
        place = SkyCoord(list(table[ra]), list(table[dec]), unit=("hourangle" if hours else "deg", "deg"))
    except (ValueError, u.UnitsError) as error:
        reason = " ".join(str(error).split())[:100]
        raise InputError(f"{path}: places cannot be read as right ascension and declination ({reason})") from None
    return np.asarray(place.ra.deg, np.float64), np.asarray(place.dec.deg, np.float64)
