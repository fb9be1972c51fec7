"""Time, memory and the four published numbers of a data set.

    python -m benchmarks.mock_dataset FOLDER [TRAIN VALIDATION TEST_SNAPSHOTS [WORKERS]]

FOLDER holds NAME/snapshots.h5 of the three simulations (the store folder of the stage `simulate`). The data set is made
in a temporary folder beside it and removed. CPU seconds are of this process and its children.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import resource
import sys
import tempfile
import time
from pathlib import Path

import data_manifests
from reproduce.papers.chardin2021.dataset import data_card
from reproduce.papers.chardin2021.dataset.make import make_dataset
from reproduce.papers.chardin2021.settings import Dataset
from reproduce.workflow.executor import executor


def main() -> None:
    """Make a data set and print what it took."""
    folder = Path(sys.argv[1])
    counts = [int(text) for text in sys.argv[2:5]] or [2000, 200, 200]
    workers = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    dataset = Dataset(train=counts[0], validation=counts[1], test_snapshots=counts[2])
    names = (*dataset.train_models, *dataset.test_models)
    simulations = {name: folder / name / "snapshots.h5" for name in names}
    wall = time.monotonic()
    with tempfile.TemporaryDirectory(dir=folder) as place, executor(workers) as pool:
        metrics = make_dataset(simulations, dataset, Path(place), Path(place) / "checkpoint", pool)
    wall = time.monotonic() - wall
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in (own, children))
    maps = sum(metrics[f"maps_{group}"] for group in ("train", "validation", "test"))
    print(f"{maps:,.0f} maps, {workers} workers, {wall:.0f} s of wall clock")
    print(f"{cpu:.0f} CPU s, {1e3 * cpu / maps:.1f} CPU ms a map")
    print(f"peak memory: here {own.ru_maxrss / 1024:.0f} MiB, largest worker {children.ru_maxrss / 1024:.0f} MiB")
    known = data_manifests.load("chardin2021/published")
    for name in data_card.PUBLISHED:
        theirs = known[name]["value"]
        print(f"{name}: {metrics[name]:.4f}, published {theirs:.4f}, difference {metrics[name] - theirs:+.4f}")


if __name__ == "__main__":
    main()
