"""The stage `fields`: star fields of M31 behind the clusters."""

from pathlib import Path

from reproduce.archives import phat
from reproduce.archives.download import Downloader, UnreachableError, offline
from reproduce.sky import fields, tiles
from reproduce.sky.settings import HstCamera, IsochroneGrid, StarFields
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress

WITHOUT_NETWORK = "without network: fields.source=synthetic observe.source=synthetic"
GROUPS = ("train", "validation", "test")


def make(
    settings: StarFields,
    stars: IsochroneGrid,
    camera: HstCamera,
    isochrones: Path,
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
    isochrones : Path
        Folder of the stage `isochrones`.
    folder, cache : Path
        For the result, and for downloads.
    executor, progress
        Makes the fields; is told how far it is.

    Returns
    -------
    dict
        ``fields``, and ``fields_GROUP`` of each set.

    Raises
    ------
    UnreachableError
        If the archive does not answer.
    InputError
        If a set has no tile.
    """
    if settings.source == "synthetic":
        found = fields.synthetic(settings, stars, camera, isochrones, executor, progress)
    else:
        downloader = Downloader(cache / "downloads", offline=offline())
        try:
            real = phat.sample_tiles(settings.bricks, settings.number, settings.pixels, settings.seed, downloader)
            found = tiles.collect(real, noisy=True, origin="PHAT")
        except UnreachableError as error:
            raise UnreachableError(f"{error}; {WITHOUT_NETWORK}") from None
    counts = {f"fields_{group}": float(len(found.members(group))) for group in GROUPS}
    found.write(folder / "fields.h5")
    return {"fields": float(len(found.name)), **counts}
