"""The real search and tune stages on made-up maps, with the real pipeline, store and tracking; to be killed.

python -m tests.support.tuning_chain STORE TRACKING_URI TARGET [--workers N]
    [--scheduler ADDRESS] [--set group.key=value]...
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.papers.chardin2021.stages import STAGES as REAL
from reproduce.workflow.maker import Maker, log_result
from reproduce.workflow.stages import Chain, Job, Stage
from reproduce.workflow.store import Store
from reproduce.workflow.tracking import Tracker
from tests.support.network_maps import write_maps

PIXELS = 96  # the least that three levels and the compact regressor can do with, to be quick
QUICK = (
    f"dataset.camera.pixels={PIXELS}",
    "dataset.train=16",
    "dataset.validation=8",
    "train.architecture=compact",
    "train.regressor_architecture=compact",
    "tune.trial_epochs=2",
)


def dataset(job: Job) -> None:
    """Made-up maps in place of the mock observations."""
    group = job.settings.dataset
    write_maps(job.folder, train=group.train, validation=group.validation, test=4, pixels=group.camera.pixels)


STAGES = (
    Stage("dataset", dataset, reads=("dataset",)),
    *(stage for stage in REAL if stage.name in ("search", "tune", "train")),
)


def chain(overrides: list[str]) -> Chain:
    """The chain under the quick settings with overrides."""
    return Chain("chardin2021", STAGES, PROFILES.load("smoke", [*QUICK, *overrides]))


def make(
    store: Path, uri: str, target: str, overrides: list[str], workers: int = 1, scheduler: str | None = None
) -> Path:
    """Make a target and return its folder."""
    os.environ["MLFLOW_TRACKING_URI"] = uri
    place, stages = Store(store), chain(overrides)
    tracker = Tracker(store.parent, place.root, "toy")
    with tracker.call(target, {"profile": "test"}) as call:
        maker = Maker(stages, place, tracker, call, store.parent, "test", workers=workers, scheduler=scheduler)
        folder = maker.make([target])[target]
        log_result(call, place, stages, target)
    return folder


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    parser = argparse.ArgumentParser()
    parser.add_argument("store", type=Path)
    parser.add_argument("uri")
    parser.add_argument("target")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--scheduler")
    parser.add_argument("--set", action="append", default=[], dest="sets")
    options = parser.parse_args()
    print(make(options.store, options.uri, options.target, options.sets, options.workers, options.scheduler))
    sys.exit(0)
