"""Backgrounds for mock images: many fields in one file, cut, turned and mirrored as they are used.

A tile belongs to one of the sets train, validation and test by a digest of its name, so that no part of one is ever
seen in two of them, whatever tiles a file holds. A tile is light without noise (synthetic ones), or a real image that
has its noise already; the file says which.

Layout of the file: `rate` (n, 3, ny, nx) float16 [electrons/s in F336W, F475W, F814W], `name` (n,), `place` a table of
what is known of each; attributes `format`, `noisy` and `origin`.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

FORMAT = "background tiles, version 1"
SHARES = {"test": 0.2, "validation": 0.1}
"""Of the tiles; the others are for training."""


def group_of(name: str) -> str:
    """The set to which a tile belongs: ``train``, ``validation`` or ``test``."""
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
    for group, share in SHARES.items():
        if place < share:
            return group
        place -= share
    return "train"


@dataclass(frozen=True, eq=False)
class Tiles:
    """Tiles in memory.

    Attributes
    ----------
    rate : array of float16, shape (n, 3, ny, nx)
        Electrons a second.
    name : tuple of str
        Of each tile.
    place : array, shape (n,)
        Structured: what is known of each.
    noisy : bool
        Whether they have their noise already.
    origin : str
        What they are, for labels: such as "synthetic M31".
    """

    rate: NDArray[np.float16]
    name: tuple[str, ...]
    place: NDArray[Any]
    noisy: bool
    origin: str

    @cached_property
    def _of_group(self) -> dict[str, NDArray[np.int64]]:
        groups = np.array([group_of(name) for name in self.name])
        return {group: np.flatnonzero(groups == group) for group in ("train", *SHARES)}

    def members(self, group: str) -> NDArray[np.int64]:
        """Numbers of the tiles of a set.

        Raises
        ------
        InputError
            If there is none.
        """
        found = self._of_group[group]
        if found.size == 0:
            raise InputError(f"tiles ({self.origin}): none of {len(self.name)} belongs to '{group}'; make more tiles")
        return found

    def cutout(self, generator: np.random.Generator, group: str, pixels: int) -> tuple[NDArray[np.float32], int]:
        """A part of a random tile of a set, at a random place, turned by quarters and mirrored at random.

        Parameters
        ----------
        generator : Generator
            Random numbers.
        group : str
            ``train``, ``validation`` or ``test``.
        pixels : int
            Side of the part.

        Returns
        -------
        rate : array of float32, shape (3, pixels, pixels)
            Electrons a second.
        tile : int
            Number of the tile.

        Raises
        ------
        InputError
            If tiles are smaller than that, or the set has none.
        """
        ny, nx = self.rate.shape[2:]
        if pixels > min(ny, nx):
            raise InputError(
                f"tiles ({self.origin}): {ny} x {nx} px, a part of {pixels} px was asked for; make larger ones"
            )
        members = self.members(group)
        tile = int(members[generator.integers(members.size)])
        row, column = generator.integers(ny - pixels + 1), generator.integers(nx - pixels + 1)
        part = self.rate[tile, :, row : row + pixels, column : column + pixels]
        turns, mirrored = int(generator.integers(4)), int(generator.integers(2))
        part = np.rot90(part[:, :, ::-1] if mirrored else part, turns, axes=(1, 2))
        return np.ascontiguousarray(part, dtype=np.float32), tile

    def write(self, path: Path) -> None:
        """Write the file whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path, shared=True) as partial, h5py.File(partial, "w") as file:
            file.attrs.update(format=FORMAT, noisy=self.noisy, origin=self.origin)
            packed: dict[str, Any] = {"compression": "lzf", "shuffle": True, "fletcher32": True}
            file.create_dataset("rate", data=self.rate, chunks=(1, *self.rate.shape[1:]), **packed)
            file["name"] = np.array([name.encode() for name in self.name])
            file["place"] = self.place

    @classmethod
    def read(cls, path: Path | str) -> "Tiles":
        """Read a file.

        Raises
        ------
        InputError
            If it is no file of tiles, or damaged.
        """
        try:
            with h5py.File(path) as file:
                if file.attrs.get("format") != FORMAT:
                    raise InputError(
                        f"{path}: format is {file.attrs.get('format')!r}, expected '{FORMAT}'; make it again"
                    )
                name = tuple(value.decode() for value in file["name"][:])
                kept = bool(file.attrs["noisy"]), str(file.attrs["origin"])
                return cls(file["rate"][:], name, file["place"][:], *kept)
        except (OSError, KeyError) as error:
            raise InputError(f"{path}: no file of background tiles ({error}); make it again") from None


def collect(images: Iterable[tuple[str, NDArray, Mapping[str, float]]], *, noisy: bool, origin: str) -> Tiles:
    """Tiles of images of one size: name, rate (3, ny, nx) [electrons/s], what is known of the place.

    Raises
    ------
    InputError
        If there is no image.
    """
    names, rates, places = [], [], []
    for name, rate, place in images:
        names.append(name)
        rates.append(np.asarray(rate, dtype=np.float16))
        places.append(tuple(place.values()))
        columns = [(key, "f8") for key in place]
    if not names:
        raise InputError(f"tiles ({origin}): no image is left; choose others, or mask less")
    return Tiles(np.stack(rates), tuple(names), np.array(places, dtype=columns), noisy, origin)


def merge(parts: Sequence[Tiles]) -> Tiles:
    """Tiles of one kind from several sets, in order.

    Raises
    ------
    InputError
        If some have noise and others have not.
    """
    if len({part.noisy for part in parts}) != 1:
        raise InputError("tiles: some have their noise already and some have not; use one kind at a time")
    return Tiles(
        np.concatenate([part.rate for part in parts]),
        tuple(name for part in parts for name in part.name),
        np.concatenate([part.place for part in parts]),
        parts[0].noisy,
        " and ".join(dict.fromkeys(part.origin for part in parts)),
    )
