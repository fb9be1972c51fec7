"""The command ``python -m reproduce snapshot FILE``: what a simulation's file holds, and mock observations of it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.workflow.arguments import Parser
from reproduce.workflow.errors import InputError

if TYPE_CHECKING:
    from reproduce.cluster.readers.common import Options
    from reproduce.cluster.readers.formats import Entry
    from reproduce.cluster.snapshot import Snapshot

METALLICITY = 0.001  # of the paper's clusters
HEAD = f"{'key':28} {'age [Gyr]':>10} {'stars':>9} {'mass [Msun]':>12}  lacks"


def parser() -> argparse.ArgumentParser:
    """The command's grammar."""
    build = Parser(prog="python -m reproduce snapshot", description=__doc__)
    build.add_argument("file", type=Path, metavar="FILE", help="snapshots of cmc, nbody6, mocca, amuse, or a table")
    build.add_argument("--format", required=True, help="cmc, nbody6, mocca, amuse or table")
    build.add_argument("--list", action="store_true", help="list ages, numbers of stars and masses, and end")
    build.add_argument("--key", help="which snapshot, as --list names it; may be left out if there is one only")
    build.add_argument("--out", type=Path, metavar="FITS", help="mock observation to write: flux map and true mass map")
    build.add_argument("--distance", type=float, metavar="KPC", help="distance of the mock observation")
    build.add_argument("--band", default="V", choices=["V"], help="photometric band (default: V)")
    build.add_argument("--fwhm", type=float, default=1.0, metavar="ARCSEC", help="seeing (default: 1)")
    build.add_argument(
        "--line-of-sight", type=float, nargs=3, default=(0.0, 0.0, 1.0), metavar=("X", "Y", "Z"), help="direction"
    )
    said = build.add_argument_group("what the file does not say of itself")
    said.add_argument("--age", type=float, metavar="GYR", help="age of the snapshot")
    said.add_argument("--conversion", type=Path, metavar="CONV.SH", help="cmc: its units; found beside the file")
    said.add_argument("--units", choices=["auto", "physical", "nbody"], help="nbody6: of the file (default: auto)")
    said.add_argument("--time-unit", type=float, metavar="MYR", help="nbody6 of Wang et al. (2015): T* of the run")
    said.add_argument("--layout", help="mocca: survey1 or xyz")
    said.add_argument("--centre", choices=["density", "mass"], help="of x, y, z (default: density)")
    said.add_argument("--metallicity", type=float, metavar="Z", help=f"if luminosities are missing ({METALLICITY})")
    return build


def main(words: Sequence[str]) -> int:
    """Run the command: 0 done; what the user has to mend is raised as `InputError`."""
    from reproduce.cluster.readers import formats

    asked = parser().parse_args(words)
    options = reading(asked)
    if asked.list:
        entries = formats.contents(asked.file, asked.format, options)
        print("\n".join([HEAD, *map(_line, entries)]))
        return 0
    if asked.out is None or asked.distance is None:
        raise InputError("say what to do with the snapshot: --list, or --distance KPC and --out FITS")
    entry = formats.look(asked.file, asked.format, asked.key, options)
    stars = formats.read(asked.file, asked.format, entry.key, _with_metallicity(options, entry))
    for text in _warnings(entry, asked.metallicity or METALLICITY):
        print(f"warning: {asked.file.name}: {text}", file=sys.stderr)
    _observe(stars, entry, asked)
    return 0


def reading(asked: argparse.Namespace) -> "Options":
    """How to read the file."""
    from reproduce.cluster.readers.common import Options

    given = {
        "age_gyr": asked.age,
        "metallicity": asked.metallicity,
        "centre": asked.centre,
        "conversion": asked.conversion,
        "units": asked.units,
        "time_unit_myr": asked.time_unit,
        "layout": asked.layout,
    }
    return Options(**{name: value for name, value in given.items() if value is not None})


def _with_metallicity(options: "Options", entry: "Entry") -> "Options":
    from dataclasses import replace

    return replace(options, metallicity=METALLICITY) if entry.missing and options.metallicity is None else options


def _warnings(entry: "Entry", metallicity: float) -> list[str]:
    from reproduce.cluster import foreign

    return [*foreign.few_stars([entry.n_stars]), *foreign.no_luminosities(entry.missing, metallicity)]


def _observe(stars: "Snapshot", entry: "Entry", asked: argparse.Namespace) -> None:
    """Write the mock observation and say what is in it."""
    from astropy import units as u

    from reproduce.sky.map_files import write_maps
    from reproduce.sky.maps import observe
    from reproduce.workflow.source import file_digest

    sight = (asked.line_of_sight[0], asked.line_of_sight[1], asked.line_of_sight[2])
    maps = observe(stars, asked.distance * u.kpc, asked.fwhm * u.arcsec, line_of_sight=sight)
    source = f"{asked.format} snapshot {entry.key} of {asked.file.name}"
    lines = (f"mock observation in {asked.band} of {source}", f"sha256 {file_digest(asked.file)}")
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    write_maps(maps, asked.out, lines)
    print(
        f"{source}: {maps.age_gyr:.4g} Gyr, {len(stars):,} stars; in the field of {maps.camera.field_arcsec:g} arcsec "
        f"at {asked.distance:g} kpc {maps.n_stars:,} of them, {maps.mass_msun:.5g} Msun, {maps.luminosity_lsun:.5g} "
        f"Lsun in {asked.band}"
    )
    print(f"mock observation: {asked.out}")


def _line(entry: "Entry") -> str:
    age = "-" if entry.age_gyr is None else f"{entry.age_gyr:.5g}"
    return f"{entry.key:28} {age:>10} {entry.n_stars:>9,} {entry.mass_msun:>12.6g}  {', '.join(entry.missing) or '-'}"
