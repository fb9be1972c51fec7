"""Magnitudes of stars in any band of a table of bolometric corrections: MIST's, for F336W, F475W, F814W, B, V and I.

The table that the package carries (`data_manifests/photometry.yaml` has its origin and licence) reaches from 2,500 to
10⁶ K, from giants to white dwarfs (log g -4 to 9.5), and from [Fe/H] -4 to +0.75; hot stars, naked helium stars and
white dwarfs are stars of their temperature and gravity in it. MIST's own tables can be given in its place.
Magnitudes are Vega's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import h5py
import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from reproduce.stars.photometry import DARK_TYPES
from reproduce.workflow.errors import InputError

HST_BANDS = ("F336W", "F475W", "F814W")
"""Those of PHAT's images of M31: WFC3/UVIS, ACS/WFC, ACS/WFC."""
LOG_G_SUN = 4.438  # log10 of G Msun / Rsun² [cm/s²], IAU 2015 nominal values
DARK = 99.0
"""Magnitude of what does not shine."""
SHORT_NAMES = {
    "F336W": "WFC3_UVIS_F336W", "F475W": "ACS_WFC_F475W", "F814W": "ACS_WFC_F814W",
    "B": "Bessell_B", "V": "Bessell_V", "I": "Bessell_I",
}  # fmt: skip
_TABLE = Path(__file__).with_name("mist_bolometric.h5")


@dataclass(frozen=True, eq=False)
class BandTable:
    """Bolometric corrections BC = M_bol - M_band on a grid.

    Attributes
    ----------
    bands : tuple of str
        Names of the bands.
    feh, log_temperature, logg : array of float64
        Nodes, increasing: [Fe/H], log10 of T_eff [K], log10 of the surface gravity [cm/s²].
    bc : array of float32, shape (feh, temperature, logg, band)
        Corrections [mag].
    solar_bolometric : float
        Bolometric magnitude of 1 Lsun that belongs to them.
    origin : str
        File or files, for messages.
    """

    bands: tuple[str, ...]
    feh: NDArray[np.float64]
    log_temperature: NDArray[np.float64]
    logg: NDArray[np.float64]
    bc: NDArray[np.float32]
    solar_bolometric: float
    origin: str

    def columns(self, bands: Sequence[str]) -> NDArray[np.int64]:
        """Places of bands in the table.

        Raises
        ------
        InputError
            If a band is not in it.
        """
        places = []
        for band in bands:
            known = next((name for name in (band, SHORT_NAMES.get(band)) if name in self.bands), None)
            if known is None:
                raise InputError(
                    f"band '{band}': not in {self.origin}, which has {', '.join(self.bands)}; choose one of these, or "
                    "give MIST's own tables of the instrument (bands.read_mist)"
                )
            places.append(self.bands.index(known))
        return np.array(places)


@cache
def mist() -> BandTable:
    """The table that the package carries."""
    with h5py.File(_TABLE) as file:
        return BandTable(
            bands=tuple(name.decode() for name in file["bands"][:]),
            feh=file["feh"][:].astype(np.float64),
            log_temperature=np.log10(file["temperature_k"][:].astype(np.float64)),
            logg=file["logg"][:].astype(np.float64),
            bc=file["bc"][:],
            solar_bolometric=float(file.attrs["solar_bolometric_magnitude"]),
            origin="the table of the package",
        )


def read_mist(paths: Sequence[Path | str]) -> BandTable:
    """MIST's own tables, as its page "model grids" offers them: one text file for each [Fe/H] and set of filters.

    Parameters
    ----------
    paths : sequence of path
        Such as ``fehm200.HST_WFC3`` and ``fehm200.HST_ACSWF`` and those of other [Fe/H]. Rows with A_V = 0 are used.

    Returns
    -------
    BandTable
        Bands have MIST's names (``WFC3_UVIS_F336W``), or their short ones (``F336W``) where these are known.

    Raises
    ------
    InputError
        If a file is no such table, or the files do not fill a grid.
    """
    found: dict[float, dict[str, tuple[NDArray, NDArray]]] = {}
    for path in paths:
        names, rows = _read_rows(Path(path))
        rows = rows[rows[:, names.index("Av")] == 0]
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        for k, band in enumerate(names[5:], start=5):
            found.setdefault(float(rows[0, 2]), {})[band] = (rows[:, :2], rows[:, k])
    if not found:
        raise InputError("MIST tables: no file given; expected one for each [Fe/H]")
    feh = sorted(found)
    bands, nodes = tuple(found[feh[0]]), next(iter(found[feh[0]].values()))[0]
    teff, logg = np.unique(nodes[:, 0]), np.unique(nodes[:, 1])
    for value in feh:
        same = tuple(found[value]) == bands and all(np.array_equal(at, nodes) for at, _ in found[value].values())
        if not same or len(nodes) != len(teff) * len(logg):
            raise InputError(
                f"MIST tables: those of [Fe/H] {value:g} do not have the bands and nodes of {feh[0]:g}; give for each "
                "[Fe/H] the same sets of filters, as downloaded"
            )
    shape = (len(teff), len(logg))
    bc = np.stack([np.stack([found[value][band][1].reshape(shape) for band in bands], -1) for value in feh])
    return BandTable(
        bands=bands,
        feh=np.array(feh),
        log_temperature=np.log10(teff) if teff.max() > 100 else teff,
        logg=logg,
        bc=bc.astype(np.float32),
        solar_bolometric=4.74,
        origin=f"{Path(paths[0]).name} …",
    )


def _read_rows(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Names of the columns, T_eff, log g, [Fe/H], A_V and R_V first, and the rows."""
    try:
        text = path.read_text(encoding="utf-8")
        header = [line for line in text.splitlines() if line.startswith("#") and "logg" in line]
        names = header[-1].lstrip("# ").split()
        rows = np.loadtxt(text.splitlines(), comments="#", ndmin=2)
        if names[1:5] != ["logg", "[Fe/H]", "Av", "Rv"] or rows.shape[1] != len(names):
            raise ValueError(f"columns {', '.join(names[:5])}")
    except (OSError, ValueError, IndexError) as error:
        raise InputError(
            f"{path}: no MIST table of bolometric corrections ({error}); expected a line '# Teff logg [Fe/H] Av Rv …' "
            "and rows below it"
        ) from None
    return names, rows


def surface_gravity(mass_msun: ArrayLike, radius_rsun: ArrayLike) -> NDArray[np.float64]:
    """log10 of the surface gravity [cm/s²] of masses [Msun] and radii [Rsun], of any shape; -inf of a mass of 0."""
    mass, radius = np.asarray(mass_msun, dtype=np.float64), np.asarray(radius_rsun, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return LOG_G_SUN + np.log10(mass) - 2 * np.log10(radius)


def bolometric_corrections(
    temperature_k: ArrayLike,
    logg: ArrayLike,
    feh: ArrayLike,
    bands: Sequence[str] = HST_BANDS,
    table: BandTable | None = None,
) -> NDArray[np.float64]:
    """BC = M_bol - M_band, linear between the nodes in [Fe/H], log T_eff and log g, held at the edges of the table.

    Parameters
    ----------
    temperature_k, logg, feh : array_like, shape (n,) or broadcast to it
        Effective temperature [K], log10 of the surface gravity [cm/s²], [Fe/H].
    bands : sequence of str
        Bands of the table.
    table : BandTable, optional
        The package's if left out.

    Returns
    -------
    array of float64, shape (n, bands)

    Raises
    ------
    InputError
        If a band is not in the table, or a temperature is not more than 0.
    """
    table = table or mist()
    columns = table.columns(bands)
    wanted = (np.asarray(values, dtype=np.float64) for values in (temperature_k, logg, feh))
    teff, gravity, metals = (
        np.ascontiguousarray(values) for values in np.broadcast_arrays(*map(np.atleast_1d, wanted))
    )
    if bad := np.count_nonzero(~(teff > 0)):
        raise InputError(f"temperatures must be more than 0 K, found {bad} of {teff.size} that are not")
    if bad := np.count_nonzero(np.isnan(gravity) | np.isnan(metals)):
        raise InputError(f"log g and [Fe/H] must be numbers, found {bad} of {teff.size} stars without")
    return _interpolate(
        np.log10(teff), gravity, metals, table.log_temperature, table.logg, table.feh, table.bc, columns
    )


def absolute_magnitudes(
    luminosity_lsun: ArrayLike,
    temperature_k: ArrayLike,
    logg: ArrayLike,
    feh: ArrayLike,
    *,
    stellar_type: ArrayLike | None = None,
    bands: Sequence[str] = HST_BANDS,
    table: BandTable | None = None,
) -> NDArray[np.float64]:
    """Absolute Vega magnitudes M = M_bol,sun - 2.5 log10 L - BC.

    Parameters
    ----------
    luminosity_lsun, temperature_k, logg, feh : array_like, shape (n,) or broadcast to it
        Bolometric luminosity [Lsun], effective temperature [K], log10 of the surface gravity [cm/s²], [Fe/H].
    stellar_type : array_like, shape (n,), optional
        Hurley et al. (2000) types; neutron stars and black holes do not shine.
    bands : sequence of str
        Bands of the table.
    table : BandTable, optional
        The package's if left out.

    Returns
    -------
    array of float64, shape (n, bands)
        `DARK` for what does not shine.

    Raises
    ------
    InputError
        As `bolometric_corrections`.
    """
    table = table or mist()
    luminosity = np.atleast_1d(np.asarray(luminosity_lsun, dtype=np.float64))
    shines = luminosity > 0
    if stellar_type is not None:
        shines &= ~np.isin(stellar_type, DARK_TYPES)
    teff, gravity, metals = (
        np.broadcast_to(np.asarray(v, dtype=np.float64), shines.shape)[shines] for v in (temperature_k, logg, feh)
    )
    result = np.full((*shines.shape, len(bands)), DARK)
    bc = bolometric_corrections(teff, gravity, metals, bands, table)
    result[shines] = table.solar_bolometric - 2.5 * np.log10(luminosity[shines])[:, None] - bc
    return result


@njit(cache=True)
def _interpolate(log_t, logg, feh, t_nodes, g_nodes, f_nodes, bc, columns):
    result = np.empty((len(log_t), len(columns)))
    weight = np.empty(8)
    for i in range(len(log_t)):
        a, x = _place(f_nodes, feh[i])
        b, y = _place(t_nodes, log_t[i])
        c, z = _place(g_nodes, logg[i])
        for corner in range(8):
            weight[corner] = (x if corner & 4 else 1 - x) * (y if corner & 2 else 1 - y) * (z if corner & 1 else 1 - z)
        for k in range(len(columns)):
            total = 0.0
            for corner in range(8):
                total += weight[corner] * bc[a + (corner >> 2), b + (corner >> 1 & 1), c + (corner & 1), columns[k]]
            result[i, k] = total
    return result


@njit(cache=True)
def _place(nodes, value):
    """The node below a value and the share of the way to the next, held at the ends."""
    if value <= nodes[0]:
        return 0, 0.0
    if value >= nodes[-1]:
        return len(nodes) - 2, 1.0
    low = np.searchsorted(nodes, value, side="right") - 1
    return low, (value - nodes[low]) / (nodes[low + 1] - nodes[low])
