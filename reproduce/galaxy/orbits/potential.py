"""Gravitational potential of a galaxy: stars as triaxial Gaussians, a spherical dark halo, a central black hole.

Exact, by quadrature: slow but without a table. `force_table` turns it into what orbits are integrated in.
Units: pc, km/s, Msun.
"""

from dataclasses import dataclass

import numpy as np
from astropy import constants, units

from reproduce.galaxy.orbits.mge import TriaxialGaussians
from reproduce.workflow.errors import InputError

G = float(constants.G.to_value(units.pc * (units.km / units.s) ** 2 / units.Msun))
"""Gravitational constant, pc (km/s)² / Msun."""
HUBBLE_KMS_MPC = 70.0
"""Sets the critical density, thus the scale radius of a halo that is given by its mass and concentration."""
QUADRATURE_NODES = 64


@dataclass(frozen=True)
class Halo:
    """Spherical halo of Navarro, Frenk & White (1996, ApJ 462, 563): `density_msun_pc3` (four times the density at the
    scale radius) and `scale_radius_pc`. A density of zero is no halo."""

    density_msun_pc3: float
    scale_radius_pc: float

    def potential(self, radius_pc: np.ndarray) -> np.ndarray:
        """Potential in (km/s)²."""
        x = np.maximum(np.asarray(radius_pc) / self.scale_radius_pc, 1e-12)  # finite at the centre
        return -4 * np.pi * G * self.density_msun_pc3 * self.scale_radius_pc**2 * np.log1p(x) / x


def halo_of_mass(mass_200_msun: float, concentration: float) -> Halo:
    """The halo with a mass inside 200 times the critical density, and a concentration.

    Parameters
    ----------
    mass_200_msun : float
        In DYNAMITE's terms f × (mass of the stars).
    concentration : float
        r_200 / r_s.

    Returns
    -------
    Halo

    Raises
    ------
    InputError
        If the mass is negative or the concentration not positive.
    """
    if not (mass_200_msun >= 0 and concentration > 0 and np.isfinite([mass_200_msun, concentration]).all()):
        raise InputError(
            f"halo: expected mass >= 0 and concentration > 0, found {mass_200_msun:g} and {concentration:g}"
        )
    hubble = HUBBLE_KMS_MPC / 1e6  # km/s/pc
    critical = 3 * hubble**2 / (8 * np.pi * G)
    c = concentration
    density = 200 / 3 * critical * c**3 / (np.log1p(c) - c / (1 + c))
    radius_200 = (3 * mass_200_msun / (800 * np.pi * critical)) ** (1 / 3)
    return Halo(density if mass_200_msun > 0 else 0.0, radius_200 / c if mass_200_msun > 0 else 1.0)


@dataclass(frozen=True)
class GalaxyPotential:
    """Everything that pulls: `stars` with a constant `mass_to_light` (Msun/Lsun), `halo`, and a black hole of
    `black_hole_msun` softened by `softening_pc` (Plummer)."""

    stars: TriaxialGaussians
    mass_to_light: float
    halo: Halo
    black_hole_msun: float
    softening_pc: float

    def __post_init__(self) -> None:
        if not (self.mass_to_light > 0 and self.black_hole_msun >= 0 and self.softening_pc > 0):
            raise InputError(
                f"potential: M/L = {self.mass_to_light:g}, black hole {self.black_hole_msun:g} Msun, softening "
                f"{self.softening_pc:g} pc; expected M/L > 0, black hole >= 0, softening > 0"
            )

    @property
    def stellar_mass_msun(self) -> float:
        """Mass of all stars."""
        return float(self.mass_to_light * self.stars.luminosity.sum())

    def scaled(self, mass_to_light: float) -> "GalaxyPotential":
        """The same potential times a factor, stars, halo and hole alike, so that the stars have another M/L.

        Orbits keep their shapes and velocities grow with the root of the factor: one orbit library serves them all.
        """
        factor = mass_to_light / self.mass_to_light
        halo = Halo(self.halo.density_msun_pc3 * factor, self.halo.scale_radius_pc)
        return GalaxyPotential(self.stars, mass_to_light, halo, self.black_hole_msun * factor, self.softening_pc)

    def potential(self, position_pc: np.ndarray) -> np.ndarray:
        """Potential in (km/s)² at positions of shape (..., 3)."""
        radius2 = (np.asarray(position_pc) ** 2).sum(-1)
        hole = -G * self.black_hole_msun / np.sqrt(radius2 + self.softening_pc**2)
        return self.stellar_potential(position_pc) + self.halo.potential(np.sqrt(radius2)) + hole

    def stellar_potential(self, position_pc: np.ndarray) -> np.ndarray:
        """Potential of the stars alone in (km/s)² at positions of shape (..., 3).

        Notes
        -----
        Chandrasekhar's integral for a Gaussian, with e_p = 1 - p² and e_q = 1 - q²:
        Φ = -√(2/π) G M / σ ∫₀¹ exp(-τ²/2σ² (x² + y²/(1 - e_p τ²) + z²/(1 - e_q τ²))) / √((1 - e_p τ²)(1 - e_q τ²)) dτ
        (van den Bosch et al. 2008, eq. 12). Gauss-Legendre, up to where the exponential has fallen to 10⁻¹⁸.
        """
        squared = np.asarray(position_pc, dtype=float) ** 2
        nodes, weights = np.polynomial.legendre.leggauss(QUADRATURE_NODES)
        total = np.zeros(squared.shape[:-1])
        stars = self.stars
        for luminosity, sigma, p, q in zip(stars.luminosity, stars.sigma_pc, stars.p, stars.q, strict=True):
            scaled = squared / sigma**2
            end = np.minimum(1.0, 9.1 / np.sqrt(np.maximum(scaled.sum(-1), 1e-300)))
            tau2 = (0.5 * end[..., None] * (1 + nodes)) ** 2
            y, z = 1 - (1 - p**2) * tau2, 1 - (1 - q**2) * tau2
            exponent = scaled[..., 0, None] + scaled[..., 1, None] / y + scaled[..., 2, None] / z
            integral = (np.exp(-0.5 * tau2 * exponent) / np.sqrt(y * z)) @ weights * 0.5 * end
            total -= np.sqrt(2 / np.pi) * G * self.mass_to_light * luminosity / sigma * integral
        return total
