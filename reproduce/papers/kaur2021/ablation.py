"""What the error comes from: the stage `ablation`. Discs alone, split by galaxy, networks on fresh views.

Causes: one property of the galaxies after the other is let vary, and the range of the masses is changed. Numbers: how
many clusters are seen. Noise: errors of the clusters' velocities, which are also in the training's maps and are taken
out of σ in quadrature; and noise of the cells as in the paper's DL5, also in training.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reproduce.learning.fitting import fit
from reproduce.papers.kaur2021 import estimators, floor, galaxies, maps, metrics
from reproduce.papers.kaur2021.networks import training
from reproduce.papers.kaur2021.networks.prediction import load, predict
from reproduce.papers.kaur2021.settings import Ablation, Evaluate, Fresh, Galaxies, Maps
from reproduce.workflow.executor import Executor
from reproduce.workflow.progress import Progress

MILKY_WAY = 1 / 6  # f_b
CHANNELS = "two_channel"
NETWORK = f"fresh.discs.{CHANNELS}"
WORDS = {
    "nothing": "nothing else varies",
    "bulge": "f_b from 0 to 4",
    "rotation": "f_rot from 0 to 0.5",
    "baryons": "f_bary by a factor 4",
    "concentration": "c by 0.1 dex",
    "masses": "upper half of the masses",
    "all": "all but the masses",
}
FIXED = {"bulge_to_disc": (MILKY_WAY, MILKY_WAY), "rotation_fraction": (0.0, 0.0)}


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes
    ----------
    group : {"cause", "clusters", "noise"}
    name : str
    galaxies : Galaxies
    maps : Maps
        Of the images to test with.
    fresh : Fresh
        Of the network.
    """

    group: str
    name: str
    galaxies: Galaxies
    maps: Maps
    fresh: Fresh


def variants(simulated: Galaxies, seen: Maps, fresh: Fresh, ablation: Ablation) -> list[Variant]:
    """All rows, those of the same galaxies one after the other."""
    base = simulated.model_copy(update={"seed": ablation.seed, "discs": ablation.discs, "mergers": 0, **FIXED})
    seen = seen.model_copy(update={"views": ablation.views})
    few = fresh.model_copy(update={"epochs": ablation.epochs, "members": 1})
    low, high = base.halo_msun
    share = base.baryon_fraction[1]
    wide: dict[str, Any] = {
        "bulge": {"bulge_to_disc": (0.0, 4.0)},
        "rotation": {"rotation_fraction": (0.0, 0.5)},
        "baryons": {"baryon_fraction": (share / 2, 2 * share)},
        "concentration": {"concentration_dex": 0.1},
    }
    every = {name: value for change in wide.values() for name, value in change.items()}
    changes = {"nothing": {}, **wide, "masses": {"halo_msun": ((low + high) / 2, high)}, "all": every}
    rows = [Variant("cause", WORDS[name], base.model_copy(update=changes[name]), seen, few) for name in ablation.causes]
    many = base.model_copy(update={"n_clusters": max(*ablation.numbers, seen.n_clusters)})
    for n in ablation.numbers:
        rows.append(Variant("clusters", f"{n}", many, seen.model_copy(update={"n_clusters": n}), few))
    for kms in ablation.noise_kms:
        errors = fresh.maps.model_copy(update={"velocity_error_kms": kms, "subtract_error": True})
        rows.append(Variant("noise", f"{kms:g} km/s a cluster", base, seen, few.model_copy(update={"maps": errors})))
        cells = fresh.maps.model_copy(update={"pixel_noise_kms": kms})
        rows.append(Variant("noise", f"{kms:g} km/s a cell", base, seen, few.model_copy(update={"maps": cells})))
    return rows


def run(
    rows: list[Variant], evaluate: Evaluate, checkpoint: Path, executor: Executor, progress: Progress
) -> pd.DataFrame:
    """Make the galaxies of all rows, train a network for each, measure it.

    Returns
    -------
    DataFrame
        Columns ``group name clusters mae mae_low mae_high rmse relative floor tracer virial jeans``: errors of the
        label by galaxy, the mean of |E_i| (``relative``), the shot noise of so many velocities, and classical
        estimators on the same views, whose velocities have no error in any row.
    """
    samples = list(dict.fromkeys(row.galaxies.model_dump_json() for row in rows))
    items = []
    for number, sample in enumerate(samples):
        place = checkpoint / f"galaxies-{number}"
        progress(0.3 * number / len(samples), f"galaxies {number + 1} of {len(samples)}")
        if not (place / "galaxies.h5").exists():
            galaxies.make_galaxies(Galaxies.model_validate_json(sample), place, place / "items", executor, _quiet)
    for number, row in enumerate(rows):
        source = checkpoint / f"galaxies-{samples.index(row.galaxies.model_dump_json())}" / "galaxies.h5"
        items.append(Item(row, source, checkpoint / f"row-{number}", evaluate))
    found = []
    for done, numbers in enumerate(executor.map(measure, items), start=1):
        found.append(numbers)
        progress(0.3 + 0.7 * done / len(rows), f"{done} of {len(rows)} networks")
    return pd.DataFrame(found)


@dataclass(frozen=True)
class Item:
    """One row to be measured, in whatever process; its state lies in `folder`."""

    row: Variant
    source: Path
    folder: Path
    evaluate: Evaluate


def measure(item: Item) -> dict[str, str | float]:
    """Draw the maps of a row, train its network, measure it."""
    row = item.row
    item.folder.mkdir(exist_ok=True)
    drawn = item.folder / "maps.h5"
    if not drawn.exists():
        maps.make_maps(item.source, row.maps, row.galaxies.halo_msun, item.folder, _quiet)
    data = training.fresh_data(NETWORK, item.source, drawn, simulated=row.galaxies, seen=row.maps, fresh=row.fresh)
    fit(training.fresh_task(NETWORK, 0, data, row.fresh, item.folder, item.folder, threads=1))
    images = data.images("test")
    models = load(training.fresh_network_of(NETWORK, row.fresh), item.folder, NETWORK, 1)
    true, predicted = images.label[:, 0].astype(np.float64), predict(models, images, symmetries=True)
    numbers = metrics.measure(true, predicted, row.galaxies.halo_msun)
    bounds = metrics.intervals(true, predicted, images.galaxy, item.evaluate.bootstrap, item.evaluate.seed)
    classical, _ = estimators.measure(
        item.source,
        drawn,
        simulated=row.galaxies,
        seen=row.maps,
        evaluate=item.evaluate.model_copy(update={"bootstrap": 0}),
        tell=_quiet,
    )
    return {
        "group": row.group,
        "name": row.name,
        "clusters": float(row.maps.n_clusters),
        "mae": numbers["mae"],
        "mae_low": bounds.get("mae_low", float("nan")),
        "mae_high": bounds.get("mae_high", float("nan")),
        "rmse": numbers["rmse"],
        "relative": 1 - numbers["accuracy_errors"],
        "floor": floor.floor(row.galaxies, images.halo_msun, row.maps.n_clusters)["mae"],
        **{name: classical[f"discs.{name}.galaxy.mae"] for name in estimators.ESTIMATORS},
    }


def _quiet(fraction: float, text: str) -> None:
    """Parts of a row tell nothing of their own."""
