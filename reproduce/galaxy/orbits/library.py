"""An orbit library: all orbits of a start grid in one potential, as they are seen. A pure function of its arguments.

Independent libraries are independent calls; the random numbers of a bundle depend on the seed and its place alone.
"""

from dataclasses import dataclass

import numpy as np

from reproduce.galaxy.orbits.force_table import ForceTable, tabulate
from reproduce.galaxy.orbits.integration import integrate
from reproduce.galaxy.orbits.intrinsic import SpaceGrid
from reproduce.galaxy.orbits.observation import Observation
from reproduce.galaxy.orbits.potential import GalaxyPotential
from reproduce.galaxy.orbits.recording import family, moments, record_sky, record_space
from reproduce.galaxy.orbits.start_space import StartGrid, start_space
from reproduce.workflow.errors import InputError

TABLE_REACH = 30.0
"""The potential is tabulated to this many times the start grid's last radius: farther than any orbit goes."""

OFFSETS = 131_071
"""Random offsets drawn for a bundle: a prime, so that those of an image of an orbit change from turn to turn."""


@dataclass(frozen=True)
class Integration:
    """Orbits are followed for `periods` and sampled at `samples` even times; a step's tolerance starts at
    `first_tolerance` and shrinks tenfold until the energy holds to `energy_error`."""

    periods: float = 200.0
    samples: int = 50_000
    energy_error: float = 1e-5
    first_tolerance: float = 1e-9


@dataclass(frozen=True)
class OrbitLibrary:
    """Orbits: each tube and then its reversal, for all tubes, then boxes.

    Attributes
    ----------
    histogram : float32 array of shape (orbits, velocities, apertures)
        Fraction of the orbit's mass.
    velocity_edges_kms : array of shape (velocities + 1,)
    intrinsic : float32 array of shape (orbits, radii, thetas, phis)
        Fraction of the orbit's mass in cells of space.
    family : integer array of shape (orbits,)
        Of the bundle's first orbit: X_TUBE, Y_TUBE, Z_TUBE or BOX (`recording`).
    circularity : array of shape (orbits, 3)
        Mean angular momentum about x, y, z over (mean radius × rms velocity) (Zhu et al. 2018, MNRAS 473, 3000).
    mean_radius_pc : array of shape (orbits,)
    energy_error : array of shape (orbits,)
        Largest relative error of the energy of the bundle's orbits.
    n_tubes : int
        Tubes with their reversals; the other orbits started as boxes.
    mass_to_light : float
        Of the potential in which the orbits were followed.
    """

    histogram: np.ndarray
    velocity_edges_kms: np.ndarray
    intrinsic: np.ndarray
    family: np.ndarray
    circularity: np.ndarray
    mean_radius_pc: np.ndarray
    energy_error: np.ndarray
    n_tubes: int
    mass_to_light: float

    @property
    def projected(self) -> np.ndarray:
        """Fraction of each orbit's mass in each aperture, shape (orbits, apertures)."""
        return self.histogram.sum(axis=1)

    def velocities_at(self, mass_to_light: float) -> np.ndarray:
        """Velocity edges (km/s) of the same library where the whole potential is scaled to another M/L: exact."""
        return self.velocity_edges_kms * np.sqrt(mass_to_light / self.mass_to_light)


def orbit_library(
    *,
    galaxy: GalaxyPotential,
    observation: Observation,
    start: StartGrid,
    space: SpaceGrid,
    integration: Integration,
    seed: int,
    table: ForceTable | None = None,
) -> OrbitLibrary:
    """Integrate and observe every orbit of a start grid.

    Parameters
    ----------
    galaxy : GalaxyPotential
    observation : Observation
    start : StartGrid
    space : SpaceGrid
        Cells of the intrinsic masses.
    integration : Integration
    seed : int
        Of the point spread function's random offsets.
    table : ForceTable, optional
        The tabulated potential, if it is at hand.

    Returns
    -------
    OrbitLibrary

    Raises
    ------
    InputError
        If an orbit's energy cannot be held to the tolerance asked for.
    """
    if table is None:
        table = tabulate(galaxy, TABLE_REACH * 10**start.log_radius_last)
    starts = start_space(table, start)
    n = start.n_bundles
    records = [
        observe_bundle(
            table=table,
            starts=bundle,
            periods=periods,
            observation=observation,
            space=space,
            integration=integration,
            seed=(seed, k),
        )
        for k, (bundle, periods) in enumerate(
            zip(np.concatenate([starts.tubes, starts.boxes]), np.concatenate([starts.period] * 2), strict=True)
        )
    ]
    order = np.concatenate([np.repeat(np.arange(n), 2), np.arange(n, 2 * n)])
    reversed_ = np.concatenate([np.tile([False, True], n), np.zeros(n, bool)])
    histogram = np.stack([records[k].histogram for k in order])
    histogram[reversed_] = histogram[reversed_, ::-1]
    circularity = np.stack([records[k].circularity for k in order])
    circularity[reversed_] *= -1
    return OrbitLibrary(
        histogram=histogram,
        velocity_edges_kms=observation.velocities.edges_kms,
        intrinsic=np.stack([records[k].intrinsic for k in order]),
        family=np.array([records[k].family for k in order]),
        circularity=circularity,
        mean_radius_pc=np.array([records[k].mean_radius_pc for k in order]),
        energy_error=np.array([records[k].energy_error for k in order]),
        n_tubes=2 * n,
        mass_to_light=galaxy.mass_to_light,
    )


@dataclass(frozen=True)
class BundleRecord:
    """What `OrbitLibrary` keeps of one bundle; see there."""

    histogram: np.ndarray
    intrinsic: np.ndarray
    family: int
    circularity: np.ndarray
    mean_radius_pc: float
    energy_error: float


def observe_bundle(
    *,
    table: ForceTable,
    starts: np.ndarray,
    periods: np.ndarray,
    observation: Observation,
    space: SpaceGrid,
    integration: Integration,
    seed: tuple[int, ...],
) -> BundleRecord:
    """Follow and observe the orbits of one bundle.

    Parameters
    ----------
    table : ForceTable
    starts : array of shape (orbits, 6)
        pc and km/s.
    periods : array of shape (orbits,)
        pc/(km/s).
    observation, space, integration
        As in `orbit_library`.
    seed : tuple of int

    Returns
    -------
    BundleRecord
    """
    apertures, velocities = observation.apertures, observation.velocities
    counts = np.zeros((velocities.number, apertures.number), np.int64)
    cells = np.zeros(space.shape)
    samples = np.empty((integration.samples, 6))
    sky, pixels = _sky_kernel(observation)
    offsets = observation.point_spread.offsets(OFFSETS, np.random.default_rng(seed))
    edge = (velocities.edges_kms[0], velocities.number / velocities.width_kms)
    families, errors, total, place = [], [], np.zeros(5), 0
    for orbit, period in zip(starts, periods, strict=True):
        errors.append(_follow(table, orbit, integration.periods * period, integration, samples))
        families.append(family(samples))
        place = record_sky(samples, families[-1], sky, pixels, apertures.bin_of_pixel, offsets, place, edge, counts)
        record_space(samples, space.radii_pc, cells)
        means = moments(samples)
        means[:3] *= [families[-1] == kind for kind in (1, 2, 3)]  # the eight images of other components cancel
        total += means / len(starts)
    return BundleRecord(
        histogram=(counts / (8 * integration.samples * len(starts))).astype(np.float32),
        intrinsic=(cells / cells.sum()).astype(np.float32),
        family=families[0],
        circularity=total[:3] / (total[3] * np.sqrt(total[4])),
        mean_radius_pc=float(total[3]),
        energy_error=max(errors),
    )


def _follow(
    table: ForceTable, orbit: np.ndarray, duration: float, integration: Integration, samples: np.ndarray
) -> float:
    """Fill `samples`; return the energy's error."""
    tolerance = integration.first_tolerance
    while tolerance > 1e-14:
        error, steps = integrate(table, orbit, duration, tolerance, samples)
        if steps > 0 and error <= integration.energy_error:
            return float(error)
        tolerance /= 10
    raise InputError(
        f"orbit from {orbit.round(3).tolist()} (pc, km/s): its energy changes by {error:.1e}, asked "
        f"{integration.energy_error:.0e}; allow more, follow it for fewer periods or soften the black hole more"
    )


def _sky_kernel(observation: Observation) -> tuple[np.ndarray, np.ndarray]:
    """The two matrices that `record_sky` takes: galaxy → sky, sky → pixels."""
    sky = observation.angles.sky_axes()
    sky[:2] /= observation.pc_per_arcsec
    apertures = observation.apertures
    angle = np.radians(apertures.angle_deg)
    to_instrument = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    pixels = (
        np.column_stack([-np.array(apertures.corner_arcsec), to_instrument]) / np.array(apertures.pixel_arcsec)[:, None]
    )
    return sky, pixels
