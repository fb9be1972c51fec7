"""Makes results: looks them up in the store, runs what is missing, records each run. Knows nothing of astronomy."""

import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reproduce.workflow.errors import mendable
from reproduce.workflow.executor import executor
from reproduce.workflow.profiles import flat
from reproduce.workflow.progress import Progress
from reproduce.workflow.stages import Chain, Job, Stage
from reproduce.workflow.store import MANIFEST, Store, Workspace

if TYPE_CHECKING:
    from reproduce.workflow.tracking import Run, Tracker

RECORDED_PACKAGES = (
    "numpy",
    "h5py",
    "numba",
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "matplotlib",
    "cosmic-popsynth",
    "mlflow",
)


@dataclass
class Maker:
    """Makes results: looks them up in the store, runs what is missing, records each run."""

    chain: Chain
    store: Store
    tracker: "Tracker"
    call: "Run"
    project: Path
    profile: str
    workers: int = 1
    scheduler: str | None = None
    verify: bool = False
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)
    _failed: dict[str, Exception] = field(default_factory=dict, init=False)

    def make(self, targets: Sequence[str]) -> dict[str, Path]:
        """Make the targets and return their store folders.

        A result that is there never asks for what it was made of; but what the targets were made of is looked at, and
        what is damaged is made again.
        """
        wanted = [name for name in self.chain.order(targets) if name in targets or self._damaged(name)]
        folders = {name: self._result(name) for name in wanted}
        return {target: folders[target] for target in targets}

    def make_each(self, targets: Sequence[str]) -> tuple[dict[str, Path], dict[str, list[str]]]:
        """Make each of the targets that can be made.

        Returns
        -------
        made : dict
            Store folder of each target that was made.
        failures : dict
            For each line that says what a user has to mend, the targets that wait for it. Any other error is raised.
        """
        made: dict[str, Path] = {}
        failures: dict[str, list[str]] = {}
        for target in targets:
            try:
                made |= self.make([target])
            except Exception as error:
                line = mendable(error)
                if line is None:
                    raise
                failures.setdefault(line, []).append(target)
        return made, failures

    def run_id(self, name: str) -> str:
        """The MLflow run that made a result which is there."""
        manifest = self.store.manifest(self.chain.paper, name, self.chain.key(name))
        return manifest["mlflow"]["run_id"] if manifest else "unknown"

    def _result(self, name: str) -> Path:
        """The folder of a whole result, made now if need be."""
        if name in self._failed:
            raise self._failed[name]
        key = self.chain.key(name)
        folder = self.store.folder(self.chain.paper, name, key)
        if self._present(name):
            return folder
        inputs = {need: self._result(need) for need in self.chain.needs(name)}
        with self.store.workspace(
            self.chain.paper, name, key, lambda: self.say(f"{name}: another process is making it; waiting")
        ) as work:
            if self._present(name):
                self.store.discard(work)
            else:
                try:
                    self._execute(self.chain.stages[name], inputs, work)
                except Exception as error:
                    self._failed[name] = error  # it is not tried again for the next target
                    raise
        return folder

    def _present(self, name: str) -> bool:
        return not self._damaged(name) and self.store.exists(self.chain.paper, name, self.chain.key(name))

    def _damaged(self, name: str) -> bool:
        """Whether there is a damaged result; it is set aside."""
        place = self.chain.paper, name, self.chain.key(name)
        damage = self.store.damage(*place, self.verify) if self.store.exists(*place) else None
        if damage is None:
            return False
        aside = self.store.set_aside(*place)
        self.say(f"warning: {'/'.join(place)}: {damage}; set aside as {aside.name}, to be made again")
        return True

    def _execute(self, stage: Stage, inputs: dict[str, Path], work: Workspace) -> None:
        key, parts = self.chain.key(stage.name), self.chain.parts(stage.name)
        resumed = work.prepare()
        cache = self.store.root / ".cache"
        cache.mkdir(exist_ok=True)
        self.say(f"{stage.name}: {'going on with' if resumed else 'making'} {key}")
        began, cpu = time.time(), _cpu_seconds()
        progress = Progress(stage.name)
        tags = {"paper": self.chain.paper, "stage": stage.name, "key": key, "profile": self.profile}
        with self.tracker.stage(stage.name, self.call, tags) as run, progress:
            run.params(flat(parts["settings"]))
            run.inputs({need: (self.chain.key(need), folder) for need, folder in inputs.items()})
            with executor(self.workers, self.scheduler) as pool:
                view = self.chain.view(stage.name)
                places = work.files, work.checkpoint, cache
                job = Job(stage.name, view, inputs, *places, pool, progress, log=run.metrics, run=run)
                stage.run(job)
            manifest = {
                "paper": self.chain.paper,
                "stage": stage.name,
                "key": key,
                "key_parts": parts,
                "profile": self.profile,
                "metrics": job.metrics,
                "mlflow": {"run_id": run.id, "tracking": self.tracker.name},
                "started": _stamp(began),
                "finished": _stamp(time.time()),
                "work": self.chain.work(stage.name),
                "wall_seconds": round(time.time() - began, 3),
                "cpu_seconds": round(_cpu_seconds() - cpu, 3),
                "peak_memory_mb": _peak_memory_mb(),
                "resumed": resumed,
                **_provenance(self.project),
            }
            self.store.publish(work, self.chain.paper, stage.name, key, manifest)
            log_result(run, self.store, self.chain, stage.name)
        self.say(f"{stage.name}: done in {manifest['wall_seconds']:.0f} s")


def log_result(run: "Run", store: Store, chain: Chain, name: str, under: str | None = None) -> None:
    """Log a stored result: its numbers, and its small files with the manifest among them; in a folder if given one."""
    place = chain.paper, name, chain.key(name)
    manifest = store.manifest(*place)
    if manifest is not None:
        run.metrics(manifest["metrics"])
        run.artifacts(store.folder(*place), [*manifest["files"], MANIFEST], under)


def _provenance(project: Path) -> dict[str, Any]:
    def git(*words: str) -> str:
        try:
            done = subprocess.run(["git", *words], cwd=project, capture_output=True, text=True, check=False)
        except FileNotFoundError:  # a machine without git
            return ""
        return done.stdout.strip()

    packages = {}
    for name in RECORDED_PACKAGES:
        try:
            packages[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "packages": packages,
        "python": platform.python_version(),
        "host": platform.node(),
        "commit": git("rev-parse", "HEAD") or None,
        "dirty": bool(git("status", "--porcelain")),
    }


def _cpu_seconds() -> float:
    return sum(os.times()[:4])


def _peak_memory_mb() -> float:
    scale = 1e6 if sys.platform == "darwin" else 1e3
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(peak / scale, 1)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
