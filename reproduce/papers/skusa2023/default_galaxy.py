"""The offline default: a synthetic galaxy with the light of NGC 6278, own bins, known orbit weights and a known M/L."""

import numpy as np

from reproduce.galaxy.orbits.intrinsic import intrinsic_masses
from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.galaxy.orbits.losvd import Kinematics, coefficient_maps
from reproduce.galaxy.orbits.observation import Apertures, projected_masses
from reproduce.galaxy.orbits.synthetic import SyntheticGalaxy, binned_pixels, known_weights, observe
from reproduce.galaxy.orbits.weights import MassErrors, weight_problem
from reproduce.papers.skusa2023 import ngc6278

PROGRADE = 0.8
"""Share of each tube's mass that turns one way: a fast rotator, as NGC 6278 is."""


def default_apertures(seed: int) -> Apertures:
    """Bins of about equal light in the field of the real observation."""
    field, asked = ngc6278.MANIFEST["field"], ngc6278.MANIFEST["kinematics"]
    return binned_pixels(
        light=ngc6278.LIGHT,
        point_spread=ngc6278.SPREAD,
        size_arcsec=(field["width_arcsec"], field["height_arcsec"]),
        angle_deg=field["angle_deg"],
        faintest=asked["faintest"],
        n_bins=asked["n_bins"],
        seed=seed,
    )


def default_galaxy(library: OrbitLibrary, apertures: Apertures, mass_to_light: float, seed: int) -> SyntheticGalaxy:
    """Weigh the orbits of a library so that they make the galaxy's masses and rotate, and observe them with noise.

    Parameters
    ----------
    library : OrbitLibrary
        Seen through `apertures`. To be honest it is not the library that is fitted to the result: dithered, another
        seed.
    apertures : Apertures
    mass_to_light : float
        The truth; the library's potential is scaled to it.
    seed : int
        Of the noise.

    Returns
    -------
    SyntheticGalaxy
    """
    galaxy = ngc6278.model()
    n = apertures.number
    blank = Kinematics(*(np.ones(n) for _ in range(8)))  # its rows are not used
    masses = weight_problem(
        library=library,
        coefficients=next(coefficient_maps(library, blank, np.array([mass_to_light]))),
        intrinsic=intrinsic_masses(galaxy.potential.stars, ngc6278.space_grid(ngc6278.start_grid(galaxy))),
        projected=projected_masses(ngc6278.LIGHT, apertures, ngc6278.SPREAD),
        kinematics=blank,
        errors=MassErrors(),
    )
    weights = known_weights(library, masses, PROGRADE)
    return observe(
        library=library,
        weights=weights,
        mass_to_light=mass_to_light,
        projected=weights @ library.projected,
        best_signal_to_noise=ngc6278.MANIFEST["kinematics"]["best_signal_to_noise"],
        seed=seed,
    )
