"""Images of star clusters by the Hubble Space Telescope in several bands.

Each star's light reaches a pixel as the integral of the band's point-spread function over the pixel at the star's true
sub-pixel place; all bands of a star are spread at once, and the convolutions are done in Fourier space, as in
`reproduce.sky.camera`. Images are in electrons a second, as PHAT's are.

The cluster simulations are spherical. A flattened cluster is made of one by a linear map of its positions that keeps
the volume: an oblate spheroid of axis ratio q, whose projected ellipticity and position angle are exact. What that
leaves out: rotation and what it does to the evolution, ellipticity that changes with radius or mass of the stars,
triaxial shapes, tidal tails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from reproduce.cluster.snapshot import Snapshot, axes_along
from reproduce.sky import hst_kernels, kernels
from reproduce.sky.camera import ARCSEC_PER_RADIAN
from reproduce.sky.hst_psf import PSFS
from reproduce.sky.noise import counted
from reproduce.sky.psf import Psf
from reproduce.sky.settings import HstCamera
from reproduce.stars import bands as photometric
from reproduce.stars.photometry import distance_modulus
from reproduce.workflow.errors import InputError

EXTINCTION = {"F336W": 1.63, "F475W": 1.18, "F814W": 0.555}
"""A_band / A_V of Fitzpatrick (1999, PASP 111, 63) with R_V = 3.1."""
M31_KPC = 785.0
NODES = 2
"""Nodes of the fine grid in a pixel: the blur and the pixel leave below 1 % of the transform beyond its Nyquist."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class HstView:
    """From where a cluster is seen, and its shape.

    Attributes
    ----------
    distance_kpc : float
        Distance [kpc].
    line_of_sight : tuple of float
        Direction, any length but zero, in the snapshot's axes.
    roll_deg : float
        Rotation on the sky, from columns to rows [deg].
    shift_arcsec : tuple of float
        Place of the cluster's centre from the middle of the field, along columns and rows [arcsec].
    axis_ratio : float
        Short over long axis of the oblate spheroid that the cluster is made, more than 0, up to 1.
    short_axis : tuple of float
        Direction of the short axis in the snapshot's axes.
    a_v : float
        Extinction in V [mag].
    """

    distance_kpc: float = M31_KPC
    line_of_sight: tuple[float, float, float] = (0.0, 0.0, 1.0)
    roll_deg: float = 0.0
    shift_arcsec: tuple[float, float] = (0.0, 0.0)
    axis_ratio: float = 1.0
    short_axis: tuple[float, float, float] = (0.0, 1.0, 0.0)
    a_v: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.distance_kpc < np.inf:
            raise InputError(f"view: distance is {self.distance_kpc} kpc, expected more than 0")
        if not 0 < self.axis_ratio <= 1:
            raise InputError(f"view: axis_ratio is {self.axis_ratio}, expected more than 0 and up to 1")
        if not self.a_v >= 0:
            raise InputError(f"view: a_v is {self.a_v} mag, expected 0 or more")

    @property
    def sky_axes(self) -> Array:
        """Unit vectors along columns and rows, shape (2, 3)."""
        x, y, _ = axes_along(np.asarray(self.line_of_sight, dtype=np.float64))
        c, s = np.cos(np.radians(self.roll_deg)), np.sin(np.radians(self.roll_deg))
        return np.stack([c * x - s * y, s * x + c * y])

    @property
    def projection(self) -> Array:
        """From the snapshot's positions to columns and rows, flattening included, shape (2, 3)."""
        k = np.asarray(self.short_axis, dtype=np.float64)
        k = k / np.linalg.norm(k)
        along = np.outer(k, k)
        flatten = self.axis_ratio ** (-1 / 3) * (np.eye(3) - along) + self.axis_ratio ** (2 / 3) * along
        return self.sky_axes @ flatten

    @property
    def ellipticity(self) -> float:
        """Projected ellipticity 1 - b/a: (b/a)² = q² sin² i + cos² i with i between short axis and line of sight."""
        k, line = (np.asarray(v, dtype=np.float64) for v in (self.short_axis, self.line_of_sight))
        cosine = k @ line / np.linalg.norm(k) / np.linalg.norm(line)
        return 1 - float(np.sqrt(self.axis_ratio**2 * (1 - cosine**2) + cosine**2))

    @property
    def angle_deg(self) -> float:
        """Position angle of the projected long axis, from columns to rows, 0 to 180 [deg]; of no meaning at e = 0."""
        x, y = self.sky_axes @ np.asarray(self.short_axis, dtype=np.float64)
        return float(np.degrees(np.arctan2(x, -y)) % 180)


@dataclass(frozen=True)
class HstStars:
    """What the images need of a snapshot; made once for all views of it.

    Attributes
    ----------
    position_pc : array of float32, shape (n, 3)
        Positions [pc].
    mass_msun : array of float64 or float32, shape (n,)
        Masses [Msun].
    light : array of float32, shape (n, bands)
        10^(-0.4 M) with the absolute Vega magnitude M.
    age_gyr, feh : float
        Age [Gyr] and [Fe/H].
    bands : tuple of str
        Names of the bands.
    name : str
        Which snapshot, for messages.
    """

    position_pc: NDArray[np.float32]
    mass_msun: NDArray[np.floating]
    light: NDArray[np.float32]
    age_gyr: float
    feh: float
    bands: tuple[str, ...]
    name: str

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        feh: float,
        bands: Sequence[str] = photometric.HST_BANDS,
        table: photometric.BandTable | None = None,
    ) -> "HstStars":
        """Stars of a snapshot with [Fe/H], in bands of a table (the package's if left out)."""
        lit = (snapshot.radius_rsun > 0) & (snapshot.temperature_k > 0)
        magnitude = photometric.absolute_magnitudes(
            np.where(lit, snapshot.luminosity_lsun, 0.0),
            snapshot.temperature_k,
            photometric.surface_gravity(snapshot.mass_msun, np.where(lit, snapshot.radius_rsun, 1.0)),
            feh,
            stellar_type=snapshot.stellar_type,
            bands=bands,
            table=table,
        )
        light = np.where(magnitude < photometric.DARK, 10 ** (-0.4 * magnitude), 0.0).astype(np.float32)
        return cls(
            position_pc=np.ascontiguousarray(snapshot.position_pc),
            mass_msun=np.asarray(snapshot.mass_msun, dtype=np.float64),
            light=light,
            age_gyr=float(snapshot.age_gyr),
            feh=feh,
            bands=tuple(bands),
            name=f"snapshot {snapshot.number} of {snapshot.name}",
        )


def places(stars: HstStars, camera: HstCamera, view: HstView) -> tuple[Array, Array]:
    """Column and row [px] of every star, in or out of the field; the cluster's depth is left out."""
    scale = ARCSEC_PER_RADIAN / (1e3 * view.distance_kpc) / camera.pixel_arcsec
    u0, v0 = (camera.pixels / 2 + shift / camera.pixel_arcsec for shift in view.shift_arcsec)
    return kernels.project(stars.position_pc, view.projection, scale, u0, v0)


def electrons_per_light(camera: HstCamera, distance_kpc: float, a_v: float = 0.0) -> Array:
    """Electrons a second of a star of absolute magnitude 0 at a distance, behind extinction, in each band, (3,)."""
    dimming = distance_modulus(distance_kpc) + a_v * np.array(list(EXTINCTION.values()))
    return 10 ** (-0.4 * (dimming - np.array(camera.zero_point_vega)))


def cluster_image(stars: HstStars, camera: HstCamera, view: HstView, psfs: Sequence[Psf] | None = None) -> NDArray:
    """Light of a cluster without noise.

    Parameters
    ----------
    stars : HstStars
        In F336W, F475W and F814W.
    camera : HstCamera
        Field, pixels, zero points.
    view : HstView
        Distance, direction, shape, extinction.
    psfs : sequence of Psf, optional
        One for each band in place of `hst_psf.PSFS`.

    Returns
    -------
    array of float32, shape (3, pixels, pixels)
        Electrons a second.

    Raises
    ------
    InputError
        If the stars are in other bands.
    """
    if stars.bands != tuple(EXTINCTION):
        raise InputError(f"{stars.name}: bands are {', '.join(stars.bands)}, expected {', '.join(EXTINCTION)}")
    u, v = places(stars, camera, view)
    flux = stars.light * electrons_per_light(camera, view.distance_kpc, view.a_v).astype(np.float32)
    return star_image(u, v, flux, camera, psfs)


def mass_map(stars: HstStars, camera: HstCamera, view: HstView) -> Array:
    """Mass in each pixel [Msun], shape (pixels, pixels), remnants included."""
    u, v = places(stars, camera, view)
    return kernels.bin_stars(u, v, stars.mass_msun, camera.pixels)


def star_image(
    u: Array,
    v: Array,
    flux: NDArray,
    camera: HstCamera,
    psfs: Sequence[Psf] | None = None,
    smooth: NDArray | None = None,
) -> NDArray[np.float32]:
    """Light of point sources in each pixel and band.

    Parameters
    ----------
    u, v : array, shape (n,)
        Column and row [px]; pixel (i, j) covers v in [i, i + 1) and u in [j, j + 1).
    flux : array of float32, shape (n, 3)
        Flux in each band.
    camera : HstCamera
        Field and pixels.
    psfs : sequence of Psf, optional
        One for each band in place of `hst_psf.PSFS`.
    smooth : array of float32, shape (3, size, size), optional
        Light of unresolved stars on the nodes of the fine grid (see `fine_grid`), seen through the same functions.

    Returns
    -------
    array of float32, shape (3, pixels, pixels)
    """
    chosen = tuple(psfs or PSFS.values())
    size, margin, transfer = _transfers(chosen, camera.pixels, camera.pixel_arcsec, camera.margin_arcsec)
    flux = np.ascontiguousarray(flux, dtype=np.float32)
    fine = hst_kernels.spread_bands(np.asarray(u, np.float64), np.asarray(v, np.float64), flux, margin, NODES, size)
    if smooth is not None:
        fine += smooth
    folded = hst_kernels.every_second(fft.rfft2(fine, overwrite_x=True), transfer)
    field = slice(margin, margin + camera.pixels)
    rows = fft.ifft(folded, axis=1, overwrite_x=True)[:, field]
    image = fft.irfft(rows, size // NODES, axis=2)[:, :, field]
    return np.maximum(image, 0)  # the transform leaves -1e-7 of the peak in empty pixels


def fine_grid(camera: HstCamera) -> tuple[int, int]:
    """Nodes a side of the fine grid, and pixels of the surroundings at each side."""
    size, margin, _ = _transfers(tuple(PSFS.values()), camera.pixels, camera.pixel_arcsec, camera.margin_arcsec)
    return size, margin


@lru_cache(maxsize=8)
def _transfers(psfs: tuple[Psf, ...], pixels: int, scale: float, margin_arcsec: float) -> tuple[int, int, NDArray]:
    """Nodes a side; margin [px]; transforms of PSF and pixel over the spline's, shape (bands, size, size / 2 + 1)."""
    reach = int(np.ceil(margin_arcsec / scale))
    across = fft.next_fast_len(pixels + 2 * reach, real=True)
    size = NODES * across
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]  # cycles per node
    weight = np.sinc(fx * NODES) * np.sinc(fy * NODES) / (np.sinc(fx) * np.sinc(fy)) ** 4
    blur = np.stack([psf.transfer(fx * NODES / scale, fy * NODES / scale) * weight for psf in psfs])
    kind = np.complex64 if np.iscomplexobj(blur) else np.float32
    return size, (across - pixels) // 2, blur.astype(kind)


def expose(
    rate: NDArray, camera: HstCamera, generator: np.random.Generator, noisy_background: NDArray | None = None
) -> NDArray[np.float32]:
    """Images as the cameras give them: sky, photon noise, read noise, saturation; the mean sky is subtracted.

    Parameters
    ----------
    rate : array, shape (3, ny, nx)
        Light without noise [electrons/s].
    camera : HstCamera
        Exposures, sky, noise, full well.
    generator : Generator
        Random numbers.
    noisy_background : array, shape (3, ny, nx), optional
        A real image [electrons/s] to which the light is added: it has its sky's and read noise already, so that only
        the photon noise of the added light is drawn.

    Returns
    -------
    array of float32, shape (3, ny, nx)
        Electrons a second; noise can make it negative.
    """
    numbers = (camera.exposure_s, camera.sky_electrons_s, camera.read_noise_electrons, camera.full_well_electrons)
    time, sky, read, well = (np.array(values, dtype=np.float32)[:, None, None] for values in numbers)
    frames = np.array(camera.exposures, dtype=np.float32)[:, None, None]
    read, well = read * np.sqrt(frames), well * frames
    if noisy_background is not None:
        sky, read = np.zeros_like(sky), np.zeros_like(read)
    mean = (np.asarray(rate, dtype=np.float32) + sky) * time
    counts = counted(mean, read, generator)
    if noisy_background is not None:
        counts += noisy_background * time
    return np.asarray(np.minimum(counts, well) / time - sky, dtype=np.float32)


def depth(camera: HstCamera, signal_to_noise: float = 4.0, background: NDArray | None = None) -> Array:
    """Vega magnitudes of stars that PSF photometry measures with a signal-to-noise ratio, shape (3,).

    Parameters
    ----------
    camera : HstCamera
        Exposures, sky, read noise.
    signal_to_noise : float
        Of a star with a pixel in its middle.
    background : array, shape (3,), optional
        Light of the galaxy in a pixel [electrons/s].

    Notes
    -----
    (S/N)² = F² t² / (F t + A (sky t + n r²)) with the noise-equivalent area A = 1 / Σ P² of the function P in pixels.
    """
    middle = np.array([camera.pixels / 2 + 0.5])
    star = star_image(middle, middle, np.ones((1, 3), dtype=np.float32), camera).astype(np.float64)
    area = 1 / np.sum((star / star.sum(axis=(1, 2), keepdims=True)) ** 2, axis=(1, 2))
    time = np.array(camera.exposure_s)
    light = np.array(camera.sky_electrons_s) + (0.0 if background is None else background)
    noise = area * (light * time + np.array(camera.read_noise_electrons) ** 2 * np.array(camera.exposures))
    squared = signal_to_noise**2
    electrons = (squared + np.sqrt(squared**2 + 4 * squared * noise)) / 2
    return np.array(camera.zero_point_vega) - 2.5 * np.log10(electrons / time)
