"""Whether a downloaded file is what was asked for: each function raises ValueError with what is wrong."""

import warnings
from collections.abc import Callable
from pathlib import Path

from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from reproduce.archives.image import first_image


def is_fits(path: Path) -> None:
    """A FITS file with an image, all of whose bytes are there."""
    with path.open("rb") as file:
        start = file.read(200)
    if not start.startswith(b"SIMPLE  ="):
        raise ValueError(f"expected FITS, found {_shown(start)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", AstropyUserWarning)  # astropy only warns of a file cut short
            with fits.open(path, memmap=False, lazy_load_hdus=False) as file:
                if first_image(file) is None:
                    raise ValueError("expected a FITS image, found no HDU with one")
    except (OSError, AstropyUserWarning, TypeError, KeyError) as error:
        raise ValueError(f"FITS that cannot be read ({str(error).partition(chr(10))[0]})") from None


def is_text(word: str) -> Callable[[Path], None]:
    """A check for text that holds a word, such as a table's column, and is no web page."""

    def check(path: Path) -> None:
        content = path.read_bytes()
        page = content.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))
        if page or word.encode() not in content:
            raise ValueError(f"expected text with '{word}', found {_shown(content[:200])}")

    return check


def _shown(start: bytes) -> str:
    text = " ".join(start.decode("utf-8", "replace").split())
    if not text:
        return "nothing"
    return f"'{text[:60]}…'" if text.isprintable() else f"{len(start)} bytes that are no text"
