"""The SLUGGS survey's velocities of globular clusters in 27 early-type galaxies (Forbes et al. 2017), through VizieR.

Catalogue J/AJ/153/114: table 1 has the galaxies, table 5 the clusters (with the erratum's velocities). A velocity of 99
stands for none. The names of clusters begin with that of their galaxy, ``NGC3115_...``, some with a leading zero.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy.table import Table

import data_manifests
from reproduce.archives import vizier
from reproduce.archives.cache import Download
from reproduce.archives.download import Downloader
from reproduce.archives.formats import is_text
from reproduce.workflow.errors import InputError

NO_VELOCITY_KMS = 99.0
GALAXIES, CLUSTERS = "table1", "table5"
GALAXY_NAMES = {
    "ngc": ("ngc",),
    "distance_mpc": ("dist",),
    "velocity_kms": ("vsys",),
    "ra": ("raj2000",),
    "dec": ("dej2000",),
    "effective_radius_arcsec": ("reff",),
    "log10_stellar_msun": ("logm",),
}
CLUSTER_NAMES = {
    "cluster": ("star", "id", "name"),
    "ra": ("raj2000",),
    "dec": ("dej2000",),
    "velocity_kms": ("hrv",),
    "error_kms": ("ehrv",),
}
"""Names of the columns at VizieR, letters and digits alone."""
UNITS = {
    "distance_mpc": "Mpc",
    "velocity_kms": "km/s",
    "error_kms": "km/s",
    "ra": "deg",
    "dec": "deg",
    "effective_radius_arcsec": "arcsec",
}


def download(downloader: Downloader, server: str | None = None) -> tuple[dict[str, Path], list[Download]]:
    """The two tables from VizieR as VOTables, by ``table1`` and ``table5``, and the downloads.

    Parameters
    ----------
    downloader : Downloader
        Where the files are kept: a second call asks for nothing.
    server : str, optional
        Address in the place of VizieR's.

    Raises
    ------
    DownloadError
        If VizieR does not answer, or with something else.
    """
    from astroquery.vizier import Vizier

    archive = data_manifests.load("archives")["sluggs"]
    query = Vizier(columns=["**"], row_limit=-1, vizier_server=archive["host"])
    found = {}
    for name in (GALAXIES, CLUSTERS):
        payload = query.get_catalogs_async(f"{archive['catalogue']}/{name}", get_query_payload=True)
        found[name] = downloader.get(server or query._server_to_url(), data=payload, check=is_text("VOTABLE"))
    return {name: one.path for name, one in found.items()}, list(found.values())


def read(paths: Mapping[str, Path]) -> tuple[Table, Table]:
    """Galaxies and clusters of the two VOTables.

    Returns
    -------
    galaxies : Table
        ``galaxy`` (NGC 3115), ``ra``, ``dec`` [deg], ``distance_mpc``, ``velocity_kms``, and
        ``effective_radius_arcsec``, ``log10_stellar_msun``.
    clusters : Table
        ``galaxy``, ``cluster``, ``ra``, ``dec`` [deg], ``velocity_kms``, ``error_kms``; those without a velocity are
        left out; an error that is not given is NaN.

    Raises
    ------
    InputError
        If a file is no VOTable, lacks a column, or a cluster is of a galaxy that table 1 does not have.
    """
    galaxies = _columns(paths[GALAXIES], GALAXY_NAMES)
    galaxies.add_column([f"NGC {int(number)}" for number in galaxies["ngc"]], name="galaxy", index=0)
    galaxies.remove_column("ngc")
    clusters = _columns(paths[CLUSTERS], CLUSTER_NAMES)
    clusters.add_column([galaxy_of(str(name), paths[CLUSTERS]) for name in clusters["cluster"]], name="galaxy", index=0)
    unknown = sorted(set(clusters["galaxy"]) - set(galaxies["galaxy"]))
    if unknown:
        raise InputError(
            f"{paths[CLUSTERS]}: clusters of {', '.join(unknown)}, which table 1 has not; download both again"
        )
    velocity = np.asarray(clusters["velocity_kms"])
    return galaxies, clusters[np.isfinite(velocity) & (velocity != NO_VELOCITY_KMS)]


def galaxy_of(cluster: str, path: Path) -> str:
    """``NGC 3115`` of ``NGC3115_S12``, ``NGC 720`` of ``NGC0720_1``."""
    match = re.match(r"\s*NGC\s*0*(\d+)_", cluster)
    if match is None:
        raise InputError(f"{path}: cluster '{cluster}': expected a name such as NGC3115_...; download it again")
    return f"NGC {match[1]}"


def _columns(path: Path, names: Mapping[str, tuple[str, ...]]) -> Table:
    found = vizier.columns(path, names)
    return Table(found, units={name: unit for name, unit in UNITS.items() if name in found})
