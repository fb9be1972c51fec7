"""The observed galaxy: the stage `observe`. Files in DYNAMITE's formats, and ``galaxy.json``: what is known."""

import json
from pathlib import Path

import numpy as np

from reproduce.galaxy.orbits.dynamite_files import read_folder, write_folder
from reproduce.galaxy.orbits.library import Integration, orbit_library
from reproduce.galaxy.orbits.losvd import Kinematics
from reproduce.galaxy.orbits.mge import ObservedGaussians
from reproduce.galaxy.orbits.observation import Apertures, PointSpread
from reproduce.papers.skusa2023 import ngc6278
from reproduce.papers.skusa2023.default_galaxy import default_apertures, default_galaxy
from reproduce.papers.skusa2023.example_files import PROVENANCE, fetch, write_record
from reproduce.papers.skusa2023.settings import Observe
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import read_json, whole

FACTS = "galaxy.json"


def observe(settings: Observe, folder: Path, cache: Path) -> dict[str, float]:
    """Make, download or read the galaxy and write it into `folder`.

    Parameters
    ----------
    settings : Observe
    cache : Path
        Keeps downloads.
    folder : Path
        Receives ``mge.ecsv``, ``gauss_hermite_kins.ecsv``, ``aperture.dat``, ``bins.dat`` and ``galaxy.json``:
        ``label`` ("synthetic" or "observed") and the true ``mass_to_light``, null where nobody knows it.

    Returns
    -------
    dict
        ``apertures``, ``dispersion_median_kms``, ``velocity_error_median_kms``, and the ``true_mass_to_light`` of a
        synthetic galaxy.

    Raises
    ------
    InputError
        If a file of the folder cannot be used.
    """
    if settings.kinematics == "archive":
        write_record(folder / PROVENANCE, fetch(folder, cache))
        light, kinematics, spread, apertures = read_folder(folder)
        label, truth = "observed", None
    elif settings.kinematics == "folder":
        if settings.folder is None or not settings.folder.is_dir():
            raise InputError(f"observe.folder={settings.folder}: no such folder; name one in DYNAMITE's formats")
        light, kinematics, spread, apertures = read_folder(settings.folder)
        label, truth = "observed", None
    else:
        light, kinematics, spread, apertures = _synthetic(settings)
        label, truth = "synthetic", settings.mass_to_light
    write_folder(folder, light, kinematics, spread, apertures, label)
    with whole(folder / FACTS) as partial:
        partial.write_text(json.dumps({"label": label, "mass_to_light": truth}) + "\n", encoding="utf-8")
    metrics = {
        "apertures": float(apertures.number),
        "dispersion_median_kms": float(np.median(kinematics.dispersion_kms)),
        "velocity_error_median_kms": float(np.median(kinematics.mean_error_kms)),
    }
    return metrics | ({} if truth is None else {"true_mass_to_light": truth})


def facts(folder: Path) -> tuple[str, float | None]:
    """Label of a galaxy ("synthetic", "observed") and its true M/L, none where nobody knows it."""
    found = read_json(folder / FACTS)
    return found["label"], found["mass_to_light"]


def _synthetic(settings: Observe) -> tuple[ObservedGaussians, Kinematics, PointSpread, Apertures]:
    """Orbits of another start grid and blur than those that are fitted to it, so that no fit is exact."""
    galaxy, apertures = ngc6278.model(), default_apertures(settings.seed)
    grid = ngc6278.start_grid(
        galaxy, n_energy=settings.n_energy, n_i2=settings.n_i2, n_i3=settings.n_i3, dithering=settings.dithering
    )
    library = orbit_library(
        galaxy=galaxy.potential,
        observation=ngc6278.observation(galaxy, apertures),
        start=grid,
        space=ngc6278.space_grid(ngc6278.start_grid(galaxy)),
        integration=Integration(periods=settings.periods, samples=settings.samples),
        seed=settings.seed,
    )
    made = default_galaxy(library, apertures, settings.mass_to_light, settings.seed)
    return ngc6278.LIGHT, made.kinematics, ngc6278.SPREAD, apertures
