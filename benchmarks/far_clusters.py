"""What clusters farther out than any training view shows do to the answers of the networks of sets that ship.

    python -m benchmarks.far_clusters FOLDER [--discs 100] [--mergers 60] [--seed 101]

Galaxies of the default ranges, drawn from a seed that no network has seen, each with 200 clusters from four sides: all
of them, as the way ``sets`` shows them, and those within the largest field of the training's views. FOLDER keeps the
galaxies, so that a call that was killed goes on. Five minutes of CPU.
"""

import argparse
from pathlib import Path

import numpy as np

from reproduce.papers.kaur2021 import galaxies, labels
from reproduce.papers.kaur2021.observed.predict_command import PRETRAINED
from reproduce.papers.kaur2021.sets import ways
from reproduce.papers.kaur2021.sets.levels import CorrectedModel
from reproduce.papers.kaur2021.settings import Settings
from reproduce.workflow.executor import InProcess

VIEWS = 4


def measure(source: Path, kind: str, settings: Settings, model: CorrectedModel) -> dict[str, float]:
    """Errors of the label with all clusters and with those in the field; how far the answer moves, and the error."""
    ends, reach = settings.galaxies.halo_msun, settings.sets.outer_kpc[1]
    places = list(range(len(galaxies.read(source, kind))))
    seen = settings.maps.model_copy(update={"views": VIEWS})
    views, mass, galaxy = ways.views("sets", source, kind, places, seen, settings.sets, 0)
    inside = [np.hypot(one.x_kpc, one.y_kpc) < reach for one in views]
    true = labels.label(mass, ends)
    found = {"galaxies": float(len(places)), "farther_share": 1 - float(np.concatenate(inside).mean())}
    told = {}
    for name, shown in (("all", views), ("field", [one.take(own) for one, own in zip(views, inside, strict=True)])):
        masses = model.predict(shown)
        told[name] = labels.label(masses.median_msun(), ends)
        found[f"mae_{name}"] = float(np.abs(told[name] - true).mean())
        found[f"strange_{name}"] = float(np.mean(masses.domain > 1))
        for level, low, high in zip((68, 95), *masses.intervals_msun(), strict=True):
            found[f"interval_{level}_{name}"] = 100 * float(np.mean((low < mass) & (mass < high)))
    found["moved_rms"] = float(np.sqrt(np.mean((told["field"] - told["all"]) ** 2)))
    change = np.bincount(galaxy, np.abs(told["field"] - true) - np.abs(told["all"] - true)) / VIEWS
    return found | {"change": float(change.mean()), "change_error": float(change.std(ddof=1) / np.sqrt(len(change)))}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--discs", type=int, default=100)
    parser.add_argument("--mergers", type=int, default=60)
    parser.add_argument("--seed", type=int, default=101)
    given = parser.parse_args()
    settings = Settings()
    wanted = settings.galaxies.model_copy(update={"discs": given.discs, "mergers": given.mergers, "seed": given.seed})
    given.folder.mkdir(parents=True, exist_ok=True)
    galaxies.make_galaxies(wanted, given.folder, given.folder / "items", InProcess(), lambda done, text: None)
    model = CorrectedModel.load(PRETRAINED)
    for kind in galaxies.kinds(given.folder / "galaxies.h5"):
        numbers = measure(given.folder / "galaxies.h5", kind, settings, model)
        print(kind, ", ".join(f"{name} {value:.3f}" for name, value in numbers.items()))


if __name__ == "__main__":
    main()
