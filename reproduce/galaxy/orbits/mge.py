"""Multi-Gaussian expansion of a galaxy's light: as it is seen, and deprojected to triaxial Gaussians.

Each observed Gaussian is an ellipse on the sky, each intrinsic one an ellipsoid with axes σ (long, x), pσ (y) and qσ
(short, z), all with the same centre and axes. The line of sight is one direction in the galaxy's frame. Projection is
linear in the squared axes, so deprojection is one linear system of three equations a Gaussian; the galaxy's shape and
its viewing direction are linked by another one.

References: Emsellem, Monnet & Bacon (1994, A&A 285, 723); Cappellari (2002, MNRAS 333, 400); van den Bosch et al.
(2008, MNRAS 385, 647), section 3.1.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from reproduce.workflow.errors import InputError

TOLERANCE = 1e-6
"""Squared axis ratios this much above 1, or out of order by this much, are rounding and not a wrong shape."""


@dataclass(frozen=True)
class ObservedGaussians:
    """The light on the sky: `surface_brightness` (Lsun/pc²), `sigma_arcsec` (along the major axis), `axis_ratio`
    (observed, at most 1) and `twist_deg` (position angle from the galaxy's major axis), each of shape (n,)."""

    surface_brightness: np.ndarray
    sigma_arcsec: np.ndarray
    axis_ratio: np.ndarray
    twist_deg: np.ndarray

    def __post_init__(self) -> None:
        columns = (self.surface_brightness, self.sigma_arcsec, self.axis_ratio, self.twist_deg)
        if len({np.shape(column) for column in columns}) != 1 or np.ndim(self.sigma_arcsec) != 1:
            raise InputError(f"MGE: expected four columns of one length, found {[np.shape(c) for c in columns]}")
        for number, row in enumerate(zip(*columns, strict=True), 1):
            brightness, sigma, ratio, twist = row
            if not (
                brightness > 0 and sigma > 0 and 0 < ratio <= 1 and np.isfinite([*row]).all() and abs(twist) <= 180
            ):
                raise InputError(
                    f"MGE: Gaussian {number} has I = {brightness:g}, sigma = {sigma:g}, q = {ratio:g}, "
                    f"twist = {twist:g}; "
                    "expected I > 0, sigma > 0, 0 < q <= 1, twist in degrees; correct it"
                )

    def luminosity(self, pc_per_arcsec: float) -> np.ndarray:
        """Total luminosity of each Gaussian (Lsun), shape (n,)."""
        return 2 * np.pi * self.surface_brightness * (self.sigma_arcsec * pc_per_arcsec) ** 2 * self.axis_ratio


@dataclass(frozen=True)
class ViewingAngles:
    """Direction of the line of sight, spherical `theta_deg` (from the short axis) and `phi_deg` (from the long axis),
    and `psi_deg`: angle on the sky from the projected short axis to the observed major axis, 90° where they are
    aligned.

    A triaxial galaxy looks the same from both ends of a line, and so does an orbit library, which holds every orbit in
    both senses; the direction away from the observer is taken as positive.
    """

    theta_deg: float
    phi_deg: float
    psi_deg: float

    def sky_axes(self) -> np.ndarray:
        """Rows: major axis, minor axis, line of sight (away from the observer) in the galaxy's frame; shape (3, 3)."""
        theta, phi, psi = np.radians([self.theta_deg, self.phi_deg, self.psi_deg])
        across = np.array([-np.sin(phi), np.cos(phi), 0.0])
        up = np.array([-np.cos(theta) * np.cos(phi), -np.cos(theta) * np.sin(phi), np.sin(theta)])
        away = np.array([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])
        major = np.sin(psi) * across - np.cos(psi) * up
        minor = np.cos(psi) * across + np.sin(psi) * up
        return np.stack([major, minor, away])


@dataclass(frozen=True)
class TriaxialGaussians:
    """Ellipsoidal Gaussians: `luminosity` (Lsun), `sigma_pc` (long axis), axes `p` (y/x) and `q` (z/x), shape (n,)."""

    luminosity: np.ndarray
    sigma_pc: np.ndarray
    p: np.ndarray
    q: np.ndarray

    def density(self, position_pc: np.ndarray) -> np.ndarray:
        """Luminosity density (Lsun/pc³) at positions of shape (..., 3)."""
        squared = np.asarray(position_pc)[..., None, :] ** 2 / self._squared_axes()
        central = self.luminosity / ((2 * np.pi) ** 1.5 * self.sigma_pc**3 * self.p * self.q)
        return (central * np.exp(-0.5 * squared.sum(-1))).sum(-1)

    def luminosity_in_cones(self, direction: np.ndarray, radius_pc: np.ndarray) -> np.ndarray:
        """Luminosity inside radii, per steradian, along unit vectors.

        Parameters
        ----------
        direction : array of shape (m, 3)
        radius_pc : array of shape (k,)

        Returns
        -------
        array of shape (k, m)
            Lsun per steradian: the integral of density r² dr, which has a closed form for a Gaussian.
        """
        stretch = np.sqrt((np.asarray(direction)[:, None, :] ** 2 / self._squared_axes()).sum(-1) / 2)  # (m, n)
        t = np.asarray(radius_pc)[:, None, None] * stretch
        integral = (np.sqrt(np.pi) / 4 * erf(t) - t / 2 * np.exp(-(t**2))) / stretch**3
        central = self.luminosity / ((2 * np.pi) ** 1.5 * self.sigma_pc**3 * self.p * self.q)
        return (central * integral).sum(-1)

    def _squared_axes(self) -> np.ndarray:
        """Shape (n, 3), pc²."""
        return self.sigma_pc[:, None] ** 2 * np.stack([np.ones_like(self.p), self.p**2, self.q**2], axis=-1)


def viewing_angles(p: float, q: float, u: float, observed_axis_ratio: float) -> ViewingAngles:
    """Direction from which an ellipsoid of a given shape looks as flat as it does.

    Parameters
    ----------
    p, q : float
        Intermediate and short axis of the flattest Gaussian, in units of its long axis.
    u : float
        Its observed major axis in units of its long axis (the compression).
    observed_axis_ratio : float
        Its axis ratio on the sky.

    Returns
    -------
    ViewingAngles
        In the octant of positive axes; the other seven are the same by symmetry.

    Raises
    ------
    InputError
        If no direction shows that ellipse.

    Notes
    -----
    Trace and determinant of the projected ellipse are linear in the squared components of the direction n:
    1 + p² + q² - (n_x² + p² n_y² + q² n_z²) = u² (1 + q'²) and p² q² n_x² + q² n_y² + p² n_z² = u⁴ q'².

    Examples
    --------
    The galaxy of Skusa (2023):

    >>> angles = viewing_angles(p=0.99, q=0.54, u=0.9999, observed_axis_ratio=0.55097)
    >>> print(f"{angles.theta_deg:.2f} {angles.phi_deg:.2f} {angles.psi_deg:.2f}")
    82.44 84.25 90.02
    """
    shape = f"p = {p:g}, q = {q:g}, u = {u:g} with the observed axis ratio {observed_axis_ratio:g}"
    if not 0 < q < p < 1 or not 0 < u <= 1:
        raise InputError(f"shape {shape}: expected 0 < q < p < 1 and 0 < u <= 1; change the intrinsic shape")
    p2, q2, u2, seen2 = p * p, q * q, u * u, observed_axis_ratio**2
    system = np.array([[1.0, p2, q2], [p2 * q2, q2, p2], [1.0, 1.0, 1.0]])
    squared = np.linalg.solve(system, [1 + p2 + q2 - u2 * (1 + seen2), u2 * u2 * seen2, 1.0])
    if squared.min() < 0:
        raise InputError(
            f"shape {shape}: no line of sight shows that ellipse (it needs q <= u q' <= p <= u); "
            "change p, q or u, or take another MGE"
        )
    away = np.sqrt(squared)
    theta = np.degrees(np.arccos(away[2]))
    phi = np.degrees(np.arctan2(away[1], away[0]))
    sky = ViewingAngles(theta, phi, 90.0).sky_axes()[:2]
    ellipse = (sky * [1.0, p2, q2]) @ sky.T
    tilt = 0.5 * np.degrees(np.arctan2(2 * ellipse[0, 1], ellipse[0, 0] - ellipse[1, 1]))
    return ViewingAngles(float(theta), float(phi), float(90.0 + tilt))


def deproject(light: ObservedGaussians, angles: ViewingAngles, pc_per_arcsec: float) -> TriaxialGaussians:
    """The triaxial Gaussians that look like the observed ones from a direction.

    Parameters
    ----------
    light : ObservedGaussians
    angles : ViewingAngles
    pc_per_arcsec : float
        Scale at the galaxy's distance.

    Returns
    -------
    TriaxialGaussians

    Raises
    ------
    InputError
        If a Gaussian has no deprojection at these angles, naming it.
    """
    major, minor, _ = angles.sky_axes()
    # The three entries of the projected ellipse are linear in the squared axes.
    system = np.stack([major**2, minor**2, major * minor])
    if abs(np.linalg.det(system)) < 1e-12:
        raise InputError(
            f"MGE cannot be deprojected at {angles}: the view is along a principal plane, so one axis stays unseen"
        )
    twist = np.radians(light.twist_deg)
    long2 = (light.sigma_arcsec * pc_per_arcsec) ** 2
    short2 = long2 * light.axis_ratio**2
    ellipse = np.stack(
        [
            long2 * np.cos(twist) ** 2 + short2 * np.sin(twist) ** 2,
            long2 * np.sin(twist) ** 2 + short2 * np.cos(twist) ** 2,
            (long2 - short2) * np.sin(twist) * np.cos(twist),
        ]
    )
    squared = np.linalg.solve(system, ellipse)  # (3, n)
    p2, q2 = squared[1] / squared[0], squared[2] / squared[0]
    bad = (squared[0] <= 0) | (q2 <= 0) | (q2 > p2 * (1 + TOLERANCE)) | (p2 > 1 + TOLERANCE)
    if bad.any():
        first = int(np.argmax(bad))
        raise InputError(
            f"MGE: Gaussian {first + 1} (q = {light.axis_ratio[first]:g}, twist = {light.twist_deg[first]:g} deg) "
            f"cannot be deprojected at {angles.theta_deg:.2f}, {angles.phi_deg:.2f}, {angles.psi_deg:.2f} deg: "
            f"p² = {p2[first]:.4g}, q² = {q2[first]:.4g} (expected 0 < q² <= p² <= 1); change p, q or u"
        )
    return TriaxialGaussians(light.luminosity(pc_per_arcsec), np.sqrt(squared[0]), np.sqrt(p2), np.sqrt(q2))
