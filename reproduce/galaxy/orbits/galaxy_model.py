"""A galaxy from the handful of numbers that a Schwarzschild model has."""

from dataclasses import dataclass

import numpy as np

from reproduce.galaxy.orbits.mge import ObservedGaussians, ViewingAngles, deproject, viewing_angles
from reproduce.galaxy.orbits.potential import GalaxyPotential, halo_of_mass
from reproduce.workflow.errors import InputError


@dataclass(frozen=True)
class Parameters:
    """Distance (Mpc); axis ratios `p`, `q` and compression `u` of the flattest Gaussian; M/L of the stars; black hole
    and its softening; concentration of the dark halo and its mass inside r_200 over the mass of the stars."""

    distance_mpc: float
    p: float
    q: float
    u: float
    mass_to_light: float
    black_hole_msun: float
    softening_arcsec: float
    halo_concentration: float
    halo_fraction: float


@dataclass(frozen=True)
class GalaxyModel:
    """Potential, viewing direction and scale on the sky."""

    potential: GalaxyPotential
    angles: ViewingAngles
    pc_per_arcsec: float


def galaxy_model(light: ObservedGaussians, parameters: Parameters) -> GalaxyModel:
    """Deproject the light and add halo and black hole.

    Raises
    ------
    InputError
        If the light cannot be deprojected with that shape, or a number is out of its range.
    """
    distance, ratio = parameters.distance_mpc, parameters.mass_to_light
    if not (distance > 0 and ratio > 0):
        raise InputError(f"galaxy: distance {distance:g} Mpc, M/L {ratio:g}; expected both above 0")
    pc_per_arcsec = parameters.distance_mpc * 1e6 * np.pi / 648_000
    flattest = float(light.axis_ratio.min())
    angles = viewing_angles(parameters.p, parameters.q, parameters.u, flattest)
    stars = deproject(light, angles, pc_per_arcsec)
    stellar_mass = parameters.mass_to_light * stars.luminosity.sum()
    potential = GalaxyPotential(
        stars=stars,
        mass_to_light=parameters.mass_to_light,
        halo=halo_of_mass(parameters.halo_fraction * stellar_mass, parameters.halo_concentration),
        black_hole_msun=parameters.black_hole_msun,
        softening_pc=parameters.softening_arcsec * pc_per_arcsec,
    )
    return GalaxyModel(potential, angles, pc_per_arcsec)
