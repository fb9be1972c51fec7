"""Maps of the mean velocity and its dispersion along the line of sight (Kaur et al. 2021, section 2.1.3).

Cells of the field have the mean and the standard deviation of their clusters' velocities. Empty cells get a value, and
the maps are smoothed by a Gaussian. The paper leaves much of it open; every choice is one of `settings.MapSettings`.
R_sm is taken for the Gaussian's standard deviation; where a full width is meant, divide by 2.355.

There are two kinds of noise. `velocity_error_kms` is what a spectrograph does: each cluster's velocity has an error
before V and σ are computed, which raises σ unless it is taken out in quadrature. `pixel_noise_kms` is what the paper
does (Sect. 4.2): the finished cells of V and σ get noise; as no dispersion is negative, σ ends at 0.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from reproduce.galaxy.globular_clusters import ClusterSystem
from reproduce.galaxy.settings import MapSettings
from reproduce.galaxy.spherical import Array
from reproduce.workflow.errors import InputError


@dataclass(frozen=True)
class Views:
    """Clusters as they appear on the sky, seen from several sides.

    Attributes
    ----------
    x_kpc, y_kpc : (views, n) float64
        Places on the sky about the galaxy's centre.
    velocity_kms : (views, n) float64
        Along the line of sight, relative to the galaxy.
    """

    x_kpc: Array
    y_kpc: Array
    velocity_kms: Array


@dataclass(frozen=True)
class Maps:
    """Maps of several views.

    Attributes
    ----------
    velocity_kms, dispersion_kms : (views, ny, nx) float64
    count : (views, ny, nx) int64
        Clusters in each cell.
    """

    velocity_kms: Array
    dispersion_kms: Array
    count: NDArray[np.int64]


def random_views(clusters: ClusterSystem, n_views: int, generator: np.random.Generator) -> Views:
    """Look at clusters from random directions, with random position angles."""
    turns = Rotation.random(n_views, generator).as_matrix()
    place = np.einsum("vij,nj->vni", turns, clusters.position_kpc)
    velocity = np.einsum("vj,nj->vn", turns[:, 2], clusters.velocity_kms)
    return Views(place[..., 0], place[..., 1], velocity)


def choose(clusters: ClusterSystem, n: int, generator: np.random.Generator) -> ClusterSystem:
    """`n` of the clusters, drawn without repetition."""
    if n > len(clusters):
        raise InputError(f"expected at most the {len(clusters)} clusters that there are, found n={n}")
    which = generator.choice(len(clusters), n, replace=False)
    return ClusterSystem(clusters.position_kpc[which], clusters.velocity_kms[which])


def make_maps(views: Views, disc_size_kpc: float, settings: MapSettings, generator: np.random.Generator) -> Maps:
    """Maps of V and σ, one for each view.

    Parameters
    ----------
    views : Views
    disc_size_kpc : float
        R_d [kpc], the unit of the field.
    settings : MapSettings
    generator : numpy.random.Generator
        Of the noise.

    Raises
    ------
    InputError
        If a place or velocity is not a finite number.
    """
    for name in ("x_kpc", "y_kpc", "velocity_kms"):
        if not np.isfinite(getattr(views, name)).all():
            raise InputError(f"clusters: {name} must be finite numbers; leave clusters without a velocity out")
    seen = views.velocity_kms
    if settings.velocity_error_kms:
        seen = seen + generator.normal(scale=settings.velocity_error_kms, size=seen.shape)
    width = settings.field_rd * disc_size_kpc
    count, total, square = _sums(views, seen, width, settings.cells)
    if settings.smooth == "clusters":
        weight, total, square = _weighted_sums(views, seen, width, settings)
        velocity, dispersion = _moments(weight, total, square, 0.0, settings)
    else:
        velocity, dispersion = _moments(count, total, square, settings.least_for_sigma, settings)
        velocity, dispersion = (_smooth(_fill(each, settings), width, settings) for each in (velocity, dispersion))
    if settings.pixel_noise_kms:
        velocity = velocity + generator.normal(scale=settings.pixel_noise_kms, size=velocity.shape)
        noise = generator.normal(scale=settings.pixel_noise_kms, size=velocity.shape)
        dispersion = np.maximum(dispersion + noise, 0)
    return Maps(velocity, dispersion, count)


def _sums(views: Views, velocity: Array, width: float, cells: int) -> tuple[NDArray[np.int64], Array, Array]:
    """Number, Σ v and Σ v² of the clusters in each cell (views, ny, nx)."""
    column = np.floor((views.x_kpc / width + 0.5) * cells).astype(np.int64)
    row = np.floor((views.y_kpc / width + 0.5) * cells).astype(np.int64)
    inside = (column >= 0) & (column < cells) & (row >= 0) & (row < cells)
    view = np.broadcast_to(np.arange(len(column))[:, None], column.shape)
    place = ((view * cells + row) * cells + column)[inside]
    shape = (len(column), cells, cells)
    sums = [
        np.bincount(place, weight, shape[0] * cells**2) for weight in (None, velocity[inside], velocity[inside] ** 2)
    ]
    count, total, square = (each.reshape(shape) for each in sums)
    return count.astype(np.int64), total.astype(np.float64), square.astype(np.float64)


def _weighted_sums(views: Views, velocity: Array, width: float, settings: MapSettings) -> tuple[Array, Array, Array]:
    """The same with each cluster weighed by the Gaussian about each cell's centre."""
    centre = ((np.arange(settings.cells) + 0.5) / settings.cells - 0.5) * width
    across, up = (
        np.exp(-0.5 * ((centre[:, None] - each[:, None, :]) / settings.smoothing_kpc) ** 2)
        for each in (views.x_kpc, views.y_kpc)
    )
    moments = (np.ones_like(velocity), velocity, velocity**2)
    weight, total, square = (np.einsum("vyn,vxn,vn->vyx", up, across, each, optimize=True) for each in moments)
    return weight, total, square


def _moments(weight: NDArray, total: Array, square: Array, least: float, settings: MapSettings) -> tuple[Array, Array]:
    """Mean and dispersion of each cell; NaN where there is nothing."""
    error = settings.velocity_error_kms if settings.subtract_error else 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / weight
        dispersion = np.sqrt(np.maximum(square / weight - mean**2 - error**2, 0))
    return mean, np.where(weight >= least, dispersion, np.nan)


def _fill(maps: Array, settings: MapSettings) -> Array:
    """Values for the empty cells, which are NaN; still NaN where they are to be ignored."""
    if settings.empty == "ignore":
        return maps
    if settings.empty == "interpolate":
        frames = [pd.DataFrame(each).interpolate(method="linear", limit_direction="both").to_numpy() for each in maps]
        filled = np.stack(frames)
        missing = np.isnan(filled)  # columns without any cluster: across instead
        if missing.any():
            across = [
                pd.DataFrame(each.T).interpolate(method="linear", limit_direction="both").to_numpy().T
                for each in filled
            ]
            filled = np.where(missing, np.stack(across), filled)
        return np.nan_to_num(filled)
    return np.where(np.isnan(maps), float(settings.empty), maps)


def _smooth(maps: Array, width: float, settings: MapSettings) -> Array:
    """Gaussian smoothing; what lies beyond the field, and cells that are NaN, have no weight."""
    known = ~np.isnan(maps)
    values = np.where(known, maps, 0.0)
    if settings.smoothing_kpc == 0:
        return values
    place = np.arange(settings.cells) * width / settings.cells
    kernel = np.exp(-0.5 * ((place[:, None] - place) / settings.smoothing_kpc) ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num((kernel @ values @ kernel) / (kernel @ known.astype(np.float64) @ kernel))
