"""Progress of long work: a bar on a terminal, a line every 30 seconds elsewhere.

Work in other processes tells how far it is through one small file an item (`Gauge`), which the caller reads (`watch`):
that works the same in one process, on a local cluster and on a remote one that shares the disk.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

LINE_EVERY_S = 30.0
WRITE_EVERY_S = 1.0
LEAP = 0.01  # a training that goes on passes its earlier epochs at once


class Progress:
    """Progress of one piece of work, from 0 to 1."""

    def __init__(self, title: str) -> None:
        from tqdm import tqdm

        self._title = title
        self._start = self._spoke = time.monotonic()
        self._done = 0.0
        self._bar = None
        if sys.stderr.isatty():
            form = "{desc} {percentage:3.0f}% |{bar}| {elapsed} < {remaining} {postfix}"
            self._bar = tqdm(total=1.0, desc=title, bar_format=form, leave=False)

    def __call__(self, fraction: float, text: str = "") -> None:
        """Say that `fraction` of the work is done."""
        if self._bar is not None:
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.update(max(0.0, min(1.0, fraction) - self._done))
        elif time.monotonic() - self._spoke > LINE_EVERY_S:
            self._spoke = time.monotonic()
            elapsed = self._spoke - self._start
            print(
                f"{self._title}: {100 * fraction:.0f} % after {elapsed:.0f} s {text}".rstrip(),
                file=sys.stderr,
                flush=True,
            )
        self._done = max(self._done, min(1.0, fraction))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    @contextmanager
    def watch(
        self,
        folder: Path,
        items: int,
        also: Callable[[], None] = lambda: None,
        weights: Mapping[str, float] | None = None,
    ) -> Iterator[None]:
        """While open, show the mean of the gauges in `folder`, of which there will be `items`; call `also` as often.

        `weights`, by the name of each item, say what share of the work each is; without them all count alike.
        """
        weights = weights or {}
        whole = sum(weights.values()) or items
        stop = threading.Event()

        def look() -> None:
            while not stop.wait(WRITE_EVERY_S):
                also()
                gauges = [_read(path) for path in sorted(folder.glob("*.gauge"))]
                text = ", ".join(f"{name} {what}" for name, fraction, what in gauges if fraction < 1)
                self(sum(weights.get(name, 1.0) * fraction for name, fraction, _ in gauges) / whole, text)

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            also()


class Gauge:
    """How far one item is, written for the process that watches."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.gauge"
        self._wrote, self._fraction = 0.0, 0.0

    def __call__(self, fraction: float, text: str = "") -> None:
        """Say that `fraction` of the item is done; written at most once in `WRITE_EVERY_S`, unless it is a leap."""
        leap = fraction >= 1 or fraction > self._fraction + LEAP
        if leap or time.monotonic() - self._wrote > WRITE_EVERY_S:
            self._wrote, self._fraction = time.monotonic(), fraction
            self._path.write_text(f"{fraction:.4f} {text}", encoding="utf-8")


def _read(path: Path) -> tuple[str, float, str]:
    fraction, _, text = path.read_text(encoding="utf-8").partition(" ")
    return path.stem, float(fraction or 0), text
