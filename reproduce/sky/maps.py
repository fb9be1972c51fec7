"""The flux and the mass map of one cluster in one view.

Examples
--------
>>> from astropy import units as u
>>> from reproduce.cluster.snapshot import SnapshotFile
>>> from reproduce.sky.map_files import write_maps
>>> with SnapshotFile("snapshots.h5") as file:
...     maps = observe(file.read(0), 15 * u.kpc, 1 * u.arcsec)
>>> maps.flux.shape, maps.mass.shape
((160, 160), (160, 160))
>>> write_maps(maps, "cluster.fits")
"""

from dataclasses import dataclass

import numpy as np
from astropy import units
from astropy.wcs import WCS
from numpy.typing import NDArray

from reproduce.cluster.snapshot import Snapshot
from reproduce.sky import camera as instrument
from reproduce.sky import effects, kernels
from reproduce.sky.camera import Stars, View
from reproduce.sky.psf import Psf
from reproduce.sky.settings import Camera, Effects
from reproduce.sky.wcs import camera_wcs
from reproduce.stars import photometry
from reproduce.workflow.errors import InputError

NO_EFFECTS = Effects()


@dataclass(frozen=True)
class Maps:
    """A mock observation and what it shows.

    Attributes
    ----------
    flux : array of float32, shape (ny, nx)
        log10(F / (Lsun kpc^-2)) with F = L / (4π D²) of each pixel, blurred by the PSF and smoothed.
    mass : array of float32, shape (ny, nx)
        log10(M / Msun) of each pixel, smoothed; no PSF.
    age_gyr : float
        Age of the cluster [Gyr].
    mass_msun, luminosity_lsun : float
        Mass [Msun] and luminosity [Lsun in the band] of the cluster's stars in the field, before PSF and smoothing.
    n_stars : int
        Number of these stars.
    view : View
        Distance, seeing and orientation.
    camera : Camera
        The instrument.
    """

    flux: NDArray[np.float32]
    mass: NDArray[np.float32]
    age_gyr: float
    mass_msun: float
    luminosity_lsun: float
    n_stars: int
    view: View
    camera: Camera

    @property
    def wcs(self) -> WCS:
        """Coordinates of the field, its middle put at RA = Dec = 0; columns run west, rows north."""
        return camera_wcs(self.camera)


def render(
    stars: Stars, camera: Camera, view: View, psf: Psf | None = None, generator: np.random.Generator | None = None
) -> Maps:
    """Maps of one cluster in one view.

    Parameters
    ----------
    stars : Stars
        The cluster.
    camera : Camera
        The instrument.
    view : View
        Distance, seeing and orientation.
    psf : Psf, optional
        Point-spread function in place of the camera's at the view's seeing.
    generator : Generator, optional
        Random numbers of the observational effects; needed if there are any.

    Raises
    ------
    InputError
        If no star of the cluster shines in the field.
    """
    seen = expose(stars, camera, view, psf, generator)
    return Maps(
        flux=instrument.log10_with_floor(seen.flux, camera.flux_floor),
        mass=instrument.log10_with_floor(seen.mass, camera.mass_floor),
        age_gyr=stars.age_gyr,
        mass_msun=seen.mass_msun,
        luminosity_lsun=seen.luminosity_lsun,
        n_stars=seen.n_stars,
        view=view,
        camera=camera,
    )


@dataclass(frozen=True)
class Exposure:
    """What `Maps` hold the logarithm of.

    Attributes
    ----------
    flux : array of float64, shape (ny, nx)
        F [Lsun kpc^-2], blurred and smoothed; noise and too much sky taken make it negative.
    mass : array of float64, shape (ny, nx)
        Mass [Msun], smoothed.
    mass_msun, luminosity_lsun, n_stars
        As in `Maps`.
    """

    flux: NDArray[np.float64]
    mass: NDArray[np.float64]
    mass_msun: float
    luminosity_lsun: float
    n_stars: int


def expose(
    stars: Stars, camera: Camera, view: View, psf: Psf | None = None, generator: np.random.Generator | None = None
) -> Exposure:
    """One cluster in one view, before the logarithm is taken; parameters and errors as in `render`."""
    psf = psf or instrument.point_spread_function(camera, view.fwhm_arcsec)
    margin = instrument.margin_pixels(psf, camera)
    u, v, masses, luminosities = instrument.around(stars, camera, view, margin)
    mass = kernels.bin_stars(u, v, masses, camera.pixels)
    n_stars, mass_msun, luminosity = kernels.sum_inside(u, v, masses, luminosities, camera.pixels)
    if luminosity <= 0:
        raise InputError(
            f"{stars.name}: no star shines in a field of {camera.field_arcsec:g} arcsec at {view.distance_kpc:g} kpc "
            f"(the cluster has {len(stars.mass_msun)} stars); use a larger field or distance, or an earlier snapshot"
        )
    light = _light(u, v, luminosities, camera, view, psf, margin, generator)
    return Exposure(
        flux=photometry.flux_of_luminosity(instrument.smooth(light, camera.smoothing_pixels), view.distance_kpc),
        mass=instrument.smooth(mass, camera.smoothing_pixels),
        mass_msun=mass_msun,
        luminosity_lsun=luminosity,
        n_stars=n_stars,
    )


def _light(
    u: NDArray,
    v: NDArray,
    luminosity: NDArray,
    camera: Camera,
    view: View,
    psf: Psf,
    margin: int,
    generator: np.random.Generator | None,
) -> NDArray[np.float64]:
    """Light in each pixel, with the observational effects that the camera has."""
    if camera.effects == NO_EFFECTS:
        return instrument.light_image(u, v, luminosity, camera, psf, camera.smoothing_pixels)
    if generator is None:
        raise InputError("camera: observational effects draw random numbers; give a seed")
    others = effects.field_stars(camera.effects, camera, margin, view.distance_kpc, generator)
    u, v, luminosity = (np.concatenate(pair) for pair in zip((u, v, luminosity), others, strict=True))
    # what saturates is a matter of single pixels, smoothed or not
    smoothed = 0.0 if camera.effects.saturation_electrons is not None else camera.smoothing_pixels
    image = instrument.light_image(u, v, luminosity, camera, psf, smoothed)
    return effects.expose(image, camera.effects, camera, view.distance_kpc, generator)


def observe(
    snapshot: Snapshot,
    distance: units.Quantity,
    fwhm: units.Quantity,
    *,
    camera: Camera | None = None,
    line_of_sight: tuple[float, float, float] = (0.0, 0.0, 1.0),
    quarter_turns: int = 0,
    shift: units.Quantity = (0.0, 0.0) * units.arcsec,
    psf: Psf | None = None,
    band: photometry.Band = photometry.V,
    seed: int | None = None,
) -> Maps:
    """Mock observation of one snapshot.

    Parameters
    ----------
    snapshot : Snapshot
        The cluster.
    distance : Quantity
        Its distance, a length.
    fwhm : Quantity
        Seeing, an angle.
    camera : Camera, optional
        The instrument; the paper's if left out.
    line_of_sight : tuple of float
        Direction in the snapshot's axes.
    quarter_turns : int
        Rotation on the sky by this many times 90°.
    shift : Quantity, shape (2,)
        Place of the centre from the middle of the field, along columns and rows, an angle.
    psf : Psf, optional
        Point-spread function in place of the camera's, such as an image of a star (`psf.ImagePsf`).
    band : Band
        Photometric band.
    seed : int, optional
        Seed of the observational effects; needed if the camera has any.

    Returns
    -------
    Maps

    Raises
    ------
    InputError
        If the distance or seeing is not positive, the snapshot is of another format or holds impossible values, or no
        star shines in the field.
    """
    try:
        kpc, arcsec = float(distance.to_value(units.kpc)), float(fwhm.to_value(units.arcsec))
        x, y = (float(value) for value in shift.to_value(units.arcsec))
    except (AttributeError, units.UnitConversionError) as error:
        raise InputError(
            f"observe: distance must be a length, fwhm and shift angles, with astropy units ({error})"
        ) from None
    view = View(kpc, arcsec, line_of_sight, quarter_turns, (x, y))
    generator = None if seed is None else np.random.default_rng(seed)
    return render(Stars.of(snapshot, band), camera or Camera(), view, psf, generator)
