"""A library of clusters as varied as real ones: a space-filling design over star number, size, orbit and metallicity.

The points are a scrambled Sobol set (Sobol 1967; Owen 1998): however few of them are taken from its beginning, they are
spread over the whole space. So the first ones are the test clusters, chosen before anything is simulated.
"""

import numpy as np
from numpy.typing import NDArray

from reproduce.cluster.settings import ClusterSettings, Evolution, Library, Model, Simulate
from reproduce.cluster.tides import logarithmic_halo
from reproduce.workflow.errors import InputError

SOLAR_Z = 0.02  # SSE's
MEAN_MASS_MSUN = 0.58  # of stars between 0.08 and 150 Msun
LARGE = 1_000_000  # stars
TRACK_SPACING = 1e-3  # in ln m: light to 0.5 %, mass to 1e-5 of tracks of their own (docs/results_cluster.md)
FULLEST = 0.2  # largest half-mass radius, in Jacobi radii: about that of a King model of W0 = 5 that reaches its edge
_ATTEMPTS = 1_000


def clusters(simulate: Simulate) -> dict[str, ClusterSettings]:
    """All simulated clusters by name, with all their settings: the models, then those of the library."""
    own = {name: model for name, model in simulate.models.items() if model.files is None}
    return {name: completed(simulate, model) for name, model in (own | models(simulate.library)).items()}


def completed(simulate: Simulate, model: Model) -> ClusterSettings:
    """All settings of one cluster: its own where it has them, else those of all."""
    common = {name: getattr(simulate, name) for name in (*Evolution.model_fields, "seed")}
    own = {name: value for name, value in model.model_dump().items() if name in ClusterSettings.model_fields}
    found = common | own
    ages = found["snapshot_ages_gyr"]
    found["snapshots"] = len(ages) if ages else simulate.snapshots or model.snapshots
    return ClusterSettings(**found)


def names(library: Library) -> list[str]:
    """Names of the clusters, in the order of the design."""
    return [f"L{number:02d}" for number in range(library.clusters)]


def held_out_names(library: Library) -> list[str]:
    """Names of those that no network learns from."""
    return names(library)[: library.test]


def models(library: Library) -> dict[str, Model]:
    """The clusters by name.

    Half of them are Plummer spheres, half King models. The half-mass radius lies between the least one asked for and
    the largest, or `FULLEST` Jacobi radii where that is less: a larger cluster would be torn apart at once.

    Raises
    ------
    InputError
        If no design has as many large clusters as asked for.
    """
    if not library.clusters:
        return {}
    return {name: _model(library, point) for name, point in zip(names(library), design(library), strict=True)}


def design(library: Library) -> NDArray[np.float64]:
    """Points (clusters, 5) of the unit cube: star number, radius, orbit, metallicity, profile.

    Of the scramblings that follow from the seed, the first with at least `library.large` clusters of a million stars
    and more, some of which are test clusters and some not.
    """
    from scipy.stats import qmc  # half a second to import: only where a library is drawn

    for attempt in range(_ATTEMPTS):
        rng = np.random.default_rng([library.seed, attempt])
        size = 1 << (library.clusters - 1).bit_length()  # a whole net: balanced in every dimension
        points = qmc.Sobol(5, scramble=True, rng=rng).random(size)[: library.clusters]
        large = _log_between(library.n_stars, points[:, 0]) >= LARGE
        tested = int(large[: library.test].sum())
        if large.sum() >= library.large and (library.large < 2 or 0 < tested < large.sum()):
            return points
    raise InputError(
        f"simulate.library: none of {_ATTEMPTS} designs of {library.clusters} clusters of {library.n_stars[0]} to "
        f"{library.n_stars[1]} stars has {library.large} of {LARGE:,} stars and more, in and outside the "
        f"{library.test} test clusters; ask for more clusters or fewer large ones"
    )


def _log_between(limits: tuple[float, float], share: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = np.log(limits)
    return np.exp(low + share * (high - low))


def _model(library: Library, point: NDArray[np.float64]) -> Model:
    n_stars = round(float(_log_between(library.n_stars, point[0])))
    orbit = float(_log_between(library.galactocentric_radius_kpc, point[2]))
    jacobi = logarithmic_halo(library.circular_velocity_kms, orbit).jacobi_radius(n_stars * MEAN_MASS_MSUN)
    low, high = library.half_mass_radius_pc
    radius = float(_log_between((low, max(low, min(high, FULLEST * jacobi))), point[1]))
    iron = library.iron[0] + point[3] * (library.iron[1] - library.iron[0])
    king = point[4] >= 0.5
    w0 = library.king_w0[0] + (2 * point[4] - 1) * (library.king_w0[1] - library.king_w0[0])
    own = {
        "n_stars": n_stars,
        "half_mass_radius_pc": float(f"{radius:.3g}"),
        "galactocentric_radius_kpc": float(f"{orbit:.3g}"),
        "metallicity": float(f"{max(SOLAR_Z * 10**iron, 1e-4):.3g}"),
        "profile": "king" if king else "plummer",
        "king_w0": float(f"{w0:.3g}") if king else None,
        "snapshots": len(library.snapshot_ages_gyr),
        "snapshot_ages_gyr": library.snapshot_ages_gyr,
        "imf_low_msun": 0.08,
        "imf_high_msun": 150.0,
        "kicks": library.kicks,
        "remnant_kick_kms": 265.0,
        "stellar_recipe": "fryer2012",
        "track_spacing": TRACK_SPACING,
        "circular_velocity_kms": library.circular_velocity_kms,
        "theta_max": library.theta_max,
        "step_floor_myr": library.step_floor_myr,
        "step_relaxation": library.step_relaxation,
        "changes_share": library.changes_share,
    }
    return Model.model_validate(own)
