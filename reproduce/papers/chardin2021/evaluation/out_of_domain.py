"""The power of the domain score: maps of the unseen cluster made as for training, and made otherwise."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from astropy import units as u
from numpy.typing import NDArray

from reproduce.cluster.snapshot import Snapshot, SnapshotFile
from reproduce.papers.chardin2021.evaluation.calibration import Calibration
from reproduce.papers.chardin2021.networks.appearance import appearance
from reproduce.papers.chardin2021.networks.prediction import Networks
from reproduce.sky.maps import observe
from reproduce.sky.settings import Camera, Effects
from reproduce.workflow.errors import InputError

# As in training: a distance and a seeing within its range.
USUAL = {"distance_kpc": 30.0, "fwhm_arcsec": 1.0}
# What is done otherwise, by the name in the table.
DISTANCES_KPC = (3.0, 5.0, 200.0, 400.0)
CASES: dict[str, dict[str, float]] = {
    "as in training": {},
    **{f"from {distance:g} kpc": {"distance_kpc": distance} for distance in DISTANCES_KPC},
    "seeing of 4 arcsec": {"fwhm_arcsec": 4.0},
    "15 arcsec off centre": {"shift_arcsec": 15.0},
    "light 10 times too bright": {"factor": 10.0},
    "light 10 times too faint": {"factor": 0.1},
    "not smoothed": {"smoothing_pixels": 0.0},
    "20 field stars of V > 16 per arcmin²": {"field_stars": 20.0},
    "bright sky left in": {"sky": 1.0},
}


def scores(
    snapshots: Path,
    networks: Networks,
    calibration: Calibration,
    camera: Camera,
    n_maps: int,
    seed: int,
    on_progress: Callable[[float, str], None] | None = None,
) -> pd.DataFrame:
    """Domain scores of maps made in each of `CASES`.

    Parameters
    ----------
    snapshots : Path
        Of the cluster to show.
    networks, calibration
        The ensemble.
    camera : Camera
        As in training.
    n_maps : int
        Maps a case, from snapshots spread over the cluster's life, each along a line of sight of its own.
    seed : int
        Of the lines of sight and the field stars.
    on_progress
        Called with the finished fraction and a text.

    Returns
    -------
    DataFrame
        Columns ``case``, ``map``, ``age_gyr``, ``score``, ``outside``. A view in which no star shines has no row.
    """
    rows = []
    with SnapshotFile(snapshots) as file:
        numbers = np.unique(np.linspace(0, len(file) - 1, n_maps).astype(int))
        for k, number in enumerate(numbers):
            snapshot = file.read(int(number))
            maps = dict(_maps(snapshot, camera, np.random.default_rng([seed, 2, k])))
            flux = np.stack(list(maps.values()))
            scores = calibration.domain.score(networks.features(flux), appearance(flux))
            rows += [(case, k, snapshot.age_gyr, score, score > 1) for case, score in zip(maps, scores, strict=True)]
            if on_progress is not None:
                on_progress((k + 1) / len(numbers), f"snapshot {k + 1} of {len(numbers)}")
    return pd.DataFrame(rows, columns=["case", "map", "age_gyr", "score", "outside"])


def _maps(snapshot: Snapshot, camera: Camera, rng: np.random.Generator) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """A flux map for each case in which a star shines in the field: the last stars of a small cluster seen from near
    may all be outside."""
    line_of_sight = rng.normal(size=3)
    for name, change in CASES.items():
        case = USUAL | change
        effects = Effects(
            field_stars_per_arcmin2=case.get("field_stars", 0.0),
            sky_mag_arcsec2=21.5 if "sky" in case else None,
            sky_left=case.get("sky", 0.0),
        )
        changed = camera.model_copy(
            update={"effects": effects, "smoothing_pixels": case.get("smoothing_pixels", camera.smoothing_pixels)}
        )
        view = {
            "distance": case["distance_kpc"] * u.kpc,
            "fwhm": case["fwhm_arcsec"] * u.arcsec,
            "shift": (case.get("shift_arcsec", 0.0), 0.0) * u.arcsec,
        }
        number = int(rng.integers(2**31))
        try:
            maps = observe(snapshot, **view, camera=changed, line_of_sight=tuple(line_of_sight), seed=number)
        except InputError:  # no star shines in this view; nothing else here can be refused
            continue
        yield name, maps.flux + np.float32(np.log10(case.get("factor", 1.0)))


def shares(table: pd.DataFrame) -> dict[str, float]:
    """Percentage of the maps of each case that count as outside: ``outside_percent/seeing_of_4_arcsec`` and so on."""
    outside = 100 * table.groupby("case", sort=False)["outside"].mean()
    return {
        f"outside_percent/{re.sub('[^a-zA-Z0-9]+', '_', str(case)).strip('_')}": float(share)
        for case, share in outside.items()
    }
