"""The command ``python -m reproduce predict IMAGE…``: mass map, mass, age and distance of anybody's images."""

import argparse
import math
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reproduce.papers.chardin2021.names import PRETRAINED, USUAL
from reproduce.papers.chardin2021.observed.fluxmap import FluxMap
from reproduce.papers.chardin2021.trained_model import prediction_files, truth
from reproduce.papers.chardin2021.trained_model.consistency import UncheckedModelWarning
from reproduce.papers.chardin2021.trained_model.image_file import Reading, read_flux_map, stem
from reproduce.papers.chardin2021.trained_model.image_formats import ENDINGS
from reproduce.papers.chardin2021.trained_model.prediction_files import ImagePrediction
from reproduce.papers.chardin2021.trained_model.truth import Truth
from reproduce.workflow.arguments import Parser
from reproduce.workflow.errors import InputError, mendable

if TYPE_CHECKING:
    from astropy.coordinates import SkyCoord

    from paper_figures.chardin2021.prediction import Panels
    from reproduce.papers.chardin2021.trained_model.estimates import Estimates
    from reproduce.papers.chardin2021.trained_model.observer_pidoc import ObserverPiDoc
    from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc

CHUNK = 64  # images read, predicted and written at once: bounds memory


def parser() -> argparse.ArgumentParser:
    """The command's grammar."""
    build = Parser(prog="python -m reproduce predict", description=__doc__)
    build.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="FITS, .npy or .npz file, or a folder")
    build.add_argument("--out", type=Path, default=Path("predictions"), help="folder of the results")
    build.add_argument(
        "--distance",
        type=_positive,
        metavar="KPC",
        help="known distance, for luminosity and M/L, and to compare with the predicted one; networks that are told "
        "what is known see it",
    )
    build.add_argument("--distance-error", type=_positive, metavar="KPC", help="its standard deviation (default: none)")
    build.add_argument(
        "--metallicity",
        type=float,
        metavar="[FE/H]",
        help="known [Fe/H], for networks that are told what is known (docs/observer.md)",
    )
    build.add_argument("--metallicity-error", type=_positive, metavar="DEX", help="its standard deviation")
    build.add_argument("--seeing", type=_positive, metavar="ARCSEC", help="known seeing, FWHM, for the same networks")
    build.add_argument("--seeing-error", type=_positive, metavar="ARCSEC", help="its standard deviation")
    build.add_argument(
        "--pixel-scale", type=_positive, metavar="ARCSEC", help="side of a pixel, if the image is silent"
    )
    build.add_argument("--zero-point", type=float, metavar="MAG", help="V magnitude of one count")
    build.add_argument("--centre", metavar="'RA DEC'", help="middle of the field [deg, or 13:16:27 +17:42:01]")
    build.add_argument(
        "--networks",
        default=USUAL,
        help=f"observer or extended, of the package, or a folder of trained networks (default: {USUAL})",
    )
    build.add_argument("--scaler", type=Path, help="scaler.json, if not in the folder of the networks")
    build.add_argument("--calibration", type=Path, help="calibration.h5, if not in the folder of the networks")
    build.add_argument("--batch-size", type=int, default=16, help="maps that go through the networks at once")
    build.add_argument("--no-png", action="store_true", help="write no pictures")
    return build


@dataclass(frozen=True)
class Image:
    """A file, and the name that its results are called by."""

    path: Path
    name: str


@dataclass
class Call:
    """What the images of one call share."""

    options: argparse.Namespace
    pidoc: "PiDoc | ObserverPiDoc"
    folder: Path
    colours: tuple[tuple[float, float], tuple[float, float]] | None = None  # ends of the colour scales of all pictures
    panels: "dict[int, Panels]" = field(default_factory=dict)  # by the number of maps on a page


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    int
        0 all done, 2 if an image or option has to be mended, 1 if an image failed in a way that was not foreseen; the
        other images are done all the same.
    """
    options = parser().parse_args(arguments)
    for name in ("distance", "metallicity", "seeing"):
        if getattr(options, f"{name}_error") and getattr(options, name) is None:
            raise InputError(f"--{name}-error belongs to --{name}, which is missing; give the {name} too")
    if options.batch_size < 1:
        raise InputError(f"--batch-size {options.batch_size}: expected at least 1")
    reading = Reading(options.pixel_scale, options.zero_point, _centre(options.centre), options.distance)
    images = _images(options.images)
    call: Call | None = None
    statuses = {0}
    for start in range(0, len(images), CHUNK):
        flux_maps: dict[Image, FluxMap] = {}
        for image in images[start : start + CHUNK]:
            try:
                flux_maps[image] = read_flux_map(image.path, reading)
            except Exception as error:
                statuses.add(_tell(image.path, error))
        if not flux_maps:
            continue
        if call is None:  # not before there is something to predict: it costs seconds
            call = Call(options, _pidoc(options), _folder(options.out))
            print(prediction_files.HEAD)
        statuses |= _predict(flux_maps, call)
    if call is not None:
        print(f"results: {options.out}/")
    return 1 if 1 in statuses else max(statuses)


def _predict(flux_maps: Mapping[Image, FluxMap], call: Call) -> set[int]:
    """Predict some images at once; write and print the results of each. Returns the exit statuses of what fails."""
    options = call.options
    estimates = call.pidoc.predict(
        [one.flux for one in flux_maps.values()],
        options.distance,
        options.batch_size,
        options.distance_error,
        **_known(options),
    )
    truths = {image: None if options.centre else truth.read(image.path) for image in flux_maps}
    if not options.no_png:
        _lay_out(call, flux_maps.values(), estimates, truths.values())
    about: dict[str, Any] = {
        "networks": options.networks,
        "luminosity_at": "given distance" if options.distance else "predicted distance",
    }
    if estimates.posterior is not None:
        given = {"distance_kpc": options.distance, "distance_error_kpc": options.distance_error, **_known(options)}
        about["told"] = {name: value for name, value in given.items() if value is not None}
    statuses = set()
    for k, (image, flux_map) in enumerate(flux_maps.items()):
        numbers = {str(name): _plain(value) for name, value in estimates.table.iloc[k].items()}
        prediction = ImagePrediction(
            image.path, image.name, flux_map, estimates.mass[k], numbers, estimates.notes[k], about, truths[image]
        )
        for text in prediction.warnings:
            print(f"warning: {image.name}: {text}", file=sys.stderr)
        try:
            prediction_files.write(call.folder, prediction, call.panels)
        except Exception as error:
            statuses.add(_tell(image.path, error))
        else:
            print(prediction_files.printable(prediction_files.line(prediction), sys.stdout.encoding or "utf-8"))
    return statuses


def _known(options: argparse.Namespace) -> dict[str, float]:
    """What is given beside the distance, by the names of `ObserverPiDoc.predict`."""
    given = {
        "metallicity": options.metallicity,
        "metallicity_error": options.metallicity_error,
        "seeing_arcsec": options.seeing,
        "seeing_error_arcsec": options.seeing_error,
    }
    return {name: value for name, value in given.items() if value is not None}


def _tell(path: Path, error: Exception) -> int:
    """Say in one line why an image failed, so that the others can go on; returns the exit status."""
    line, status = mendable(error), 2
    if isinstance(error, OSError):
        line = f"{path}: the file or its results cannot be opened ({error.strerror}); mend the place, or the name"
    if line is None:
        reason = " ".join(str(error).split())[:150]
        line, status = f"{path}: {type(error).__name__}, not foreseen ({reason}); please report it with the file", 1
    print(f"error: {line}", file=sys.stderr)
    return status


def _centre(text: str | None) -> "SkyCoord | None":
    if text is None:
        return None
    from astropy.coordinates import SkyCoord

    try:
        return SkyCoord(text, unit=("hourangle", "deg") if ":" in text or "h" in text else "deg")
    except ValueError:
        raise InputError(
            f"--centre '{text}': expected right ascension and declination, such as '199.11 17.70'"
        ) from None


def _images(paths: Sequence[Path]) -> list[Image]:
    """The files named, and those in the folders named, each with a name of its own for its results."""
    files: list[Path] = []
    for path in paths:
        inside = (
            sorted(file for file in path.glob("*") if file.name.lower().endswith(ENDINGS)) if path.is_dir() else [path]
        )
        if not inside:
            raise InputError(f"{path}: a folder without images; expected files that end in {', '.join(ENDINGS)}")
        files += inside
    files = list(dict.fromkeys(files))
    stems = {file: stem(file.name) for file in files}
    names = Counter(stems.values())
    short = {file: name if names[name] == 1 else file.name for file, name in stems.items()}
    names = Counter(short.values())
    if twice := [name for name, count in names.items() if count > 1]:
        raise InputError(f"two images are called {twice[0]}: their results would overwrite each other; call them apart")
    return [Image(file, name) for file, name in short.items()]


def _folder(path: Path) -> Path:
    """The folder of the results, made if it is not there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {path}: cannot be made a folder ({error.strerror}); name another place") from None
    return path


def _pidoc(options: argparse.Namespace) -> "PiDoc | ObserverPiDoc":
    from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc

    if options.networks in PRETRAINED:
        if options.scaler or options.calibration:
            raise InputError("--scaler and --calibration belong to a folder of networks; name it with --networks")
        return PiDoc.pretrained(options.networks)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UncheckedModelWarning)
        pidoc = PiDoc.load(Path(options.networks), options.scaler, options.calibration)
    for warning in told:
        if issubclass(warning.category, UncheckedModelWarning):
            print(f"warning: {warning.message}", file=sys.stderr)
    return pidoc


def _lay_out(call: Call, flux_maps: Iterable[FluxMap], estimates: "Estimates", truths: Iterable[Truth | None]) -> None:
    """Make the pages that these images need and that no image before has needed, in the colours of the first images."""
    import numpy as np

    from paper_figures.chardin2021.prediction import Panels, limits

    true = [None if one is None else one.mass for one in truths]
    if call.colours is None:
        mass = [estimates.mass, *(one[None] for one in true if one is not None)]
        call.colours = limits(np.stack([one.flux for one in flux_maps])), limits(np.concatenate(mass))
    for maps in {2 if one is None else 3 for one in true} - call.panels.keys():
        call.panels[maps] = Panels(*call.colours, truth=maps == 3)


def _plain(value: Any) -> Any:
    """A NumPy number as Python's."""
    return value.item() if hasattr(value, "item") else value


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: expected a number above 0")
    return value
