"""Stages, content keys and their execution. Knows nothing of astronomy.

A stage is one plain function with declared inputs. Its key is the sha256 of all that can change its result: its name,
the settings it reads, the keys of its needs, the manifests and the source it names. Not of the clock, the machine, the
commit or the number of workers.
"""

import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

import data_manifests
from reproduce.errors import mendable
from reproduce.executor import Executor, executor
from reproduce.progress import Progress
from reproduce.settings import flat
from reproduce.source import code_digest, digest, file_digest, function_digest
from reproduce.store import MANIFEST, Store, Workspace

if TYPE_CHECKING:
    from reproduce.tracking import Run, Tracker

KEY_LENGTH = 16  # hexadecimal digits of the sha256 that name a folder
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
class Job:
    """What a stage's function is given."""

    stage: str
    settings: (
        Any  # the settings that the stage declares in `reads`, and no others: what is not in the key cannot be read
    )
    inputs: Mapping[str, Path]  # the store folder of each need
    folder: Path  # becomes the store folder. A file under its final name here is whole, also after a kill
    checkpoint: Path  # outlives a kill, is thrown away at the end
    cache: Path  # outlives everything, only saves time
    executor: Executor
    progress: Progress
    metrics: dict[str, float] = field(default_factory=dict)  # the run's final numbers
    log: Callable[[Mapping[str, float], int], None] = lambda values, step: None  # numbers along the way
    run: "Run | None" = None  # for stages whose parts are worth a run each: its `child` and `adopt`


@dataclass(frozen=True)
class When:
    """A need of a stage that counts only while a setting has a value.

    Attributes
    ----------
    stage : str
        The stage needed.
    setting : str
        Dotted name of the setting, as users write it.
    value : object
        The value with which the need counts.
    """

    stage: str
    setting: str
    value: Any


@dataclass(frozen=True)
class Stage:
    """One step of the chain.

    Attributes
    ----------
    name : str
        Name of the stage and of its folder in the store.
    run : callable
        Writes the result's files into ``job.folder``.
    needs : tuple of str or When
        Stages whose results it reads; a `When` only under some settings.
    reads : tuple of str
        Dotted names of the settings, or groups of settings, that change its result.
    code : tuple of str
        Modules and packages whose source is part of its key.
    manifests : tuple of str
        Files of ``data_manifests`` that it reads.
    """

    name: str
    run: Callable[[Job], None]
    needs: tuple[str | When, ...] = ()
    reads: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()


class Chain:
    """All stages under one set of settings."""

    def __init__(self, stages: Sequence[Stage], settings: BaseModel) -> None:
        self.stages = {stage.name: stage for stage in stages}
        self.settings = settings
        self._tree = settings.model_dump(mode="json", by_alias=True)
        self._parts: dict[str, dict[str, Any]] = {}

    def parts(self, name: str) -> dict[str, Any]:
        """What the key of a stage is made of."""
        if name not in self._parts:
            stage = self.stages[name]
            self._parts[name] = {
                "stage": name,
                "function": function_digest(stage.run),
                "settings": {setting: self._setting(setting) for setting in stage.reads},
                "needs": {need: self.key(need) for need in self.needs(name)},
                "manifests": {manifest: file_digest(data_manifests.path(manifest)) for manifest in stage.manifests},
                "code": {module: code_digest(module) for module in stage.code},
            }
        return self._parts[name]

    def needs(self, name: str) -> tuple[str, ...]:
        """The stages whose results a stage reads under these settings."""
        return tuple(
            need.stage if isinstance(need, When) else need
            for need in self.stages[name].needs
            if not isinstance(need, When) or self._setting(need.setting) == need.value
        )

    def key(self, name: str) -> str:
        """The content key of a stage's result."""
        return digest(self.parts(name))[:KEY_LENGTH]

    def order(self, targets: Sequence[str]) -> list[str]:
        """The targets and all they need, each after its needs."""
        done: list[str] = []

        def visit(name: str) -> None:
            for need in self.needs(name):
                visit(need)
            if name not in done:
                done.append(name)

        for target in targets:
            visit(target)
        return done

    def view(self, name: str) -> SimpleNamespace:
        """The settings that a stage declares, under their dotted names."""
        root = SimpleNamespace()
        for dotted in self.stages[name].reads:
            value: Any = self.settings
            for part in dotted.split("."):
                value = getattr(value, part)
            *groups, last = dotted.split(".")
            node = root
            for group in groups:
                if not hasattr(node, group):
                    setattr(node, group, SimpleNamespace())
                node = getattr(node, group)
            setattr(node, last, value)
        return root

    def _setting(self, dotted: str) -> Any:
        value: Any = self._tree
        for part in dotted.split("."):
            value = value[part]
        return value


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

    def _result(self, name: str) -> Path:
        """The folder of a whole result, made now if need be."""
        if name in self._failed:
            raise self._failed[name]
        key = self.chain.key(name)
        folder = self.store.folder(name, key)
        if self._present(name):
            return folder
        inputs = {need: self._result(need) for need in self.chain.needs(name)}
        with self.store.workspace(
            name, key, lambda: self.say(f"{name}: another process is making it; waiting")
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
        return not self._damaged(name) and self.store.exists(name, self.chain.key(name))

    def _damaged(self, name: str) -> bool:
        """Whether there is a damaged result; it is set aside."""
        key = self.chain.key(name)
        damage = self.store.damage(name, key, self.verify) if self.store.exists(name, key) else None
        if damage is None:
            return False
        place = self.store.set_aside(name, key)
        self.say(f"warning: {name}/{key}: {damage}; set aside as {place.name}, to be made again")
        return True

    def _execute(self, stage: Stage, inputs: dict[str, Path], work: Workspace) -> None:
        key, parts = self.chain.key(stage.name), self.chain.parts(stage.name)
        resumed = work.prepare()
        cache = self.store.root / ".cache"
        cache.mkdir(exist_ok=True)
        self.say(f"{stage.name}: {'going on with' if resumed else 'making'} {key}")
        began, cpu = time.time(), _cpu_seconds()
        progress = Progress(stage.name)
        tags = {"stage": stage.name, "key": key, "profile": self.profile}
        with self.tracker.stage(stage.name, self.call, tags) as run, progress:
            run.params(flat(parts["settings"]))
            run.inputs({need: (self.chain.key(need), folder) for need, folder in inputs.items()})
            with executor(self.workers, self.scheduler) as pool:
                view = self.chain.view(stage.name)
                places = work.files, work.checkpoint, cache
                job = Job(stage.name, view, inputs, *places, pool, progress, log=run.metrics, run=run)
                stage.run(job)
            manifest = {
                "stage": stage.name,
                "key": key,
                "key_parts": parts,
                "profile": self.profile,
                "metrics": job.metrics,
                "mlflow": {"run_id": run.id, "tracking": self.tracker.name},
                "started": _stamp(began),
                "finished": _stamp(time.time()),
                "wall_seconds": round(time.time() - began, 3),
                "cpu_seconds": round(_cpu_seconds() - cpu, 3),
                "peak_memory_mb": _peak_memory_mb(),
                "resumed": resumed,
                **_provenance(self.project),
            }
            self.store.publish(work, stage.name, key, manifest)
            log_result(run, self.store, stage.name, key)
        self.say(f"{stage.name}: done in {manifest['wall_seconds']:.0f} s")


def log_result(run: "Run", store: Store, name: str, key: str) -> None:
    """Log a stored result: its numbers, and its small files with the manifest among them."""
    manifest = store.manifest(name, key)
    if manifest is not None:
        run.metrics(manifest["metrics"])
        run.artifacts(store.folder(name, key), [*manifest["files"], MANIFEST])


def _provenance(project: Path) -> dict[str, Any]:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=project, capture_output=True, text=True, check=False).stdout.strip()

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
