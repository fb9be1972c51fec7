"""A trained network on any number of items, batch by batch."""

from collections.abc import Callable, Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from reproduce.learning.data import slices


def outputs(
    model: keras.Model, items: NDArray, batch_size: int, prepare: Callable[[NDArray], NDArray[np.float32]]
) -> Iterator[tuple[slice, list[NDArray]]]:
    """The outputs of a network with one input.

    Parameters
    ----------
    model
        The network.
    items : array, shape (n, ...)
        As they are stored.
    batch_size
        Items that are worked on at once.
    prepare
        Makes the network's input of a batch of items.

    Yields
    ------
    rows : slice
        Of the batch.
    outputs : list of arrays
        Of each head.
    """
    size = min(batch_size, len(items))
    for rows in slices(len(items), size):
        batch = prepare(items[rows])
        n = len(batch)
        if n < size:  # the last batch is filled up: another shape would be compiled anew
            batch = np.concatenate([batch, np.repeat(batch[-1:], size - n, axis=0)])
        found = model.predict_on_batch(batch)
        yield rows, [np.asarray(output)[:n] for output in (found if isinstance(found, list) else [found])]
