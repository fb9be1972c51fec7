"""The stage `observe`: velocities of clusters in real galaxies, or a synthetic catalogue of the same form.

``galaxies.ecsv`` and ``clusters.ecsv`` have the columns of `reproduce.archives.sluggs.read`, the first also ``source``
and, where it is synthetic, the true ``halo_msun``; ``provenance.json`` says where they came from.
"""

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table

from reproduce.archives import sluggs
from reproduce.archives.download import Downloader, UnreachableError
from reproduce.galaxy.settings import Ranges
from reproduce.papers.kaur2021.observed import synthetic
from reproduce.papers.kaur2021.settings import Observe
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

OFFLINE = "PIDOC_OFFLINE"
"""Environment variable: with any value but 0, nothing is downloaded and the cache must do."""
WITHOUT_NETWORK = "without network, a synthetic catalogue shows the way: observe.source=synthetic"


def observe(
    settings: Observe, ranges: Ranges, folder: Path, cache: Path, server: str | None = None
) -> dict[str, float]:
    """Get the catalogue, or make one, and write it.

    Parameters
    ----------
    settings : Observe
    ranges : Ranges
        What the training galaxies, and synthetic ones, are drawn from.
    folder, cache : Path
        For the result, and for downloads.
    server : str, optional
        Address in VizieR's place.

    Returns
    -------
    dict
        ``galaxies``, ``clusters``, ``synthetic`` (0 or 1).

    Raises
    ------
    UnreachableError
        If VizieR does not answer.
    InputError
        If a galaxy asked for is not in the catalogue.
    """
    truth: dict[str, float] = {}
    downloads: list[dict[str, Any]] = []
    if settings.source == "synthetic":
        tables, truth = synthetic.catalogue(ranges, settings.seed, settings.galaxies)
        _known(settings.galaxies, list(truth))
        paths = {name: folder / f"synthetic_{name}.vot" for name in tables}
        for name, content in tables.items():
            with whole(paths[name]) as partial:
                partial.write_bytes(content)
    else:
        downloader = Downloader(cache / "downloads", offline=os.environ.get(OFFLINE, "0") not in ("", "0"))
        try:
            paths, found = sluggs.download(downloader, server)
        except UnreachableError as error:
            raise UnreachableError(f"{error}; {WITHOUT_NETWORK}") from None
        downloads = [{"url": one.url, "size": one.size, "sha256": one.sha256} for one in found]
    galaxies, clusters = sluggs.read(paths)
    if settings.galaxies is not None:
        _known(settings.galaxies, list(galaxies["galaxy"]))
        galaxies = galaxies[np.isin(galaxies["galaxy"], settings.galaxies)]
        clusters = clusters[np.isin(clusters["galaxy"], settings.galaxies)]
    galaxies["source"] = settings.source
    galaxies["halo_msun"] = [truth.get(name, np.nan) for name in galaxies["galaxy"]]
    galaxies["halo_msun"].unit = "Msun"
    for name, rows in (("galaxies", galaxies), ("clusters", clusters)):
        stream = io.StringIO()
        rows.write(stream, format="ascii.ecsv")
        _write(folder / f"{name}.ecsv", stream.getvalue())
    told = {"source": settings.source, "downloads": downloads}
    _write(folder / "provenance.json", json.dumps(told, indent=1, sort_keys=True) + "\n")
    return {
        "galaxies": float(len(galaxies)),
        "clusters": float(len(clusters)),
        "synthetic": float(settings.source == "synthetic"),
    }


def read(folder: Path) -> tuple[Table, Table]:
    """Galaxies and clusters that the stage has written."""
    return Table.read(folder / "galaxies.ecsv"), Table.read(folder / "clusters.ecsv")


def _known(wanted: tuple[str, ...] | None, known: list[str]) -> None:
    if missing := [name for name in wanted or () if name not in known]:
        raise InputError(
            f"observe.galaxies: no {', '.join(missing)} in the catalogue; expected some of {', '.join(known)}"
        )


def _write(path: Path, text: str) -> None:
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8")
