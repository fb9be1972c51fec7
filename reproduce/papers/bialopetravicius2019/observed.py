"""The stages `observe` and `apply`: clusters with published ages and masses, and what the networks say of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from reproduce.archives import phat
from reproduce.archives.download import Downloader, UnreachableError, offline
from reproduce.archives.observed_clusters import COLUMNS, SYNTHETIC, Cluster, Observed
from reproduce.learning import intervals
from reproduce.papers.bialopetravicius2019 import sets
from reproduce.papers.bialopetravicius2019.drawn import Draw
from reproduce.papers.bialopetravicius2019.fields import WITHOUT_NETWORK
from reproduce.papers.bialopetravicius2019.settings import Observe
from reproduce.workflow.errors import InputError
from reproduce.workflow.executor import InProcess
from reproduce.workflow.files import whole

if TYPE_CHECKING:
    from reproduce.papers.bialopetravicius2019.networks.model import ResNet

ARCSEC_PER_PARSEC = 206_264.806 / 785e3


def observe(
    settings: Observe, draw: Draw, folder: Path, cache: Path, server: str | None = None, vizier: str | None = None
) -> dict[str, float]:
    """Get clusters, or draw them, and write ``observed.h5``.

    Parameters
    ----------
    settings : Observe
    draw : Draw
        What synthetic clusters are drawn with, on the test fields.
    folder, cache : Path
        For the result, and for downloads.
    server, vizier : str, optional
        Addresses in the place of MAST's and VizieR's.

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
        found = list(_synthetic(settings, draw))
    else:
        downloader = Downloader(cache / "downloads", offline=offline())
        try:
            found = list(phat.known_clusters(settings.bricks, draw.camera.pixels, downloader, server, vizier))
        except UnreachableError as error:
            raise UnreachableError(f"{error}; {WITHOUT_NETWORK}") from None
    if not found:
        raise InputError(f"observe.bricks={list(settings.bricks)}: no cluster lies on their images; choose others")
    clusters = Observed.of(found, "PHAT" if settings.source == "archive" else SYNTHETIC)
    clusters.write(folder / "observed.h5")
    return clusters.counts()


def _synthetic(settings: Observe, draw: Draw) -> Iterator[Cluster]:
    """Drawn clusters whose published values are the true ones with the errors of a catalogue."""
    source = sets.all_draw(draw, sets.Sets(empty=0.0))
    items = sets.views(source, (settings.seed,), settings.number, InProcess())
    generator = np.random.default_rng([settings.seed, 1])
    for number, (image, labels) in enumerate(items):
        yield (
            f"synthetic {number}",
            image,
            {
                "ra": np.nan,
                "dec": np.nan,
                "r_eff_arcsec": 10 ** labels["log_half_radius"] * ARCSEC_PER_PARSEC,
                "log_age": labels["log_age"] + settings.age_error * generator.standard_normal(),
                "log_mass": labels["log_mass"] + settings.mass_error * generator.standard_normal(),
            },
        )


def apply(observed: Path, trained: Path, folder: Path) -> dict[str, float]:
    """Ages, masses and radii of observed clusters; writes ``clusters.ecsv``.

    Parameters
    ----------
    observed : Path
        ``observed.h5``.
    trained : Path
        Folder of the stage `train`.
    folder : Path

    Returns
    -------
    dict
        ``age_difference`` and ``mass_difference``, medians of ours minus published [dex], ``…_scatter``, half of the
        width of the middle 68 %, and ``strange``, the share of clusters outside the domain.
    """
    from reproduce.papers.bialopetravicius2019.networks.model import ResNet

    clusters = Observed.read(observed)
    table = answers_table(ResNet.load(trained), clusters.rate)
    table.add_column(list(clusters.name), name="name", index=0)
    for column in COLUMNS:
        table[f"published_{column}" if column.startswith("log") else column] = clusters.known[column]
    table.meta = {"source": clusters.source}
    with whole(folder / "clusters.ecsv") as partial:
        table.write(partial, format="ascii.ecsv", overwrite=True)
    found = {"strange": float(np.mean(table["domain"] > 1))}
    for name, parameter in (("age", "log_age"), ("mass", "log_mass")):
        difference = np.asarray(table[parameter] - table[f"published_{parameter}"])
        difference = difference[np.isfinite(difference)]
        if difference.size >= 2:
            found[f"{name}_difference"], found[f"{name}_difference_scatter"] = intervals.spread(difference)
    return found


def answers_table(model: "ResNet", rate: NDArray) -> Table:
    """What networks say of images (n, 3, ny, nx) [electrons/s], a row each.

    Returns
    -------
    Table
        ``log_age log_mass log_half_radius a_v`` (medians; log10 of yr, Msun, pc; mag), each with ``_low_68`` and so on,
        ``there`` (probability of a cluster), ``domain`` (above 1: unlike the training images).
    """
    from reproduce.papers.bialopetravicius2019.labels import PARAMETERS

    answers = model.predict(rate)
    table = Table(intervals.named(PARAMETERS, answers.summary()))
    table["there"], table["domain"] = answers.there, answers.domain
    return table
