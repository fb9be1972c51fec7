"""Pixels folded into channels and back, for networks that work on a coarser grid without losing anything."""

import keras
from keras import layers

# Side of a cell [px]. Both maps are smoothed with a Gaussian of 4 px, so that nothing finer than about 4 px is in them,
# and convolutions on the cells see 1/16 of the pixels.
CELL = 4


def fold(x: keras.KerasTensor, cell: int = CELL) -> keras.KerasTensor:
    """Space to depth: ``(n, ny, nx, 1)`` to ``(n, ny / cell, nx / cell, cell**2)``, row-major within a cell."""
    side = x.shape[1] // cell
    x = layers.Reshape((side, cell, side, cell), name="fold_cells")(x)
    x = layers.Permute((1, 3, 2, 4), name="fold_permute")(x)
    return layers.Reshape((side, side, cell * cell), name="fold")(x)


def unfold(x: keras.KerasTensor, cell: int = CELL) -> keras.KerasTensor:
    """Depth to space: the inverse of `fold`."""
    side = x.shape[1]
    x = layers.Reshape((side, side, cell, cell), name="unfold_cells")(x)
    x = layers.Permute((1, 3, 2, 4), name="unfold_permute")(x)
    return layers.Reshape((side * cell, side * cell, 1), name="unfold")(x)
