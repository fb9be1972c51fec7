"""A synthetic catalogue in the form of VizieR's, of simulated disc galaxies with known masses. No observation.

Each galaxy has the place, distance and number of objects of a real one and nothing else of it: a disc drawn from the
ranges of the training, with another seed. Its clusters are seen from one random side, those within the field alone,
with errors; a few have no velocity, and are marked as in the catalogue.
"""

import io
import warnings
from typing import Any

import numpy as np
from astropy.io.votable.exceptions import W03
from astropy.table import Table
from scipy.spatial.transform import Rotation

import data_manifests
from reproduce.archives.sluggs import NO_VELOCITY_KMS
from reproduce.galaxy import populations
from reproduce.galaxy.settings import Ranges
from reproduce.papers.kaur2021.observed.systems import unproject

FIELD_KPC = (1.0, 40.0)  # inside, the galaxy's light hides clusters; outside, no spectra are taken
ERROR_KMS = 12.0
WITHOUT = 0.03  # share of the clusters without a velocity
TOO_MANY = 4  # times as many clusters are simulated as are listed


def catalogue(
    ranges: Ranges, seed: int, names: tuple[str, ...] | None = None
) -> tuple[dict[str, bytes], dict[str, float]]:
    """The two tables as VOTables, by ``table1`` and ``table5``, and each galaxy's true dark mass [Msun].

    Parameters
    ----------
    ranges : Ranges
        What the galaxies are drawn from.
    seed : int
    names : tuple of str, optional
        Galaxies wanted; all of ``data_manifests/kaur2021/sluggs.yaml`` if left out.
    """
    every = data_manifests.load("kaur2021/sluggs")
    galaxies: list[dict[str, Any]] = []
    clusters: list[dict[str, Any]] = []
    truth = {}
    for number, (name, real) in enumerate(every.items()):
        if names is not None and name not in names:
            continue
        enough = ranges.model_copy(update={"n_clusters": TOO_MANY * real["clusters"]})
        drawn = populations.disc(enough, seed, number)
        truth[name] = drawn.halo_msun
        generator = np.random.default_rng([seed, number])
        clusters += _clusters(name, real, drawn, generator)
        galaxies.append(
            {
                "NGC": int(name.removeprefix("NGC ")),
                "N": real["clusters"],
                "Dist": real["distance_mpc"],
                "logM*": float(np.log10(drawn.total_msun - drawn.halo_msun)),
                "Reff": float(np.degrees(4.0 / (1_000 * real["distance_mpc"])) * 3_600),  # 4 kpc
                "MType": "model",
                "Vsys": real["velocity_kms"],
                "RAJ2000": real["ra"],
                "DEJ2000": real["dec"],
            }
        )
    return {"table1": _votable(galaxies), "table5": _votable(clusters)}, truth


def _clusters(
    name: str, real: dict[str, Any], drawn: populations.Drawn, generator: np.random.Generator
) -> list[dict[str, Any]]:
    turn = Rotation.random(rng=generator).as_matrix()
    x, y, _ = turn @ drawn.clusters.position_kpc.T
    radius = np.hypot(x, y)
    inside = np.flatnonzero((radius > FIELD_KPC[0]) & (radius < FIELD_KPC[1]))[: real["clusters"]]
    speed = turn[2] @ drawn.clusters.velocity_kms[inside].T
    error = ERROR_KMS * np.exp(generator.normal(0, 0.3, len(inside)))
    seen = real["velocity_kms"] + speed + error * generator.standard_normal(len(inside))
    seen[generator.random(len(inside)) < WITHOUT] = NO_VELOCITY_KMS
    distance = real["distance_mpc"]
    ra, dec = unproject(x[inside], y[inside], (real["ra"], real["dec"]), distance)
    arcmin = np.degrees(radius[inside] / (1_000 * distance)) * 60
    prefix = f"NGC{int(name.removeprefix('NGC ')):04d}"
    columns = zip(ra, dec, np.round(seen), np.round(error), arcmin, strict=True)
    return [
        {
            "Star": f"{prefix}_S{k + 1}",
            "RAJ2000": float(a),
            "DEJ2000": float(d),
            "HRV": float(v),
            "e_HRV": float(e),
            "Rgal": float(r),
        }
        for k, (a, d, v, e, r) in enumerate(columns)
    ]


def _votable(rows: list[dict[str, Any]]) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", W03)  # VizieR's names are no XML identifiers
        Table(rows).write(stream, format="votable")
    return stream.getvalue()
