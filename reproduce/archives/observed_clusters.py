"""Clusters of M31 with images in three bands and what is published of them: the file ``observed.h5``.

It has ``rate`` (n, 3, ny, nx) [electrons/s] and columns of what is known; its attribute ``source`` says whether the
clusters are real.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from reproduce.workflow.files import whole

COLUMNS = ("ra", "dec", "r_eff_arcsec", "log_age", "log_mass")
SYNTHETIC = "synthetic"
Cluster = tuple[str, NDArray, dict[str, float]]
"""Name, image and `COLUMNS` of one cluster, as `phat.known_clusters` gives them."""


@dataclass(frozen=True)
class Observed:
    """Clusters.

    Attributes
    ----------
    name : tuple of str
    rate : array of float32, shape (n, 3, ny, nx)
        Electrons a second.
    known : Table
        `COLUMNS`: places [deg], effective radii, published log10 of ages [yr] and masses [Msun]; NaN: not known.
    source : str
        ``PHAT``, or ``synthetic``.
    """

    name: tuple[str, ...]
    rate: NDArray[np.float32]
    known: Table
    source: str

    @classmethod
    def of(cls, clusters: Iterable[Cluster], source: str) -> "Observed":
        """Clusters, at least one, side by side."""
        names, rates, known = zip(*clusters, strict=True)
        columns = Table({column: [one[column] for one in known] for column in COLUMNS})
        return cls(names, np.stack(rates).astype(np.float32), columns, source)

    def write(self, path: Path) -> None:
        """Write ``observed.h5``."""
        with whole(path) as partial, h5py.File(partial, "w") as file:
            file.attrs["source"] = self.source
            file.create_dataset("rate", data=self.rate, compression="lzf")
            file["name"] = [one.encode() for one in self.name]
            for column in COLUMNS:
                file[column] = np.asarray(self.known[column], np.float64)

    @classmethod
    def read(cls, path: Path) -> "Observed":
        """Read ``observed.h5``."""
        with h5py.File(path) as file:
            known = Table({column: file[column][:] for column in COLUMNS})
            names = tuple(one.decode() for one in file["name"][:])
            return cls(names, file["rate"][:], known, str(file.attrs["source"]))

    def counts(self) -> dict[str, float]:
        """``clusters``, ``clusters_with_mass``, ``synthetic`` (0 or 1)."""
        return {
            "clusters": float(len(self.name)),
            "clusters_with_mass": float(np.isfinite(self.known["log_mass"]).sum()),
            "synthetic": float(self.source == SYNTHETIC),
        }
