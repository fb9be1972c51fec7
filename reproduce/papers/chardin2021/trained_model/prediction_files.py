"""What the command `predict` writes of each image: its mass map as FITS, a picture, the numbers as JSON."""

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from reproduce.papers.chardin2021.observed.fluxmap import FluxMap
from reproduce.papers.chardin2021.trained_model.estimates import none_if_nan
from reproduce.papers.chardin2021.trained_model.truth import Truth, beside
from reproduce.workflow.files import whole

if TYPE_CHECKING:
    from paper_figures.chardin2021.prediction import Panels

HEAD = f"{'image':24} {'domain':>8} {'log10 M/Msun':>20} {'M/L':>6} {'age [Gyr]':>18} {'distance [kpc]':>20}"
CARDS = (
    ("MASS", "total_mass_msun", "mass in the field [Msun]"),
    ("AGE", "age_gyr", "age [Gyr]"),
    ("DISTANCE", "distance_kpc", "predicted distance [kpc]"),
    ("LUMINOSI", "luminosity_lsun", "V luminosity in the field [Lsun]"),
    ("INDOMAIN", "in_domain", "like the training maps"),
)


@dataclass(frozen=True)
class ImagePrediction:
    """One image and what the networks say of it.

    Attributes
    ----------
    path : Path
        The image's file.
    name : str
        That its results are called by.
    flux_map : FluxMap
        What the networks saw.
    mass : array, shape (ny, nx)
        log10(M / Msun).
    numbers : dict
        A row of `reproduce.papers.chardin2021.trained_model.pidoc.Estimates.table`.
    notes : sequence of str
        Those of `reproduce.papers.chardin2021.trained_model.pidoc.Estimates.notes`.
    about : dict
        What else the JSON tells of the call.
    truth : Truth, optional
        Of a mock observation.
    """

    path: Path
    name: str
    flux_map: FluxMap
    mass: NDArray
    numbers: dict[str, Any]
    notes: Sequence[str] = ()
    about: dict[str, Any] = field(default_factory=dict)
    truth: Truth | None = None

    @property
    def compared(self) -> dict[str, float]:
        """True values, and how far the predicted ones are from them; empty where nothing is known to be true."""
        return {} if self.truth is None else beside(self.truth, self.numbers, self.mass)

    @property
    def maps(self) -> list[NDArray]:
        """Flux, predicted mass and, where it is known, true mass."""
        true = None if self.truth is None else self.truth.mass
        return [self.flux_map.flux, self.mass, *([] if true is None else [true])]

    @property
    def warnings(self) -> list[str]:
        """Whether the networks know such maps, what contradicts, and those of the image."""
        return [*self.notes, *self.flux_map.warnings]


def write(folder: Path, prediction: ImagePrediction, panels: "Mapping[int, Panels]") -> None:
    """Write the files of one image: FITS, PNG if there are panels to draw on, and JSON last, so that it stands for all.

    Panels are by the number of their maps, two or three.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    with whole(folder / f"{prediction.name}_mass.fits") as partial:
        _mass_hdu(prediction).writeto(partial, overwrite=True)
    if panels:
        _draw(folder / f"{prediction.name}.png", prediction, panels)
    report = {
        "image": str(prediction.path),
        "in_domain": prediction.numbers["in_domain"],
        "warnings": prediction.warnings,
        **prediction.about,
        **{name: none_if_nan(value) for name, value in prediction.numbers.items()},
        "v_magnitude": prediction.flux_map.v_magnitude,
    }
    if compared := prediction.compared:
        report["truth"] = compared
    with whole(folder / f"{prediction.name}.json") as partial:
        partial.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def ascii_name(name: str) -> str:
    """A name as a FITS header may hold it: ``omega Cen`` for ``ω Cen``, ``e`` for ``é``; ``?`` for any other letter."""
    text = ""
    for letter in unicodedata.normalize("NFKD", name):
        if letter.isascii() and letter.isprintable():
            text += letter
        elif (known := unicodedata.name(letter, "")).startswith("GREEK SMALL LETTER "):
            text += known.split()[-1].lower()
        elif not unicodedata.combining(letter):
            text += "?"
    return text


def printable(name: str, encoding: str = "utf-8") -> str:
    """A name as a text of this encoding can hold it; file names need not be text."""
    return name.encode(encoding, "backslashreplace").decode(encoding)


def _mass_hdu(prediction: ImagePrediction) -> fits.PrimaryHDU:
    hdu = fits.PrimaryHDU(prediction.mass, header=prediction.flux_map.wcs.to_header())
    hdu.header["BUNIT"] = "log10(Msun)"
    hdu.header["OBJECT"] = ascii_name(prediction.flux_map.name)
    for key, name, comment in CARDS:
        hdu.header[key] = (prediction.numbers[name], comment)
    return hdu


def _draw(path: Path, prediction: ImagePrediction, panels: "Mapping[int, Panels]") -> None:
    numbers, maps = prediction.numbers, prediction.maps
    outside = "" if numbers["in_domain"] else " (outside the domain)"
    captions = [f"log L = {np.log10(numbers['luminosity_lsun']):.2f}", _caption(numbers), _caption(prediction.compared)]
    title = f"{printable(prediction.name)}{outside}"
    panels[len(maps)].save(path, maps, title=title, captions=captions[: len(maps)])


def _caption(of: Mapping[str, Any]) -> str:
    """Mass, age and distance, predicted or true."""
    if not of:
        return ""
    return f"log M = {np.log10(of['total_mass_msun']):.2f}\n{of['age_gyr']:.2g} Gyr   {of['distance_kpc']:.1f} kpc"


def line(prediction: ImagePrediction) -> str:
    """One line on one image, below `HEAD`, and a second with the truth of a mock observation."""
    numbers = prediction.numbers
    mass, age, distance = (
        _with_interval([as_told(numbers[f"{name}{end}"]) for end in ("", "_low68", "_high68")], digits)
        for name, as_told, digits in (
            ("total_mass_msun", math.log10, 2),
            ("age_gyr", float, 1),
            ("distance_kpc", float, 1),
        )
    )
    inside = "inside" if numbers["in_domain"] else "OUTSIDE"
    found = f"{prediction.name:24} {inside:>8} {mass:>20} {numbers['mass_to_light']:6.2f} {age:>18} {distance:>20}"
    return "\n".join([found, *_true_line(prediction.compared)])


def _with_interval(numbers: Sequence[float], digits: int) -> str:
    """A value, its lower and its upper bound; the value and a question mark where there are no bounds."""
    value, low, high = (f"{number:.{digits}f}" for number in numbers)
    return f"{value} (?)" if math.isnan(numbers[1]) else f"{value} ({low}-{high})"


def _true_line(compared: Mapping[str, float]) -> list[str]:
    """The truth of a mock observation, in the columns of its prediction."""
    if not compared:
        return []
    mass, age, distance = (compared[key] for key in ("total_mass_msun", "age_gyr", "distance_kpc"))
    return [
        f"{'  true':24} {'':8} {f'{math.log10(mass):.2f}':>20} {compared['mass_to_light']:6.2f} {f'{age:.1f}':>18} "
        f"{f'{distance:.1f}':>20}"
    ]
