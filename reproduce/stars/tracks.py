"""Tracks of many stars: mass, luminosity, radius and type at any time, in one compact table.

All rows of all stars stand one after the other; `offset[i]:offset[i + 1]` are the rows of star i, in order of time. A
file of snapshots carries the tracks of its stars, so that a snapshot holds only what dynamics knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
from numba import njit
from numpy.typing import NDArray

SUN_TEMPERATURE_K = 5772.0  # IAU 2015 nominal effective temperature
FIRST_REMNANT = 10  # SSE types: 10-12 white dwarfs, 13 neutron star, 14 black hole, 15 nothing left

COLUMNS: Mapping[str, tuple[str, str]] = {
    "time_myr": ("f4", "Myr"),
    "mass_msun": ("f4", "Msun"),
    "luminosity_lsun": ("f4", "Lsun"),
    "radius_rsun": ("f4", "Rsun"),
    "stellar_type": ("i1", "SSE type 0-15"),
}


@dataclass(frozen=True)
class Tracks:
    """Stellar evolution of n stars in `rows` rows.

    Attributes
    ----------
    offset : (n + 1,) int64
        First row of each star; the last entry is the number of rows.
    time_myr, mass_msun, luminosity_lsun, radius_rsun : (rows,) float32
        Age [Myr], mass [Msun], bolometric luminosity [Lsun] and radius [Rsun].
    stellar_type : (rows,) int8
        Type in SSE's numbering (Hurley, Pols & Tout 2000).
    """

    offset: NDArray[np.int64]
    time_myr: NDArray[np.float32]
    mass_msun: NDArray[np.float32]
    luminosity_lsun: NDArray[np.float32]
    radius_rsun: NDArray[np.float32]
    stellar_type: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.offset) - 1

    def at(self, star: NDArray[np.integer], time_myr: float) -> dict[str, NDArray]:
        """State of some stars at one time.

        Mass is interpolated linearly in time, luminosity and radius in their logarithms. Where the next row is a
        remnant of another type the star keeps its present row until then: a supernova is a step, not a ramp.

        Parameters
        ----------
        star : (m,) int
            Star numbers.
        time_myr : float
            Age [Myr]; after its last row a star stays as it is.

        Returns
        -------
        dict of (m,) arrays
            `mass_msun`, `luminosity_lsun`, `radius_rsun`, `temperature_k` (float32) and `stellar_type` (int8). The
            temperature is T = T_sun (L / R²)^¼, zero for what does not shine.
        """
        star = np.asarray(star, dtype=np.int64)
        row = _last_rows(self.offset, self.time_myr, star, time_myr)
        after = np.minimum(row + 1, self.offset[star + 1] - 1)
        step = (self.stellar_type[after] >= FIRST_REMNANT) & (self.stellar_type[after] != self.stellar_type[row])
        after = np.where(step, row, after)
        begin = self.time_myr[row]
        span = self.time_myr[after] - begin
        weight = np.clip((time_myr - begin) / np.where(span > 0, span, 1.0), 0.0, 1.0).astype(np.float32)
        mass = self.mass_msun[row] + weight * (self.mass_msun[after] - self.mass_msun[row])
        luminosity = _log_mean(self.luminosity_lsun[row], self.luminosity_lsun[after], weight)
        radius = _log_mean(self.radius_rsun[row], self.radius_rsun[after], weight)
        with np.errstate(divide="ignore", invalid="ignore"):
            temperature = np.float32(SUN_TEMPERATURE_K) * np.sqrt(np.sqrt(luminosity) / radius)
        shines = (luminosity > 0) & (radius > 0)
        return {
            "mass_msun": mass,
            "luminosity_lsun": luminosity,
            "radius_rsun": radius,
            "temperature_k": np.where(shines, temperature, np.float32(0)),
            "stellar_type": self.stellar_type[row],
        }

    def write(self, group: h5py.Group) -> None:
        """Store the tracks in an HDF5 group: one compressed, checksummed data set a column, its unit an attribute.

        The fill value is set because HDF5 otherwise pads the last chunk with whatever memory held: same numbers,
        other bytes.
        """
        settings: dict[str, Any] = {"compression": "gzip", "shuffle": True, "fletcher32": True, "fillvalue": 0}
        group.create_dataset("offset", data=self.offset, **settings).flush()
        for name, (kind, unit) in COLUMNS.items():
            data = group.create_dataset(name, data=getattr(self, name).astype(kind), **settings)
            data.attrs["unit"] = unit
            data.flush()  # places the chunks now; else when the garbage collector closes it, in an order that changes

    @classmethod
    def read(cls, group: h5py.Group) -> "Tracks":
        """The tracks that `write` stored."""
        return cls(offset=group["offset"][:], **{name: group[name][:] for name in COLUMNS})


@njit(cache=True)
def _last_rows(offset, time, star, now):
    """The last row of each star that is not after `now`, or its first: a bisection among its own few rows."""
    rows = np.empty(len(star), dtype=np.int64)
    for k in range(len(star)):
        low, high = offset[star[k]], offset[star[k] + 1]
        while high - low > 1:
            middle = (low + high) // 2
            if time[middle] <= now:
                low = middle
            else:
                high = middle
        rows[k] = low
    return rows


def _log_mean(a: NDArray[np.float32], b: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Interpolation in the logarithm; `a` where either is zero (a black hole's luminosity)."""
    positive = (a > 0) & (b > 0) & (weight > 0)
    ratio = np.where(positive, b / np.where(positive, a, 1), np.float32(1))
    return (a * ratio**weight).astype(np.float32)
