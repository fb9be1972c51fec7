"""A run's state on disk: enough to go on with the same bits after a kill at any time.

`state.npz` is replaced in one move. Snapshots already taken stand beside it, one file each; one that was being written
when the run was killed is later than the state, and is written again.
"""

import json
import shutil
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from reproduce.cluster.black_holes import Pair
from reproduce.cluster.evolution import Cluster
from reproduce.cluster.initial import Stars
from reproduce.cluster.snapshot import Shells
from reproduce.cluster.units import PC_PER_MYR_IN_KMS
from reproduce.workflow.files import whole

_ARRAYS = ("star", "r", "vr", "vt", "m")
_NUMBERS = (
    "name",
    "seed",
    "time_myr",
    "step",
    "evolved",
    "deficit",
    "booked",
    "energy_start",
    "saturated",
    "last_dt",
)


@dataclass(frozen=True)
class Course:
    """How far a run has come with what it writes.

    Attributes
    ----------
    last_myr : float
        Age at which the run ends [Myr]: that asked for or, in a second pass, that of the dissolution.
    taken : int
        Snapshots taken.
    following : int
        Which of the times of snapshots comes next.
    rows_due : int
        Times of the history's rows that are past.
    """

    last_myr: float
    taken: int = 0
    following: int = 0
    rows_due: int = 0


@dataclass(frozen=True)
class State:
    """All that a run needs to go on: the cluster, the history so far, and how far the run has come."""

    cluster: Cluster
    rows: list[dict[str, float]]
    course: Course


class Checkpoint:
    """The folder of one run.

    Parameters
    ----------
    folder : Path
        Made if absent.
    digest : str
        What the run is: a state of another run is ignored.
    """

    def __init__(self, folder: Path, digest: str) -> None:
        self.folder, self.digest = folder, digest
        self._state = folder / "state.npz"
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, state: State) -> None:
        """Replace the state."""
        cluster = state.cluster
        numbers = {name: getattr(cluster, name) for name in _NUMBERS} | {"pairs": list(cluster.pairs.values())}
        text = json.dumps(
            {"digest": self.digest, "numbers": numbers, "course": asdict(state.course), "rows": state.rows}
        )
        arrays = {name: getattr(cluster.stars, name) for name in _ARRAYS}
        if cluster.track_row is not None:
            arrays["track_row"] = cluster.track_row
        with whole(self._state) as partial, partial.open("wb") as stream:
            np.savez(stream, allow_pickle=False, text=np.array(text), **arrays)

    def load(self) -> State | None:
        """The last state, or None if there is none of this run."""
        try:
            with np.load(self._state, allow_pickle=False) as f:
                text = json.loads(str(f["text"]))
                if text["digest"] != self.digest:
                    return None
                pairs = [Pair(*pair) for pair in text["numbers"].pop("pairs")]
                cluster = Cluster(stars=Stars(**{name: f[name] for name in _ARRAYS}), **text["numbers"])
                cluster.pairs = {pair.first: pair for pair in pairs}
                cluster.track_row = f.get("track_row")
                course = Course(**text["course"])
        except (FileNotFoundError, zipfile.BadZipFile, KeyError, EOFError):
            return None
        return State(cluster, text["rows"], course)

    def put(self, cluster: Cluster, number: int) -> None:
        """Keep snapshot `number`: the bound stars in order of their numbers, velocities in km/s."""
        s = cluster.all_stars()
        order = np.argsort(s.star)
        table = np.stack([s.r, s.vr * PC_PER_MYR_IN_KMS, s.vt * PC_PER_MYR_IN_KMS])[:, order].astype(np.float32)
        with self._part(number).open("wb") as stream:
            np.savez(stream, age_gyr=cluster.time_myr / 1e3, star=s.star[order].astype(np.uint32), table=table)

    def get(self, number: int) -> Shells:
        """Snapshot `number`."""
        with np.load(self._part(number)) as f:
            r, vr, vt = f["table"]
            return Shells(float(f["age_gyr"]), f["star"], r, vr, vt)

    def _part(self, number: int) -> Path:
        return self.folder / f"snapshot-{number:05d}.npz"

    def remove(self) -> None:
        """Delete the folder: the run is complete."""
        shutil.rmtree(self.folder)
