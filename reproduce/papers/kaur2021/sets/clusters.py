"""What a network of sets sees of the clusters of one galaxy: a row of numbers for each, in any order.

Nothing in a row tells a cluster's number, and the network looks at means over all rows, so that the order does not
matter. The sky has no preferred direction: views are turned, mirrored and reversed at random in training, and the
answer for a galaxy is the mean over such copies.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reproduce.workflow.errors import InputError

LENGTH_KPC, SPEED_KMS, ERROR_KMS = 5.0, 150.0, 20.0  # units in which networks see places, velocities and errors
COLUMNS = ("across", "up", "distance", "velocity", "velocity_squared", "error", "there")

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """Clusters of one galaxy on the sky.

    Attributes
    ----------
    x_kpc, y_kpc : (n,) float64
        Places about the galaxy's centre.
    velocity_kms : (n,) float64
        Along the line of sight, from whatever zero point.
    error_kms : (n,) float64
        Of the velocities; 0 where they are exact.
    """

    x_kpc: Array
    y_kpc: Array
    velocity_kms: Array
    error_kms: Array

    def __len__(self) -> int:
        return len(self.x_kpc)

    def take(self, which: NDArray) -> "Seen":
        """Some of them."""
        return Seen(self.x_kpc[which], self.y_kpc[which], self.velocity_kms[which], self.error_kms[which])

    def turned(self, angle: float, mirror: bool, reverse: bool) -> "Seen":
        """Turned on the sky by an angle [rad], mirrored first and with velocities reversed if asked for."""
        cosine, sine = np.cos(angle), np.sin(angle)
        x = -self.x_kpc if mirror else self.x_kpc
        speed = -self.velocity_kms if reverse else self.velocity_kms
        return Seen(cosine * x - sine * self.y_kpc, sine * x + cosine * self.y_kpc, speed, self.error_kms)


def checked(
    x_kpc: ArrayLike, y_kpc: ArrayLike, velocity_kms: ArrayLike, error_kms: ArrayLike = 0.0, name: str = "clusters"
) -> Seen:
    """Clusters from plain arrays.

    Raises
    ------
    InputError
        If lengths differ, a number is not finite, or an error is negative.
    """
    x, y, velocity = (np.atleast_1d(np.asarray(each, np.float64)) for each in (x_kpc, y_kpc, velocity_kms))
    error = np.broadcast_to(np.asarray(error_kms, np.float64), x.shape)
    if not x.shape == y.shape == velocity.shape or x.ndim != 1:
        raise InputError(f"{name}: expected places and velocities of one length, found {x.shape}, {velocity.shape}")
    for what, values in (("a place", np.hypot(x, y)), ("a velocity", velocity), ("an error", error)):
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0]) + 1
            raise InputError(f"{name}: {what} is not a finite number (cluster {row}); leave it out")
    if (error < 0).any():
        raise InputError(f"{name}: an error is negative; expected 0 or more, 0 where it is not known")
    return Seen(x, y, velocity, error)


def rows(seen: Seen, size: int) -> NDArray[np.float32]:
    """What the network sees, shape (size, columns); rows without a cluster are 0.

    Velocities count from the mean of all clusters, which a galaxy's own velocity would be better for but seldom is
    known as well; training does the same. Of more than `size` clusters only the first have a row; `SetModel` draws.
    """
    n = min(len(seen), size)
    found = np.zeros((size, len(COLUMNS)), np.float32)
    velocity = (seen.velocity_kms[:n] - seen.velocity_kms[:n].mean()) / SPEED_KMS
    radius = np.maximum(np.hypot(seen.x_kpc[:n], seen.y_kpc[:n]), 1e-9)
    distance = np.arcsinh(radius / LENGTH_KPC)  # even from 1 to 100 kpc
    found[:n, 0] = distance * seen.x_kpc[:n] / radius
    found[:n, 1] = distance * seen.y_kpc[:n] / radius
    found[:n, 2] = distance
    found[:n, 3] = velocity
    found[:n, 4] = velocity**2
    found[:n, 5] = seen.error_kms[:n] / ERROR_KMS
    found[:n, 6] = 1
    return found


def appearance(seen: Seen) -> NDArray[np.float64]:
    """Six plain numbers of a system of clusters, shape (6,), for the domain score.

    ln of their number; ln of the median distance [kpc] and of the 90th over the 50th percentile of the distance; ln of
    the dispersion [km/s]; of the dispersion of the outer half over the inner's; rotation over dispersion: amplitude of
    the sine of the position angle that fits the velocities best.
    """
    radius = np.hypot(seen.x_kpc, seen.y_kpc)
    velocity = seen.velocity_kms - seen.velocity_kms.mean()
    median = np.median(radius)
    sigma = max(float(velocity.std()), 1e-3)
    outer, inner = velocity[radius > median], velocity[radius <= median]
    angle = np.arctan2(seen.y_kpc, seen.x_kpc)
    waves = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    fit = np.linalg.lstsq(waves, velocity, rcond=None)[0]
    spread = [max(float(np.sqrt(np.mean(each**2))), 1e-3) if len(each) else sigma for each in (outer, inner)]
    far = max(float(np.percentile(radius, 90)), 1e-3)
    numbers = (len(seen), max(median, 1e-3), far / max(median, 1e-3), sigma, spread[0] / spread[1])
    return np.array([*np.log(numbers), float(np.hypot(*fit)) / sigma])
