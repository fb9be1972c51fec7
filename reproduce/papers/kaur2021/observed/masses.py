"""Masses of observed galaxies: by networks of sets, and of NGC 3115 by the paper's networks on its maps (Table 4)."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table
from numpy.typing import NDArray

from reproduce.galaxy import kinematics, mass_estimators
from reproduce.galaxy.settings import MapSettings
from reproduce.learning.weights import load_weights, weights_file
from reproduce.papers.kaur2021 import labels
from reproduce.papers.kaur2021.networks.architecture import INPUTS
from reproduce.papers.kaur2021.networks.images import UNIT_KMS
from reproduce.papers.kaur2021.networks.training import network_of
from reproduce.papers.kaur2021.observed.systems import system
from reproduce.papers.kaur2021.sets.clusters import Seen
from reproduce.papers.kaur2021.sets.levels import CorrectedModel
from reproduce.papers.kaur2021.settings import Train
from reproduce.workflow.errors import InputError

NEAR_EDGE = 0.02  # of the prior's width: an interval so near an end may be cut there
TREATMENTS: dict[str, float | str] = {"T1": 0.0, "T2": 50.0, "T3": 100.0, "T4": "interpolate"}
"""What cells without clusters have in Table 4: km/s, or values interpolated down their column."""

Array = NDArray[np.float64]


def set_masses(model: CorrectedModel, galaxies: Table, clusters: Table, ends_msun: tuple[float, float]) -> pd.DataFrame:
    """Dark masses of all galaxies with enough clusters by the networks of sets.

    Returns
    -------
    DataFrame
        ``galaxy``, ``source``, ``clusters``, ``distance_mpc``, ``sigma_kms``, ``median_kpc``; ``mass_msun``,
        ``low_68_msun``, ``high_68_msun``, ``low_95_msun``, ``high_95_msun``; ``domain``
        (above 1: unlike the training galaxies);
        ``at_edge``: the 95 % interval reaches within 2 % of an end of the prior, beyond which the answer cannot go;
        ``tracer_msun``, the tracer mass estimator on the same clusters, within the outermost; and ``halo_msun``, the
        truth of synthetic galaxies.

    Raises
    ------
    InputError
        If no galaxy has enough clusters.
    """
    systems = [system(row, clusters) for row in galaxies]
    kept = [k for k, one in enumerate(systems) if len(one) >= model.architecture.fewest]
    if not kept:
        fewest = model.architecture.fewest
        raise InputError(f"no galaxy of the catalogue has {fewest} clusters with a velocity; lower sets.fewest")
    seen = [systems[k] for k in kept]
    found = model.predict(seen)
    (low, high), rows = found.intervals_msun(), galaxies[kept]
    margin = NEAR_EDGE * (ends_msun[1] - ends_msun[0])
    return pd.DataFrame(
        {
            "galaxy": list(rows["galaxy"]),
            "source": list(rows["source"]),
            "clusters": [len(one) for one in seen],
            "distance_mpc": np.asarray(rows["distance_mpc"], np.float64),
            "sigma_kms": [dispersion(one) for one in seen],
            "median_kpc": [float(np.median(np.hypot(one.x_kpc, one.y_kpc))) for one in seen],
            "mass_msun": found.median_msun(),
            "low_68_msun": low[0],
            "high_68_msun": high[0],
            "low_95_msun": low[1],
            "high_95_msun": high[1],
            "domain": found.domain,
            "at_edge": (low[1] < ends_msun[0] + margin) | (high[1] > ends_msun[1] - margin),
            "tracer_msun": [tracer(one) for one in seen],
            "halo_msun": np.asarray(rows["halo_msun"], np.float64),
        }
    )


def dispersion(seen: Seen) -> float:
    """σ [km/s] of the velocities about their mean, their errors taken out."""
    return math.sqrt(max(float(np.var(seen.velocity_kms) - np.mean(seen.error_kms**2)), 0.0))


def tracer(seen: Seen) -> float:
    """Mass inside the outermost cluster [Msun] by the tracer mass estimator with a flat rotation curve."""
    velocity = seen.velocity_kms - seen.velocity_kms.mean()
    return float(mass_estimators.tracer_mass(np.hypot(seen.x_kpc, seen.y_kpc), velocity))


def maps(
    seen: Seen, settings: MapSettings, disc_size_kpc: float, *, empty: float | str, smoothed: bool
) -> tuple[kinematics.Maps, MapSettings]:
    """Maps of V and σ of an observed galaxy, one view, and the settings that they were made with.

    Field and smoothing are those of the training maps, in kpc, so that a network meets what it knows; noise and errors
    are in the data and are not added.
    """
    changes = {"empty": empty, "pixel_noise_kms": 0.0, "velocity_error_kms": 0.0, "smooth": "cells"}
    if not smoothed:
        changes["smoothing_kpc"] = 0.0
    own = settings.model_copy(update=changes)
    view = kinematics.Views(seen.x_kpc[None], seen.y_kpc[None], seen.velocity_kms[None])
    return kinematics.make_maps(view, disc_size_kpc, own, np.random.default_rng(0)), own


def network_masses(
    folder: Path, train: Train, cells: int, made: kinematics.Maps, ends_msun: tuple[float, float]
) -> dict[str, float]:
    """Dark masses [Msun] by the paper's networks on the maps of one galaxy, by ``one_channel`` and ``two_channel``.

    The networks are those of the last data set of discs and mergers without noise (DL4 in the paper), split by galaxy
    where such were trained; of an ensemble the mean.

    Parameters
    ----------
    folder : Path
        Of the stage `train`.
    train, cells
        Settings of the networks.
    made : Maps
        One view.
    ends_msun : pair of float
        Dark masses of the labels 0 and 10 [Msun].
    """
    inputs = {"dispersion": made.dispersion_kms, "velocity": made.velocity_kms}
    scaled = {name: (values[..., None] / UNIT_KMS).astype(np.float32) for name, values in inputs.items()}
    found: dict[str, float] = {}
    for channels in train.channels:
        name = network_name(train, channels)
        answers = []
        for member in range(train.members):
            network = network_of(name, train, cells)()
            load_weights(network, weights_file(folder, name, member))
            chosen = [scaled[one] for one in INPUTS[channels]]
            answers.append(float(np.asarray(network.predict_on_batch(chosen if len(chosen) > 1 else chosen[0]))[0, 0]))
        found[channels] = float(labels.mass(np.mean(answers), ends_msun))
    return found


def network_name(train: Train, channels: str) -> str:
    """The network that observed maps are shown to."""
    quiet = [name for name, one in train.sets.items() if one.pixel_noise_kms == 0]
    most = max(len(train.sets[name].kinds) for name in quiet or train.sets)
    chosen = [name for name in quiet or train.sets if len(train.sets[name].kinds) == most][-1]
    split = "galaxy" if "galaxy" in train.splits else train.splits[0]
    return f"{chosen}.{channels}.{split}"
