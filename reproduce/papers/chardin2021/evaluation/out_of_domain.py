"""The power of the domain score: maps of the unseen cluster made as for training, and made otherwise."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from astropy import units as u
from numpy.typing import NDArray

from reproduce.cluster.snapshot import Snapshot, SnapshotFile
from reproduce.papers.chardin2021.evaluation.batched import summarised
from reproduce.papers.chardin2021.evaluation.calibration import Calibration
from reproduce.papers.chardin2021.networks.prediction import Networks
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.papers.chardin2021.strange.kinds import TO_BUILD, TO_JUDGE, strange
from reproduce.sky.maps import observe
from reproduce.sky.settings import Effects
from reproduce.workflow.errors import InputError

GOOD = "as in training"
# What is done otherwise than in the test maps when a cluster is seen, by the name in the table.
DISTANCES_KPC = (3.0, 5.0, 200.0, 400.0)
CASES: dict[str, dict[str, float]] = {
    GOOD: {},
    **{f"from {distance:g} kpc": {"distance_kpc": distance} for distance in DISTANCES_KPC},
    "seeing of 4 arcsec": {"fwhm_arcsec": 4.0},
    "15 arcsec off centre": {"shift_arcsec": 15.0},
    "not smoothed": {"smoothing_pixels": 0.0},
    "20 field stars of V > 16 per arcmin²": {"field_stars": 20.0},
    "bright sky left in": {"sky": 1.0},
}


def scores(
    snapshots: Path,
    networks: Networks,
    calibration: Calibration,
    dataset: Dataset,
    n_maps: int,
    seed: int,
    on_progress: Callable[[float, str], None] | None = None,
) -> pd.DataFrame:
    """Domain scores of maps made in each of `CASES`, and of the kinds of `reproduce.papers.chardin2021.strange`.

    Parameters
    ----------
    snapshots : Path
        Of the cluster to show.
    networks, calibration
        The ensemble.
    dataset : Dataset
        Camera; distances and seeings of the test maps, one of which each snapshot is seen with, and their shift.
    n_maps : int
        Maps a case, from snapshots spread over the cluster's life, each along a line of sight of its own.
    seed : int
        Of the views, the field stars and the strange maps.
    on_progress
        Called with the finished fraction and a text.

    Returns
    -------
    DataFrame
        Columns ``case``, ``group`` (``good``; ``view``, the cluster seen otherwise; ``built`` and ``judged``, strange
        maps of kinds that the score was built with and of others), ``map``, ``age_gyr``, ``distance_kpc``, ``score``,
        ``outside``, ``contradicts``: whether the networks' answer contradicts the true distance if that is given. A
        view in which no star shines has no row.
    """
    say = on_progress or (lambda fraction, text: None)
    made: dict[tuple[str, str], list[NDArray]] = {}
    labels: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
    with SnapshotFile(snapshots) as file:
        chosen = np.unique(np.linspace(0, len(file) - 1, n_maps).astype(int))
        for k, number in enumerate(chosen):
            snapshot = file.read(int(number))
            rng = np.random.default_rng([seed, 2, k])
            distance_kpc = float(rng.choice(dataset.test_distances_kpc))
            for case, flux in _maps(snapshot, dataset, distance_kpc, rng):
                key = case, "good" if case == GOOD else "view"
                made.setdefault(key, []).append(flux)
                far = CASES[case].get("distance_kpc", distance_kpc)
                labels.setdefault(key, []).append((k, snapshot.age_gyr, far))
            say(0.5 * (k + 1) / len(chosen), f"snapshot {k + 1} of {len(chosen)}")
    good = (GOOD, "good")
    maps = {key: np.stack(flux) for key, flux in made.items()}
    groups = {name: group for group, some in (("built", TO_BUILD), ("judged", TO_JUDGE)) for name in some}
    rows = []
    for done, (case, group) in enumerate([*maps, *groups.items()]):
        key = case, group
        flux = maps[key] if key in maps else strange(maps[good], dataset.camera, case, seed)
        told = labels.get(key, labels[good])
        summary = summarised(networks, flux)
        known = np.array([distance for _, _, distance in told])
        found = zip(told, calibration.domain.score(summary), calibration.contradictions(summary, known), strict=True)
        rows += [(*key, *label, score, score > 1, bool(lines)) for label, score, lines in found]
        say(0.5 + 0.5 * (done + 1) / (len(maps) + len(groups)), case)
    return pd.DataFrame(
        rows, columns=["case", "group", "map", "age_gyr", "distance_kpc", "score", "outside", "contradicts"]
    )


def _maps(
    snapshot: Snapshot, dataset: Dataset, distance_kpc: float, rng: np.random.Generator
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """A flux map for each case in which a star shines in the field: the last stars of a small cluster seen from near
    may all be outside."""
    line_of_sight = rng.normal(size=3)
    fwhm_arcsec = float(rng.choice(dataset.test_fwhm_arcsec))
    shift = rng.uniform(-dataset.shift_arcsec, dataset.shift_arcsec, 2)
    camera = dataset.camera
    for name, change in CASES.items():
        effects = Effects(
            field_stars_per_arcmin2=change.get("field_stars", 0.0),
            sky_mag_arcsec2=21.5 if "sky" in change else None,
            sky_left=change.get("sky", 0.0),
        )
        changed = camera.model_copy(
            update={"effects": effects, "smoothing_pixels": change.get("smoothing_pixels", camera.smoothing_pixels)}
        )
        view = {
            "distance": change.get("distance_kpc", distance_kpc) * u.kpc,
            "fwhm": change.get("fwhm_arcsec", fwhm_arcsec) * u.arcsec,
            "shift": ((change["shift_arcsec"], 0.0) if "shift_arcsec" in change else shift) * u.arcsec,
        }
        number = int(rng.integers(2**31))
        try:
            maps = observe(snapshot, **view, camera=changed, line_of_sight=tuple(line_of_sight), seed=number)
        except InputError:  # no star shines in this view; nothing else here can be refused
            continue
        yield name, maps.flux


def shares(table: pd.DataFrame) -> dict[str, float]:
    """Percentage of the maps of each case that count as outside: ``outside_percent/seeing_of_4_arcsec`` and so on."""
    outside = 100 * table.groupby("case", sort=False)["outside"].mean()
    return {
        f"outside_percent/{re.sub('[^a-zA-Z0-9]+', '_', str(case)).strip('_')}": float(share)
        for case, share in outside.items()
    }
