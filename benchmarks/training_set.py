"""What many clusters, and many distances, bring: the same networks trained on four sets of as many maps.

    python -m benchmarks.training_set --store outputs [--workers 2]

Two training clusters (the paper's) or twelve, seen from five distances in two seeings (the paper's) or from 22 in four:
one network of each kind, of the settings below, evaluated on the same maps of the unseen cluster. Everything goes
through the chain, `python -m reproduce evaluate --profile extended --set ...`, so that nothing is made twice.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import pandas as pd

from reproduce.papers.chardin2021.settings import PROFILES, Settings
from reproduce.papers.chardin2021.stages import STAGES
from reproduce.workflow.files import read_json
from reproduce.workflow.stages import Chain

SMALL = (
    "dataset.train=4000", "dataset.validation=500", "dataset.test_snapshots=400", "train.members=1",
    "train.epochs=10", "train.regressor_epochs=16",
)  # fmt: skip
PAPER = Settings().dataset
CLUSTERS = {"2": (f"dataset.train_models=[{','.join(PAPER.train_models)}]",), "12": ()}
VIEWS = {
    "5, 2": (
        f"dataset.train_distances_kpc={list(PAPER.train_distances_kpc)}".replace(" ", ""),
        f"dataset.train_fwhm_arcsec={list(PAPER.train_fwhm_arcsec)}".replace(" ", ""),
    ),
    "22, 4": (),
}
KEPT = {
    "pixel_error_percent": "pixel [%]", "pixel_error_no_low_percent": "not low [%]",
    "total_mass_error_percent": "mass [%]", "total_mass_error_map_percent": "mass by map [%]",
    "mass_to_light_error_percent": "M/L [%]", "age_mae_gyr": "age [Gyr]",
    **{f"distance_mae_{distance}_kpc": f"{distance} kpc [kpc]" for distance in (15, 30, 60, 80)},
    "coverage_68_total_mass_percent": "mass in 68 %", "coverage_68_age_percent": "age in 68 %",
    "coverage_68_distance_percent": "distance in 68 %",
}  # fmt: skip


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, default=Path("outputs"))
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    rows = {}
    for clusters, some in CLUSTERS.items():
        for views, others in VIEWS.items():
            overrides = (*SMALL, *some, *others)
            words = [word for override in overrides for word in ("--set", override)]
            command = [sys.executable, "-m", "reproduce", "evaluate", "--profile", "extended", *words]
            subprocess.run([*command, "--store", str(given.store), "--workers", str(given.workers)], check=True)
            key = Chain("chardin2021", STAGES, PROFILES.load("extended", overrides)).key("evaluate")
            metrics = read_json(given.store / "chardin2021" / "evaluate" / key / "metrics.json")
            rows[clusters, views] = {text: metrics[name] for name, text in KEPT.items()}
    table = pd.DataFrame(rows).T.rename_axis(["clusters", "distances, seeings"])
    print(table.round(2).to_string())


if __name__ == "__main__":
    main()
