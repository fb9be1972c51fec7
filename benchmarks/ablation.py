"""What losses, architectures, ensembles and skip connections change, on the same maps.

    python -m benchmarks.ablation table.jsonl outputs/chardin2021/dataset/KEY [--maps N] [--test-maps N] [--seeds N]

Trains each variant on an evenly spread part of a data set and evaluates it on the unseen cluster. Adds one line of JSON
a run and skips runs that are there; a run that was killed goes on from its checkpoint beside the table.
"""

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from reproduce.papers.chardin2021.evaluation.calibration import calibrate
from reproduce.papers.chardin2021.evaluation.test_set import evaluate
from reproduce.papers.chardin2021.networks.training import train
from reproduce.papers.chardin2021.settings import Evaluate, Train

BASE: dict[str, Any] = {
    "architecture": "compact", "width": 0.5, "loss": "mse", "schedule": "cosine", "augment": True, "batch_size": 16,
    "epochs": 12, "learning_rate": 0.002, "regressor_architecture": "compact", "regressor_epochs": 16,
    "regressor_learning_rate": 0.002,
}  # fmt: skip
VARIANTS: dict[str, dict[str, Any]] = {
    "reference": {},
    "loss mae": {"loss": "mae"},
    "loss regressor": {"loss": "regressor"},
    "total mass weight 0.1": {"total_mass_weight": 0.1},
    "no skip connections": {"skip_connections": False},
    "no augmentation": {"augment": False},
    "constant rate": {"schedule": "constant"},
    "full width, equal time": {"width": 1.0, "epochs": 5},
    "full width": {"width": 1.0},
    "ensemble of 3": {"members": 3},
    # a training sample costs 33 ms at half width, 4.9 ms in the reference (docs/networks.md)
    "released at half width, equal time": {"architecture": "released", "epochs": 2},
    "released at half width": {"architecture": "released"},
    "regressor as released, equal time": {"regressor_architecture": "released", "regressor_epochs": 2},
}
KEPT = (
    "pixel_error_percent", "pixel_error_no_low_percent", "total_mass_error_percent", "total_mass_error_map_percent",
    "total_mass_bias_percent", "mass_to_light_error_percent", "age_mae_gyr", "distance_mae_map_kpc",
    "test_r2_encoder_decoder",
)  # fmt: skip


def part(source: Path, target: Path, sizes: dict[str, int]) -> None:
    """Copy an evenly spread part of a data set; of the test maps whole snapshots, each from every distance."""
    with h5py.File(source, "r") as file, h5py.File(target, "w") as copy:
        copy.attrs.update(file.attrs)
        for group, size in sizes.items():
            n = len(file[group]["age_gyr"])
            each = len(np.unique(file["test/distance_kpc"])) if group == "test" else 1
            first = each * np.unique(np.linspace(0, n // each - 1, min(n, size) // each).astype(int))
            rows = np.add.outer(first, np.arange(each)).ravel()
            for name, values in file[group].items():
                shape = (1, *values.shape[1:]) if values.ndim > 1 else None
                stored = copy.create_dataset(
                    f"{group}/{name}", (len(rows), *values.shape[1:]), values.dtype, chunks=shape
                )
                stored.attrs.update(values.attrs)
                for k, row in enumerate(rows):
                    stored[k] = values[row]


def run(maps: Path, scaler: Path, settings: Train, place: Path) -> dict[str, float]:
    """Train and evaluate one variant; return the numbers that are kept, and the CPU time of the training."""
    start = time.process_time()
    trained = train(maps, scaler, settings, place / "files", place / "checkpoint")
    cpu = time.process_time() - start
    calibrate(maps, place / "files", scaler, place)
    found = evaluate(
        maps, place / "files", scaler, place / "calibration.h5", Evaluate(bootstrap=0), place / "evaluation"
    )
    shutil.rmtree(place)
    kept = {name: found[name] for name in KEPT if name in found}
    return kept | {name: trained[f"validation_r2_{name}"] for name in ("encoder_decoder", "regressor")} | {"cpu_s": cpu}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("dataset", type=Path, help="folder with maps.h5 and scaler.json")
    parser.add_argument("--maps", type=int, default=4000)
    parser.add_argument("--test-maps", type=int, default=1600)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(VARIANTS), help="names of variants")
    given = parser.parse_args()
    done = [json.loads(line) for line in given.table.read_text().splitlines()] if given.table.exists() else []
    sizes = {"train": given.maps, "validation": max(given.maps // 8, 2), "test": given.test_maps}
    maps = given.table.with_suffix(".maps.h5")
    if not maps.exists():
        part(given.dataset / "maps.h5", maps.with_suffix(".partial"), sizes)
        maps.with_suffix(".partial").replace(maps)
    for seed in range(1, given.seeds + 1):
        for variant in given.only:
            key = {"variant": variant, "seed": seed, "maps": given.maps}
            if any(key.items() <= row.items() for row in done):
                continue
            place = given.table.with_suffix(f".{variant.replace(' ', '-')}-{seed}")
            settings = Train(**(BASE | VARIANTS[variant] | {"seed": seed}))
            result = key | run(maps, given.dataset / "scaler.json", settings, place)
            with given.table.open("a") as stream:
                stream.write(json.dumps(result) + "\n")
            print(result, flush=True)


if __name__ == "__main__":
    main()
