"""A galaxy with known orbit weights and a known M/L, observed with noise: what a real one never tells.

Its light is a given MGE; bins, weights and noise are made here. Everything drawn of it must say that it is synthetic.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from reproduce.galaxy.orbits.library import OrbitLibrary
from reproduce.galaxy.orbits.losvd import Kinematics, fit_gauss_hermite
from reproduce.galaxy.orbits.mge import ObservedGaussians
from reproduce.galaxy.orbits.observation import Apertures, PointSpread, pixel_light
from reproduce.galaxy.orbits.weights import WeightProblem, solve_weights
from reproduce.workflow.errors import InputError

LABEL = "synthetic"
SMOOTHING = 0.05
"""Weight of the rows that pull orbits towards equal masses: without them a few orbits carry all."""


@dataclass(frozen=True)
class SyntheticGalaxy:
    """`kinematics` with noise and `exact` (mean, dispersion in km/s, h3, h4; shape (4, apertures)) without; the
    `weights` of the orbits and the `mass_to_light` that made them."""

    kinematics: Kinematics
    exact: np.ndarray
    weights: np.ndarray
    mass_to_light: float
    label: str = LABEL


def binned_pixels(
    *,
    light: ObservedGaussians,
    point_spread: PointSpread,
    size_arcsec: tuple[float, float],
    angle_deg: float,
    faintest: float,
    n_bins: int,
    seed: int,
) -> Apertures:
    """Pixels of 1″ in bins of about equal light, as an integral-field survey bins to equal signal to noise.

    Parameters
    ----------
    light, point_spread
        What is seen.
    size_arcsec : tuple of float
        Width and height of the field, whole numbers; the galaxy is in its middle.
    angle_deg : float
        From the instrument's axes to the galaxy's.
    faintest : float
        Pixels below this fraction of the brightest one's light are in no bin.
    n_bins : int
        Asked for; a centre brighter than a bin gives fewer.
    seed : int

    Returns
    -------
    Apertures

    Notes
    -----
    A centroidal Voronoi tessellation with the density light² has bins of about equal light (Cappellari & Copin 2003,
    MNRAS 342, 345); it is found as k-means with weights light².
    """
    nx, ny = (round(size) for size in size_arcsec)
    grid = Apertures((-nx / 2, -ny / 2), (float(nx), float(ny)), angle_deg, np.ones((ny, nx), np.int64))
    image = pixel_light(light, grid, point_spread)
    seen = image >= faintest * image.max()
    if not 1 <= n_bins <= seen.sum():
        raise InputError(
            f"synthetic galaxy: {n_bins} bins of {seen.sum()} pixels; expected fewer bins, or fainter pixels"
        )
    rows, columns = np.nonzero(seen)
    clusters = KMeans(n_bins, n_init=1, random_state=seed).fit(
        np.column_stack([columns, rows]).astype(float), sample_weight=image[seen] ** 2
    )
    numbers = np.zeros((ny, nx), np.int64)
    numbers[seen] = np.unique(clusters.labels_, return_inverse=True)[1] + 1
    return Apertures(grid.corner_arcsec, grid.size_arcsec, angle_deg, numbers)


def known_weights(library: OrbitLibrary, masses: WeightProblem, prograde: float) -> np.ndarray:
    """Weights that make the galaxy's masses, close to equal, with a share of each tube in its first sense.

    Parameters
    ----------
    library : OrbitLibrary
    masses : WeightProblem
        Its groups total, intrinsic and projected are used.
    prograde : float
        Share (0 to 1) of a tube's mass in its first sense of rotation: 0.5 gives no rotation.

    Returns
    -------
    array of shape (orbits,)
        Summing to one.
    """
    if not 0 <= prograde <= 1:
        raise InputError(f"synthetic galaxy: prograde = {prograde:g}; expected a share between 0 and 1")
    n, n_tubes = masses.matrix.shape[1], library.n_tubes
    share = np.tile([prograde, 1 - prograde], n_tubes // 2)
    pairs = np.zeros((n, n - n_tubes // 2))  # from tubes with both senses together, and boxes, to orbits
    pairs[np.arange(n_tubes), np.arange(n_tubes) // 2] = share
    pairs[np.arange(n_tubes, n), np.arange(n_tubes // 2, n - n_tubes // 2)] = 1
    rows = np.r_[masses.rows["total"], masses.rows["intrinsic"], masses.rows["projected"]]
    matrix = masses.matrix[rows] @ pairs
    equal = np.full(matrix.shape[1], 1 / matrix.shape[1])
    smooth = WeightProblem(
        np.concatenate([matrix, SMOOTHING * np.diag(1 / equal)]),
        np.concatenate([masses.target[rows], np.full(equal.size, SMOOTHING)]),
        {},
    )
    weights = pairs @ solve_weights(smooth)
    return weights / weights.sum()


def observe(
    *,
    library: OrbitLibrary,
    weights: np.ndarray,
    mass_to_light: float,
    projected: np.ndarray,
    best_signal_to_noise: float,
    seed: int,
) -> SyntheticGalaxy:
    """Kinematics of a weighted library at an M/L, with noise.

    Parameters
    ----------
    library : OrbitLibrary
    weights : array of shape (orbits,)
    mass_to_light : float
        Velocities are those of the library's potential scaled to it.
    projected : array of shape (apertures,)
        Light in each aperture: signal to noise grows with its root.
    best_signal_to_noise : float
        Of the brightest aperture.
    seed : int

    Returns
    -------
    SyntheticGalaxy

    Notes
    -----
    To first order all h_m have the same noise ε (van der Marel & Franx 1993), thus √2 σ ε for mean and dispersion; ε is
    one over the signal to noise.
    """
    losvd = np.einsum("o,ova->va", weights, library.histogram)
    exact = fit_gauss_hermite(losvd, library.velocities_at(mass_to_light))
    noise = np.sqrt(projected.max() / projected) / best_signal_to_noise
    errors = noise * np.stack([np.sqrt(2) * exact[1], np.sqrt(2) * exact[1], np.ones_like(noise), np.ones_like(noise)])
    seen = exact + errors * np.random.default_rng(seed).normal(size=exact.shape)
    columns = [column for value, error in zip(seen, errors, strict=True) for column in (value, error)]
    return SyntheticGalaxy(Kinematics(*columns), exact, weights, mass_to_light)
