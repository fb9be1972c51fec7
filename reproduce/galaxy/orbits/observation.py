"""What a spectrograph sees of orbits: apertures made of pixels, a point spread function, velocity bins."""

from dataclasses import dataclass

import numpy as np

from reproduce.galaxy.orbits.mge import ObservedGaussians, ViewingAngles
from reproduce.workflow.errors import InputError

SUBPIXELS = 8


@dataclass(frozen=True)
class Apertures:
    """A grid of pixels sorted into bins.

    `corner_arcsec` (x, y) of the first pixel and `size_arcsec` (x, y) of the grid in the instrument's axes;
    `angle_deg` by which a point turns from those axes to the galaxy's (major axis, minor axis); `bin_of_pixel` (ny,
    nx), the number of each pixel's aperture from 1, 0 for none.
    """

    corner_arcsec: tuple[float, float]
    size_arcsec: tuple[float, float]
    angle_deg: float
    bin_of_pixel: np.ndarray

    def __post_init__(self) -> None:
        bins = self.bin_of_pixel
        if bins.ndim != 2 or not np.issubdtype(bins.dtype, np.integer) or bins.min() < 0:
            raise InputError(
                f"apertures: expected whole numbers from 0, shape (ny, nx), found {bins.dtype} {bins.shape}"
            )
        missing = np.setdiff1d(np.arange(1, bins.max() + 1), bins)
        if bins.max() < 1 or missing.size:
            what = f"numbers without a pixel: {missing[:5].tolist()}" if missing.size else "no pixel is in any bin"
            raise InputError(f"apertures: bins must be numbered from 1 without gaps; {what}")
        if (
            min(self.size_arcsec) <= 0
            or not np.isfinite([*self.corner_arcsec, *self.size_arcsec, self.angle_deg]).all()
        ):
            raise InputError(
                f"apertures: expected a size above 0, found {self.size_arcsec} (corner {self.corner_arcsec})"
            )

    @property
    def number(self) -> int:
        """Number of apertures."""
        return int(self.bin_of_pixel.max())

    @property
    def pixel_arcsec(self) -> tuple[float, float]:
        """Width and height of a pixel."""
        ny, nx = self.bin_of_pixel.shape
        return self.size_arcsec[0] / nx, self.size_arcsec[1] / ny

    def sum_over_pixels(self, per_pixel: np.ndarray) -> np.ndarray:
        """Sum of an image (ny, nx) in each aperture, shape (number,)."""
        return np.bincount(self.bin_of_pixel.ravel(), np.ravel(per_pixel), self.number + 1)[1:]

    def points(self, subpixels: int) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates (arcsec) along the major and minor axis of a grid of points in each pixel.

        Each of shape (ny, nx, subpixels²).
        """
        ny, nx = self.bin_of_pixel.shape
        width, height = self.pixel_arcsec
        inside = (np.arange(subpixels) + 0.5) / subpixels
        x = self.corner_arcsec[0] + width * (np.arange(nx)[None, :, None, None] + inside[None, None, None, :])
        y = self.corner_arcsec[1] + height * (np.arange(ny)[:, None, None, None] + inside[None, None, :, None])
        angle = np.radians(self.angle_deg)
        shape = (ny, nx, subpixels**2)
        return (np.cos(angle) * x - np.sin(angle) * y).reshape(shape), (np.sin(angle) * x + np.cos(angle) * y).reshape(
            shape
        )


@dataclass(frozen=True)
class PointSpread:
    """Sum of round Gaussians: `sigma_arcsec` and `weight`, shape (n,), weights summing to one."""

    sigma_arcsec: np.ndarray
    weight: np.ndarray

    def __post_init__(self) -> None:
        sigma, weight = np.asarray(self.sigma_arcsec), np.asarray(self.weight)
        good = sigma.ndim == 1 and sigma.size > 0 and sigma.shape == weight.shape and (sigma > 0).all()
        if not (good and (weight > 0).all() and abs(weight.sum() - 1) < 1e-6):
            raise InputError(
                f"PSF: sigma {sigma.tolist()} arcsec, weights {weight.tolist()}; expected one weight for each "
                "sigma, all above 0, weights summing to 1"
            )

    def offsets(self, number: int, random: np.random.Generator) -> np.ndarray:
        """Random offsets (arcsec) in two axes that points get from the blur, shape (number, 2)."""
        sigma = random.choice(self.sigma_arcsec, number, p=self.weight)
        return sigma[:, None] * random.normal(size=(number, 2))


@dataclass(frozen=True)
class VelocityBins:
    """`number` (odd, so that reversal maps bins on bins) equal bins across `width_kms`, centred on zero."""

    width_kms: float
    number: int

    def __post_init__(self) -> None:
        if not (self.width_kms > 0 and self.number >= 3 and self.number % 2):
            raise InputError(
                f"velocity bins: {self.number} across {self.width_kms:g} km/s; expected an odd number above 2"
            )

    @property
    def edges_kms(self) -> np.ndarray:
        """Shape (number + 1,)."""
        return np.linspace(-0.5, 0.5, self.number + 1) * self.width_kms

    @property
    def centres_kms(self) -> np.ndarray:
        """Shape (number,)."""
        edges = self.edges_kms
        return 0.5 * (edges[1:] + edges[:-1])


@dataclass(frozen=True)
class Observation:
    """From where and with what the galaxy is observed."""

    angles: ViewingAngles
    pc_per_arcsec: float
    apertures: Apertures
    point_spread: PointSpread
    velocities: VelocityBins


def pixel_light(light: ObservedGaussians, apertures: Apertures, point_spread: PointSpread) -> np.ndarray:
    """Fraction of the galaxy's light in each pixel, seen through the point spread function; shape (ny, nx).

    A convolved Gaussian is a Gaussian; each pixel is summed on a grid of 8 × 8 points.
    """
    major, minor = apertures.points(SUBPIXELS)
    width, height = apertures.pixel_arcsec
    share = light.luminosity(1.0) / light.luminosity(1.0).sum()
    image = np.zeros(apertures.bin_of_pixel.shape)
    for fraction, sigma, ratio, twist in zip(share, light.sigma_arcsec, light.axis_ratio, light.twist_deg, strict=True):
        turn = np.radians(twist)
        along = np.cos(turn) * major + np.sin(turn) * minor
        across = -np.sin(turn) * major + np.cos(turn) * minor
        for blur, weight in zip(point_spread.sigma_arcsec, point_spread.weight, strict=True):
            long2, short2 = sigma**2 + blur**2, (sigma * ratio) ** 2 + blur**2
            bright = np.exp(-0.5 * (along**2 / long2 + across**2 / short2)).mean(-1)
            image += weight * fraction * width * height / (2 * np.pi * np.sqrt(long2 * short2)) * bright
    return image


def projected_masses(light: ObservedGaussians, apertures: Apertures, point_spread: PointSpread) -> np.ndarray:
    """Fraction of the galaxy's light in each aperture, seen through the point spread function; shape (number,)."""
    return apertures.sum_over_pixels(pixel_light(light, apertures, point_spread))
