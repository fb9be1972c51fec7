"""Line-of-sight velocity distributions as Gauss-Hermite series.

h_m = 2√π ∫ L(v) N(w) H_m(w) dv with w = (v - V)/σ, N the unit Gaussian and H_m Hermite polynomials normalised so that
h_0 = 1 and h_1 = h_2 = 0 for a Gaussian L of mean V and dispersion σ (van der Marel & Franx 1993, ApJ 407, 525;
Cappellari's normalisation). Linear in L: an orbit's coefficients add up with its weight.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.workflow.errors import InputError

ORDER = 4
FIT_TOLERANCE = 1e-8
FIT_STEPS = 1000


@dataclass(frozen=True)
class Kinematics:
    """Mean velocity and dispersion (km/s), h3, h4 and their errors (one sigma) in each aperture, shape (apertures,)."""

    mean_kms: np.ndarray
    mean_error_kms: np.ndarray
    dispersion_kms: np.ndarray
    dispersion_error_kms: np.ndarray
    h3: np.ndarray
    h3_error: np.ndarray
    h4: np.ndarray
    h4_error: np.ndarray

    def __post_init__(self) -> None:
        columns = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
        shapes = {column.shape for column in columns.values()}
        if len(shapes) != 1 or self.mean_kms.ndim != 1:
            raise InputError(f"kinematics: expected eight columns of one length, found shapes {sorted(shapes)}")
        for name, column in columns.items():
            positive = name == "dispersion_kms" or name.endswith(("error", "error_kms"))
            bad = ~np.isfinite(column) | (positive & (column <= 0))
            if bad.any():
                first = int(np.argmax(bad))
                expected = "a number above 0" if positive else "a finite number"
                raise InputError(
                    f"kinematics: {name} in aperture {first + 1} is {column[first]:g}; expected {expected}; "
                    "correct it or leave that aperture out of the bins"
                )

    @property
    def coefficient_errors(self) -> np.ndarray:
        """Errors of h1 to h4, shape (4, apertures); to first order h1 = ΔV / √2 σ and h2 = Δσ / √2 σ."""
        width = np.sqrt(2) * self.dispersion_kms
        return np.stack([self.mean_error_kms / width, self.dispersion_error_kms / width, self.h3_error, self.h4_error])

    @property
    def coefficient_targets(self) -> np.ndarray:
        """h1 to h4 of the data about its own mean and dispersion, shape (4, apertures): 0, 0, h3, h4."""
        zero = np.zeros_like(self.h3)
        return np.stack([zero, zero, self.h3, self.h4])


def velocity_range(kinematics: Kinematics) -> float:
    """Width (km/s) of velocity bins that hold the data: 2 max(|V| + 3σ), as in DYNAMITE."""
    return float(2 * np.max(np.abs(kinematics.mean_kms) + 3 * kinematics.dispersion_kms))


def hermite_basis(
    velocity_edges_kms: np.ndarray, mean_kms: np.ndarray, dispersion_kms: np.ndarray, order: int = ORDER
) -> np.ndarray:
    """What a histogram is summed with to get h_0 … h_order.

    Parameters
    ----------
    velocity_edges_kms : array of shape (n + 1,)
    mean_kms, dispersion_kms : arrays of shape (apertures,)
    order : int

    Returns
    -------
    array of shape (apertures, n, order + 1)
        2√π N(w) H_m(w) at the centres of bins; zero in the first and last one, which hold all that is outside.
    """
    centres = 0.5 * (velocity_edges_kms[1:] + velocity_edges_kms[:-1])
    w = (centres[None, :] - mean_kms[:, None]) / dispersion_kms[:, None]
    hermite = [np.ones_like(w), np.sqrt(2) * w]
    for m in range(1, order):
        hermite.append((np.sqrt(2) * w * hermite[m] - np.sqrt(m) * hermite[m - 1]) / np.sqrt(m + 1))
    basis = (np.sqrt(2) * np.exp(-0.5 * w**2))[..., None] * np.stack(hermite[: order + 1], axis=-1)
    basis[:, [0, -1]] = 0
    return basis


def coefficient_maps(library: OrbitLibrary, kinematics: Kinematics, mass_to_light: np.ndarray) -> Iterator[np.ndarray]:
    """The maps of h1 to h4 of one library at several M/L: exact, since the potential scales as a whole.

    Parameters
    ----------
    library : OrbitLibrary
    kinematics : Kinematics
        Mean and dispersion about which each aperture is expanded.
    mass_to_light : array of shape (n,)

    Yields
    ------
    float32 array of shape (orbits, apertures, 4)
        Each orbit's coefficients times its mass in the aperture.
    """
    if library.histogram.shape[2] != kinematics.mean_kms.size:
        raise InputError(
            f"library of {library.histogram.shape[2]} apertures, kinematics of {kinematics.mean_kms.size}: "
            "take those of the same bins"
        )
    by_aperture = np.ascontiguousarray(np.moveaxis(library.histogram, 2, 0))  # (apertures, orbits, velocities)
    for ratio in np.atleast_1d(mass_to_light):
        edges = library.velocities_at(float(ratio))
        basis = hermite_basis(edges, kinematics.mean_kms, kinematics.dispersion_kms)[..., 1:].astype(np.float32)
        yield np.moveaxis(by_aperture @ basis, 0, 1)


def fit_gauss_hermite(losvd: np.ndarray, velocity_edges_kms: np.ndarray) -> np.ndarray:
    """Mean, dispersion (km/s), h3 and h4 of each aperture's distribution.

    Parameters
    ----------
    losvd : array of shape (velocities, apertures)
        Not necessarily normalised.
    velocity_edges_kms : array of shape (velocities + 1,)

    Returns
    -------
    array of shape (4, apertures)

    Raises
    ------
    InputError
        If a distribution has no Gaussian near it (empty, or too far from one).

    Notes
    -----
    Mean and dispersion are those about which h1 = h2 = 0, found by correcting them with the first-order relations of
    `Kinematics.coefficient_errors` until they stay.
    """
    total = losvd.sum(axis=0)
    if not (total > 0).all():
        raise InputError(
            f"velocity distribution of aperture {int(np.argmin(total > 0)) + 1} is empty: no orbit is seen there"
        )
    centres = 0.5 * (velocity_edges_kms[1:] + velocity_edges_kms[:-1])
    mean = centres @ losvd / total
    dispersion = np.sqrt(((centres[:, None] - mean) ** 2 * losvd).sum(axis=0) / total)
    for _ in range(FIT_STEPS):
        basis = hermite_basis(velocity_edges_kms, mean, dispersion)
        h = np.einsum("va,avm->ma", losvd, basis)
        h = h / h[0]
        mean = mean + np.sqrt(2) * dispersion * h[1]
        dispersion = dispersion * (1 + np.sqrt(2) * np.clip(h[2], -0.3, 0.3))
        if np.abs(h[1:3]).max() < FIT_TOLERANCE:
            return np.stack([mean, dispersion, h[3], h[4]])
    worst = int(np.argmax(np.abs(h[1:3]).max(axis=0)))
    raise InputError(
        f"velocity distribution of aperture {worst + 1} is too far from a Gaussian: h1, h2 stay at {h[1:3, worst]}"
    )
