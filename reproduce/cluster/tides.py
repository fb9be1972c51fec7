"""The galaxy's tide on a circular orbit, and who escapes."""

from dataclasses import dataclass

import numpy as np

from reproduce.cluster.units import PC_PER_MYR_IN_KMS, G
from reproduce.workflow.errors import InputError

# NBODY6's galaxy as in Miholics, Webb & Sills (2014): a point-mass bulge and a Miyamoto & Nagai (1975) disc.
BULGE_MSUN = 1.5e10
DISC_MSUN = 5.0e10
DISC_LENGTH_PC = 4_000.0 + 500.0  # a + b, all that counts in the plane
SUN_PC = 8_500.0  # where the three components together have the circular velocity asked for


@dataclass(frozen=True)
class Tide:
    """Tidal field of a circular orbit.

    Attributes
    ----------
    gradient : float
        4 Ω² - κ² = -R dΩ²/dR [Myr⁻²], Ω the angular velocity and κ the epicyclic frequency (King 1962).
    frequency : float
        Ω [Myr⁻¹].
    """

    gradient: float
    frequency: float

    def jacobi_radius(self, mass_msun: float) -> float:
        """Distance [pc] of the cluster's Lagrangian points, r_J = (G M / (4 Ω² - κ²))^⅓."""
        return (G * mass_msun / self.gradient) ** (1 / 3)


def logarithmic_halo(circular_velocity_kms: float, radius_kpc: float) -> Tide:
    """Flat rotation curve: r_J = (G M / 2 V_c²)^⅓ R^⅔."""
    velocity = circular_velocity_kms / PC_PER_MYR_IN_KMS
    frequency = velocity / (radius_kpc * 1e3)
    return Tide(2 * frequency**2, frequency)


def bulge_disc_halo(circular_velocity_kms: float, radius_kpc: float) -> Tide:
    """Point-mass bulge, Miyamoto-Nagai disc and logarithmic halo V² R² / (R² + R_h²), the galaxy of NBODY6.

    The halo's velocity at infinity and that of all three at 8.5 kpc are `circular_velocity_kms`; this fixes R_h.
    """
    v2 = (circular_velocity_kms / PC_PER_MYR_IN_KMS) ** 2
    stars_v2 = G * BULGE_MSUN / SUN_PC + G * DISC_MSUN * SUN_PC**2 / (SUN_PC**2 + DISC_LENGTH_PC**2) ** 1.5
    if stars_v2 >= v2:
        least = np.sqrt(stars_v2) * PC_PER_MYR_IN_KMS
        raise InputError(
            f"simulate.circular_velocity_kms={circular_velocity_kms} leaves nothing for the halo: "
            f"bulge and disc alone have {least:.0f} km/s; take more, or galaxy=logarithmic"
        )
    core2 = SUN_PC**2 * stars_v2 / (v2 - stars_v2)
    r2 = (radius_kpc * 1e3) ** 2
    bulge = G * BULGE_MSUN / r2**1.5  # each component's share of Ω²
    disc = G * DISC_MSUN / (r2 + DISC_LENGTH_PC**2) ** 1.5
    halo = v2 / (r2 + core2)
    gradient = 3 * bulge + 3 * disc * r2 / (r2 + DISC_LENGTH_PC**2) + 2 * halo * r2 / (r2 + core2)
    return Tide(float(gradient), float(np.sqrt(bulge + disc + halo)))


def saddle_energy(mass_msun: float, jacobi_pc: float) -> float:
    """Jacobi energy of the Lagrangian points, -1.5 G M / r_J [pc² Myr⁻²]: below it nothing leaves."""
    return -1.5 * G * mass_msun / jacobi_pc


def escape_energy(mass_msun: float, jacobi_pc: float, n_stars: int) -> float:
    """Energy per unit mass [pc² Myr⁻²] above which a star leaves (Giersz, Heggie & Hurley 2008).

    E = -α G M / r_J with α = 1.5 - 3 (ln(γN) / N)^¼ and their γ = 0.02: below the saddle by an amount that accounts for
    stars that are scattered back before they find the way out.
    """
    alpha = 1.5 - 3 * (max(np.log(0.02 * n_stars), 1.0) / n_stars) ** 0.25
    return -alpha * G * mass_msun / jacobi_pc
