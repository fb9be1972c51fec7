"""The label of the most similar training maps: a probe for how much the split helps.

It has learnt nothing of masses. What it gains from a split by image over one by galaxy is what any method can gain from
other views of the same clusters among the training images.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsRegressor

from reproduce.papers.kaur2021.maps import MapSet

CHANNELS = {"one_channel": ("dispersion_kms",), "two_channel": ("dispersion_kms", "velocity_kms")}


def predict(images: MapSet, split: str, channels: str, neighbours: int) -> NDArray[np.float64]:
    """Labels of the images to test with: means of the labels of their nearest training images, cell by cell in km/s.

    Parameters
    ----------
    images : MapSet
    split : "image" or "galaxy"
    channels : "one_channel" or "two_channel"
        σ alone, or σ and V.
    neighbours : int
        How many; all training images if there are fewer.
    """
    test = images.test[split]
    pixels = np.concatenate([getattr(images, name).reshape(len(test), -1) for name in CHANNELS[channels]], axis=1)
    fitted = KNeighborsRegressor(min(neighbours, int(np.sum(~test)))).fit(pixels[~test], images.label[~test])
    return fitted.predict(pixels[test])
