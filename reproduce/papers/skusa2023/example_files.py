"""Kinematics through the archive path: the example files of DYNAMITE, downloaded, checked, kept."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import data_manifests
from reproduce.archives.cache import Download
from reproduce.archives.download import Downloader, UnreachableError
from reproduce.archives.formats import is_text
from reproduce.workflow.files import whole

EXAMPLE = data_manifests.load("skusa2023/dynamite_example")
PROVENANCE = "provenance.json"
OFFLINE = "PIDOC_OFFLINE"
"""Environment variable: with any value but 0, nothing is downloaded and the cache must do."""
WITHOUT_NETWORK = (
    "without network, give a folder in DYNAMITE's formats with observe.kinematics=folder, or take the default galaxy "
    "with observe.kinematics=synthetic"
)


def fetch(
    folder: Path,
    cache: Path,
    server: str | None = None,
    sha256: Mapping[str, str] | None = None,
    downloader: Downloader | None = None,
) -> list[Download]:
    """Put the four files of NGC 6278 into a folder, from the cache or their archive.

    Parameters
    ----------
    folder : Path
        Receives them; each is whole there or absent.
    cache : Path
        Keeps what was downloaded; may be shared by processes. A file of which a part came goes on where it stopped.
    server : str, optional
        Address of the folder that holds them, in the place of the manifest's.
    sha256 : mapping of str, optional
        Of the files, in the place of the manifest's.
    downloader : Downloader, optional
        With other waiting times.

    Returns
    -------
    list of Download
        In the order of the manifest: addresses, sizes, sha256 and dates, for the record of what was used.

    Raises
    ------
    UnreachableError
        Without network and without the files in the cache.
    DownloadError
        If a file cannot be had, or is another one.
    """
    downloader = downloader or Downloader(cache / "downloads", offline=os.environ.get(OFFLINE, "0") not in ("", "0"))
    found = []
    for name, entry in EXAMPLE["files"].items():
        digest = entry["sha256"] if sha256 is None else sha256[name]
        try:
            one = downloader.get(
                f"{(server or EXAMPLE['url']).rstrip('/')}/{name}", check=is_text(entry["holds"]), sha256=digest
            )
        except UnreachableError as error:
            raise UnreachableError(f"{error}; {WITHOUT_NETWORK}") from None
        with whole(folder / name) as partial:
            shutil.copyfile(one.path, partial)
        found.append(one)
    return found


def write_record(path: Path, downloads: Sequence[Download]) -> None:
    """Addresses, sizes, sha256 and dates of what was downloaded, as JSON."""
    rows = [{"url": one.url, "size": one.size, "sha256": one.sha256, "date": one.date} for one in downloads]
    with whole(path) as partial:
        partial.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
