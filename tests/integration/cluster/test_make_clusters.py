"""Sets of clusters share what they have in common: a cluster is made once, whatever stage or paper asks for it."""

from pathlib import Path

import pytest

from reproduce.cluster import make
from reproduce.cluster.settings import Model, Simulate
from reproduce.workflow.executor import InProcess
from reproduce.workflow.progress import Progress


def settings(*names: str, **changes: object) -> Simulate:
    models = {name: Model(half_mass_radius_pc=3.0, snapshots=2) for name in names}
    return Simulate(n_stars=300, end_gyr=0.05, models=models, **changes)


def made(simulate: Simulate, root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the clusters that were simulated."""
    names: list[str] = []

    def simulated(task, progress):
        names.append(task.name)
        original(task, progress)

    original = make.simulate_cluster
    folder, checkpoint, cache = (root / name for name in ("files", "checkpoint", "../cache"))
    for place in (folder, checkpoint, cache):
        place.mkdir(parents=True, exist_ok=True)
    with monkeypatch.context() as patch:
        patch.setattr(make, "simulate_cluster", simulated)
        patch.setattr(make, "closure", lambda function: {})
        numbers = make.make_clusters(simulate, folder, checkpoint, cache, InProcess(), Progress("simulate"))
    assert numbers.keys() >= {f"{name}.last_mass_msun" for name in simulate.models}
    return names


@pytest.mark.filterwarnings("ignore:.*stars are fewer than")
def test_a_cluster_is_made_once_and_again_only_where_it_must(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert made(settings("A", "B"), tmp_path / "1", monkeypatch) == ["A", "B"]
    assert made(settings("B", "C"), tmp_path / "2", monkeypatch) == ["C"]
    for name in make.FILES:
        first, second = (tmp_path / k / "files" / "B" / name for k in "12")
        assert first.read_bytes() == second.read_bytes()
    assert made(settings("B", metallicity=0.01), tmp_path / "3", monkeypatch) == ["B"]  # another cluster of that name
    assert made(settings("B", "C"), tmp_path / "2", monkeypatch) == []  # all is there

    kept = tmp_path / "cache" / "clusters" / make_key(settings("C"), monkeypatch)
    (tmp_path / "2" / "files" / "C" / "snapshots.h5").unlink()
    whole = (kept / "snapshots.h5").read_bytes()
    (kept / "snapshots.h5").write_bytes(whole[:-1])
    assert made(settings("C"), tmp_path / "4", monkeypatch) == ["C"]
    assert (kept / "snapshots.h5").read_bytes() == whole


def make_key(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as patch:
        patch.setattr(make, "closure", lambda function: {})
        ((name, cluster),) = make.clusters(simulate).items()
        return make.key(name, cluster)
