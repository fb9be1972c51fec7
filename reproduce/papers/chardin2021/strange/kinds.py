"""All kinds of strange maps by name.

Those `TO_BUILD` with may tell the domain score what to look for; those `TO_JUDGE` by are not looked at before its
numbers stand.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reproduce.papers.chardin2021.strange import damage, fields, galaxies
from reproduce.papers.chardin2021.strange.start import Good
from reproduce.sky.settings import Camera

Kind = Callable[[Good, np.random.Generator], NDArray[np.float32]]


def maps_to_build(training_maps: int) -> int:
    """Good maps of which a strange one of each kind is made, to build the domain score with: a tenth of the training
    maps, up to 120."""
    return min(120, max(2, training_maps // 10))


TO_BUILD: dict[str, Kind] = {
    "empty sky": fields.empty_sky,
    "single star": fields.single_star,
    "uniform star field": fields.star_field,
    "Gaussian random field": fields.gaussian_field,
    "smooth blob": fields.round_blob,
    "elliptical galaxy": galaxies.elliptical,
    "smooth disc galaxy": galaxies.smooth_disc,
    "irregular galaxy": galaxies.irregular,
    "patchy disc galaxy": galaxies.patchy_disc,
    "tilted, as if off centre": damage.tilted,
    "saturated": damage.saturated,
    "wrong zero point": damage.wrong_zero_point,
    "sky left in": damage.sky_left_in,
    "defocused": damage.defocused,
    "noise of each pixel": damage.noisy_pixels,
    "shuffled pixels": damage.shuffled_then_smoothed,
    "scrambled phases": damage.scrambled_phases,
    "square root of the light": damage.square_root,
    "enlarged": damage.enlarged,
    "sloping sky": damage.sloping_sky,
}

TO_JUDGE: dict[str, Kind] = {
    "sky with photon noise": fields.noisy_sky,
    "a few stars": fields.few_stars,
    "crowded field without a cluster": fields.crowded_field,
    "field of a survey": fields.survey_field,
    "log-normal noise": fields.log_normal_noise,
    "clouds": fields.clouds,
    "slope of light": fields.slope_of_light,
    "checkerboard": fields.checkerboard,
    "ring": fields.ring,
    "galaxy, de Vaucouleurs": galaxies.de_vaucouleurs,
    "galaxy, spiral": galaxies.spiral,
    "galaxy, barred": galaxies.barred,
    "galaxy, edge-on": galaxies.edge_on,
    "brightest tenth flattened": damage.saturated_tenth,
    "flattened, then smoothed": damage.saturated_then_smoothed,
    "light 10 times too bright": damage.ten_times_too_bright,
    "light 10 times too faint": damage.ten_times_too_faint,
    "light 100 times too bright": damage.hundred_times_too_bright,
    "light 100 times too faint": damage.hundred_times_too_faint,
    "sky taken twice": damage.sky_taken_twice,
    "trailed": damage.trailed,
    "double image": damage.double_image,
    "two clusters": damage.two_clusters,
    "cosmic rays": damage.cosmic_rays,
    "satellite trail": damage.satellite_trail,
    "bright star in front": damage.bright_star,
    "edge of the detector": damage.edge_of_detector,
    "stripes": damage.stripes,
    "inverted": damage.inverted,
    "pixels in any order": damage.shuffled_pixels,
    "tiles in another order": damage.shuffled_tiles,
    "square of the light": damage.squared,
    "stretched": damage.stretched,
    "shrunk": damage.shrunk,
}

ALL = TO_BUILD | TO_JUDGE


def strange(flux: NDArray, camera: Camera, name: str, seed: int) -> NDArray[np.float32]:
    """Strange maps of one kind.

    Parameters
    ----------
    flux : array, shape (n, ny, nx)
        Good maps, log10(F / (Lsun kpc^-2)); n at least 2.
    camera : Camera
        Their grid and smoothing.
    name : str
        The kind, of `ALL`.
    seed : int
        A map follows from the seed, its kind and its number alone.

    Returns
    -------
    array, shape (n, ny, nx), float32
        log10 F, one for each good map.
    """
    maps = []
    for number, one in enumerate(flux):
        rng = np.random.default_rng([seed, number, *name.encode()])
        maps.append(ALL[name](Good(one, flux[(number + len(flux) // 2) % len(flux)], camera), rng))
    return np.stack(maps).astype(np.float32)
