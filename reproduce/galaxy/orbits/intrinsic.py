"""Masses in cells of space: a grid in radius, polar angle and azimuth of one octant."""

from dataclasses import dataclass

import numpy as np

from reproduce.galaxy.orbits.mge import TriaxialGaussians

NODES = 12


@dataclass(frozen=True)
class SpaceGrid:
    """`n_radii` shells between the centre and infinity, whose inner edges are evenly spaced in the logarithm,
    `n_theta` polar angles (from the short axis) and `n_phi` azimuths (from the long axis), evenly spaced in angle over
    an octant.

    The first shell is the ball inside `radius_first_pc` times the ratio of neighbouring edges; the edge of the last
    shell would be `radius_last_pc`, and all that is outside belongs to it.
    """

    radius_first_pc: float
    radius_last_pc: float
    n_radii: int = 10
    n_theta: int = 6
    n_phi: int = 6

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cells in radius, theta, phi."""
        return self.n_radii, self.n_theta, self.n_phi

    @property
    def radii_pc(self) -> np.ndarray:
        """Edges between shells, shape (n_radii - 1,)."""
        return np.geomspace(self.radius_first_pc, self.radius_last_pc, self.n_radii + 1)[1:-1]


def intrinsic_masses(stars: TriaxialGaussians, grid: SpaceGrid) -> np.ndarray:
    """Fraction of the light in each cell, all eight octants together; shape of the grid, summing to one.

    Exact in radius, Gauss-Legendre in the angles.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    edges = np.append(grid.radii_pc, 1e3 * max(grid.radius_last_pc, stars.sigma_pc.max()))
    masses = np.empty(grid.shape)
    for i in range(grid.n_theta):
        cosines = np.cos(np.array([i + 1, i]) / grid.n_theta * np.pi / 2)
        cos_theta = cosines.mean() + 0.5 * np.ptp(cosines) * nodes
        for j in range(grid.n_phi):
            width = np.pi / 2 / grid.n_phi
            c, phi = np.meshgrid(cos_theta, (j + 0.5) * width + 0.5 * width * nodes, indexing="ij")
            s = np.sqrt(1 - c**2)
            direction = np.stack([s * np.cos(phi), s * np.sin(phi), c], axis=-1).reshape(-1, 3)
            solid_angle = (0.25 * np.ptp(cosines) * width * weights[:, None] * weights).ravel()
            inside = stars.luminosity_in_cones(direction, edges) @ solid_angle
            masses[:, i, j] = np.diff(inside, prepend=0.0)
    return 8 * masses / stars.luminosity.sum()
