"""The command ``python -m reproduce magron2026.predict F336W.fits F475W.fits F814W.fits --at "RA DEC"``.

Denoised bands, mass map, and age, metallicity, mass, luminosity, shape of clusters from three FITS files, such as
PHAT's drizzled images: medians, 68 and 95 % intervals, and a domain score. Images are put on the pixels of F475W, which
must be those of the training (0.05 arcsec). Without --distance the networks say the distance too.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reproduce.workflow.arguments import Parser
from reproduce.workflow.errors import InputError
from reproduce.workflow.files import whole

if TYPE_CHECKING:
    from astropy.table import Table
    from numpy.typing import NDArray


def parser() -> argparse.ArgumentParser:
    """The command's grammar."""
    build = Parser(prog="python -m reproduce magron2026.predict", description=__doc__)
    for band in ("F336W", "F475W", "F814W"):
        build.add_argument(band.lower(), type=Path, metavar=f"{band}.fits", help=f"image in {band} [electrons/s]")
    build.add_argument(
        "--at",
        action="append",
        metavar="'RA DEC'",
        help="place of a cluster [deg, or 00:42:44 +41:16:09]; may be given again; the image's middle if left out",
    )
    build.add_argument("--distance", type=float, metavar="KPC", help="distance, where it is known: 785 for M31 [kpc]")
    build.add_argument("--distance-error", type=float, metavar="KPC", help="its standard deviation; 1 %% if left out")
    build.add_argument("--networks", type=Path, required=True, help="folder of networks, which magron2026.train prints")
    build.add_argument("--out", type=Path, default=Path("clusters"), help="folder of the results")
    return build


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; prints a line for each cluster, and writes ``clusters.ecsv``, ``clusters.json`` and of each
    cluster ``NUMBER.fits`` with the denoised bands and the mass map.

    Returns
    -------
    int
        0; what has to be mended is raised as `InputError`.
    """
    options = parser().parse_args(arguments)
    if options.distance_error is not None and options.distance is None:
        raise InputError("--distance-error without --distance; give both")
    from reproduce.archives import phat
    from reproduce.archives.places import centres_on
    from reproduce.papers.magron2026.networks.model import MultiPiDoc
    from reproduce.papers.magron2026.observed import answers_table

    files = dict(zip(phat.BANDS, (options.f336w, options.f475w, options.f814w), strict=True))
    model = MultiPiDoc.load(options.networks)
    camera = model.architecture.camera
    centres = centres_on(options.at, files["F475W"], camera.pixel_arcsec)
    rate = phat.every_cutout(files, centres, camera.pixels)
    answers = model.predict(rate, options.distance, options.distance_error)
    table = answers_table(answers)
    table.add_column(centres.ra.deg, name="ra", index=0)
    table.add_column(centres.dec.deg, name="dec", index=1)
    _write(options.out, table, answers.light, answers.mass_map, camera.pixel_arcsec * model.architecture.block)
    for row in table:
        place = f"{row['ra']:.5f} {row['dec']:+.5f}"
        if row["domain"] > 1:
            print(
                f"warning: {place}: domain {row['domain']:.2f} is above 1: no training image looks like this one; the "
                "numbers mean little. Are the units electrons a second, and is the cluster in M31?",
                file=sys.stderr,
            )
        numbers = ", ".join(
            f"{words} {row[name]:.2f} (68 %: {row[f'{name}_low_68']:.2f} to {row[f'{name}_high_68']:.2f})"
            for name, words in (
                ("log_mass", "log mass/Msun"),
                ("log_age", "log age/yr"),
                ("feh", "[Fe/H]"),
                ("log_luminosity", "log L_V/Lsun"),
                ("distance_kpc", "distance/kpc"),
            )
        )
        shape = f"ellipticity {row['ellipticity']:.2f} at {row['angle_deg']:.0f} deg"
        print(f"{place}: {numbers}, {shape}, domain {row['domain']:.2f}")
    print(f"results: {options.out}/")
    return 0


def _write(folder: Path, table: "Table", light: "NDArray", mass: "NDArray", cell_arcsec: float) -> None:
    from astropy.io import fits

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {folder}: cannot be made a folder ({error.strerror}); name another place") from None
    rows = [{name: float(row[name]) for name in table.colnames} for row in table]
    with whole(folder / "clusters.json") as partial:
        partial.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    with whole(folder / "clusters.ecsv") as partial:
        table.write(partial, format="ascii.ecsv", overwrite=True)
    for number, (bands, masses) in enumerate(zip(light, mass, strict=True)):
        header = fits.Header({"BUNIT": "ELECTRONS/S"})
        header["CELL"] = (cell_arcsec, "side of a cell [arcsec]")
        maps = fits.ImageHDU(masses.astype("f4"), fits.Header({"BUNIT": "solMass"}), name="MASS")
        with whole(folder / f"{number}.fits") as partial:
            fits.HDUList([fits.PrimaryHDU(bands.astype("f4"), header), maps]).writeto(partial, overwrite=True)
