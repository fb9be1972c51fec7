"""A small chain with the real pipeline, store, tracking and executor, for tests and to be killed.

python -m tests.support.toy.chain STORE TRACKING_URI TARGET... [--workers N] [--size N] [--fail]
"""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from pydantic import BaseModel

from reproduce.workflow.maker import Maker, log_result
from reproduce.workflow.stages import Chain, Job, Stage
from reproduce.workflow.store import Store
from reproduce.workflow.tracking import Tracker
from tests.support.toy.first import square


class Numbers(BaseModel):
    count: int = 4
    pause: float = 0.0
    fail: bool = False


class Drawing(BaseModel):
    title: str = "toy"


class ToySettings(BaseModel):
    numbers: Numbers = Numbers()
    drawing: Drawing = Drawing()


def numbers(job: Job) -> None:
    group = job.settings.numbers
    items = [(index, group.pause, job.checkpoint) for index in range(group.count)]
    values = list(job.executor.map(one, items))
    if group.fail:
        raise RuntimeError("this stage was told to fail")
    write(job.folder / "numbers.json", values)
    job.metrics["total"] = float(sum(values))


def one(item: tuple[int, float, Path]) -> int:
    index, pause, checkpoint = item
    path = checkpoint / f"{index}.json"
    if not path.exists():
        time.sleep(pause)
        write(path, square(index))
    return json.loads(path.read_text())


def doubled(job: Job) -> None:
    values = json.loads((job.inputs["numbers"] / "numbers.json").read_text())
    for step, value in enumerate(values):
        job.log({"value": float(value)}, step)
        job.progress((step + 1) / len(values))
    write(job.folder / "doubled.json", [2 * value for value in values])


def figure(job: Job) -> None:
    values = json.loads((job.inputs["doubled"] / "doubled.json").read_text())
    write(job.folder / "figure.csv", [job.settings.drawing.title, *values])
    job.metrics["largest"] = float(max(values))


def write(path: Path, value: object) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(value))
    os.replace(partial, path)


STAGES = (
    Stage("numbers", numbers, reads=("numbers",)),
    Stage("doubled", doubled, needs=("numbers",)),
    Stage("figure", figure, needs=("doubled",), reads=("drawing.title",)),
)


def make(
    store: Path,
    uri: str,
    targets: list[str],
    settings: ToySettings | None = None,
    workers: int = 1,
    verify: bool = False,
) -> list[str]:
    """Make targets; return the lines that were said."""
    os.environ["MLFLOW_TRACKING_URI"] = uri
    said: list[str] = []
    place = Store(store)
    chain = Chain("toy", STAGES, settings or ToySettings())
    tracker = Tracker(store.parent, place.root, "toy", "toy")
    with tracker.call(" ".join(targets), {"profile": "toy"}, {"profile": "toy"}) as call:
        maker = Maker(chain, place, tracker, call, store.parent, "toy", workers=workers, verify=verify, say=said.append)
        for target in maker.make(targets):
            log_result(call, place, chain, target)
    return said


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    parser = argparse.ArgumentParser()
    parser.add_argument("store", type=Path)
    parser.add_argument("uri")
    parser.add_argument("targets", nargs="+")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--fail", action="store_true")
    options = parser.parse_args()
    group = Numbers(count=options.count, pause=options.pause, fail=options.fail)
    print(
        "\n".join(make(options.store, options.uri, options.targets, ToySettings(numbers=group), options.workers)),
        file=sys.stderr,
    )
