"""A run's state on disk: enough to go on with the same bits after a kill at any time.

`state.npz` is replaced in one move. Snapshots already taken stand beside it, one file each; one that was being written
when the run was killed is later than the state, and is written again.
"""

import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from reproduce.cluster.evolution import Cluster
from reproduce.cluster.initial import Stars
from reproduce.cluster.snapshot import Shells
from reproduce.cluster.units import PC_PER_MYR_IN_KMS

_ARRAYS = ("star", "r", "vr", "vt", "m")
_NUMBERS = ("name", "seed", "time_myr", "step", "evolved", "deficit", "booked", "energy_start", "saturated", "last_dt")


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

    def save(self, cluster: Cluster, rows: list[dict[str, float]], extra: dict[str, Any]) -> None:
        """Replace the state."""
        numbers = {name: getattr(cluster, name) for name in _NUMBERS}
        text = json.dumps({"digest": self.digest, "numbers": numbers, "extra": extra, "rows": rows})
        arrays = {name: getattr(cluster.stars, name) for name in _ARRAYS}
        if cluster.track_row is not None:
            arrays["track_row"] = cluster.track_row
        partial = self._state.with_suffix(".partial")
        with partial.open("wb") as stream:
            np.savez(stream, allow_pickle=False, text=np.array(text), **arrays)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(self._state)

    def load(self) -> tuple[Cluster, list[dict[str, float]], dict[str, Any]] | None:
        """The last state, or None if there is none of this run."""
        try:
            with np.load(self._state, allow_pickle=False) as f:
                text = json.loads(str(f["text"]))
                if text["digest"] != self.digest:
                    return None
                cluster = Cluster(stars=Stars(**{name: f[name] for name in _ARRAYS}), **text["numbers"])
                cluster.track_row = f.get("track_row")
        except (FileNotFoundError, zipfile.BadZipFile, KeyError, EOFError):
            return None
        return cluster, text["rows"], text["extra"]

    def put(self, cluster: Cluster, number: int) -> None:
        """Keep snapshot `number`: the bound stars in order of their numbers, velocities in km/s."""
        s = cluster.stars
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
