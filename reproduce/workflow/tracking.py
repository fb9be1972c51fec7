"""MLflow: one run for the call, one nested run for each stage that it executes.

Only the process that was called writes to the tracking store; workers hand their results to it. MLflow is imported when
the first run is opened, and its telemetry is switched off before that.
"""

import gc
import json
import os
import re
import socket
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from reproduce.workflow import artifact_place
from reproduce.workflow.errors import InputError, mendable
from reproduce.workflow.store import exclusive

KIND = {"mlflow.experimentKind": "custom_model_development"}  # what MLflow takes it for
NOTE = "mlflow.note.content"  # what MLflow shows as the description, in Markdown
LARGEST_ARTIFACT_BYTES = 20_000_000  # what is larger stays in the store, recorded by name and digest
PARAM_LENGTH = 6_000  # MLflow's limits
TAG_LENGTH = 8_000


class Run:
    """One open MLflow run."""

    def __init__(self, client: Any, run_id: str, experiment_id: str, tags: Mapping[str, str] | None = None) -> None:
        self._client = client
        self.id = run_id
        self.experiment_id = experiment_id
        self._tags = {name: value for name, value in (tags or {}).items() if not name.startswith("mlflow.")}
        self.status = "FINISHED"  # with which it ends, if nothing goes wrong

    @contextmanager
    def child(self, name: str, tags: Mapping[str, str] | None = None) -> Iterator["Run"]:
        """A run nested under this one, with its tags unless others are given; it ends with the block."""
        tags = {**(self._tags if tags is None else tags), "mlflow.parentRunId": self.id}
        with _open(self._client, name, self.experiment_id, tags) as run:
            yield run

    def adopt(self, name: str) -> "Run | None":
        """Nest the finished child of this name that an interrupted call left under this run; None if there is none."""
        wanted = {**self._tags, "mlflow.runName": name}
        named = " and ".join(f"tags.`{key}` = '{value}'" for key, value in wanted.items())
        found = self._client.search_runs(
            [self.experiment_id], f"{named} and attributes.status = 'FINISHED'", max_results=1
        )
        if not found:
            return None
        earlier = Run(self._client, found[0].info.run_id, self.experiment_id, self._tags)
        earlier.tags({"mlflow.parentRunId": self.id})
        return earlier

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log numbers, in one batch; what is not finite is left out, for MLflow's page cannot show it."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        finite = [(key, float(value)) for key, value in values.items() if abs(float(value)) < float("inf")]
        for start in range(0, len(finite), 900):
            batch = [Metric(key, value, now, step) for key, value in finite[start : start + 900]]
            self._client.log_batch(self.id, metrics=batch)

    def params(self, values: Mapping[str, Any]) -> None:
        """Log settings, in batches."""
        from mlflow.entities import Param

        params = [Param(key, str(value)[:PARAM_LENGTH]) for key, value in values.items()]
        for start in range(0, len(params), 100):
            self._client.log_batch(self.id, params=params[start : start + 100])

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags, in one batch."""
        from mlflow.entities import RunTag

        self._client.log_batch(self.id, tags=[RunTag(key, value) for key, value in values.items()])

    def describe(self, text: str) -> None:
        """Set the description, in Markdown."""
        self.tags({NOTE: text[:TAG_LENGTH]})

    def artifacts(self, folder: Path, names: Iterable[str], under: str | None = None) -> None:
        """Log the files of a store folder that are small enough, under the paths they have there; if `under` is given,
        in that folder among the artifacts."""
        for name in names:
            if (folder / name).stat().st_size <= LARGEST_ARTIFACT_BYTES:
                parent = (Path(under or "") / name).parent.as_posix()
                self._client.log_artifact(self.id, str(folder / name), None if parent == "." else parent)

    def inputs(self, digests: Mapping[str, tuple[str, Path]]) -> None:
        """Record what the run reads: name, digest and place of each input."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        self._client.log_inputs(
            self.id,
            [
                DatasetInput(
                    Dataset(name, key, "local", json.dumps({"uri": folder.as_uri()})),
                    [InputTag("mlflow.data.context", name)],
                )
                for name, (key, folder) in digests.items()
            ],
        )


class Tracker:
    """The tracking store of this call: ``MLFLOW_TRACKING_URI``, or ``mlflow.db`` in the project's folder.

    Parameters
    ----------
    project, outputs : Path
        Folders of the project and of the results.
    experiment : str
        Where new runs go; made where it is not there.
    paper, title : str
        Name and title of the paper, which the experiment shows.
    """

    def __init__(self, project: Path, outputs: Path, experiment: str, paper: str = "", title: str = "") -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("DO_NOT_TRACK", "true")
        os.environ.setdefault("MLFLOW_ENABLE_ASYNC_LOGGING", "false")
        self._uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project / 'mlflow.db'}"
        self.name = _without_password(self._uri)
        self._home = project / "mlflow.db"
        with exclusive(outputs / ".work" / "tracking"):  # two first calls at once must not both make the tables
            try:
                with _first_contact(), _uncollected():
                    self._client, self._experiment = self._connect(experiment)
                    self._present_as(self._experiment, paper, title)
                    self._settle(self._experiment)
            except Exception as error:
                if mendable(error):  # a full or unwritable disk says so better itself
                    raise
                reason = _without_password(str(error).strip().splitlines()[0][:200])
                mend = "start or mend it, or unset the variable"
                if "_alembic_tmp" in reason or "already exists" in reason:
                    mend = "MLflow was killed while it made the file: delete it, it holds no runs yet"
                raise InputError(f"MLFLOW_TRACKING_URI: {self.name} cannot be used ({reason}); {mend}") from error

    def _connect(self, experiment: str) -> tuple[Any, str]:
        from mlflow import MlflowClient

        _make_database(self._uri)
        client = MlflowClient(self._uri)
        ours = client.get_experiment_by_name(experiment)
        if ours is not None:
            return client, ours.experiment_id
        local = self._uri.startswith("sqlite:")
        place = self._home.with_name(artifact_place.FOLDER).as_uri() if local else None
        return client, client.create_experiment(experiment, artifact_location=place)

    def _present_as(self, experiment: str, paper: str, title: str) -> None:
        """Give an experiment what it lacks of our tags: which pages it opens with, its paper, its description."""
        tags = self._client.get_experiment(experiment).tags
        for name, value in {**KIND, "paper": paper, NOTE: title}.items():
            if value and name not in tags:
                self._client.set_experiment_tag(experiment, name, value)

    def _settle(self, experiment: str) -> None:
        """Correct the place of an experiment's artifacts, if the tracking store is the project's own file."""
        if Path(self._uri.removeprefix("sqlite:///")).resolve() == self._home.resolve():
            artifact_place.settle(self._home.resolve(), [experiment])

    @contextmanager
    def call(self, name: str, tags: Mapping[str, str], params: Mapping[str, str] | None = None) -> Iterator[Run]:
        """The run of this call: a new one, or under ``mlflow run`` the one that MLflow opened and will end.

        Either has the name, the tags and the parameters; one that ``mlflow run -P`` logged stays as it is.
        """
        given = os.environ.pop("MLFLOW_RUN_ID", None)
        if given is None:
            with _open(self._client, name, self._experiment, tags) as run:
                self._end_abandoned_runs(run)
                run.params(params or {})
                yield run
            return
        opened = self._client.get_run(given)
        self._settle(opened.info.experiment_id)
        self._client.update_run(given, name=name)
        run = Run(self._client, given, opened.info.experiment_id)
        run.tags({**_identity(), **tags})
        self._end_abandoned_runs(run)
        run.params({key: value for key, value in (params or {}).items() if key not in opened.data.params})
        yield run

    @contextmanager
    def stage(self, name: str, call: Run, tags: Mapping[str, str]) -> Iterator[Run]:
        """A run nested under the call's."""
        with call.child(name, tags) as run:
            yield run

    def _end_abandoned_runs(self, alive: Run) -> None:
        """End the runs that a killed process of this machine left open."""
        experiments = sorted({self._experiment, alive.experiment_id})
        found = self._client.search_runs(experiments, "attributes.status = 'RUNNING'")
        for run in found:
            host, pid, started = (run.data.tags.get(f"reproduce.{key}") for key in ("host", "pid", "started"))
            if host == socket.gethostname() and pid and started and not _lives(int(pid), started):
                self._client.set_terminated(run.info.run_id, "KILLED")


@contextmanager
def _open(client: Any, name: str, experiment: str, tags: Mapping[str, str]) -> Iterator[Run]:
    """A run that ends as the block does: FINISHED (or as it says itself), FAILED, or KILLED by Ctrl-C."""
    source = {"mlflow.source.name": "reproduce", "mlflow.source.type": "PROJECT", "mlflow.user": _user()}
    info = client.create_run(experiment, tags={**source, **_identity(), **tags}, run_name=name).info
    run = Run(client, info.run_id, experiment, tags)
    try:
        yield run
    except BaseException as error:
        status = "FAILED" if isinstance(error, Exception) else "KILLED"
        try:
            client.set_terminated(info.run_id, status)
        except Exception as second:  # a full disk, say: the first error is the one to tell
            error.add_note(f"the MLflow run {info.run_id} could not be ended: {second}")
        raise
    client.set_terminated(info.run_id, run.status)


@contextmanager
def _first_contact() -> Iterator[None]:
    """While open, a server that does not answer is given seconds, not MLflow's minutes."""
    hasty = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1"}
    ours = {name: value for name, value in hasty.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


@contextmanager
def _uncollected() -> Iterator[None]:
    """While open, no garbage is collected: what MLflow's import makes stays, and looking at it again takes a second."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _make_database(uri: str) -> None:
    """Make a missing SQLite file under another name first: MLflow, killed half-way, leaves one that it cannot mend."""
    from mlflow import MlflowClient

    path = Path(uri.removeprefix("sqlite:///"))
    if not uri.startswith("sqlite:///") or path.exists():
        return
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    MlflowClient(f"sqlite:///{partial}").search_experiments(max_results=1)
    os.replace(partial, path)


def _without_password(text: str) -> str:
    return re.sub(r"(://[^:/@\s]+):[^@\s]*@", r"\1:***@", text)


def _identity() -> dict[str, str]:
    """Tags that tell whether the process that opened a run still lives."""
    return {
        "reproduce.host": socket.gethostname(),
        "reproduce.pid": str(os.getpid()),
        "reproduce.started": f"{psutil.Process().create_time():.2f}",
        "reproduce.python": sys.version.split()[0],
    }


def _lives(pid: int, started: str) -> bool:
    try:
        return f"{psutil.Process(pid).create_time():.2f}" == started
    except psutil.NoSuchProcess:
        return False


def _user() -> str:
    return os.environ.get("USER") or os.environ.get("USERNAME") or "unknown"
