"""Masses of galaxies from places and velocities of tracers on the sky, by classical estimators.

Each takes projected distances from the centre [kpc] and line-of-sight velocities relative to the galaxy [km/s], with
any leading axes of views before the axis of tracers, and gives masses [Msun] with those axes.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import gamma

from reproduce.galaxy.models import disc_galaxy, structure
from reproduce.galaxy.spherical import RADII, Array
from reproduce.galaxy.units import G
from reproduce.workflow.errors import InputError


def tracer_mass(
    radius_kpc: Array,
    velocity_kms: Array,
    *,
    potential_slope: float = 0.0,
    density_slope: float = 3.5,
    anisotropy: float = 0.0,
    outer_kpc: float | Array | None = None,
) -> Array:
    """Mass inside the outermost tracer (Watkins, Evans & An 2010).

    M = C / (G N) Σ v² R^α with C = (α + γ - 2β) r_out^(1-α) / I and
    I = √π Γ(α/2 + 1) / (4 Γ(α/2 + 5/2)) [α + 3 - β (α + 2)].

    Parameters
    ----------
    radius_kpc, velocity_kms : (..., n)
    potential_slope : float
        α of a potential ∝ r^-α; 0 for a flat rotation curve, where M ∝ r.
    density_slope : float
        γ of the tracers' density ∝ r^-γ in space; 3.5 for the paper's clusters.
    anisotropy : float
        β = 1 - σ_t² / σ_r².
    outer_kpc : float or (...)
        r_out; by default the largest projected distance.

    Raises
    ------
    InputError
        If the arrays do not fit, or the exponents leave no positive mass.
    """
    radius, velocity = _checked(radius_kpc, velocity_kms)
    if potential_slope <= -2 or potential_slope + density_slope - 2 * anisotropy <= 0 or anisotropy >= 1:
        found = f"{potential_slope}, {density_slope}, {anisotropy}"
        raise InputError(f"expected potential_slope > -2, α + γ - 2β > 0 and anisotropy < 1, found α, γ, β = {found}")
    half = potential_slope / 2
    projection = np.sqrt(np.pi) * gamma(half + 1) / (4 * gamma(half + 2.5))
    projection *= potential_slope + 3 - anisotropy * (potential_slope + 2)
    outer = radius.max(axis=-1) if outer_kpc is None else np.asarray(outer_kpc)
    factor = (potential_slope + density_slope - 2 * anisotropy) / projection * outer ** (1 - potential_slope)
    return factor / G * np.mean(velocity**2 * radius**potential_slope, axis=-1)


def virial_mass(x_kpc: Array, y_kpc: Array, velocity_kms: Array) -> Array:
    """Total mass of a system whose tracers follow its mass (Heisler, Tremaine & Bahcall 1985).

    M = 3πN / (2G) Σ v² / Σ_(i<j) 1 / R_ij. For clusters in a halo that is larger than their system it is too small, by
    a factor that a calibration can take away.

    Parameters
    ----------
    x_kpc, y_kpc, velocity_kms : (..., n)
    """
    x, velocity = _checked(x_kpc, velocity_kms)
    y, velocity = _checked(y_kpc, velocity)
    n = x.shape[-1]
    inverse = _inverse_distances(x.reshape(-1, n), y.reshape(-1, n)).reshape(x.shape[:-1])
    return 1.5 * np.pi * n / G * np.sum(velocity**2, axis=-1) / inverse


@njit(cache=True, error_model="numpy", fastmath={"reassoc"})
def _inverse_distances(x: Array, y: Array) -> Array:
    """Σ_(i<j) 1 / R_ij of each view, (views, n) to (views,)."""
    found = np.zeros(len(x))
    for view in range(len(x)):
        for i in range(x.shape[1]):
            total = 0.0
            for j in range(i):
                total += 1 / np.sqrt((x[view, i] - x[view, j]) ** 2 + (y[view, i] - y[view, j]) ** 2)
            found[view] += total
    return found


@dataclass(frozen=True)
class JeansModels:
    """Dispersions of one family of galaxies.

    Attributes
    ----------
    log_msun : (k,) float64
        log10 of the dark mass.
    log_radius : (r,) float64
        ln of the projected distance [kpc].
    dispersion_kms : (k, r) float64
        σ(R) along the line of sight.
    """

    log_msun: Array
    log_radius: Array
    dispersion_kms: Array


@dataclass(frozen=True)
class JeansMass:
    """Masses of highest likelihood and their intervals of 68 % [Msun], each with the axes of the views."""

    halo_msun: Array
    low_msun: Array
    high_msun: Array


def line_of_sight_dispersion(density: Array, mass: Array, radius_kpc: Array) -> Array:
    """σ(R) [km/s] of isotropic tracers (Mamon & Łokas 2005, appendix, β = 0).

    I σ² = 2G ∫_R^∞ √(1 - R²/r²) ν M dr/r, I = 2 ∫_R^∞ ν r dr / √(r² - R²); with r = R cosh t neither is singular.

    Parameters
    ----------
    density, mass : (n,)
        ν and the galaxy's M(<r) on `spherical.RADII`.
    radius_kpc : (r,)
    """
    t = np.linspace(0, 8, 801)
    far = np.log(radius_kpc[:, None] * np.cosh(t))
    inside = np.exp(np.interp(far, np.log(RADII), np.log(mass)))
    tracers = np.exp(np.interp(far, np.log(RADII), np.log(np.maximum(density, 1e-300))))
    surface = np.trapezoid(tracers * radius_kpc[:, None] * np.cosh(t), t, axis=1)
    pressure = np.trapezoid(G * np.tanh(t) ** 2 * tracers * inside, t, axis=1)
    return np.sqrt(pressure / surface)


def jeans_models(
    *, baryon_fraction: float = 0.07, bulge_to_disc: float = 1 / 6, tracer_scale_kpc: float = 5.25, masses: int = 81
) -> JeansModels:
    """The paper's disc galaxies of dark mass 10¹⁰ to 10¹⁴ Msun, with tracers ∝ (a² + r²)^-1.75 and no edge."""
    log_msun, radius = np.linspace(10, 14, masses), np.geomspace(0.05, 500, 100)
    tracers = (tracer_scale_kpc**2 + RADII**2) ** -1.75
    rows = []
    for log in log_msun:
        galaxy = disc_galaxy(10.0**log, baryon_fraction, bulge_to_disc)
        rows.append(line_of_sight_dispersion(tracers, structure(galaxy).mass, radius))
    return JeansModels(log_msun, np.log(radius), np.array(rows))


def jeans_mass(models: JeansModels, radius_kpc: Array, velocity_kms: Array, error_kms: float = 0.0) -> JeansMass:
    """Dark mass whose spherical, isotropic Jeans model makes the velocities likeliest.

    Each velocity is Gaussian about 0 with variance σ(R; M)² + error². Mean rotation counts as dispersion.

    Parameters
    ----------
    models : JeansModels
    radius_kpc, velocity_kms : (..., n)
    error_kms : float
        Measurement error.

    Raises
    ------
    InputError
        If the likeliest mass is at the models' end.
    """
    radius, velocity = _checked(radius_kpc, velocity_kms)
    n = radius.shape[-1]
    each = _log_likelihood(
        np.log(radius).reshape(-1, n),
        velocity.reshape(-1, n),
        models.log_radius,
        np.ascontiguousarray(models.dispersion_kms.T),
        error_kms,
    )
    likelihood = each.reshape(*radius.shape[:-1], -1)
    best = likelihood.argmax(axis=-1)
    if ((best == 0) | (best == len(models.log_msun) - 1)).any():
        ends = f"10^{models.log_msun[0]:g} and 10^{models.log_msun[-1]:g} Msun"
        raise InputError(f"the likeliest mass is not between {ends}: check the units, kpc and km/s")
    left, middle, right = (np.take_along_axis(likelihood, best[..., None] + d, -1)[..., 0] for d in (-1, 0, 1))
    step = models.log_msun[1] - models.log_msun[0]
    bend = left - 2 * middle + right  # of a parabola through the three highest values
    peak = models.log_msun[best] + 0.5 * step * (left - right) / bend
    sigma = step / np.sqrt(-bend)
    return JeansMass(10**peak, 10 ** (peak - sigma), 10 ** (peak + sigma))


@njit(cache=True, error_model="numpy", fastmath={"reassoc"})
def _log_likelihood(log_radius: Array, velocity: Array, grid: Array, dispersion: Array, error: float) -> Array:
    """Σ ln p of each view's velocities under each model, (views, n) with σ (r, k) on a grid (r,) to (views, k)."""
    found = np.zeros((len(velocity), dispersion.shape[1]))
    for view in range(len(velocity)):
        for i in range(velocity.shape[1]):
            after = min(max(np.searchsorted(grid, log_radius[view, i]), 1), len(grid) - 1)
            share = (log_radius[view, i] - grid[after - 1]) / (grid[after] - grid[after - 1])
            share = min(max(share, 0.0), 1.0)
            for k in range(dispersion.shape[1]):
                sigma = dispersion[after - 1, k] + share * (dispersion[after, k] - dispersion[after - 1, k])
                variance = sigma**2 + error**2
                found[view, k] -= 0.5 * (np.log(variance) + velocity[view, i] ** 2 / variance)
    return found


@dataclass(frozen=True)
class Calibration:
    """A power law from an estimate to the true mass, log10 M = offset + slope log10 estimate.

    Attributes
    ----------
    offset, slope : float
    scatter_dex : float
        Standard deviation of log10 M about it in the galaxies it was fitted to.
    """

    offset: float
    slope: float
    scatter_dex: float

    def __call__(self, estimate_msun: Array) -> Array:
        """Calibrated masses [Msun]."""
        return 10 ** (self.offset + self.slope * np.log10(estimate_msun))


def calibrate(estimate_msun: Array, true_msun: Array) -> Calibration:
    """Fit the power law by least squares in log10 M; at least three galaxies."""
    estimate, true = np.log10(np.ravel(estimate_msun)), np.log10(np.ravel(true_msun))
    if len(estimate) != len(true) or len(true) < 3:
        raise InputError(
            f"a calibration needs three or more pairs, found {len(estimate)} estimates, {len(true)} masses"
        )
    slope, offset = np.polyfit(estimate, true, 1)
    return Calibration(float(offset), float(slope), float(np.std(true - offset - slope * estimate)))


def _checked(radius: Array, velocity: Array) -> tuple[NDArray, NDArray]:
    """Both as arrays of finite numbers and one shape."""
    radius, velocity = np.asarray(radius, dtype=np.float64), np.asarray(velocity, dtype=np.float64)
    if radius.shape != velocity.shape or radius.ndim == 0 or radius.shape[-1] < 2:
        found = f"{radius.shape} and {velocity.shape}"
        raise InputError(f"places and velocities must have one shape (..., n) with n >= 2, found {found}")
    if not (np.isfinite(radius).all() and np.isfinite(velocity).all()):
        raise InputError("places and velocities must be finite numbers; leave tracers without a velocity out")
    return radius, velocity
