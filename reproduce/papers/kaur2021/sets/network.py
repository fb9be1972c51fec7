"""The network of sets (Zaheer et al. 2017): the same layers for each cluster, means over all of them in between.

With each cluster's numbers a layer sees their mean over all clusters, so that one cluster's velocity can be weighed by
what all say of rotation and dispersion. The means leave out rows without a cluster.
"""

import keras
from keras import KerasTensor, layers, ops

from reproduce.learning.posterior import n_numbers
from reproduce.papers.kaur2021.sets.clusters import COLUMNS


def build(size: int, *, width: int, depth: int, components: int) -> keras.Model:
    """The untrained network.

    Parameters
    ----------
    size : int
        Clusters that it can see at once.
    width : int
        Numbers that a layer has for each cluster.
    depth : int
        Layers for each cluster.
    components : int
        Gaussians of its answer, a mixture over the one parameter.

    Returns
    -------
    keras.Model
        ``clusters`` (n, size, columns, 1) to raw numbers of a `reproduce.learning.posterior.Mixture`. The layer
        ``seen`` (n, width) is what it has seen of the galaxy.
    """
    clusters = keras.Input((size, len(COLUMNS), 1), name="clusters")
    x = layers.Reshape((size, len(COLUMNS)), name="rows")(clusters)
    there = x[:, :, len(COLUMNS) - 1 :]
    for number in range(1, depth + 1):
        mean = _mean(x, there)
        each = layers.Dense(width, name=f"each{number}")(x)
        every = layers.Dense(width, use_bias=False, name=f"every{number}")(mean)
        x = layers.Activation("relu", name=f"layer{number}")(layers.Add(name=f"sum{number}")([each, every]))
    mean = layers.Reshape((width,), name="mean")(_mean(x, there))
    number = ops.log1p(ops.sum(there, axis=1)) / 5
    y = layers.Concatenate(name="galaxy")([mean, number])
    y = layers.Dense(2 * width, activation="relu", name="dense1")(y)
    y = layers.Dense(width, activation="relu", name="seen")(y)
    return keras.Model(clusters, layers.Dense(n_numbers(1, components), name="mass")(y), name="sets")


def _mean(values: KerasTensor, there: KerasTensor) -> KerasTensor:
    """Mean over the rows that hold a cluster: (n, size, k) and (n, size, 1) to (n, 1, k)."""
    return ops.sum(values * there, axis=1, keepdims=True) / ops.sum(there, axis=1, keepdims=True)
