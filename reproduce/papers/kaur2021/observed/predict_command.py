"""The command ``python -m reproduce kaur2021.predict clusters.csv --distance 9.4``: a galaxy's dark mass.

From a list of its globular clusters with places and velocities; posterior median, 68 and 95 % intervals, and a domain
score that says whether the training galaxies are like it.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reproduce.papers.kaur2021.observed import cluster_lists
from reproduce.workflow.arguments import Parser
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

PRETRAINED = Path(__file__).parents[1] / "pretrained"
LISTS = ("prior_msun", "quantiles_msun", "warnings")  # not in the table's row


def parser() -> argparse.ArgumentParser:
    """The command's grammar."""
    build = Parser(prog="python -m reproduce kaur2021.predict", description=__doc__)
    build.add_argument(
        "clusters",
        type=Path,
        metavar="CLUSTERS",
        help="CSV, ECSV or VOTable: ra, dec (x_kpc, y_kpc), velocity, error",
    )
    build.add_argument("--distance", type=_positive, metavar="MPC", help="of the galaxy; needed for ra and dec")
    build.add_argument("--centre", metavar="'RA DEC'", help="of the galaxy [deg, or 10:05:14 -07:43:07]")
    build.add_argument(
        "--velocity", type=float, metavar="KMS", help="of the galaxy; only foreign velocities are told by it"
    )
    build.add_argument("--networks", type=Path, help="folder of trained networks of sets (default: the package's)")
    build.add_argument("--out", type=Path, default=Path("masses"), help="folder of the results")
    return build


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; prints one line, and writes ``NAME.json`` and ``NAME.ecsv``.

    Returns
    -------
    int
        0; what has to be mended is raised as `InputError`.
    """
    options = parser().parse_args(arguments)
    read = cluster_lists.read(
        options.clusters,
        distance_mpc=options.distance,
        centre=_centre(options.centre),
        velocity_kms=options.velocity,
    )
    found = {"file": options.clusters.name} | _answer(read, options.networks or PRETRAINED, options.clusters)
    _write(options.out, options.clusters.stem, found)
    for text in found["warnings"]:
        print(f"warning: {options.clusters}: {text}", file=sys.stderr)
    numbers = {
        name: found[name] / 1e11 for name in ("mass_msun", "low_68_msun", "high_68_msun", "low_95_msun", "high_95_msun")
    }
    print(
        f"{options.clusters.stem}: dark mass {numbers['mass_msun']:.2f} (68 %: {numbers['low_68_msun']:.2f} to "
        f"{numbers['high_68_msun']:.2f}; 95 %: {numbers['low_95_msun']:.2f} to {numbers['high_95_msun']:.2f}) "
        f"10^11 Msun, {found['clusters']} clusters, domain {found['domain']:.2f}"
    )
    print(f"results: {options.out}/")
    return 0


def _answer(read: cluster_lists.ClusterList, networks: Path, path: Path) -> dict[str, Any]:
    from reproduce.papers.kaur2021.observed.answers import answer
    from reproduce.papers.kaur2021.sets.levels import CorrectedModel

    return answer(CorrectedModel.load(networks), read.seen, str(path), read.warnings)


def _write(folder: Path, stem: str, found: dict[str, Any]) -> None:
    from astropy.table import Table

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {folder}: cannot be made a folder ({error.strerror}); name another place") from None
    with whole(folder / f"{stem}.json") as partial:
        partial.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    row = {name: value for name, value in found.items() if name not in LISTS}
    table = Table([row])
    for name in table.colnames:
        unit = name.rpartition("_")[2]
        table[name].unit = {"msun": "Msun", "kms": "km/s", "kpc": "kpc"}.get(unit)
    table.meta = {name: found[name] for name in LISTS}
    with whole(folder / f"{stem}.ecsv") as partial:
        table.write(partial, format="ascii.ecsv", overwrite=True)


def _centre(text: str | None) -> Any:
    if text is None:
        return None
    from astropy.coordinates import SkyCoord

    try:
        return SkyCoord(text, unit=("hourangle", "deg") if ":" in text or "h" in text else "deg")
    except ValueError:
        raise InputError(
            f"--centre '{text}': expected right ascension and declination, such as '151.308 -7.719'"
        ) from None


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: expected a number above 0")
    return value
