"""Arrays that networks read and say, and the drawing of items: what a process needs that draws and trains nothing.

So it does without Keras, which takes seconds to import and hundreds of megabytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Array:
    """One input or target of a file: an array of images, or columns of numbers side by side.

    Attributes
    ----------
    columns : tuple of str
        Names in the file; an image has one.
    mean, std : tuple of float
        By which each column is standardised.
    image : bool
        Whether items are images (ny, nx), which get an axis for channels and take part in augmentation.
    """

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    image: bool = False

    def standardise(self, columns: Sequence[NDArray]) -> NDArray[np.float32]:
        """(n, ny, nx, 1) of images, (n, columns) of numbers."""
        scaled = [(values - m) / s for values, m, s in zip(columns, self.mean, self.std, strict=True)]
        return (scaled[0][..., None] if self.image else np.stack(scaled, axis=-1)).astype(np.float32)


def turned(images: NDArray, symmetries: NDArray) -> NDArray:
    """Each image (ny, nx, channels) turned by ``symmetry % 4`` quarters and, from 4 on, mirrored."""
    if not symmetries.any():
        return images
    found = np.empty_like(images)
    for symmetry in range(8):
        chosen = symmetries == symmetry
        some = np.rot90(images[chosen], symmetry % 4, axes=(1, 2))
        found[chosen] = some[:, :, ::-1] if symmetry >= 4 else some
    return found


def draw_batch(
    draw: Callable[[np.random.Generator, int], Arrays],
    stream: tuple[int, ...],
    items: range,
    images: frozenset[str] | None = None,
) -> Arrays:
    """Some items side by side.

    Parameters
    ----------
    draw
        Makes an item from a generator of its own and its number.
    stream
        Seeds; with the item's number they are those of its generator.
    items
        Which ones.
    images
        Names of the arrays that are images, to give each item one of the eight symmetries of the square; None: as
        drawn.
    """
    drawn = []
    for item in items:
        rng = np.random.default_rng([*stream, item])
        one = draw(rng, item)
        if images is not None:
            symmetry = np.array([rng.integers(8)])
            one = {
                name: turned(values[None], symmetry)[0] if name in images else values for name, values in one.items()
            }
        drawn.append(one)
    return {name: np.stack([one[name] for one in drawn]) for name in drawn[0]}
