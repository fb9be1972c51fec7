"""A disc galaxy: NFW halo, Hernquist bulge and exponential disc, as masses on a table of radii and as a potential.

Sizes and scalings are those of Kaur et al. (2021), section 2.1 and Table 1; a setting where the paper leaves them open.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from reproduce.galaxy.spherical import RADII, Array, Component, component
from reproduce.workflow.errors import InputError

FIDUCIAL_HALO_MSUN = 1e12
FIDUCIAL_VIRIAL_KPC = 245.0
FIDUCIAL_CONCENTRATION = 10.0
CONCENTRATION_SLOPE = -0.11  # c ∝ M^-0.11: all haloes of Neto et al. (2007)
DISC_SIZE_KPC = 17.5  # R_s
BULGE_SIZE_KPC = 3.5  # R_b of 10^10 Msun


@dataclass(frozen=True)
class Galaxy:
    """Masses [Msun] and lengths [kpc] of a disc galaxy.

    Attributes
    ----------
    halo_msun, virial_kpc, concentration : float
        Whole mass, R_vir and c = R_vir / r_s of the NFW halo. Its edge is smooth (`halo_density`).
    disc_msun, disc_size_kpc, disc_length_kpc, disc_height_kpc : float
        Mass, radius R_s where it ends, R_0 of exp(-R/R_0), Z_0 of sech²(z/Z_0).
    bulge_msun, bulge_scale_kpc : float
        Mass and Hernquist's scale length.
    """

    halo_msun: float
    virial_kpc: float
    concentration: float
    disc_msun: float
    disc_size_kpc: float
    disc_length_kpc: float
    disc_height_kpc: float
    bulge_msun: float
    bulge_scale_kpc: float

    @property
    def total_msun(self) -> float:
        """Mass of halo, disc and bulge [Msun]."""
        return self.halo_msun + self.disc_msun + self.bulge_msun


def disc_galaxy(
    halo_msun: float = FIDUCIAL_HALO_MSUN,
    baryon_fraction: float = 0.07,
    bulge_to_disc: float = 1 / 6,
    *,
    concentration_factor: float = 1.0,
    size_exponent: float = 0.0,
    bulge_scale: float = 0.2,
) -> Galaxy:
    """A galaxy of the paper's family.

    Parameters
    ----------
    halo_msun : float
        M_h [Msun]. R_vir goes as its third root and c as its power -0.11, with 245 kpc and 10 at 10¹² Msun.
    baryon_fraction : float
        f_bary = (disc + bulge) / halo; 0.07 in Table 1.
    bulge_to_disc : float
        f_b = M_b / M_s, 0 to 4.
    concentration_factor : float
        Factor on the mean concentration.
    size_exponent : float
        The paper gives the disc's size for 10¹² Msun alone; R_s = 17.5 kpc (M_h / 10¹²)^`size_exponent`.
    bulge_scale : float
        Hernquist's length in units of R_b = 3.5 kpc (M_b / 10¹⁰)^½. The paper gives no number; 0.2 makes 0.7 kpc for
        the Milky Way.

    Raises
    ------
    InputError
        If a mass or length would not be positive.
    """
    if not (halo_msun > 0 and np.isfinite(halo_msun)):
        raise InputError(f"halo_msun must be positive, found {halo_msun}")
    if not 0 < baryon_fraction < 1:
        raise InputError(f"baryon_fraction must be between 0 and 1, found {baryon_fraction}")
    if not bulge_to_disc >= 0:
        raise InputError(f"bulge_to_disc must be 0 or more, found {bulge_to_disc}")
    relative = halo_msun / FIDUCIAL_HALO_MSUN
    disc = halo_msun * baryon_fraction / (1 + bulge_to_disc)
    bulge = disc * bulge_to_disc
    size = DISC_SIZE_KPC * relative**size_exponent
    return Galaxy(
        halo_msun=halo_msun,
        virial_kpc=FIDUCIAL_VIRIAL_KPC * relative ** (1 / 3),
        concentration=FIDUCIAL_CONCENTRATION * relative**CONCENTRATION_SLOPE * concentration_factor,
        disc_msun=disc,
        disc_size_kpc=size,
        disc_length_kpc=0.2 * size,
        disc_height_kpc=0.04 * size,
        bulge_msun=bulge,
        bulge_scale_kpc=bulge_scale * BULGE_SIZE_KPC * np.sqrt(max(bulge, 1e6) / 1e10),
    )


@dataclass(frozen=True)
class Structure:
    """A galaxy on the table of radii `spherical.RADII`.

    Attributes
    ----------
    halo, disc, bulge : Component
        The disc is its spherical average.
    mass : (n,) float64
        Mass of all inside r [Msun].
    """

    halo: Component
    disc: Component
    bulge: Component
    mass: Array


def structure(galaxy: Galaxy) -> Structure:
    """Density and mass of each component on the table of radii."""
    halo = component(halo_density(galaxy), galaxy.halo_msun)
    bulge = component(1 / (RADII * (RADII + galaxy.bulge_scale_kpc) ** 3), galaxy.bulge_msun)
    disc_mass = exponential_disc_mass(galaxy)
    disc_density = np.gradient(disc_mass, RADII) / (4 * np.pi * RADII**2)
    disc = Component(disc_density, disc_mass)
    return Structure(halo, disc, bulge, halo.mass + bulge.mass + disc.mass)


def halo_density(galaxy: Galaxy) -> Array:
    """NFW density with the whole mass M_h: ρ_NFW exp(-(r/r_t)⁴).

    The paper ends the halo at R_vir, which is not in equilibrium. Here the density inside is NFW's with M_h inside
    R_vir, and r_t, close to R_vir, is where as much mass lies beyond R_vir as is missing inside.
    """
    x = RADII / galaxy.virial_kpc * galaxy.concentration
    nfw = 1 / (x * (1 + x) ** 2)
    c = galaxy.concentration
    step = np.log(RADII[1] / RADII[0])

    def excess(edge: float) -> float:
        inside = step * np.sum(x**3 * nfw * np.exp(-((x / edge) ** 4)))
        return float(inside - (np.log1p(c) - c / (1 + c)))

    return nfw * np.exp(-((x / brentq(excess, 0.5 * c, 3 * c)) ** 4))


def exponential_disc_mass(galaxy: Galaxy) -> Array:
    """Mass of the disc inside spheres of `RADII` [Msun]: ∫ 2π R Σ(R) tanh(√(r² - R²) / Z_0) dR."""
    return galaxy.disc_msun * _disc_share(galaxy.disc_length_kpc, galaxy.disc_height_kpc)


@lru_cache(maxsize=64)
def _disc_share(length_kpc: float, height_kpc: float) -> Array:
    """Share of the disc inside spheres of `RADII`."""
    node, weight = np.polynomial.legendre.leggauss(128)
    angle, weight = np.pi / 4 * (node + 1), np.pi / 4 * weight  # R = r sin θ
    radius = RADII[:, None] / length_kpc  # in units of R_0
    height = RADII[:, None] * np.cos(angle) / height_kpc
    inner = radius * np.sin(angle)
    share = (inner * np.exp(-inner) * np.tanh(height) * radius * np.cos(angle)) @ weight
    share = np.where(radius[:, 0] > 30, 1.0, np.minimum(share, 1.0))  # beyond, all is inside (to 3e-12)
    share = np.maximum.accumulate(share)
    share.flags.writeable = False
    return share
