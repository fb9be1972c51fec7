"""How much of the error on the test maps comes from the unseen cluster, and how much from unseen distances and seeing.

    python -m benchmarks.generalisation outputs/chardin2021/simulate/KEY outputs/chardin2021/model/KEY
        [--profile workstation] [--snapshots 60]

Shows the trained networks the training clusters and the test cluster, each from the training distances and seeing
and from those of the test, in maps that none of them was trained on (lines of sight of their own), and prints the
errors map by map.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from astropy import units as u

from reproduce import PiDoc
from reproduce.cluster.snapshot import SnapshotFile
from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.sky.maps import Maps, observe
from reproduce.sky.settings import Camera

COLUMNS = ("mass [%]", "mass bias [%]", "pixel R2", "age [Gyr]", "distance [%]")


def maps(
    file: SnapshotFile,
    n: int,
    distances: tuple[float, ...],
    seeing: tuple[float, ...],
    camera: Camera,
    rng: np.random.Generator,
) -> Iterator[Maps]:
    """One map of each of `n` snapshots from each distance."""
    for number in np.unique(np.linspace(0, len(file) - 1, n).astype(int)):
        snapshot = file.read(int(number))
        for distance in distances:
            yield observe(
                snapshot,
                distance * u.kpc,
                rng.choice(seeing) * u.arcsec,
                camera=camera,
                line_of_sight=tuple(rng.normal(size=3)),
                shift=rng.uniform(-5, 5, 2) * u.arcsec,
            )


def errors(pidoc: PiDoc, shown: list[Maps]) -> tuple[float, ...]:
    """The numbers of `COLUMNS`."""
    found = pidoc.predict(np.stack([one.flux for one in shown]))
    true = np.stack([one.mass for one in shown])
    mass = (10.0**true).sum(axis=(1, 2))
    off = found.table["total_mass_msun"].to_numpy() / mass - 1
    r2 = 1 - np.square(found.mass - true).mean() / true.var()
    age = np.abs(found.table["age_gyr"].to_numpy() - [one.age_gyr for one in shown]).mean()
    distance = np.array([one.view.distance_kpc for one in shown])
    away = np.abs(found.table["distance_kpc"].to_numpy() / distance - 1).mean()
    return 100 * np.abs(off).mean(), 100 * off.mean(), float(r2), age, 100 * away


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("simulations", type=Path, help="folder of the simulate stage")
    parser.add_argument("model", type=Path, help="folder of the model stage")
    parser.add_argument("--profile", default="workstation")
    parser.add_argument("--snapshots", type=int, default=60, help="of each cluster")
    given = parser.parse_args()
    dataset, pidoc = PROFILES.load(given.profile).dataset, PiDoc.load(given.model)
    views = {
        "training": (dataset.train_distances_kpc, dataset.train_fwhm_arcsec),
        "test": (dataset.test_distances_kpc, dataset.test_fwhm_arcsec),
    }
    print(f"{'clusters':10s}{'distances':12s}{'maps':>6s}" + "".join(f"{name:>15s}" for name in COLUMNS))
    for clusters, names in (("training", dataset.train_models), ("test", dataset.test_models)):
        for place, (distances, seeing) in views.items():
            rng = np.random.default_rng(1)
            shown: list[Maps] = []
            for name in names:
                with SnapshotFile(given.simulations / name / "snapshots.h5") as file:
                    each = max(1, given.snapshots // len(names))
                    shown += maps(file, each, distances, seeing, dataset.camera, rng)
            values = "".join(f"{value:15.3g}" for value in errors(pidoc, shown))
            print(f"{clusters:10s}{place:12s}{len(shown):6d}{values}", flush=True)


if __name__ == "__main__":
    main()
