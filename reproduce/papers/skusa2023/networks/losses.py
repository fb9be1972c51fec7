"""The four losses of the thesis (Eqs. 3.1-3.4), as means over all values; ε: the errors of the observed h."""

import keras
import numpy as np
from keras import KerasTensor, ops


class Loss(keras.losses.Loss):
    """|difference| to a power, over the error of the aperture or not.

    Parameters
    ----------
    power : int
        1 or 2.
    errors : tuple of float, optional
        One for each aperture.
    """

    def __init__(self, power: int, errors: tuple[float, ...] | None = None) -> None:
        super().__init__(name=f"l{power}")
        self._power = power
        self._weight = None if errors is None else (1 / np.array(errors, np.float32))[:, None]

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """Of each map (n, orbits, apertures, 1), shape (n,)."""
        difference = ops.abs(y_true - y_pred)
        values = difference if self._power == 1 else ops.square(difference)
        if self._weight is not None:
            values = values * self._weight
        return ops.mean(values, axis=(1, 2, 3))


def of(name: str, errors: tuple[float, ...]) -> Loss:
    """The loss called ``l1``, ``l2``, ``l1_error`` or ``l2_error``."""
    return Loss(int(name[1]), errors if name.endswith("error") else None)
