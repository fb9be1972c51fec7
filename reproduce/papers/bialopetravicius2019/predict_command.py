"""The command ``python -m reproduce bialopetravicius2019.predict F336W.fits F475W.fits F814W.fits --at "RA DEC"``.

Age, mass, half-light radius and extinction of clusters from three FITS files, such as PHAT's drizzled images: medians,
68 and 95 % intervals, the probability that there is a cluster, and a domain score. Images are put on the pixels of
F475W, which must be those of the training (0.05 arcsec).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from reproduce.workflow.arguments import Parser
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

PRETRAINED = Path(__file__).parent / "pretrained"
NO_CLUSTER = 0.5


def parser() -> argparse.ArgumentParser:
    """The command's grammar."""
    build = Parser(prog="python -m reproduce bialopetravicius2019.predict", description=__doc__)
    for band in ("F336W", "F475W", "F814W"):
        build.add_argument(band.lower(), type=Path, metavar=f"{band}.fits", help=f"image in {band} [electrons/s]")
    build.add_argument(
        "--at",
        action="append",
        metavar="'RA DEC'",
        help="place of a cluster [deg, or 00:42:44 +41:16:09]; may be given again; the image's middle if left out",
    )
    build.add_argument("--networks", type=Path, help="folder of trained networks (default: the package's)")
    build.add_argument("--out", type=Path, default=Path("clusters"), help="folder of the results")
    return build


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; prints a line for each cluster, and writes ``clusters.ecsv`` and ``clusters.json``.

    Returns
    -------
    int
        0; what has to be mended is raised as `InputError`.
    """
    options = parser().parse_args(arguments)
    from reproduce.archives import phat
    from reproduce.archives.places import centres_on
    from reproduce.papers.bialopetravicius2019.networks.model import ResNet
    from reproduce.papers.bialopetravicius2019.observed import answers_table

    files = dict(zip(phat.BANDS, (options.f336w, options.f475w, options.f814w), strict=True))
    model = ResNet.load(options.networks or PRETRAINED)
    camera = model.architecture.camera
    centres = centres_on(options.at, files["F475W"], camera.pixel_arcsec)
    rate = phat.every_cutout(files, centres, camera.pixels)
    table = answers_table(model, rate)
    table.add_column(centres.ra.deg, name="ra", index=0)
    table.add_column(centres.dec.deg, name="dec", index=1)
    rows = [{name: float(row[name]) for name in table.colnames} for row in table]
    _write(options.out, table, rows)
    for row in rows:
        place = f"{row['ra']:.5f} {row['dec']:+.5f}"
        if row["there"] < NO_CLUSTER:
            print(f"warning: {place}: probably no cluster ({row['there']:.2f})", file=sys.stderr)
        if row["domain"] > 1:
            print(
                f"warning: {place}: domain {row['domain']:.2f} is above 1: no training image looks like this one; the "
                "numbers mean little. Are the units electrons a second, and is the cluster in M31?",
                file=sys.stderr,
            )
        numbers = ", ".join(
            f"{words} {row[name]:.2f} (68 %: {row[f'{name}_low_68']:.2f} to {row[f'{name}_high_68']:.2f})"
            for name, words in (
                ("log_age", "log age/yr"),
                ("log_mass", "log mass/Msun"),
                ("log_half_radius", "log r_h/pc"),
                ("a_v", "A_V"),
            )
        )
        print(f"{place}: {numbers}, cluster {row['there']:.2f}, domain {row['domain']:.2f}")
    print(f"results: {options.out}/")
    return 0


def _write(folder: Path, table: "object", rows: list[dict[str, float]]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {folder}: cannot be made a folder ({error.strerror}); name another place") from None
    with whole(folder / "clusters.json") as partial:
        partial.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    with whole(folder / "clusters.ecsv") as partial:
        table.write(partial, format="ascii.ecsv", overwrite=True)  # type: ignore[attr-defined]
