"""The stage `apply`: what the networks say of the observed clusters (paper Sect. 5, Table 3)."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
from astropy.table import QTable, Table, hstack
from numpy.typing import NDArray

from reproduce.papers.chardin2021.trained_model.estimates import Estimates
from reproduce.papers.chardin2021.trained_model.observer_pidoc import ObserverPiDoc
from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from reproduce.sky.units import LOG_FLUX, LOG_MASS
from reproduce.workflow.files import whole

TABLE, MAPS = "clusters.ecsv", "maps.h5"
UNITS = {"total_mass_msun": "Msun", "age_gyr": "Gyr", "distance_kpc": "kpc", "mass_to_light": "Msun/Lsun"}
PREFIX = "predicted_"
DISTANCE_ERROR, METALLICITY_ERROR = 0.06, 0.2
"""Of Harris's distances, relative, and [Fe/H] [dex]: 0.1 mag of the horizontal branch is 5 %, and its dust the rest."""


def predict_clusters(pidoc: PiDoc | ObserverPiDoc, observed: Path, folder: Path) -> dict[str, float]:
    """Predict every observed map and write the results.

    Parameters
    ----------
    pidoc : PiDoc or ObserverPiDoc
        The networks. Those that are told what is known are told the catalogue's distance and [Fe/H]; but the distance
        that they predict is that with [Fe/H] alone, or it would be the catalogue's.
    observed : Path
        What the stage `observe` wrote: ``maps.h5`` and ``targets.ecsv``.
    folder : Path
        Receives ``clusters.ecsv``, the columns of ``targets.ecsv`` with ours beside them:
        ``predicted_total_mass_msun``, ``predicted_age_gyr`` and ``predicted_distance_kpc`` with the bounds of their
        intervals (``…_low68`` and so on), ``predicted_mass_to_light`` and its bounds at the catalogue's distance, as in
        the paper; ``domain_score`` and ``in_domain``. And ``maps.h5``: ``flux``, ``mass`` (n, ny, nx) and ``name``.

    Returns
    -------
    dict
        Numbers for the run.
    """
    targets = Table.read(observed / "targets.ecsv")
    with h5py.File(observed / MAPS) as file:
        flux, names = file["flux"][()], file["name"][()]
    distance = np.asarray(targets["distance_kpc"], dtype=np.float64)
    estimates = _estimates(pidoc, flux, distance, np.asarray(targets["metallicity"], dtype=np.float64))
    ours = Table.from_pandas(estimates.table)
    ours.remove_column("luminosity_lsun")  # of the smoothed map; the table has that of the image
    light = np.asarray(targets["luminosity_lsun"], dtype=np.float64)
    for end in ("", "_low68", "_high68", "_low95", "_high95"):
        if f"mass_to_light{end}" not in ours.colnames or estimates.posterior is None:
            ours[f"mass_to_light{end}"] = ours[f"total_mass_msun{end}"] / light
    for name in ours.colnames:
        unit = next((unit for start, unit in UNITS.items() if name.startswith(start)), None)
        ours[name].unit = unit
        if unit is not None:
            ours.rename_column(name, f"{PREFIX}{name}")
    table = hstack([targets, ours])
    table.meta = {"source": str(targets["source"][0])}
    with whole(folder / TABLE) as partial:
        table.write(partial, format="ascii.ecsv", overwrite=True)
    with whole(folder / MAPS) as partial, h5py.File(partial, "w") as file:
        for name, values, unit in (("flux", flux, LOG_FLUX), ("mass", estimates.mass, LOG_MASS)):
            file.create_dataset(name, data=values).attrs["unit"] = unit
        file.create_dataset("name", data=names)
    return numbers(table)


def _estimates(pidoc: PiDoc | ObserverPiDoc, flux: NDArray, distance: NDArray, metallicity: NDArray) -> Estimates:
    """What the networks say, told as much as they can be told; the predicted distance is not that which was given."""
    if isinstance(pidoc, PiDoc):
        return pidoc.predict(flux, distance)
    error = None if np.isnan(metallicity).all() else METALLICITY_ERROR
    told = pidoc.predict(
        flux,
        distance,
        distance_error_kpc=DISTANCE_ERROR * distance,
        metallicity=metallicity,
        metallicity_error=error,
    )
    untold = pidoc.predict(flux, metallicity=metallicity, metallicity_error=error).table
    own = [str(name) for name in told.table if str(name).startswith("distance_kpc")]
    return replace(told, table=told.table.assign(**{name: untold[name] for name in own}))


def numbers(table: Table | QTable) -> dict[str, float]:
    """How many clusters are in the domain, and for how many of these a prediction and the literature agree within
    intervals; the others have no intervals."""
    metrics = {"clusters": float(len(table)), "in_domain": float(np.sum(table["in_domain"]))}
    for ours, theirs, slack in (
        ("mass_to_light", "mass_to_light", np.asarray(table["mass_to_light_error"], dtype=np.float64)),
        ("age_gyr", "age_gyr", 0.0),
        ("distance_kpc", "distance_kpc", 0.0),
    ):
        value = np.asarray(table[theirs], dtype=np.float64)
        for level in (68, 95):
            low, high = (np.asarray(table[f"{PREFIX}{ours}_{end}{level}"], dtype=np.float64) for end in ("low", "high"))
            inside = (value + slack >= low) & (value - slack <= high)
            metrics[f"{ours}_within_{level}_percent_interval"] = float(np.sum(inside))
    return metrics
