"""The stages `isochrones` and `fields`: the stars that clusters are drawn from, and what lies behind the clusters."""

from pathlib import Path

from reproduce.archives import phat
from reproduce.archives.download import Downloader, UnreachableError, offline
from reproduce.sky import fields, tiles
from reproduce.sky.settings import HstCamera, IsochroneGrid, StarFields
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress

WITHOUT_NETWORK = "without network: fields.source=synthetic observe.source=synthetic"


def make(
    settings: StarFields,
    stars: IsochroneGrid,
    camera: HstCamera,
    isochrones_folder: Path,
    folder: Path,
    cache: Path,
    executor: Executor,
    progress: Progress,
) -> dict[str, float]:
    """Make synthetic fields, or cut PHAT's bricks, and write ``fields.h5``.

    Parameters
    ----------
    settings, stars, camera
        Settings.
    isochrones_folder : Path
        Of the stage `isochrones`.
    folder, cache : Path
        For the result, and for downloads.
    executor, progress
        Makes the fields; is told how far it is.

    Returns
    -------
    dict
        ``fields``, ``fields_test``, ``synthetic`` (0 or 1).

    Raises
    ------
    UnreachableError
        If the archive does not answer.
    InputError
        If the test or the validation set has no tile.
    """
    if settings.source == "synthetic":
        found = fields.synthetic(settings, stars, camera, isochrones_folder, executor, progress)
    else:
        downloader = Downloader(cache / "downloads", offline=offline())
        try:
            real = phat.sample_tiles(settings.bricks, settings.number, settings.pixels, settings.seed, downloader)
            found = tiles.collect(real, noisy=True, origin="PHAT")
        except UnreachableError as error:
            raise UnreachableError(f"{error}; {WITHOUT_NETWORK}") from None
    counts = {group: len(found.members(group)) for group in ("train", "validation", "test")}
    found.write(folder / "fields.h5")
    return {
        "fields": float(len(found.name)),
        "fields_test": float(counts["test"]),
        "synthetic": float(settings.source == "synthetic"),
    }
