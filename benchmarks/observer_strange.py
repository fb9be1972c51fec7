"""Which share of strange maps of every kind the networks that are told what is known call outside, and of good ones.

    python -m benchmarks.observer_strange MODEL SETS SIMULATIONS [--maps 100] [--profile observer] [--table scores.csv]

MODEL, SETS and SIMULATIONS are folders of the stages `observer_model`, `observer_sets` and `simulate`. Good maps, and
those that strange ones are made of, are test views. In the last column the distance is told, to 3 %: the share of maps
that are outside, or of which a line says that the light contradicts it.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reproduce.papers.chardin2021.observer import sets
from reproduce.papers.chardin2021.observer.clusters import split
from reproduce.papers.chardin2021.observer.views import Draw
from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.papers.chardin2021.strange.kinds import TO_BUILD, TO_JUDGE, strange
from reproduce.papers.chardin2021.trained_model.observer_pidoc import ObserverPiDoc
from reproduce.sky.camera import View
from reproduce.workflow.executor import InProcess

SEED = 21
OFF_CENTRE = "15 arcsec off centre"


class OffCentre(Draw):
    """Views with the cluster away from the middle."""

    def _view(self, rng: np.random.Generator) -> View:
        angle = rng.uniform(0, 2 * np.pi)
        return replace(super()._view(rng), shift_arcsec=(15 * float(np.cos(angle)), 15 * float(np.sin(angle))))


def scores(pidoc: ObserverPiDoc, flux: NDArray, distance_kpc: NDArray) -> dict[str, NDArray]:
    """Of maps: whether each is outside, and whether that or a line is said if its distance is told."""
    found = pidoc.predict(flux, distance_kpc, distance_error_kpc=0.03 * distance_kpc)
    told = [not inside or bool(notes) for inside, notes in zip(found.table["in_domain"], found.notes, strict=True)]
    return {"outside": np.asarray(found.table["domain_score"]) > 1, "told": np.array(told)}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("model", "sets", "simulations"):
        parser.add_argument(name, type=Path, help=f"folder of the {name}")
    parser.add_argument("--maps", type=int, default=100, help="of each kind")
    parser.add_argument("--profile", default="observer")
    parser.add_argument("--table", type=Path, help="write every map's answer here")
    given = parser.parse_args()
    settings = PROFILES.load(given.profile)
    pidoc, views = ObserverPiDoc.load(given.model), sets.read(given.sets, "test")
    chosen = np.sort(np.random.default_rng(SEED).permutation(len(views.flux))[: given.maps])
    good, distance = views.flux[chosen], views.labels["distance_kpc"][chosen]
    made = {("as in training", "good"): (good, distance)}
    made[OFF_CENTRE, "judged"] = _off_centre(settings, given)
    for group, kinds in (("built", TO_BUILD), ("judged", TO_JUDGE)):
        for name in kinds:
            made[name, group] = (strange(good, settings.dataset.camera, name, SEED), distance)
    rows = []
    print(f"{'':36s}{'':8s}{'maps':>6s}{'outside [%]':>13s}{'outside or told [%]':>21s}")
    for (case, group), (flux, true) in made.items():
        found = scores(pidoc, flux, true)
        rows += [(case, group, bool(a), bool(b)) for a, b in zip(found["outside"], found["told"], strict=True)]
        shares = [100 * np.mean(found[name]) for name in ("outside", "told")]
        print(f"{case:36s}{group:8s}{len(flux):6d}{shares[0]:13.0f}{shares[1]:21.0f}", flush=True)
    if given.table:
        pd.DataFrame(rows, columns=["case", "group", "outside", "told"]).to_csv(given.table, index=False)


def _off_centre(settings: object, given: argparse.Namespace) -> tuple[NDArray, NDArray]:
    """Views of the test clusters away from the middle, and their distances [kpc]."""
    design = split(
        settings.simulate.library,
        settings.observer.sets.validation_clusters,
        settings.dataset.train_models,
        settings.dataset.test_models,
    )
    files = {name: given.simulations / name / "snapshots.h5" for name in design.test}
    cache = given.simulations.parents[2] / ".cache"
    test = sets.draws(
        files, design, settings.observer.views, settings.dataset.camera, cache, InProcess(), groups=("test",)
    )["test"]
    draw = OffCentre(test.clusters, test.views, test.camera)
    seen = [draw.view(np.random.default_rng([SEED, k]), k) for k in range(given.maps)]
    return np.stack([one.flux for one in seen]), np.array([one.labels["distance_kpc"] for one in seen])


if __name__ == "__main__":
    main()
