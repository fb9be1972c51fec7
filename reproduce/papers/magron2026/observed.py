"""The stages `observe` and `apply`: M31's clusters, and what the networks say of them at M31's distance."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from reproduce.archives import phat
from reproduce.archives.download import Downloader, UnreachableError, offline
from reproduce.archives.observed_clusters import COLUMNS, SYNTHETIC, Cluster, Observed
from reproduce.learning import intervals
from reproduce.papers.magron2026 import sets
from reproduce.papers.magron2026.drawn import Draw
from reproduce.papers.magron2026.fields import WITHOUT_NETWORK
from reproduce.papers.magron2026.labels import PARAMETERS
from reproduce.papers.magron2026.settings import Observe, Sets
from reproduce.sky import m31
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import InProcess
from reproduce.workflow.files import whole

if TYPE_CHECKING:
    from reproduce.papers.magron2026.networks.model import Answers

DOMAIN_VIEWS = 600
"""Training views, in their mass and age alone, that the (mass, age) domain is made of."""


def observe(settings: Observe, draw: Draw, drawn: Sets, folder: Path, cache: Path) -> dict[str, float]:
    """Get clusters, or draw them, and write ``observed.h5``.

    Parameters
    ----------
    settings : Observe
    draw : Draw
        What synthetic clusters are drawn with: test clusters on test fields.
    drawn : Sets
        M31's distance.
    folder, cache : Path
        For the result, and for downloads.

    Returns
    -------
    dict
        `Observed.counts`.

    Raises
    ------
    UnreachableError
        If an archive does not answer.
    InputError
        If no cluster lies on the bricks.
    """
    if settings.source == "synthetic":
        found = list(_synthetic(settings, draw, drawn))
    else:
        downloader = Downloader(cache / "downloads", offline=offline())
        try:
            found = list(phat.known_clusters(settings.bricks, draw.camera.pixels, downloader))
        except UnreachableError as error:
            raise UnreachableError(f"{error}; {WITHOUT_NETWORK}") from None
    if not found:
        raise InputError(f"observe.bricks={list(settings.bricks)}: no cluster lies on their images; choose others")
    clusters = Observed.of(found, "PHAT" if settings.source == "archive" else SYNTHETIC)
    clusters.write(folder / "observed.h5")
    return clusters.counts()


def _synthetic(settings: Observe, draw: Draw, drawn: Sets) -> Iterator[Cluster]:
    """Test clusters at M31's distance whose published values are the true ones with the errors of a catalogue, at the
    places of their fields, or those that mirror them in the disc."""
    source = replace(sets.m31_draw(draw, drawn), heavy=None, outside_kpc=0.0)
    generator = np.random.default_rng([settings.seed, 1])
    stream = (settings.seed, sets.STREAMS["observed"])
    for number, view in enumerate(sets.views(source, stream, settings.number, InProcess())):
        place = source.place(view, int(generator.integers(4)))
        yield (
            f"synthetic {number}",
            view.image,
            {
                "ra": place[0],
                "dec": place[1],
                "r_eff_arcsec": np.nan,
                "log_age": view.labels["log_age"] + settings.age_error * generator.standard_normal(),
                "log_mass": view.labels["log_mass"] + settings.mass_error * generator.standard_normal(),
            },
        )


def apply(
    observed: Path, trained: Path, training: Draw, settings: Observe, drawn: Sets, folder: Path
) -> dict[str, float]:
    """What the networks say of M31's clusters; writes ``clusters.ecsv``, ``metrics.json``, and ``domain.csv`` with
    masses and ages of training views.

    Parameters
    ----------
    observed : Path
        ``observed.h5``.
    trained : Path
        Folder of the stage `train`.
    training : Draw
        Of training views.
    settings : Observe
    drawn : Sets
        M31's distance.
    folder : Path

    Returns
    -------
    dict
        ``age_difference`` and ``mass_difference``, medians of ours minus published [dex], ``…_scatter``, half of the
        width of the middle 68 %; ``outside_domain_percent``, clusters whose published mass and age no training view
        is near; ``strange_percent``, those unlike the training by their images.
    """
    from reproduce.papers.magron2026.networks.model import MultiPiDoc

    clusters = Observed.read(observed)
    distance = drawn.m31_kpc, settings.distance_error * drawn.m31_kpc
    table = answers_table(MultiPiDoc.load(trained).predict(clusters.rate, *distance))
    table.add_column(list(clusters.name), name="name", index=0)
    for column in COLUMNS:
        table[f"published_{column}" if column.startswith("log") else column] = clusters.known[column]
    domain = training_plane(training, settings.seed)
    known = np.column_stack([table["published_log_age"], table["published_log_mass"]])
    finite = np.isfinite(known).all(axis=1)
    away = np.full(len(table), np.nan)
    away[finite] = cKDTree(domain).query(known[finite])[0]
    table["away_dex"] = away
    table["radius_kpc"] = m31.radius_kpc(np.array(table["ra", "dec"]))
    table.meta = {"source": clusters.source}
    with whole(folder / "clusters.ecsv") as partial:
        table.write(partial, format="ascii.ecsv", overwrite=True)
    with whole(folder / "domain.csv") as partial:
        np.savetxt(partial, domain, delimiter=",", header="log_age,log_mass", comments="", fmt="%.5f")
    found = {"strange_percent": 100 * float(np.mean(table["domain"] > 1))}
    if finite.any():
        found["outside_domain_percent"] = 100 * float(np.mean(away[finite] > settings.reach_dex))
    for name, parameter in (("age", "log_age"), ("mass", "log_mass")):
        difference = np.asarray(table[parameter] - table[f"published_{parameter}"])
        difference = difference[np.isfinite(difference)]
        if difference.size >= 2:
            found[f"{name}_difference"], found[f"{name}_difference_scatter"] = intervals.spread(difference)
    with whole(folder / "metrics.json") as partial:
        partial.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return found


def training_plane(draw: Draw, seed: int) -> NDArray[np.float64]:
    """log10 of age [yr] and mass [Msun] of training views, shape (n, 2)."""
    found = []
    for item in range(DOMAIN_VIEWS):
        _, _, stars = draw.stars(np.random.default_rng([seed, 2, item]))
        found.append((np.log10(stars.hst.age_gyr) + 9, np.log10(stars.hst.mass_msun.sum())))
    return np.array(found)


def answers_table(answers: "Answers") -> Table:
    """What networks say of images, a row each.

    Returns
    -------
    Table
        Medians of the seven scalars, each with ``_low_68`` and so on; ``ellipticity``, ``angle_deg`` (of the long axis,
        from columns to rows), ``log_mass_in_field`` (of the mass map), ``domain`` (above 1: unlike the training).
    """
    table = Table(intervals.named(PARAMETERS, answers.summary()))
    table["ellipticity"], table["angle_deg"] = answers.shapes()
    table["log_mass_in_field"] = np.log10(answers.mass_map.sum(axis=(1, 2)))
    table["domain"] = answers.domain
    return table
