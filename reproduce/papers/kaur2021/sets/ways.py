"""Ways to look at galaxies that no network was trained with.

``sets``: the very clusters of its maps, all of them, of discs and of remnants alike also those beyond the largest field
of a training view (what that does: docs/kaur2021_observed.md, Limits); ``sets_field``: those of them that lie in the
maps' field, which is all that a map shows; ``sets_views``: views as in training, with other fields, numbers and errors.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reproduce.papers.kaur2021 import galaxies, maps
from reproduce.papers.kaur2021.galaxies import KINDS
from reproduce.papers.kaur2021.sets.clusters import Seen
from reproduce.papers.kaur2021.sets.views import Draw
from reproduce.papers.kaur2021.settings import Maps, Sets

WAYS = ("sets", "sets_field", "sets_views")

Array = NDArray[np.float64]


def views(
    way: str, source: Path, kind: str, places: list[int], seen: Maps, sets: Sets, stream: int
) -> tuple[list[Seen], Array, NDArray[np.int64]]:
    """Views of galaxies of one kind.

    Parameters
    ----------
    way : str
        One of `WAYS`.
    source : Path
        ``galaxies.h5``.
    kind : str
    places : list of int
        Which galaxies of it.
    seen, sets : Maps, Sets
        Settings; `seen.views` of each galaxy.
    stream : int
        Of random numbers, for views as in training.

    Returns
    -------
    views : list of Seen
        Galaxy after galaxy.
    mass : (n,) float64
        Their dark masses [Msun].
    galaxy : (n,) int64
        Which one of its kind each shows.
    """
    sample = galaxies.read(source, kind)
    draw = Draw(source, tuple((kind, place) for place in places), sets, (0.0, 1.0))
    found: list[Seen] = []
    for number, place in enumerate(places):
        if way == "sets_views":
            items = [number + view * len(places) for view in range(seen.views)]
            found += [draw.view(np.random.default_rng([sets.seed, stream, item]), item)[0] for item in items]
            continue
        sky = maps.views(sample, kind, place, seen)
        half = seen.field_rd * sample.disc_size_kpc[place] / 2
        for x, y, speed in zip(sky.x_kpc, sky.y_kpc, sky.velocity_kms, strict=True):
            inside = np.flatnonzero((np.maximum(np.abs(x), np.abs(y)) < half) | (way == "sets"))
            if len(inside) < 2:  # nothing is known of such a view; two make the least set
                inside = np.argsort(np.hypot(x, y))[:2]
            found.append(Seen(x[inside], y[inside], speed[inside], np.zeros(len(inside))))
    which = np.repeat(np.array(places, np.int64), seen.views)
    return found, sample.halo_msun[which], which


def unique(kind: str, galaxy: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of galaxies that differ between kinds."""
    return galaxy * len(KINDS) + KINDS.index(kind)
