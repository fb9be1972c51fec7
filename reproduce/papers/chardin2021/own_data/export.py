"""The command ``python -m reproduce export``: our clusters in the formats of other codes and tables."""

import argparse
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.workflow import profiles
from reproduce.workflow.arguments import Parser
from reproduce.workflow.errors import InputError
from reproduce.workflow.project import project_folder
from reproduce.workflow.stages import Chain
from reproduce.workflow.store import Store

if TYPE_CHECKING:
    from reproduce.cluster.snapshot import SnapshotFile

MakeChain = Callable[[str, Sequence[str]], Chain]


def parser() -> argparse.ArgumentParser:
    """The command's grammar."""
    build = Parser(prog="python -m reproduce export", description=__doc__)
    build.add_argument(
        "source", metavar="CLUSTER", help="a simulation's name, such as MW15, found in the store; or a snapshots.h5"
    )
    build.add_argument(
        "--format", required=True, help="amuse and cmc (all snapshots in a file), table and fits (one snapshot)"
    )
    build.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    which = build.add_mutually_exclusive_group()
    which.add_argument("--age", type=float, metavar="GYR", help="the snapshot nearest to this age")
    which.add_argument("--number", type=int, metavar="N", help="this snapshot, from 0")
    build.add_argument("--profile", default=profiles.DEFAULT_PROFILE, help="of the simulation")
    build.add_argument(
        "--set", action="append", default=[], metavar="group.key=value", dest="sets", help="its settings"
    )
    build.add_argument("--store", type=Path, help="folder of the results (default: outputs in the project's folder)")
    return build


def main(words: Sequence[str], make_chain: MakeChain) -> int:
    """Run the command.

    Parameters
    ----------
    words : sequence of str
        What follows its name.
    make_chain : callable
        The paper's stages under a profile with overrides.
    """
    from reproduce.cluster.snapshot import SnapshotFile
    from reproduce.cluster.writers import formats

    asked = parser().parse_args(words)
    _, _, many = formats.known(asked.format)
    path, origin = _source(asked, make_chain)
    with SnapshotFile(path) as file:
        numbers = _numbers(file, asked, many)
        provenance = _provenance(file, path, numbers) | origin
        written = formats.write(asked.out, asked.format, (file.read(number) for number in numbers), provenance)
        ages = f"{file.ages_gyr[numbers[0]]:.4g}" + (
            f" to {file.ages_gyr[numbers[-1]]:.4g}" if len(numbers) > 1 else ""
        )
        stars = f"{int(file.n_stars[numbers[0]]):,}"
    print(f"{file.name}: {len(numbers)} snapshot{'s' * (len(numbers) > 1)}, {ages} Gyr, {stars} stars")
    print("\n".join(f"{asked.format}: {one}" for one in written))
    return 0


def _source(asked: argparse.Namespace, make_chain: MakeChain) -> tuple[Path, dict[str, str]]:
    """The file of snapshots, and what its place in the store says of it."""
    if Path(asked.source).is_file():
        return Path(asked.source), {}
    chain = make_chain(asked.profile, asked.sets)
    models = chain.settings.simulate.models  # type: ignore[attr-defined]
    if asked.source not in models:
        raise InputError(f"no file and no simulation '{asked.source}'; simulate.models has {', '.join(models)}")
    key = chain.key("simulate")
    store = Store(asked.store or project_folder() / "outputs")
    if not store.exists(chain.paper, "simulate", key):
        sets = "".join(f" --set {one}" for one in asked.sets)
        raise InputError(
            f"'{asked.source}' is not simulated yet; run `python -m reproduce simulate --profile {asked.profile}{sets}`"
        )
    return store.folder(chain.paper, "simulate", key) / asked.source / "snapshots.h5", {"simulate_key": key}


def _numbers(file: "SnapshotFile", asked: argparse.Namespace, many: bool) -> list[int]:
    if asked.age is not None:
        return [int(abs(file.ages_gyr - asked.age).argmin())]
    if asked.number is not None:
        if not 0 <= asked.number < len(file):
            raise InputError(f"--number {asked.number}: {file.path} has snapshots 0 to {len(file) - 1}")
        return [asked.number]
    if not many and len(file) > 1:
        raise InputError(
            f"format {asked.format} holds one snapshot and {file.path} has {len(file)}, of {file.ages_gyr[0]:.3g} to "
            f"{file.ages_gyr[-1]:.3g} Gyr; choose one with --age or --number"
        )
    return list(range(len(file)))


def _provenance(file: "SnapshotFile", path: Path, numbers: Sequence[int]) -> dict[str, str | int | float]:
    from reproduce.workflow.source import file_digest

    about: dict[str, str | int | float] = {
        "simulation": file.name,
        "snapshots": " ".join(map(str, numbers)),
        "made_by": f"reproduce-pidoc {_version()}",
        "source_sha256": file_digest(path),
    }
    if not file.foreign:
        about |= {"seed": file.seed, "metallicity": file.metallicity, "n_initial": file.n_initial}
        about["angles"] = "random: the simulation is spherical and knows r, v_r and v_t alone"
    return about


def _version() -> str:
    try:
        return metadata.version("reproduce-pidoc")
    except metadata.PackageNotFoundError:  # run from the source tree
        return "from source"
