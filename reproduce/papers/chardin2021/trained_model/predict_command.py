"""The command ``python -m reproduce predict IMAGE…``: mass map, mass, age and distance of anybody's images."""

import argparse
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reproduce.workflow.arguments import Parser
from reproduce.workflow.errors import InputError, mendable

if TYPE_CHECKING:
    from reproduce.papers.chardin2021.observed.fluxmap import FluxMap
    from reproduce.papers.chardin2021.trained_model.image_file import Reading
    from reproduce.papers.chardin2021.trained_model.pidoc import Estimates, PiDoc

CHUNK = 64  # images read, predicted and written at once: bounds memory
HEAD = f"{'image':24} {'log10 M/Msun':>20} {'M/L':>6} {'age [Gyr]':>18} {'distance [kpc]':>20} {'domain':>8}"


def parser() -> argparse.ArgumentParser:
    """The command's grammar."""
    build = Parser(prog="python -m reproduce predict", description=__doc__)
    build.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="FITS, .npy or .npz file, or a folder")
    build.add_argument("--out", type=Path, default=Path("predictions"), help="folder of the results")
    build.add_argument("--distance", type=_positive, metavar="KPC", help="known distance, for luminosity and M/L alone")
    build.add_argument(
        "--pixel-scale", type=_positive, metavar="ARCSEC", help="side of a pixel, if the image is silent"
    )
    build.add_argument("--zero-point", type=float, metavar="MAG", help="V magnitude of one count")
    build.add_argument("--centre", metavar="'RA DEC'", help="middle of the field [deg, or 13:16:27 +17:42:01]")
    build.add_argument("--networks", type=Path, help="folder of trained networks (default: those of the package)")
    build.add_argument("--scaler", type=Path, help="scaler.json, if not in the folder of the networks")
    build.add_argument("--calibration", type=Path, help="calibration.h5, if not in the folder of the networks")
    build.add_argument("--batch-size", type=int, default=16, help="maps that go through the networks at once")
    build.add_argument("--no-png", action="store_true", help="write no pictures")
    return build


@dataclass
class Image:
    """One image on its way: its file, the name of its results, its map once read."""

    path: Path
    name: str
    seen: "FluxMap | None" = field(default=None, repr=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0 all done, 2 if an image or option has to be mended; the other images are done all the same."""
    options = parser().parse_args(arguments)
    if options.batch_size < 1:
        raise InputError(f"--batch-size {options.batch_size}: expected at least 1")
    how = _reading(options)
    failed = 0
    pidoc: PiDoc | None = None
    pages: Any = None
    images = list(_images(options.images))
    for start in range(0, len(images), CHUNK):
        read = [image for image in images[start : start + CHUNK] if _read(image, how)]
        failed += len(images[start : start + CHUNK]) - len(read)
        if not read:
            continue
        if pidoc is None:  # not before there is something to predict: it costs seconds
            pidoc = _pidoc(options)
            options.out.mkdir(parents=True, exist_ok=True)
            print(HEAD)
        estimates = pidoc.predict(
            [image.seen.flux for image in read if image.seen], how.distance_kpc, options.batch_size
        )
        if pages is None and not options.no_png:
            pages = _pages(read, estimates)
        for k, image in enumerate(read):
            row = {str(name): _plain(value) for name, value in estimates.table.iloc[k].items()}
            _write(options.out, image, row, estimates.mass[k], options, pages)
            print(_line(image.name, row))
            image.seen = None
    if pidoc is not None:
        print(f"results: {options.out}/")
    return 2 if failed else 0


def _reading(options: argparse.Namespace) -> "Reading":
    from reproduce.papers.chardin2021.trained_model.image_file import Reading

    centre = None
    if options.centre is not None:
        from astropy.coordinates import SkyCoord

        try:
            unit = ("hourangle", "deg") if ":" in options.centre or "h" in options.centre else "deg"
            centre = SkyCoord(options.centre, unit=unit)
        except ValueError:
            raise InputError(
                f"--centre '{options.centre}': expected right ascension and declination, such as '199.11 17.70'"
            ) from None
    return Reading(options.pixel_scale, options.zero_point, centre, options.distance)


def _images(paths: Sequence[Path]) -> Iterator[Image]:
    """The files named, and those in the folders named, each with a name of its own for its results."""
    from reproduce.papers.chardin2021.trained_model.image_file import ENDINGS

    files: list[Path] = []
    for path in paths:
        inside = (
            sorted(file for file in path.glob("*") if file.name.lower().endswith(ENDINGS)) if path.is_dir() else [path]
        )
        if not inside:
            raise InputError(f"{path}: a folder without images; expected files that end in {', '.join(ENDINGS)}")
        files += inside
    files = list(dict.fromkeys(files))
    stems = {file: _stem(file.name, ENDINGS) for file in files}
    names = Counter(stems.values())
    short = {file: stem if names[stem] == 1 else file.name for file, stem in stems.items()}
    names = Counter(short.values())
    if twice := [name for name, count in names.items() if count > 1]:
        raise InputError(f"two images are called {twice[0]}: their results would overwrite each other; call them apart")
    for file, name in short.items():
        yield Image(file, name)


def _stem(name: str, endings: Sequence[str]) -> str:
    ending = max((end for end in endings if name.lower().endswith(end)), key=len, default="")
    return name[: len(name) - len(ending)] or name


def _read(image: Image, how: "Reading") -> bool:
    """Read an image; on failure say why and go on."""
    from reproduce.papers.chardin2021.trained_model.image_file import read_flux_map

    try:
        image.seen = read_flux_map(image.path, how)
    except Exception as error:
        line = mendable(error)
        if line is None:
            raise
        print(f"error: {line}", file=sys.stderr)
        return False
    return True


def _pidoc(options: argparse.Namespace) -> "PiDoc":
    from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc

    if options.networks is None:
        if options.scaler or options.calibration:
            raise InputError("--scaler and --calibration belong to --networks, which is missing; name the folder")
        return PiDoc.pretrained()
    return PiDoc.load(options.networks, options.scaler, options.calibration)


def _pages(images: Sequence[Image], estimates: "Estimates") -> Any:
    """The page on which all pictures are drawn, its colours those of the first images."""
    import numpy as np

    from paper_figures.chardin2021.prediction import Panels, limits

    return Panels(limits(np.stack([image.seen.flux for image in images if image.seen])), limits(estimates.mass))


def _write(folder: Path, image: Image, row: dict[str, Any], mass: Any, options: argparse.Namespace, pages: Any) -> None:
    """The mass map as FITS, the picture, and last, so that it stands for all, the numbers as JSON."""
    seen = image.seen
    assert seen is not None
    told = list(seen.warnings)
    if not row["in_domain"]:
        told.append(
            f"unlike the training maps (domain score {row['domain_score']:.2f}): outside what the networks know; do "
            "not trust the numbers"
        )
    for text in told:
        print(f"warning: {image.name}: {text}", file=sys.stderr)
    _write_mass(folder / f"{image.name}_mass.fits", mass, seen, row)
    if pages is not None:
        age, distance = f"{row['age_gyr']:.1f} Gyr", f"{row['distance_kpc']:.1f} kpc"
        mass_caption = f"log M = {math.log10(row['total_mass_msun']):.2f}   {age}   {distance}"
        title = f"{image.name}{'' if row['in_domain'] else ' (outside the domain)'}"
        flux_caption = f"log L = {math.log10(row['luminosity_lsun']):.2f}"
        pages.save(folder / f"{image.name}.png", seen.flux, mass, title, flux_caption, mass_caption)
    report = {
        "image": str(image.path),
        "networks": str(options.networks) if options.networks else "pretrained",
        **row,
        "luminosity_at": "given distance" if options.distance else "predicted distance",
        "v_magnitude": seen.v_magnitude,
        "warnings": told,
    }
    _replace(folder / f"{image.name}.json", (json.dumps(report, indent=2, sort_keys=True) + "\n").encode())


def _write_mass(path: Path, mass: Any, seen: "FluxMap", row: dict[str, Any]) -> None:
    from io import BytesIO

    from astropy.io import fits

    hdu = fits.PrimaryHDU(mass, header=seen.wcs.to_header())
    hdu.header["BUNIT"] = "log10(Msun)"
    hdu.header["OBJECT"] = seen.name
    for key, name, comment in (
        ("MASS", "total_mass_msun", "mass in the field [Msun]"),
        ("AGE", "age_gyr", "age [Gyr]"),
        ("DISTANCE", "distance_kpc", "predicted distance [kpc]"),
        ("LUMINOSI", "luminosity_lsun", "V luminosity in the field [Lsun]"),
        ("INDOMAIN", "in_domain", "like the training maps"),
    ):
        hdu.header[key] = (row[name], comment)
    buffer = BytesIO()
    hdu.writeto(buffer)
    _replace(path, buffer.getvalue())


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as stream:
        stream.write(content)
    os.replace(partial, path)


def _line(name: str, row: dict[str, Any]) -> str:
    mass, low, high = (math.log10(row[f"total_mass_msun{end}"]) for end in ("", "_low68", "_high68"))
    age, distance = (
        f"{row[key]:.1f} ({row[f'{key}_low68']:.1f}-{row[f'{key}_high68']:.1f})" for key in ("age_gyr", "distance_kpc")
    )
    inside = "inside" if row["in_domain"] else "OUTSIDE"
    return (
        f"{name:24} {f'{mass:.2f} ({low:.2f}-{high:.2f})':>20} {row['mass_to_light']:6.2f} {age:>18} {distance:>20} "
        f"{inside:>8}"
    )


def _plain(value: Any) -> Any:
    """A NumPy number as Python's."""
    return value.item() if hasattr(value, "item") else value


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: expected a number above 0")
    return value
